#!/bin/sh
# Write requirements.lock anew: the newest versions that pyproject.toml allows (or, without --upgrade,
# those of the present uv.lock), with hashes and without the address of any registry.
# Usage: scripts/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")/.."

uv=uv
command -v uv >/dev/null 2>&1 || uv=.boot/bin/uv
"$uv" lock --quiet "$@"
{
    echo "# Every dependency with its hashes, for every platform; written by scripts/lock.sh."
    "$uv" export --quiet --frozen --all-packages --all-groups --no-emit-workspace \
        --no-header --no-annotate --format requirements.txt
} >requirements.lock.new

if grep -n -E '://|^-|^ *--[a-gi-z]' requirements.lock.new; then
    echo "requirements.lock.new names an address or an option (above): not taken over" >&2
    exit 1
fi
mv requirements.lock.new requirements.lock
echo "requirements.lock: $(grep -c == requirements.lock) packages"
