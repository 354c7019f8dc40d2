#!/usr/bin/env bash
# Times whole runs, process start to exit, on an estate of a size, and prints
# seconds and peak memory. Figures of the last run stand in benches/RESULTS.md.
#
#   benches/run.sh [tiny|small|medium|large]
set -euo pipefail
cd "$(dirname "$0")/.."
size="${1:-small}"
cargo build --release --quiet
program="$PWD/target/release/countersign"
if [ -n "${CARGO_TARGET_DIR:-}" ]; then program="$CARGO_TARGET_DIR/release/countersign"; fi
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
cd "$place"
timed() {
    local what="$1"
    shift
    /usr/bin/time -o time.txt -f '%e s, %M KiB' "$@" >out.txt 2>err.txt || [ $? -le 2 ]
    printf '%-28s %s\n' "$what" "$(tail -n 1 time.txt)"
}
echo "size $size, $(nproc) cores, commit $(git -C "$OLDPWD" rev-parse --short HEAD)"
timed "demo" "$program" demo --size "$size" --out demo --quiet
shared=(--config demo/countersign.toml --data)
timed "import and seal" "$program" "${shared[@]}" again snapshot --from demo/exports
for run in 1 2 3; do
    timed "check, run $run" "$program" "${shared[@]}" demo/data check --no-store
done
timed "check without a baseline" "$program" "${shared[@]}" demo/data check --no-store --baseline none
timed "verify" "$program" "${shared[@]}" demo/data snapshots verify
for format in xlsx csv html json; do
    timed "access review, $format" "$program" "${shared[@]}" demo/data report access-review --format "$format" --out out
done
timed "review open" "$program" "${shared[@]}" demo/data review open --out review
timed "review import" "$program" "${shared[@]}" demo/data review import review/everything.xlsx
timed "evidence pack" "$program" "${shared[@]}" demo/data report auditor-evidence --format pack --out pack
du -sh demo/exports demo/data | sed 's/^/on disk: /'
