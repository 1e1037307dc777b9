# The store: write path, read path. Medians of alternating runs in one go; SIZE_MB (1024) and RUNS (5) may be less.
omega="$root/omega"
"$omega" version >/dev/null
size_mb=${SIZE_MB:-1024}
runs=${RUNS:-5}
export RESTIC_PASSWORD=x RESTIC_CACHE_DIR=$scratch/rc BORG_BASE_DIR=$scratch/bb OMEGA_HOME=$scratch/home
export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes

# synced COMMAND...: seconds of a command and of `sync -f` of the scratch folder after it.
synced() { wall bash -c '"$@" >/dev/null && sync -f "$0"' "$scratch" "$@"; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
stored() { du -sb --exclude=index --exclude=views "$1" | cut -f 1; }
quiet() { sync; sleep 0.2; }

big_file() {
  big=$scratch/big
  [ -f "$big" ] || head -c "$((size_mb * 1048576))" /dev/urandom >"$big"
  cat "$big" >/dev/null
}

# The same file with 100 random bytes inserted somewhere in each 10 MiB.
edited_file() {
  big_file
  edited=$scratch/edited
  [ -f "$edited" ] && return 0
  need python3 python3
  /usr/bin/python3 - "$big" "$edited" <<'P'
import os,sys,random
random.seed(1)
with open(sys.argv[1],'rb') as i, open(sys.argv[2],'wb') as o:
    while b := i.read(10*1048576):
        k=random.randrange(len(b)); o.write(b[:k]); o.write(os.urandom(100)); o.write(b[k:])
P
  cat "$edited" >/dev/null
}

new_home() { rm -rf "$OMEGA_HOME"; "$omega" init --name bench.personal >/dev/null; quiet; }
new_restic() { rm -rf "$scratch/restic" "$RESTIC_CACHE_DIR"; restic init -q -r "$scratch/restic" >/dev/null; quiet; }
new_borg() { rm -rf "$scratch/borg" "$BORG_BASE_DIR"; borg init -e none "$scratch/borg"; quiet; }

# against NAME OURS-FILE THEIRS-FILE THEIRS-NAME TARGET: how many times as fast ours is.
against() {
  local ours theirs r
  ours=$(median "$2"); theirs=$(median "$3"); r=$(ratio "$theirs" "$ours")
  report "$1" "${r}x $4 (ours ${ours}s [$(least "$2")..$(most "$2")], ${theirs}s)" ">= $5x $4" "$(at_least "$r" "$5")"
}

put_big() {
  wanted put-1g || wanted put-edited || return 0
  need restic restic; need borg borgbackup; need casync casync
  edited_file
  for _ in $(seq "$runs"); do
    new_home
    synced "$omega" put --quiet "$big" >>"$scratch/put"
    local before; before=$(stored "$OMEGA_HOME")
    synced "$omega" put --quiet "$edited" >>"$scratch/again"
    echo "$(($(stored "$OMEGA_HOME") - before))" >>"$scratch/added"
    rm -rf "$OMEGA_HOME"
    new_restic; synced restic -r "$scratch/restic" -q backup "$big" >>"$scratch/restic-put"; rm -rf "$scratch/restic"
    new_borg; synced borg create -C none "$scratch/borg::a" "$big" >>"$scratch/borg-put"; rm -rf "$scratch/borg"
    quiet; wall dd "if=$big" "of=$scratch/copy" bs=1M conv=fsync status=none >>"$scratch/dd"; rm -f "$scratch/copy"
  done
  if wanted put-1g; then
    against put-restic "$scratch/put" "$scratch/restic-put" restic 2.5
    against put-borg "$scratch/put" "$scratch/borg-put" borg 1.5
    against put-dd "$scratch/put" "$scratch/dd" "dd+fsync" 0.75
  fi
  wanted put-edited || return 0
  mkdir -p "$scratch/castr"
  casync make --store="$scratch/castr" "$scratch/a.caibx" "$big" >/dev/null
  local casync_before casync_added added first again
  casync_before=$(stored "$scratch/castr")
  casync make --store="$scratch/castr" "$scratch/b.caibx" "$edited" >/dev/null
  casync_added=$(($(stored "$scratch/castr") - casync_before)); rm -rf "$scratch/castr"
  added=$(median "$scratch/added"); first=$(median "$scratch/put"); again=$(median "$scratch/again")
  report put-edited-bytes "$added bytes (casync $casync_added)" "<= 1.2x casync" \
    "$(at_most "$(ratio "$added" "$casync_added")" 1.2)"
  report put-edited-time "${again}s (first put ${first}s)" "<= 0.5x first" "$(at_most "$(ratio "$again" "$first")" 0.5)"
}

get_big() {
  wanted get-1g || return 0
  need restic restic
  big_file; new_home; new_restic
  local id; id=$("$omega" put --json "$big" | sed -n 's/.*"cid":"\([^"]*\)".*/\1/p')
  restic -r "$scratch/restic" -q backup "$big"
  for _ in $(seq "$((runs + 1))"); do
    rm -rf "$scratch/out" "$scratch/copy"; quiet
    synced "$omega" get --quiet "$id" -o "$scratch/out" >>"$scratch/get.all"; cmp "$big" "$scratch/out"
    rm -rf "$scratch/out"; quiet
    synced restic -r "$scratch/restic" -q restore latest --target "$scratch/out" >>"$scratch/restore.all"
    rm -rf "$scratch/out"; quiet
    synced bash -c 'cat "$1" >"$2"; sync "$2"' copy "$big" "$scratch/copy" >>"$scratch/cat.all"
  done
  # The first run of each warms the page cache.
  for f in get restore cat; do tail -n "$runs" "$scratch/$f.all" >"$scratch/$f"; done
  against get-restic "$scratch/get" "$scratch/restore" "restic restore" 2
  against get-cat "$scratch/get" "$scratch/cat" "cat+fsync" 0.7
  rm -rf "$scratch/restic" "$OMEGA_HOME" "$scratch/out" "$scratch/copy"
}

put_small() {
  wanted put-small || return 0
  need restic restic; need borg borgbackup
  local small=$scratch/small
  mkdir -p "$small"; head -c 10240000 /dev/urandom | split -b 1024 -a 5 -d - "$small/f"
  # borg drops what it has read from the page cache: each reads files that are there.
  local warm="cat $small/*"
  for _ in $(seq "$runs"); do
    new_home; $warm >/dev/null; synced "$omega" put --quiet --recursive "$small" >>"$scratch/small-put"
    new_restic; $warm >/dev/null; synced restic -r "$scratch/restic" -q backup "$small" >>"$scratch/small-restic"
    new_borg; $warm >/dev/null; synced borg create -C none "$scratch/borg::s" "$small" >>"$scratch/small-borg"
  done
  against put-small-restic "$scratch/small-put" "$scratch/small-restic" restic 3
  against put-small-borg "$scratch/small-put" "$scratch/small-borg" borg 2
  rm -rf "$small" "$scratch/restic" "$scratch/borg" "$OMEGA_HOME"
}

writers() {
  wanted writers || return 0
  local program=$scratch/bench
  dotnet publish "$root/benchmarks" -c Release -o "$program" --nologo -v q >&2
  for i in $(seq "$runs"); do
    mkdir -p "$scratch/w"; dotnet "$program/Omega.P2P.Benchmarks.dll" store-writers "$scratch/w" >"$scratch/line"
    for field in ratio syncs_per_batch batch_per_second log_bytes_per_artifact index_bytes_per_artifact; do
      json_number "$field" <"$scratch/line" >>"$scratch/w-$field"
    done
    rm -rf "$scratch/w"
  done
  local r
  r=$(median "$scratch/w-ratio"); report writers-64 "${r}x one writer" ">= 8x" "$(at_least "$r" 8)"
  r=$(most "$scratch/w-syncs_per_batch"); report writers-syncs "$r syncs a batch" "<= 4" "$(at_most "$r" 4)"
  r=$(median "$scratch/w-batch_per_second")
  report appends "$r appends a second in a batch" ">= 10000" "$(at_least "$r" 10000)"
  local log index
  log=$(most "$scratch/w-log_bytes_per_artifact"); index=$(most "$scratch/w-index_bytes_per_artifact")
  r=$(awk -v a="$log" -v b="$index" 'BEGIN {print a + b}')
  report log-and-index "$r bytes an artifact (log $log, index $index)" "<= 1536" "$(at_most "$r" 1536)"
}

# The one-file build without what the trimmer finds unused: a schema still refuses, and names the place, and still accepts.
schema_trimmed() {
  wanted schema-trimmed || return 0
  local rid out=$scratch/trimmed refused
  rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
  dotnet publish "$root/src/Node" -c Release --artifacts-path "$scratch/trimmed-artifacts" "-p:OmegaRid=$rid" \
    -p:OmegaSingleFile=true -p:RunAnalyzers=false -o "$out" --nologo -v q >&2
  rm -rf "$OMEGA_HOME"; "$out/omega" init --name bench.personal >/dev/null
  echo '{"type":"object","properties":{"run":{"type":"object","properties":{"n":{"type":"integer"}}}}}' >"$scratch/schema"
  "$out/omega" schema add guide-board.run.v1 "$scratch/schema" >/dev/null
  echo '{"run":{"n":"three"}}' >"$scratch/meta"
  refused=$("$out/omega" put "$scratch/schema" --kind guide-board.run.v1 --meta-json "$scratch/meta" 2>&1 || true)
  echo '{"run":{"n":3}}' >"$scratch/meta"
  if [[ $refused == *"at /run/n"* ]] &&
    "$out/omega" put "$scratch/schema" --kind guide-board.run.v1 --meta-json "$scratch/meta" >/dev/null &&
    "$out/omega" verify >/dev/null; then
    report schema-trimmed "refused at /run/n, then stored; $(stat -c %s "$out/omega") bytes" "as in the other build" ok
  else
    report schema-trimmed "${refused:0:80}" "as in the other build" short
  fi
}

put_big
get_big
put_small
writers
schema_trimmed
. "$root/benchmarks/accept/store-scale.sh"

case $line in "" | resumed-put | batches | history | proof-file | audiences | private-bytes \
  | crash-sweep | operation-sweep | fault-seeds | broken-builds | hostile-disk | kill-nine | full-disk | age | age-header)
  build_tests ;;
