# The store beside its size: generated homes (benchmarks/Scale), one of 10,000 artifacts and one of many, measured in turns. Sourced by store.sh.
# scale-1m is one of the quick lines; scale-10m takes half an hour and 20 GiB, and runs when it is named.

scale_field() { sed -n "s/.*\"$2\":\"\{0,1\}\([0-9a-f.eE+-]*\).*/\1/p" "$1"; }
mib() { awk -v a="$1" 'BEGIN {printf "%.1f", a / 1048576}'; }
now_seconds() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now_seconds)" 'BEGIN {printf "%.2f", b - a}'; }
anonymous() { awk '/^RssAnon/ {print $2 * 1024}' "/proc/$1/status"; }

# scale_daemon HOME: starts a daemon over a home; sets daemon (its process) and ready (seconds until it answers).
scale_daemon() {
  local begin; begin=$(now_seconds)
  "$omega" up --home "$1" --json --no-discovery --listen /ip4/127.0.0.1/tcp/0 --control 127.0.0.1:0 >"$scratch/up.out" 2>"$scratch/up.err" &
  daemon=$!
  until grep -q '"event":"ready"' "$scratch/up.out"; do
    kill -0 "$daemon" || { cat "$scratch/up.err" >&2; exit 1; }
    sleep 0.01
  done
  ready=$(since "$begin")
}

scale_stop() { kill -TERM "$daemon"; wait "$daemon" || true; }

# scale_ls HOME ARGUMENTS...: seconds of a list, whose rows are counted in $scratch/rows.
scale_ls() { local home=$1; shift; wall bash -c '"$@" | wc -l >'"$scratch/rows" ls "$omega" ls --home "$home" --json "$@"; }

# The daemon over a store whose view was deleted: what it answers meanwhile, what it holds, how long the view takes.
scale_view() {
  local name=$1 home=$2 small=$3 count=$4 idle peak=0 held first begin seconds rare
  scale_daemon "$small"; scale_ls "$small" --limit 100 >/dev/null; sleep 3; idle=$(anonymous "$daemon"); scale_stop
  rm -rf "$home"/asl/domains/*/views
  scale_daemon "$home"; begin=$(now_seconds)
  report "$name-ready" "a daemon answers after ${ready}s" "store opens in < 1 s" "$(at_most "$ready" 2)"
  first=$(scale_ls "$home" --limit 100)
  report "$name-ls-meanwhile" "the first $(cat "$scratch/rows") of a list in ${first}s, view not there" "answers" \
    "$(at_most "$first" 2)"
  rare=$((count / 1000))
  while :; do
    held=$(anonymous "$daemon"); [ "$held" -le "$peak" ] || peak=$held
    # The daemon holds the view alone: it is whole once its files have rested.
    [ "$(at_least "$(since "$begin")" 15)" = ok ] \
      && [ -z "$(find "$home"/asl/domains/*/views -newermt '-6 seconds')" ] && break
    [ "$(at_most "$(since "$begin")" 3000)" = ok ] || break
    sleep 1
  done
  first=$(since "$begin")
  report "$name-view" "the view is whole after ${first}s" "behind everything else" "$(at_most "$first" 3000)"
  seconds=$(scale_ls "$home" --kind snapshot.vm)
  report "$name-ls-kind" "all $(cat "$scratch/rows") of one kind in ${seconds}s" "$rare listed" \
    "$([ "$(cat "$scratch/rows")" = "$rare" ] && echo ok || echo short)"
  report "$name-daemon-memory" "$(mib $((peak - idle))) MiB above an idle daemon" "<= 64 MiB" \
    "$(at_most "$((peak - idle))" 67108864)"
  scale_stop
}

scale_changes() {
  local name=$1 program=$2 home=$3 small=$4 count=$5 what a b
  dotnet "$program" scale change "$small" 10000 >"$scratch/change.small"
  dotnet "$program" scale change "$home" "$count" >"$scratch/change"
  for what in snapshot plan; do
    a=$(scale_field "$scratch/change" "${what}_reads"); b=$(scale_field "$scratch/change.small" "${what}_reads")
    report "$name-$what" "$a reads, $(scale_field "$scratch/change" "${what}_seconds")s (10 k: $b reads)" \
      "after one change <= 64 reads" "$(at_most "$a" 64)"
  done
}

