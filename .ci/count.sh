# Sourced by run and nightly: runs steps one after the other and counts what passed.

passed=0
failed=0
skipped=0
broken=0 # steps that are no tests themselves and went wrong
culprits=() # what failed, by name, and why, for the end: the middle of a long log is the first thing to get lost

# check NAME COMMAND...: a step whose tests are counted from its reports.
check() {
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  mkdir -p build
  if "$@" </dev/null 2>&1 | tee build/step.log; then # both scripts set pipefail
    printf '== %s: fine, %d s\n' "$name" $((SECONDS - began))
  else
    printf '== %s: FAILED, %d s\n' "$name" $((SECONDS - began))
    broken=$((broken + 1))
    culprits+=("$name, which ended with
$(tail -n 15 build/step.log | cut -c -300 | sed 's/^/  /')")
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

# count_reports FOLDER...: adds up the JUnit XML reports in these folders, and keeps the names of what failed.
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
  mapfile -t -O "${#culprits[@]}" culprits < <(
    find "$@" -name 'TEST-*.xml' -exec awk '
      /<testcase / { at = $0 }
      /<(failure|error)[ >]/ {
        name = at; sub(/.* name="/, "", name); sub(/".*/, "", name)
        class = at; sub(/.* classname="/, "", class); sub(/".*/, "", class)
        why = ""
        if (match($0, /message="[^"]*/)) why = ": " substr($0, RSTART + 9, RLENGTH < 309 ? RLENGTH - 9 : 300)
        if (at != "") print class "#" name why
        at = ""
      }' {} +
  )
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
  [ "$failed" -eq 0 ] || printf 'failed: %s\n' "${culprits[@]}"
  printf '\ntests: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
