#!/bin/sh
# Make .venv with every dependency as requirements.lock pins it, and this project's own packages in it.
# Needs uv, or else Python 3.11 or later with its venv module. Does nothing when nothing changed.
set -eu
cd "$(dirname "$0")/.."

say() { echo "bootstrap: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

checksum() { cat requirements.lock pyproject.toml plugins/*/pyproject.toml scripts/bootstrap.sh | cksum; }

stamp=.venv/.motcua-stamp
now=$(checksum)
if [ -x .venv/bin/motcua ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    # A moved folder leaves an interpreter behind that starts but finds nothing.
    .venv/bin/python -c 'import motcua, asyncpg' 2>/dev/null && exit 0
fi

# A Python that is new enough; only needed where there is no uv.
find_python() {
    for name in python3.11 python3.12 python3.13 python3.14 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

if uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=.boot/bin/uv
    if ! "$uv" --version >/dev/null 2>&1; then
        python=$(find_python) || fail "no Python 3.11 or later: install it, or uv, and run again"
        say "no uv on the PATH: putting one into .boot"
        rm -rf .boot
        "$python" -m venv .boot ||
            fail "the venv module is missing: apt-get install python3-venv (or install uv), then run again"
        .boot/bin/python -m pip install --quiet --disable-pip-version-check uv ||
            fail "uv could not be fetched: check the network or the proxy, then run again"
    fi
fi

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    say "making .venv"
    "$uv" venv --quiet --clear --python '>=3.11' .venv
fi
say "installing what requirements.lock pins"
set --
for plugin in plugins/*/pyproject.toml; do
    set -- "$@" -e "${plugin%/pyproject.toml}"
done
VIRTUAL_ENV=$PWD/.venv
export VIRTUAL_ENV
# The second try also mends a network whose proxy signs with a certificate of the system's own.
install() {
    "$uv" pip install --quiet "$@" && return 0
    say "trying once more, with the certificates of this system"
    export UV_SYSTEM_CERTS=1
    "$uv" pip install --quiet "$@"
}
install --require-hashes -r requirements.lock ||
    fail "a dependency could not be fetched: check the network or the proxy, then run again"
install --no-deps -e . "$@" || fail "the project's own packages could not be built (above)"
echo "$now" >"$stamp"
say "ready: $(.venv/bin/python --version)"
