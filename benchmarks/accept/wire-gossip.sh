# Gossip beside js-libp2p: 20 nodes in one process, six neighbours each. Sourced by wire.sh; RUNS alternating runs.
gossip_field() { sed -n "s/.*\"op\":\"$1\".*\"$2\":\([0-9.]*\).*/\1/p"; }

gossip_lines() {
  wanted gossip-paced || wanted gossip-burst || return 0
  need node nodejs
  (cd "$root/tests/Interop/js" && ./install.sh >&2)
  (cd "$root" && dotnet build benchmarks -c Release --nologo -v q >&2)
  local ours="$root/benchmarks/bin/Release/net10.0/Omega.P2P.Benchmarks.dll" run
  : >"$scratch/gossip.ours"; : >"$scratch/gossip.js"
  for run in $(seq "${RUNS:-5}"); do
    dotnet "$ours" gossip 1000 2000 >>"$scratch/gossip.ours"
    node "$root/tests/Interop/js/gossip-bench.mjs" 1000 2000 >>"$scratch/gossip.js"
  done
  local side op field
  for side in ours js; do
    gossip_field gossip-paced p99_ms <"$scratch/gossip.$side" >"$scratch/paced.$side"
    gossip_field gossip-burst delivered_pct <"$scratch/gossip.$side" >"$scratch/burst.$side"
    gossip_field gossip-burst seconds <"$scratch/gossip.$side" >"$scratch/burst-s.$side"
  done
  local mine theirs
  mine=$(median "$scratch/paced.ours"); theirs=$(median "$scratch/paced.js")
  ! wanted gossip-paced || report gossip-paced "p99 ${mine} ms, js-libp2p ${theirs} ms" "< half of js-libp2p's" \
    "$(at_most "$mine" "$(awk -v t="$theirs" 'BEGIN {print t / 2}')")"
  mine=$(least "$scratch/burst.ours")
  ! wanted gossip-burst || report gossip-burst \
    "${mine} % in $(median "$scratch/burst-s.ours") s, js-libp2p $(median "$scratch/burst-s.js") s" \
    "2,000 messages, 100 %" "$(at_least "$mine" 100)"
}

gossip_lines
