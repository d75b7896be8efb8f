#!/usr/bin/env bash
# A real browser and event streams: interop/browser/run.sh [rows] [events]
#
# `rows` is what streams of any kind do, `events` the event channel; both if neither is named.
# Needs Debian's `chromium` and `node` 20 or newer (or CHROMIUM=path). PONTOON_BIN names the binary; without it target/release, then
# target/debug is taken. Twelve seconds and eight, of which three each
# are the browser's own pause before it comes back.
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
for binary in "$target/debug/pontoon" "$target/release/pontoon"; do
    [ -x "$binary" ] && found="$binary"
done
: "${PONTOON_BIN:=${found:?build pontoon first}}"
: "${CHROMIUM:=$(command -v chromium)}"
cargo build --quiet -p pontoon-sse --example vanilla_sse
export PONTOON_BIN CHROMIUM EXAMPLE_BIN="$target/debug/examples/vanilla_sse"
[ $# -gt 0 ] || set -- rows events
for rows in "$@"; do
    node "interop/browser/$rows.mjs"
done
