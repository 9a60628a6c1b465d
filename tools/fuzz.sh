#!/usr/bin/env bash
# fuzz.sh SECONDS: runs every program of build/fuzz/fuzzers for so long. Its corpus is
# fuzz/corpus/NAME; an input that crashes it is kept in fuzz/crashes/NAME, where the tests replay it
# for ever.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1

shopt -s nullglob
fuzzers=(build/fuzz/fuzzers/*)
if [[ ${#fuzzers[@]} == 0 ]]; then
  echo "fuzz: no fuzzer was built" >&2
  exit 1
fi

failed=()
for program in "${fuzzers[@]}"; do
  [[ -f $program && -x $program ]] || continue
  name=$(basename "$program")
  corpus=fuzz/corpus/$name crashes=fuzz/crashes/$name
  scratch=build/fuzz/corpus/$name
  mkdir -p "$corpus" "$crashes" "$scratch"
  echo "fuzz: $name, $seconds seconds"
  # New inputs go to the scratch folder; the committed corpus is read only.
  if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$crashes/" "$scratch" "$corpus" >"build/fuzz/$name.log" 2>&1; then
    grep -E 'number_of_executed_units|new_units_added|peak_rss' "build/fuzz/$name.log" || true
  else
    failed+=("$name")
    tail -n 60 "build/fuzz/$name.log"
  fi
  rmdir --ignore-fail-on-non-empty "$corpus" "$crashes"
done

if [[ ${#failed[@]} != 0 ]]; then
  echo "fuzz: failed: ${failed[*]}; the inputs are in fuzz/crashes, commit them with the fix" >&2
  exit 1
fi
echo "fuzz: ${#fuzzers[@]} fuzzers ran $seconds seconds each without a finding"
