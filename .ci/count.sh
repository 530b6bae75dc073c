# Sourced by run and nightly: runs steps one after the other and counts what passed.

passed=0
failed=0
skipped=0
broken=0 # steps that are no tests themselves and went wrong

# check NAME COMMAND...: a step whose tests are counted from its reports.
check() {
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@" </dev/null; then
    printf '== %s: fine, %d s\n' "$name" $((SECONDS - began))
  else
    printf '== %s: FAILED, %d s\n' "$name" $((SECONDS - began))
    broken=$((broken + 1))
    return 1
  fi
}

# check_one NAME COMMAND...: a step that is one test.
check_one() {
  if check "$@"; then
    passed=$((passed + 1))
  else
    broken=$((broken - 1))
    failed=$((failed + 1))
    return 1
  fi
}

# count_reports FOLDER...: adds up the JUnit XML reports in these folders.
count_reports() {
  local tests errors failures skips
  read -r tests errors failures skips < <(
    find "$@" -name 'TEST-*.xml' -exec grep -ohm1 '<testsuite [^>]*>' {} + 2>/dev/null |
      awk '
        function number(name) {
          if (!match($0, " " name "=\"[0-9]+\"")) return 0
          return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
        }
        {
          tests += number("tests")
          errors += number("errors")
          failures += number("failures")
          skips += number("skipped")
        }
        END { print tests + 0, errors + 0, failures + 0, skips + 0 }'
  )
  passed=$((passed + tests - errors - failures - skips))
  failed=$((failed + errors + failures))
  skipped=$((skipped + skips))
}

# The last line, and the exit code. A step that broke without a failed test counts as one failure.
finish() {
  if [ "$broken" -gt 0 ] && [ "$failed" -eq 0 ]; then
    failed=$broken
  fi
  if [ "$passed" -eq 0 ]; then
    echo "no test ran"
    failed=$((failed + 1))
  fi
  printf '\ntests: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