scale_lines() {
  local name=$1 count=$2 program=$scratch/scale-bench/Omega.P2P.Benchmarks.dll home=$scratch/scale small=$scratch/scale10k
  wanted "$name" || return 0
  [ "$name" = scale-1m ] || [ "$line" = "$name" ] || return 0
  dotnet publish "$root/benchmarks" -c Release -o "$scratch/scale-bench" --nologo -v q >&2
  dotnet "$program" scale write "$small" 10000 2>/dev/null
  local begin seconds size a b r
  begin=$(now_seconds); dotnet "$program" scale write "$home" "$count" >&2; seconds=$(since "$begin")
  size=$(du -sb "$home" | cut -f 1)
  report "$name-write" "${seconds}s, $(mib "$size") MiB" "<= $((count / 16666)) s, $((count * 2048 / 1000000)) MiB or so" \
    "$(at_most "$seconds" "$((count / 16666))")"
  for _ in $(seq "$runs"); do
    dotnet "$program" scale read "$small" 10000 >>"$scratch/read.small"
    dotnet "$program" scale read "$home" "$count" >>"$scratch/read"
  done
  scale_field "$scratch/read" get_median_us >"$scratch/m"; a=$(median "$scratch/m")
  scale_field "$scratch/read.small" get_median_us >"$scratch/m"; b=$(median "$scratch/m"); r=$(ratio "$a" "$b")
  report "$name-get" "median ${a} us, ${r}x that at 10 k (${b} us)" "<= 2.5x" "$(at_most "$r" 2.5)"
  scale_field "$scratch/read" index_pages_median >"$scratch/m"; a=$(most "$scratch/m")
  scale_field "$scratch/read" index_pages_p99 >"$scratch/m"
  report "$name-get-pages" "$a page reads a get, p99 $(most "$scratch/m")" "<= 2" "$(at_most "$a" 2)"
  scale_field "$scratch/read" open_seconds >"$scratch/m"; a=$(median "$scratch/m")
  report "$name-open" "${a}s" "< 1 s" "$(at_most "$a" 1)"
  scale_field "$scratch/read" memory_above_idle >"$scratch/m"; a=$(most "$scratch/m")
  report "$name-get-memory" "$(mib "$a") MiB above idle" "<= 64 MiB" "$(at_most "$a" 67108864)"
  scale_changes "$name" "$program" "$home" "$small" "$count"
  dotnet "$program" scale load "$home" "$count" >"$scratch/load"
  a=$(scale_field "$scratch/load" memory_above_idle)
  report "$name-merge-memory" "$(mib "$a") MiB, $(scale_field "$scratch/load" mib_merged) MiB merged" "<= 64 MiB" "$(at_most "$a" 67108864)"
  a=$(scale_field "$scratch/load" merging_median_ms)
  report "$name-merge-puts" "median ${a} ms, p99 $(scale_field "$scratch/load" merging_p99_ms) (left alone: $(scale_field "$scratch/load" alone_median_ms), $(scale_field "$scratch/load" alone_p99_ms))" \
    "a merge blocks no put" "$(at_most "$(scale_field "$scratch/load" merging_max_ms)" 1000)"
  scale_view "$name" "$home" "$small" "$count"
  dotnet "$program" scale rebuild "$home" "$count" >"$scratch/rebuild"
  a=$(scale_field "$scratch/rebuild" current); b=$(scale_field "$scratch/rebuild" current_before)
  report "$name-rebuild" "$(scale_field "$scratch/rebuild" rebuild_seconds)s, ${a:0:12}" "the same status.current" \
    "$([ -n "$a" ] && [ "$a" = "$b" ] && echo ok || echo short)"
  rm -rf "$home" "$small" "$scratch"/read* "$scratch/scale-bench"
}

scale_lines scale-1m 1000000
scale_lines scale-10m 10000000
