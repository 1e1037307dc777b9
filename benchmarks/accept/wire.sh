# The wire: one big fetch beside its peers, kill -9 in the middle of it, several holders, small artifacts.
# SIZE_MB (1024), RUNS (5) and PEERS (tcp rsync iroh) make it smaller; a peer that cannot be installed is left out.
omega="$root/omega"
"$omega" version >/dev/null
size_mb=${SIZE_MB:-1024}
fetch_mb=$size_mb
runs=${RUNS:-5}
asked=${PEERS:-tcp rsync iroh}
pids=()
ended() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap ended EXIT

# text FIELD: a string of the first line of standard input.
text() { sed -n "1s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# up NODE: starts a daemon on loopback; its pid is the last of `pids`.
up() {
  "$omega" --home "$scratch/$1" up --no-discovery --listen /ip4/127.0.0.1/tcp/0 --control 127.0.0.1:0 --json \
    >"$scratch/$1.out" 2>"$scratch/$1.log" &
  pids+=($!)
  local i
  for i in $(seq 200); do grep -q ready "$scratch/$1.out" && return 0; sleep 0.05; done
  echo "accept: $1 did not come up" >&2
  return 1
}

# join GUEST HOST
join() {
  local ticket
  ticket=$("$omega" --home "$scratch/$2" peer invite --json | text ticket)
  "$omega" --home "$scratch/$1" peer add "$ticket" --json >/dev/null
}

# publish NODE FILE: prints the content id.
publish() { "$omega" --home "$scratch/$1" put "$2" --kind file --publish --json | text cid; }

# shown NODE OWNER CID: waits until a follower shows it.
shown() {
  local domain i
  domain=$(text domain_id <"$scratch/$2.out")
  for i in $(seq 300); do
    "$omega" --home "$scratch/$1" ls --domain "$domain" --json 2>/dev/null | grep -q "$3" && return 0
    sleep 0.1
  done
  echo "accept: $1 does not show $3" >&2
  return 1
}

# fresh FILE: other random bytes of the same size, faster than /dev/urandom.
fresh() {
  head -c "$((size_mb * 1048576))" /dev/zero |
    openssl enc -aes-128-ctr -K "$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" \
      -iv 00000000000000000000000000000000 >"$1" 2>/dev/null
}

cpu() { awk -v hz="$(getconf CLK_TCK)" '{sub(/^.*\) /,""); printf "%.2f", ($12+$13)/hz}' "/proc/$1/stat"; }

seconds_of() { # COMMAND...: with the destination synced
  local begin end
  begin=$(date +%s.%N)
  "$@" >/dev/null
  sync -f "$scratch"
  end=$(date +%s.%N)
  awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.3f\n", b - a}'
}

tcp_copy() { # a bare copy into a synced file
  "$scratch/tcpcopy" recv 127.0.0.1 "$1" "$scratch/tcp.out" fsync >/dev/null &
  local receiver=$!
  "$scratch/tcpcopy" send 127.0.0.1 "$1" "$scratch/big"
  wait "$receiver"
  rm -f "$scratch/tcp.out"
}

rsync_copy() {
  rsync -a --whole-file rsync://127.0.0.1:7730/src/big "$scratch/rsync.out/"
}

iroh_seconds() { NPM_DIR=$scratch/npm node "$root/benchmarks/accept/iroh.mjs" "$1" "$scratch"; }

need_iroh() {
  need npm npm
  mkdir -p "$scratch/npm"
  (cd "$scratch/npm" && npm install --no-audit --no-fund --loglevel=error @number0/iroh@0.35.0 >/dev/null 2>&1)
}

big_fetch() {
  wanted fetch || wanted fetch-iroh || wanted fetch-rsync || wanted fetch-tcp || return 0
  need openssl openssl
  need gcc gcc
  gcc -O2 -o "$scratch/tcpcopy" "$root/benchmarks/accept/tcpcopy.c"
  local peers="tcp" i cid cpu_a cpu_b
  if [[ $asked = *rsync* ]] && command -v rsync >/dev/null; then
    peers="$peers rsync"
    mkdir -p "$scratch/rsync.out"
    printf 'port = 7730\naddress = 127.0.0.1\nuse chroot = no\n[src]\npath = %s\nread only = yes\nuid = %s\ngid = %s\n' \
      "$scratch" "$(id -un)" "$(id -gn)" >"$scratch/rsyncd.conf"
    rsync --daemon --no-detach --config="$scratch/rsyncd.conf" 2>/dev/null &
    pids+=($!)
  fi
  if [[ $asked = *iroh* ]] && command -v npm >/dev/null && need_iroh; then
    peers="$peers iroh"
  fi
  for i in ours $peers sender receiver; do : >"$scratch/$i"; done
  up alice; local alice=${pids[-1]}
  up bob; local bob=${pids[-1]}
  join bob alice
  for i in $(seq "$runs"); do
    fresh "$scratch/big"
    cid=$(publish alice "$scratch/big"); shown bob alice "$cid"; sync -f "$scratch"
    # Every sender reads from the page cache: ours wrote its blocks past it (ADR 30).
    cat "$scratch/big" >/dev/null
    find "$scratch/alice" -path '*/sealed/*' -type f -exec cat {} + >/dev/null
    cpu_a=$(cpu "$alice"); cpu_b=$(cpu "$bob")
    seconds_of "$omega" --home "$scratch/bob" get "$cid" --json >>"$scratch/ours"
    awk -v a="$cpu_a" -v b="$(cpu "$alice")" 'BEGIN {print b - a}' >>"$scratch/sender"
    awk -v a="$cpu_b" -v b="$(cpu "$bob")" 'BEGIN {print b - a}' >>"$scratch/receiver"
    seconds_of tcp_copy $((7500 + i)) >>"$scratch/tcp"
    case $peers in *rsync*) rm -f "$scratch/rsync.out/big"; seconds_of rsync_copy >>"$scratch/rsync" ;; esac
    case $peers in *iroh*) iroh_seconds "$scratch/big" >>"$scratch/iroh" ;; esac
  done
  local ours peer
  ours=$(median "$scratch/ours")
  report fetch-cpu "sender $(median "$scratch/sender") s, receiver $(median "$scratch/receiver") s for $size_mb MiB" \
    "reported" ok
  for peer in $peers; do
    local target=0.5 ratio
    case $peer in rsync) target=1.0 ;; iroh) target=6 ;; esac
    wanted fetch || wanted "fetch-$peer" || continue
    ratio=$(awk -v a="$ours" -v b="$(median "$scratch/$peer")" 'BEGIN {printf "%.2f", b / a}')
    report "fetch-$peer" "${ratio}x (ours ${ours}s [$(least "$scratch/ours")..$(most "$scratch/ours")], $peer $(
      median "$scratch/$peer")s [$(least "$scratch/$peer")..$(most "$scratch/$peer")])" ">= ${target}x $peer" \
      "$(at_least "$ratio" "$target")"
  done
}

