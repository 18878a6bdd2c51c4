"""The roles of the database: made once per cluster by its administrator, before the first migration."""

ROLES = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'mc_owner') then
    create role mc_owner login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'mc_app') then
    create role mc_app login nosuperuser nocreatedb nocreaterole nobypassrls noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'mc_national') then
    create role mc_national login nosuperuser nocreatedb nocreaterole nobypassrls noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'mc_relay') then
    create role mc_relay nologin nosuperuser nobypassrls;
  end if;
end $$;
grant mc_relay to mc_owner;
alter role mc_national set default_transaction_read_only = on;
alter role mc_app set statement_timeout = '30s';
alter role mc_app set idle_in_transaction_session_timeout = '60s';
alter role mc_app set idle_session_timeout = 0;
"""
