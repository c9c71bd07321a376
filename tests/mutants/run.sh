#!/bin/sh
# Seeds one defect after the other into the merge core and demands that its tests notice each.
# Usage: tests/mutants/run.sh [build folder]      CONTEXTSYNC_SCHEDULES: how many random schedules each meets
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/mutants}
export CONTEXTSYNC_SCHEDULES="${CONTEXTSYNC_SCHEDULES:-2000}"

[ -f "$build/build.ninja" ] ||
  cmake --preset dev -S "$root" -B "$build" -DCONTEXTSYNC_MUTANTS=ON >/dev/null
ninja -C "$build" unit_document_tests >/dev/null
tests=$build/tests/unit_document_tests

if ! "$tests" --gtest_brief=1 >"$build/mutants.log" 2>&1; then
  echo "the tests fail without any mutant; see $build/mutants.log" >&2
  exit 2
fi

survivors=0
printf '%-28s %-9s %s\n' mutant result 'first test that noticed'
# The names are those of the enumerators.
mutants=$(sed -n 's/^  k\([A-Z][A-Za-z]*\),.*/\1/p' "$root/core/document/mutant.h")
for mutant in $mutants; do
  log=$build/mutant-$mutant.log
  if CONTEXTSYNC_MUTANT=$mutant timeout 60 "$tests" --gtest_brief=1 --gtest_fail_fast >"$log" 2>&1; then
    survivors=$((survivors + 1))
    printf '%-28s %-9s\n' "$mutant" SURVIVED
  else
    noticed=$(sed -n 's/^\[  FAILED  \] \([A-Za-z/0-9]*\.[A-Za-z/0-9]*\).*/\1/p' "$log" | head -n 1)
    printf '%-28s %-9s %s\n' "$mutant" caught "${noticed:-(crashed)}"
  fi
done
[ "$survivors" -eq 0 ] || { echo "$survivors survived" >&2; exit 1; }
