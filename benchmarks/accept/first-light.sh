# First light: two real nodes, one artifact, the full circle.
omega="$root/omega"
"$omega" version >/dev/null

hash_ratio() { # THREADS
  local threads=$1 name="hash-$1-thread" file="$scratch/hash.bin"
  wanted "$name" || return 0
  need b3sum b3sum
  [ -f "$file" ] || head -c 1073741824 /dev/urandom >"$file"
  cat "$file" >/dev/null
  : >"$scratch/ours"; : >"$scratch/mapped"; : >"$scratch/read"; : >"$scratch/ratio"
  for _ in 1 2 3 4 5 6 7 8 9; do
    local a b c
    a=$("$omega" hash --json --threads "$threads" "$file" | json_number seconds)
    b=$(wall b3sum --num-threads "$threads" "$file")
    c=$(wall b3sum --num-threads "$threads" --no-mmap "$file")
    echo "$a" >>"$scratch/ours"; echo "$b" >>"$scratch/mapped"; echo "$c" >>"$scratch/read"
  done
  local ours best ratio
  ours=$(median "$scratch/ours")
  best=$(printf '%s\n%s\n' "$(median "$scratch/mapped")" "$(median "$scratch/read")" | sort -g | head -n 1)
  ratio=$(awk -v a="$ours" -v b="$best" 'BEGIN {printf "%.3f", b / a}')
  report "$name" \
    "${ratio}x b3sum (ours ${ours}s [$(least "$scratch/ours")..$(most "$scratch/ours")], b3sum ${best}s)" \
    ">= 0.95x $(b3sum --version)" "$(at_least "$ratio" 0.95)"
}

start_time() {
  wanted start-time || return 0
  : >"$scratch/start"
  for _ in 1 2 3 4 5 6 7 8 9; do wall "$omega" version >>"$scratch/start"; done
  local m
  m=$(median "$scratch/start")
  report start-time "${m}s [$(least "$scratch/start")..$(most "$scratch/start")]" "< 0.150s" "$(at_most "$m" 0.150)"
}

demo_time() {
  wanted demo || return 0
  local t
  t=$(wall "$omega" demo)
  report demo "${t}s" "< 30s" "$(at_most "$t" 30)"
}

start_time
hash_ratio 1
hash_ratio 2
demo_time

case $line in "" | start-time | hash-*-thread | demo) [ -n "$line" ] || build_tests ;; *) build_tests ;; esac
proven transcript EndToEnd "FullyQualifiedName~MeshTranscriptTests" "the circle, every size"
proven local-verbs EndToEnd "FullyQualifiedName~LocalTranscriptTests" "stdin, names, ids, views, verify"
proven hash-equals-b3sum EndToEnd "FullyQualifiedName~HashTests" "b3sum on every size class"
proven kernels Primitives "FullyQualifiedName~Kernel" "kernels equal, the one asked for ran"
proven js-libp2p Interop "FullyQualifiedName~Interop" "handshake, identify, ping both ways"
proven hostile-peer Federation "FullyQualifiedName~LyingOwner|FullyQualifiedName~Transfer|FullyQualifiedName~Following|FullyQualifiedName~Serving" "each fault by its name"
proven stories Engine "FullyQualifiedName~Stories" "neighbours, law 9, refusals, nothing on disk"
proven durability EndToEnd "FullyQualifiedName~DurabilityTests" "sync order, kill -9, few block files"
proven crash-sweep Storage "FullyQualifiedName~Crash" "power loss at every call"
proven simulation Simulations "FullyQualifiedName~PartitionScenario" "50 nodes, loss, partition, one seed"
proven house House "FullyQualifiedName~House" "layering and tidiness"
