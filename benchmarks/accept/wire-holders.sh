# Several holders, and many receivers, as real processes. Sourced by wire.sh.

# limited NODE BYTES_PER_SECOND: a daemon that sends no faster.
limited() {
  "$omega" --home "$scratch/$1" init >/dev/null
  printf '\n[limits]\nupload_bytes_per_s = %s\n' "$2" >>"$scratch/$1/omega.toml"
  up "$1"
}

rate_of() { awk -v s="$1" -v mb="$2" 'BEGIN {printf "%.1f", mb * 1.048576 / s}'; }

holders_setup() {
  limited h1 20000000; local first=$!
  limited h2 20000000
  limited h3 20000000; stalls=${pids[-1]}
  join h2 h1; join h3 h1
  size_mb=256 fresh "$scratch/shared"
  shared=$(publish h1 "$scratch/shared")
  local node
  for node in h2 h3; do
    shown "$node" h1 "$shared"
    "$omega" --home "$scratch/$node" get "$shared" --json >/dev/null
  done
  : "$first"
}

# taker NODE: a fourth node that knows all three.
taker() {
  up "$1"
  join "$1" h1; join "$1" h2; join "$1" h3
  shown "$1" h1 "$shared"
}

several_holders() {
  wanted holders-real || wanted stall-real || return 0
  need openssl openssl
  local stalls shared begin got ideal cost
  holders_setup
  if wanted holders-real; then
    taker t1
    got=$("$omega" --home "$scratch/t1" get "$shared" --json | json_number seconds)
    report holders-real "$(rate_of "$got" 256) MB/s from three of 20 MB/s" ">= 54 MB/s" \
      "$(at_least "$(rate_of "$got" 256)" 54)"
  fi
  if wanted stall-real; then
    taker t2
    begin=$(date +%s.%N)
    "$omega" --home "$scratch/t2" get "$shared" --json >"$scratch/stalled" &
    local getting=$!
    sleep 1.5
    kill -STOP "$stalls"
    begin=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN {print b - a}')
    wait "$getting"
    kill -CONT "$stalls"
    got=$(json_number seconds <"$scratch/stalled")
    # Three brought 54 MB/s until it stopped, two bring 36 MB/s after.
    ideal=$(awk -v t="$begin" 'BEGIN {left = 268.4 - 54 * t; print t + (left > 0 ? left / 36 : 0)}')
    cost=$(awk -v a="$got" -v b="$ideal" 'BEGIN {printf "%.2f", (a > b) ? a - b : 0}')
    report stall-real "${cost} s more than two need for the rest (${got} s in all)" "<= 2 s" "$(at_most "$cost" 2)"
  fi
}

anonymous_kb() { awk '/^RssAnon/ {print $2}' "/proc/$1/status"; }

# 100 fetches at once: 25 receivers, each of four artifacts.
many_receivers() {
  wanted memory || return 0
  need openssl openssl
  local receivers=${RECEIVERS:-25} i k idle peak now
  up server; local server=${pids[-1]}
  local cids=()
  for k in 1 2 3 4; do size_mb=64 fresh "$scratch/part"; cids+=("$(publish server "$scratch/part")"); done
  for i in $(seq "$receivers"); do up "r$i"; join "r$i" server; done
  for i in $(seq "$receivers"); do shown "r$i" server "${cids[3]}"; done
  sleep 5
  idle=$(anonymous_kb "$server"); peak=$idle
  local getting=()
  for i in $(seq "$receivers"); do
    for k in 0 1 2 3; do
      "$omega" --home "$scratch/r$i" get "${cids[$k]}" --json >"$scratch/got-$i-$k" 2>"$scratch/got-$i-$k.err" &
      getting+=($!)
    done
  done
  while jobs -rp | grep -qFx -f <(printf '%s\n' "${getting[@]}"); do
    now=$(anonymous_kb "$server"); [ "$now" -gt "$peak" ] && peak=$now
    sleep 0.1
  done
  local failed=0 above=$(((peak - idle) / 1024))
  for i in "${getting[@]}"; do wait "$i" || failed=$((failed + 1)); done
  [ "$failed" = 0 ] || cat "$scratch"/got-*.err >&2
  report memory "$above MiB above idle ($((idle / 1024)) MiB) at $((4 * receivers)) fetches, $failed failed" "<= 64 MiB" \
    "$([ "$failed" = 0 ] && at_most "$above" 64 || echo short)"
}
