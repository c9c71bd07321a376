# Sourced by ./dev and scripts/check: one named step at a time, with visible progress.
# shellcheck shell=bash

step_logs=build/log

# step NAME COMMAND…: runs COMMAND with its output in build/log/NAME.log. Shows the time and the last
# line while it runs, the time when it ends, the end of the log when it fails (then exits).
step() {
  local name=$1 log="$step_logs/$1.log" begin=$SECONDS status=0 pid
  shift
  mkdir -p "$step_logs"
  set -m # an own process group, so that Ctrl-C can end the whole step
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  # shellcheck disable=SC2064  # the pid of now is meant
  trap "kill -TERM -- -$pid 2>/dev/null; exit 130" INT TERM
  step_watch "$name" "$pid" "$log" "$begin"
  wait "$pid" || status=$?
  trap - INT TERM
  step_end "$name" "$log" "$((SECONDS - begin))" "$status"
}

step_watch() {
  local name=$1 pid=$2 log=$3 begin=$4 told=0 now
  [ -t 1 ] || printf '%-10s …\n' "$name"
  while kill -0 "$pid" 2>/dev/null; do
    now=$((SECONDS - begin))
    if [ -t 1 ]; then
      printf '\r\033[K%-10s %4ds  %s' "$name" "$now" "$(step_last_line "$log")"
    elif [ $((now - told)) -ge 30 ]; then
      told=$now
      printf '%-10s %4ds  %s\n' "$name" "$now" "$(step_last_line "$log")"
    fi
    sleep 0.2
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

step_last_line() { tail -n 1 "$1" 2>/dev/null | tr -d '\000-\037' | cut -c -90; }

step_end() {
  local name=$1 log=$2 seconds=$3 status=$4
  printf '%s %s\n' "$name" "$seconds" >>"$step_logs/times.txt"
  if [ "$status" -eq 0 ]; then
    printf '%-10s %4ds  ok\n' "$name" "$seconds"
    return
  fi
  printf '%-10s %4ds  FAILED (exit %s); the end of %s:\n' "$name" "$seconds" "$status" "$log"
  tail -n 80 "$log"
  exit 1
}