small_artifact() { # a certificate's worth of bytes in a block full of others
  wanted small || return 0
  local i cid answer wire trips
  [ -d "$scratch/alice" ] || { up alice; up bob; join bob alice; }
  mkdir -p "$scratch/many"
  for i in $(seq 300); do head -c 15000 /dev/urandom >"$scratch/many/$i"; done
  head -c 1432 /dev/urandom >"$scratch/certificate"
  for i in $(seq 1 150); do publish alice "$scratch/many/$i" >/dev/null; done
  cid=$(publish alice "$scratch/certificate")
  for i in $(seq 151 300); do publish alice "$scratch/many/$i" >/dev/null; done
  sleep 3 # what waits in the log moves to a block
  shown bob alice "$cid"
  answer=$("$omega" --home "$scratch/bob" get "$cid" --json)
  wire=$(printf '%s\n' "$answer" | json_number bytes_wire)
  trips=$(printf '%s\n' "$answer" | json_number round_trips)
  report small "$wire bytes on the wire, $trips round trips" "<= 24576 bytes, <= 2 trips" \
    "$([ "$wire" -le 24576 ] && [ "$trips" -le 2 ] && echo ok || echo short)"
}

collection() { # 10,000 files of 1 KiB in one package, beside iroh's collection
  wanted collection || return 0
  need_iroh
  local count=${FILES:-10000} i cid
  mkdir -p "$scratch/files"
  for i in ours iroh; do : >"$scratch/$i"; done
  up owner; up guest; join guest owner
  for i in $(seq "$runs"); do
    rm -rf "$scratch/files"; mkdir "$scratch/files"
    head -c "$((count * 1024))" /dev/urandom | split -b 1024 -a 5 -d - "$scratch/files/f"
    cid=$("$omega" --home "$scratch/owner" put "$scratch/files" --recursive --publish --json | text cid)
    shown guest owner "$cid"; sync -f "$scratch"
    seconds_of "$omega" --home "$scratch/guest" get "$cid" --json >>"$scratch/ours"
    iroh_seconds "$scratch/files" >>"$scratch/iroh"
  done
  local ratio
  ratio=$(awk -v a="$(median "$scratch/ours")" -v b="$(median "$scratch/iroh")" 'BEGIN {printf "%.2f", b / a}')
  report collection "${ratio}x (ours $(median "$scratch/ours")s [$(least "$scratch/ours")..$(most "$scratch/ours")], iroh $(
    median "$scratch/iroh")s [$(least "$scratch/iroh")..$(most "$scratch/iroh")])" ">= 3x iroh, $count x 1 KiB" \
    "$(at_least "$ratio" 3)"
}

killed() { # kill -9 of the receiver at 20 points of 1 GiB
  wanted killed || return 0
  OMEGA_FULL=1 proven killed EndToEnd "FullyQualifiedName~KilledFetchTests" "<= 16 MiB again, 20 points"
}

big_fetch
. "$root/benchmarks/accept/wire-peers.sh"
syncthing_fetch
helia_fetch
small_artifact
collection
. "$root/benchmarks/accept/wire-holders.sh"
several_holders
many_receivers
. "$root/benchmarks/accept/wire-gossip.sh"
case $line in
  fetch* | small | collection | *-real | memory | gossip*) ;;
  *) build_tests ;;
esac
proven holders Simulations "FullyQualifiedName~HoldersTests" "3 x 20 MB/s >= 54; a stall <= 2 s"
proven liar Federation "FullyQualifiedName~TransferTests" "at most one 16 KiB group"
killed
proven cipher Protocol "FullyQualifiedName~Noise" "ChaCha and AES, both sides"
