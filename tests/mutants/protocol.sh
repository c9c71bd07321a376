#!/bin/sh
# Seeds one defect after the other into notebook, synchronisation and hub, and demands that each is
# noticed, by the simulator or by the suite that is named for it.
# Usage: tests/mutants/protocol.sh [build folder]      CONTEXTSYNC_SEEDS: how many seeds each may take
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/mutants}
seeds=${CONTEXTSYNC_SEEDS:-2000}

[ -f "$build/build.ninja" ] ||
  cmake --preset dev -S "$root" -B "$build" -DCONTEXTSYNC_MUTANTS=ON >/dev/null
jobs=${CONTEXTSYNC_JOBS:-2}
ninja -C "$build" -j "$jobs" simulate protocol_rules_tests >/dev/null
simulate=$build/tests/simulate
suite=$build/tests/protocol_rules_tests

if ! "$simulate" --seeds 100 --jobs "$jobs" --brief >"$build/protocol.log" 2>&1 ||
  ! "$suite" --gtest_brief=1 >>"$build/protocol.log" 2>&1; then
  echo "the simulator or the suite fails without any mutant; see $build/protocol.log" >&2
  exit 2
fi

# A second rule makes these good in the simulator, or the fault they need is too rare there: a suite
# must notice them.
by_suite=' GapSkipped AcknowledgedWithoutId ForkIgnored FeedDoesNotMoveClock JournalNotRenumbered
AckedAheadOfFsync SilentChannelKept RejectedReplayedAsDuplicate '

# run_with MUTANT: fails when the mutant is noticed.
run_with() {
  export CONTEXTSYNC_PROTOCOL_MUTANT="$1"
  case $(printf '%s' "$by_suite" | tr '\n' ' ') in
    *" $1 "*) timeout 60 "$suite" --gtest_brief=1 --gtest_fail_fast ;;
    *) timeout 300 "$simulate" --seeds "$seeds" --jobs "$jobs" --brief ;;
  esac
}

survivors=0
printf '%-30s %-9s %s\n' mutant result 'what was noticed'
# The names are those of the enumerators.
mutants=$(sed -n 's/^  k\([A-Z][A-Za-z0-9]*\),.*/\1/p' "$root/core/ports/protocol_mutant.h")
for mutant in $mutants; do
  log=$build/protocol-$mutant.log
  if run_with "$mutant" >"$log" 2>&1; then
    survivors=$((survivors + 1))
    printf '%-30s %-9s\n' "$mutant" SURVIVED
  else
    noticed=$(sed -n -e '/ fails:$/{N;s/^seed \([0-9]*\) fails:\n */\1: /p;}' \
      -e 's/^\[  FAILED  \] \([A-Za-z]*\.[A-Za-z]*\).*/\1/p' "$log" | head -n 1 | cut -c 1-90)
    printf '%-30s %-9s %s\n' "$mutant" caught "${noticed:-(crashed)}"
  fi
done
[ "$survivors" -eq 0 ] || { echo "$survivors survived" >&2; exit 1; }