esac
proven resumed-put Storage "FullyQualifiedName~ResumedPut" "a killed put goes on"
proven batches Storage "FullyQualifiedName~ArtifactBatch|FullyQualifiedName~LocalLog" "one sync for many"
proven history EndToEnd "FullyQualifiedName~ThePastIsListed" "ls, get, diff as of a snapshot"
proven proof-file EndToEnd "FullyQualifiedName~AProofIsChecked" "a tlog-proof checked offline"
proven audiences EndToEnd "FullyQualifiedName~ANamedAudience" "members see, others do not"
proven private-bytes Engine "FullyQualifiedName~BytesShown" "no byte tells of a private artifact"
proven crash-sweep Storage "FullyQualifiedName~Crash" "power loss at every call"
OMEGA_FULL=1 proven operation-sweep Storage "FullyQualifiedName~OperationSweep" "each call of each operation"
OMEGA_FULL=1 proven fault-seeds Storage "FullyQualifiedName~WhateverFails" "2,000 seeds"
proven broken-builds Storage "FullyQualifiedName~InTheWrongOrderIsCaught" "no fsync, early rename: caught"
OMEGA_FULL=1 proven hostile-disk Storage "FullyQualifiedName~HostileDisk" "EIO, lost flush, rot, slow"
OMEGA_FULL=1 proven kill-nine EndToEnd "FullyQualifiedName~KillNine" "100 kills of each, nothing lost"
OMEGA_FULL=1 proven full-disk EndToEnd "FullyQualifiedName~FullDisk" "a clear error, the next delete works"
OMEGA_FULL=1 proven age Interop "FullyQualifiedName~AgeTests" "age reads ours, we age's, to 1 GiB"
proven age-header Storage "FullyQualifiedName~Encryption.Age" "each corrupted line has its error"
