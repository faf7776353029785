# shellcheck shell=bash
# What every step shares. A step is a script that can be run alone; it ends with the line
# "N passed, N failed" and exits non-zero if anything failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck disable=SC2034 # used by the steps
server=$PWD/build/release/server/syncline-server

passed=0
failed=0

# check NAME COMMAND...: one test case, which is that the command succeeds.
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok: $name"
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# counted COMMAND...: runs a command whose output ends with "N passed, N failed", and adds that up.
# A command that fails without naming a failed case counts as one, and so does one that names none.
counted() {
  local output status=0 line
  output=$(mktemp)
  "$@" 2>&1 | tee "$output" || status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$output" | tail -n 1 || true)
  rm -f "$output"
  if [ -z "$line" ] && [ "$status" -eq 0 ]; then
    echo "no line 'N passed, N failed'"
    status=1
  fi
  add_counts "$(sed -E 's/^([0-9]+) passed.*/\1/' <<<"${line:-0 passed}")" \
    "$(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"${line:-0 passed, 0 failed}")" "$status"
}

# with_node_summary COMMAND...: runs node's own test runner and says "N passed, N failed" after it.
with_node_summary() {
  local output status=0 good bad
  output=$(mktemp)
  "$@" 2>&1 | tee "$output" || status=$?
  good=$(sed -nE 's/^(#|ℹ) pass ([0-9]+)$/\2/p' "$output" | tail -n 1)
  bad=$(sed -nE 's/^(#|ℹ) fail ([0-9]+)$/\2/p' "$output" | tail -n 1)
  rm -f "$output"
  [ -z "$good" ] || echo "$good passed, ${bad:-0} failed"
  return "$status"
}

# ctest_counted ARGUMENTS...: runs ctest and adds up its cases.
ctest_counted() {
  local output status=0 line all=0 bad=0
  output=$(mktemp)
  ctest --parallel "$(nproc)" --output-on-failure --no-tests=error "$@" 2>&1 | tee "$output" || status=$?
  line=$(grep -E 'tests failed out of [0-9]+' "$output" | tail -n 1 || true)
  rm -f "$output"
  if [ -n "$line" ]; then
    all=$(sed -E 's/.*out of ([0-9]+).*/\1/' <<<"$line")
    bad=$(sed -E 's/.* ([0-9]+) tests failed.*/\1/' <<<"$line")
  fi
  add_counts $((all - bad)) "$bad" "$status"
}

add_counts() {
  local good=$1 bad=$2 status=$3
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    bad=1
    echo "FAILED: exit code $status"
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

# needs_server: the steps that drive the real binary.
needs_server() {
  [ -x "$server" ] && return
  echo "no $server: run ci/steps/build.sh first"
  echo "0 passed, 1 failed"
  exit 1
}

# npm_ci FOLDER: installs what its lock file says, unless that is there already.
npm_ci() {
  if [ "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]; then
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    touch "$1/node_modules/.package-lock.json"
  fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
