#!/bin/sh
# Give the database roles their passwords when the cluster is made (compose.yaml). `motcua db init`
# finds the roles there and makes everything else.
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner POSTGRES_PASSWORD
\getenv app MOTCUA_APP_PASSWORD
create role mc_owner login nosuperuser nocreatedb nocreaterole nobypassrls password :'owner';
create role mc_app login nosuperuser nocreatedb nocreaterole nobypassrls noinherit password :'app';
create role mc_national login nosuperuser nocreatedb nocreaterole nobypassrls noinherit password :'app';
SQL
