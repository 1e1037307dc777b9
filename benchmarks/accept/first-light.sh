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

# From the process start to the ready line, after a kill -9 while something was being put.
restart_time() {
  wanted restart || return 0
  local home="$scratch/restart" pipe="$scratch/ready" round begin pid
  "$omega" init --name restart.personal --home "$home" >/dev/null
  mkfifo "$pipe"
  head -c 3000000 /dev/urandom >"$scratch/large.bin"
  : >"$scratch/restarts"
  for round in 0 1 2 3 4 5 6 7 8 9; do
    begin=$(date +%s.%N)
    "$omega" up --json --no-discovery --listen /ip4/127.0.0.1/tcp/0 --control 127.0.0.1:0 --home "$home" \
      >"$pipe" 2>/dev/null &
    pid=$!
    read -r _ <"$pipe"
    # The first start follows no kill.
    [ "$round" = 0 ] || awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN {printf "%.4f\n", b - a}' >>"$scratch/restarts"
    head -c 4000 /dev/urandom | "$omega" put - --publish --home "$home" >/dev/null
    (head -c 1000 /dev/urandom; cat "$scratch/large.bin") | "$omega" put - --home "$home" >/dev/null 2>&1 &
    sleep "0.$((RANDOM % 4))"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    wait
  done
  local m
  m=$(median "$scratch/restarts")
  report restart "${m}s [$(least "$scratch/restarts")..$(most "$scratch/restarts")]" "< 1s" "$(at_most "$m" 1)"
}

# The whole suite from here on; only when asked for by name.
suite_time() {
  [ "$line" = suite ] || return 0
  local t
  t=$(wall "$root/test.sh")
  report suite "${t}s" "< 300s on 2 cores" "$(at_most "$t" 300)"
}

# What is stated with the result: lines of code per room.
lines_of_code() {
  wanted lines-of-code || return 0
  local room counts=""
  for room in Primitives Storage Protocol Federation Engine Node; do
    counts+="$room $(find "$root/src/$room" \( -name obj -o -name bin \) -prune -o -name '*.cs' ! -name '*.g.cs' -print0 |
      xargs -0 cat | wc -l) "
  done
  report lines-of-code "${counts% }" "stated" ok
}

start_time
restart_time
hash_ratio 1
hash_ratio 2
demo_time
suite_time
lines_of_code

case $line in
  "") build_tests ;;
  start-time | restart | hash-*-thread | demo | suite | lines-of-code) ;;
  *) build_tests ;;
esac
# One line for each "done when"; a filter that selects no test is short.
proven transcript EndToEnd "FullyQualifiedName~CircleTests" "the circle, every size, sha256 equal"
proven local-verbs EndToEnd "FullyQualifiedName~LocalTranscriptTests" "stdin, names, ids, exit codes"
proven hash-equals-b3sum EndToEnd "FullyQualifiedName~HashTests" "b3sum on every size class"
proven official-vectors Primitives "FullyQualifiedName~Blake3" "every official vector length"
proven kernels Primitives "FullyQualifiedName~Kernel" "kernels equal, the one asked for ran"
proven js-libp2p Interop "FullyQualifiedName~JsLibp2p" "handshake, identify, ping both ways"
proven hostile-peer Federation \
  "FullyQualifiedName~LyingOwner|FullyQualifiedName~Transfer|FullyQualifiedName~Following|FullyQualifiedName~ForkProof" \
  "each fault by its name"
proven liars Engine "FullyQualifiedName~LiarTests" "nothing of it on disk, peer demoted"
proven strangers Engine "FullyQualifiedName~StrangerTests" "nothing but a refusal"
proven shared-blocks Engine "FullyQualifiedName~SharedBlockTests" "neighbours stay, blocks come back"
proven law-9 Engine "FullyQualifiedName~RollBackTests" "rolled back, read-only, a new epoch"
proven law-9-processes EndToEnd "FullyQualifiedName~ACopyPutBack" "the same with real homes"
proven names Engine "FullyQualifiedName~NamesTests" "one name, two domains"
proven sync-order EndToEnd "FullyQualifiedName~EverySync|FullyQualifiedName~SmallPutsAreDurable" \
  "every sync of a real trace is needed"
proven few-block-files EndToEnd "FullyQualifiedName~AThousandSmallPuts" "1,000 puts, at most 16 blocks"
proven holders-away EndToEnd "FullyQualifiedName~WithEveryHolderAway" "get exits 6, disk use has fallen"
proven kill-nine EndToEnd "FullyQualifiedName~KillNineTests" "puts and fetches, restart < 1 s"
proven views EndToEnd "FullyQualifiedName~ViewsMayBeDeleted" "ls prints the same"
proven flipped-byte EndToEnd "FullyQualifiedName~VerifyFindsAFlippedByte" "verify names the artifacts hit"
proven read-only Engine "FullyQualifiedName~DamagedStoreTests" "damage is refused by name"
proven crash-sweep Storage "FullyQualifiedName~Crash" "power loss at every call"
proven simulation Simulations "FullyQualifiedName~PartitionScenario" "50 nodes, loss, partition, one seed"
proven house House "FullyQualifiedName~House" "layering and tidiness"
