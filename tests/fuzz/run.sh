#!/usr/bin/env bash
# Attacks each reader for a while, and prints how often it was executed.
#   run.sh <harmonium_fuzz> <seconds each> <folder for corpora> [target...]
# A crash, a leak, a hang of 10 s or more than 1 GiB of memory ends it; the input is then in the current folder.
set -euo pipefail
program=$1 seconds=$2 corpora=$3
shift 3
all=$(HARMONIUM_FUZZ_SEEDS=$corpora "$program")
for target in ${@:-$all}; do
  log=$corpora/$target.log
  HARMONIUM_FUZZ=$target "$program" "$corpora/$target" -dict="$corpora/$target.dict" -max_total_time="$seconds" \
    -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 -artifact_prefix="$target-" >"$log" 2>&1 ||
    { tail -n 60 "$log"; echo "$target: FAILED"; exit 1; }
  awk -v target="$target" '/stat::number_of_executed_units/ { printf "%-14s %10d executions\n", target ":", $2 }' "$log"
done
