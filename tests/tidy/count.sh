# How tests/run reads what a suite printed (docs/testing.md). Tested by tests/tidy/counting.py.

# Sets passed and failed from what a suite printed and how it ended.
count() {
  local log=$1 status=$2 line
  passed=0 failed=0
  line=$(grep -aE '^([0-9]+ passed, [0-9]+ failed|All tests passed \(|test cases: +[0-9]+ \|)' "$log" | tail -n 1)
  case $line in
    *' passed, '*) passed=${line%% *} failed=$(sed -E 's/.* passed, ([0-9]+) failed.*/\1/' <<<"$line") ;;
    'All tests passed'*) passed=$(sed -E 's/.* in ([0-9]+) test cases?.*/\1/' <<<"$line") ;;
    'test cases:'*)
      passed=$(grep -oE '[0-9]+ passed' <<<"$line" | cut -d' ' -f1)
      failed=$(grep -oE '[0-9]+ failed' <<<"$line" | head -n 1 | cut -d' ' -f1) ;;
  esac
  passed=${passed:-0} failed=${failed:-0}
  # A crash, a missing tool, or a suite that ran nothing is a failure, whatever was counted before it.
  if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; then failed=1; fi
}
