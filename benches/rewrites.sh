#!/usr/bin/env bash
# Rewrites a data directory at random, seals it again as somebody would who may
# write everything, and counts what `verify` finds without and with a head that
# was kept: benches/rewrites.sh [NUMBER] [SEED]. Exit code 0 only when nothing was missed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export COUNTERSIGN_REWRITES=${1:-1000} COUNTERSIGN_REWRITES_SEED=${2:-1}
COUNTERSIGN_REWRITES_RESULT=$(mktemp)
export COUNTERSIGN_REWRITES_RESULT
began=$SECONDS
cargo test --release --test integration sealed::rewrites -- --nocapture
echo "$COUNTERSIGN_REWRITES rewrites, seed $COUNTERSIGN_REWRITES_SEED, $((SECONDS - began)) s:"
cat "$COUNTERSIGN_REWRITES_RESULT"
rm -f "$COUNTERSIGN_REWRITES_RESULT"
