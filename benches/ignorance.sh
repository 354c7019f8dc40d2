#!/usr/bin/env bash
# Runs the test of tests/integration/ignorance.rs (what is taken away proves nothing) over many more sets than the
# suite does, from a seed of its own. The result of the last run stands in
# benches/RESULTS.md.
#
#   benches/ignorance.sh [CASES] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
export COUNTERSIGN_IGNORANCE_CASES="${1:-10000}"
export COUNTERSIGN_IGNORANCE_SEED="${2:-$(date +%s)}"
echo "cases $COUNTERSIGN_IGNORANCE_CASES, seed $COUNTERSIGN_IGNORANCE_SEED, commit $(git rev-parse --short HEAD)"
time cargo test --release --test integration ignorance::
