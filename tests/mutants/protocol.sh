#!/bin/sh
# Seeds one defect after the other into notebook, synchronisation and hub, and demands that the
# simulator notices each.
# Usage: tests/mutants/protocol.sh [build folder]      CONTEXTSYNC_SEEDS: how many seeds each may take
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/mutants}
seeds=${CONTEXTSYNC_SEEDS:-2000}

[ -f "$build/build.ninja" ] ||
  cmake --preset dev -S "$root" -B "$build" -DCONTEXTSYNC_MUTANTS=ON >/dev/null
ninja -C "$build" simulate >/dev/null
simulate=$build/tests/simulate
jobs=${CONTEXTSYNC_JOBS:-2}

if ! "$simulate" --seeds 100 --jobs "$jobs" --brief >"$build/protocol.log" 2>&1; then
  echo "the simulator fails without any mutant; see $build/protocol.log" >&2
  exit 2
fi

# Another rule makes these good, or no fault of the simulator brings them out yet (docs/testing.md).
spared=' GapSkipped AcknowledgedWithoutId ForkIgnored FeedDoesNotMoveClock JournalNotRenumbered
AckedAheadOfFsync SilentChannelKept RejectedReplayedAsDuplicate '

survivors=0
printf '%-30s %-9s %s\n' mutant result 'what was noticed'
# The names are those of the enumerators.
mutants=$(sed -n 's/^  k\([A-Z][A-Za-z0-9]*\),.*/\1/p' "$root/core/ports/protocol_mutant.h")
for mutant in $mutants; do
  case $(printf '%s' "$spared" | tr '\n' ' ') in *" $mutant "*) continue ;; esac
  log=$build/protocol-$mutant.log
  if CONTEXTSYNC_PROTOCOL_MUTANT=$mutant timeout 300 "$simulate" --seeds "$seeds" --jobs "$jobs" \
    --brief >"$log" 2>&1; then
    survivors=$((survivors + 1))
    printf '%-30s %-9s\n' "$mutant" SURVIVED
  else
    noticed=$(sed -n '/ fails:$/{N;s/^seed \([0-9]*\) fails:\n */\1: /p;}' "$log" | head -n 1 | cut -c 1-90)
    printf '%-30s %-9s %s\n' "$mutant" caught "${noticed:-(crashed)}"
  fi
done
[ "$survivors" -eq 0 ] || { echo "$survivors survived" >&2; exit 1; }
