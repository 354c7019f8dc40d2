#!/usr/bin/env bash
# Runs the mutation pass: every rule and every view with one change at a time,
# against the tests of the rules. Prints per rule how many changes its test
# notices, and those that it does not. Rules and tests are read from the working
# tree, so nothing is built again after an edit of them. The result of the last
# run stands in benches/RESULTS.md.
#
#   benches/mutants.sh [all|rules|views/|access/|entra/member-not-synced|…]
set -euo pipefail
cd "$(dirname "$0")/.."
export COUNTERSIGN_MUTANTS="${1:-all}"
echo "mutants of $COUNTERSIGN_MUTANTS, commit $(git rev-parse --short HEAD)"
time cargo test --release --quiet --test rules
