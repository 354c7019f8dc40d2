#!/usr/bin/env bash
# Runs the property test of tests/integration/property.rs over many more cases than the
# suite does, from a seed of its own. The result of the last run stands in
# benches/RESULTS.md.
#
#   benches/property.sh [CASES] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
export COUNTERSIGN_PROPERTY_CASES="${1:-10000}"
export COUNTERSIGN_PROPERTY_SEED="${2:-$(date +%s)}"
echo "cases $COUNTERSIGN_PROPERTY_CASES, seed $COUNTERSIGN_PROPERTY_SEED, commit $(git rev-parse --short HEAD)"
time cargo test --release --test integration property::
