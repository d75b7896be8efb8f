#!/usr/bin/env bash
# Every real client against the gateway. One command, idempotent:
#
#   interop/run.sh [--only ts2/streamable] [--server showcase] [--jobs 2] [--direct]
#
# Installs the pinned clients below interop/.cache (Node packages by the lock file, Python packages by the requirement
# files), then runs the matrix. PONTOON_BIN names the binary; without it target/release, then target/debug is taken.
# Exit code: 0 all passed, 1 something failed.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p .cache

# Runs "$@" when the file $2.. changed since the last time; $1 names the stamp.
when_changed() {
    local stamp=".cache/$1.stamp" input=$2
    shift 2
    cmp -s "$input" "$stamp" && return
    "$@"
    cp "$input" "$stamp"
}

install_node_packages() {
    # `npm` of the machine may be old; the clients themselves run on the Node that the lock file brings.
    npm ci --no-audit --no-fund --loglevel=error
}

install_python() {
    python3 -m venv --clear ".cache/$1"
    ".cache/$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "requirements/$1.txt"
}

[ -x node_modules/node/bin/node ] || rm -f .cache/node.stamp
when_changed node package-lock.json install_node_packages
for version in py1 py2 py1.6 py1.9 py1.16; do
    when_changed "$version" "requirements/$version.txt" install_python "$version"
done

cargo build --quiet -p pontoon-interop-rmcp
cargo build --quiet -p pontoon-servers --example rmcp_http
rmcp="${CARGO_TARGET_DIR:-$PWD/../target}/debug/pontoon-interop-rmcp"
exec python3 -m runner --rmcp "$rmcp" "$@"
