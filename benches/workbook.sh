#!/usr/bin/env bash
# Times a workbook of access rows, from a Parquet file to a closed file, beside
# XlsxWriter in constant memory on the same rows, one after the other, and prints
# seconds and peak memory of both. Figures of the last run stand in benches/RESULTS.md.
#
#   benches/workbook.sh [ROWS] [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
rows="${1:-1000000}"
rounds="${2:-3}"
cargo build --release --quiet --example book
book="${CARGO_TARGET_DIR:-$PWD/target}/release/examples/book"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
grep -E '^(XlsxWriter|duckdb)==' tests/peers/requirements.txt >"$place/pins"
"$place/venv/bin/pip" install --quiet --no-deps --requirement "$place/pins"
echo "$rows rows, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), commit $(git rev-parse --short HEAD)"
PYTHONDONTWRITEBYTECODE=1 "$place/venv/bin/python" benches/workbook.py "$book" "$place" "$rows" "$rounds"
