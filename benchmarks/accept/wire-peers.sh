# One big fetch beside Syncthing and Helia: other people's daemons, two each, everything on loopback. Sourced by wire.sh.

# beside LINE PROGRAM PACKAGE: whether the peer is there; a line that was asked for by name needs it.
beside() {
  wanted "$1" || return 1
  command -v "$2" >/dev/null 2>&1 && return 0
  [ "$line" != "$1" ] || need "$2" "$3"
  echo "accept: $1 is left out: apt-get install $3" >&2
  return 1
}

# ours_up: our two daemons, for all lines here. Not in a substitution: its shell would end knowing their pids alone.
ours_up() { [ -d "$scratch/ours-a" ] || { up ours-a; up ours-b; join ours-b ours-a; }; }

# shared MIB: a fresh file of so much, published by ours-a and shown by ours-b; prints its content id.
shared() {
  local cid
  size_mb=$1 fresh "$scratch/big"
  cid=$(publish ours-a "$scratch/big")
  shown ours-b ours-a "$cid"
  sync -f "$scratch"
  # Every sender reads from the page cache: ours wrote its blocks past it (ADR 30).
  find "$scratch/ours-a" "$scratch/big" -type f -exec cat {} + >/dev/null
  printf '%s\n' "$cid"
}

# beside_line LINE PEER TARGET NOTE
beside_line() {
  local ratio
  ratio=$(awk -v a="$(median "$scratch/ours")" -v b="$(median "$scratch/theirs")" 'BEGIN {printf "%.2f", b / a}')
  report "$1" "${ratio}x (ours $(median "$scratch/ours")s [$(least "$scratch/ours")..$(most "$scratch/ours")], $2 $(
    median "$scratch/theirs")s [$(least "$scratch/theirs")..$(most "$scratch/theirs")]$4)" ">= ${3}x $2" \
    "$(at_least "$ratio" "$3")"
}

st_api() { # PORT PATH [CURL-ARGUMENT]...
  curl -s --noproxy '*' -H 'X-API-Key: accept' "http://127.0.0.1:$1/rest/$2" "${@:3}"
}

st_id() { sed -n 's/.*<device id="\([^"]*\)".*/\1/p' "$scratch/st-$1/config.xml" | head -n 1; }

# st_option FILE KEY VALUE
st_option() {
  if grep -q "<$2>" "$1"; then sed -i "s|<$2>[^<]*</$2>|<$2>$3</$2>|" "$1"; else sed -i "s|<options>|&<$2>$3</$2>|" "$1"; fi
}

# st_make NAME PORT: nothing is announced, reported or upgraded: no packet leaves the machine.
st_make() {
  local home="$scratch/st-$1" key
  syncthing generate --home="$home" --no-default-folder >/dev/null 2>&1
  for key in globalAnnounceEnabled localAnnounceEnabled relaysEnabled natEnabled crashReportingEnabled startBrowser \
    setLowPriority; do
    st_option "$home/config.xml" "$key" false
  done
  st_option "$home/config.xml" urAccepted -1
  st_option "$home/config.xml" autoUpgradeIntervalH 0
  st_option "$home/config.xml" reconnectionIntervalS 1
  st_option "$home/config.xml" listenAddress "tcp://127.0.0.1:$2"
}

# st_knows NAME OTHER PORT
st_knows() {
  sed -i "s|</configuration>|<device id=\"$(st_id "$2")\" name=\"$2\" compression=\"never\"><address>tcp://127.0.0.1:$3</address></device>&|" \
    "$scratch/st-$1/config.xml"
}

st_up() { # NAME CONTROL-PORT
  local home="$scratch/st-$1" i
  HOME=$home STNOUPGRADE=1 syncthing serve --home="$home" --no-browser --gui-address="127.0.0.1:$2" \
    --gui-apikey=accept >"$home.log" 2>&1 &
  pids+=($!)
  for i in $(seq 300); do st_api "$2" system/ping | grep -q pong && return 0; sleep 0.1; done
  echo "accept: syncthing did not come up" >&2
  return 1
}

st_pair() {
  local i
  st_make a 7791; st_make b 7793
  st_knows a b 7793; st_knows b a 7791
  st_up a 7790; st_up b 7792
  for i in $(seq 600); do st_api 7790 system/connections | grep -q '"connected": true' && return 0; sleep 0.1; done
  echo "accept: the two Syncthings did not meet" >&2
  return 1
}

st_folder() { # PORT ID FOLDER TYPE
  mkdir -p "$3"
  st_api "$1" config/folders -X POST -d "{\"id\":\"$2\",\"path\":\"$3\",\"type\":\"$4\",\"fsWatcherEnabled\":false,
    \"rescanIntervalS\":0,\"devices\":[{\"deviceID\":\"$(st_id a)\"},{\"deviceID\":\"$(st_id b)\"}]}"
}

# st_fetch N: appends the seconds from the end of the sender's scan, which hashes, to a synced whole at the receiver.
st_fetch() {
  local begin status bytes
  st_folder 7790 "run$1" "$scratch/st-from-$1" sendonly
  st_folder 7792 "run$1" "$scratch/st-to-$1" receiveonly
  sleep 3 # the receiver looks through its folder first
  cp "$scratch/big" "$scratch/st-from-$1/big"
  sync -f "$scratch"
  bytes=$(stat -c %s "$scratch/big")
  wall st_api 7790 "db/scan?folder=run$1" -X POST >>"$scratch/scans"
  begin=$(date +%s.%N)
  until
    status=$(st_api 7792 "db/status?folder=run$1")
    [[ $status == *"\"inSyncBytes\": $bytes,"* && $status == *'"state": "idle"'* ]]
  do sleep 0.02; done
  sync -f "$scratch"
  awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN {printf "%.3f\n", b - a}' >>"$scratch/theirs"
  cmp "$scratch/big" "$scratch/st-to-$1/big"
  st_api 7790 "config/folders/run$1" -X DELETE
  st_api 7792 "config/folders/run$1" -X DELETE
  rm -rf "$scratch/st-from-$1" "$scratch/st-to-$1"
}

syncthing_fetch() {
  beside fetch-syncthing syncthing syncthing || return 0
  need curl curl
  local i cid
  for i in ours theirs scans; do : >"$scratch/$i"; done
  st_pair
  ours_up
  for i in $(seq "$runs"); do
    cid=$(shared "$fetch_mb")
    seconds_of "$omega" --home "$scratch/ours-b" get "$cid" --json >>"$scratch/ours"
    st_fetch "$i" >/dev/null
  done
  beside_line fetch-syncthing "syncthing $(syncthing --version | cut -d' ' -f2)" 2.5 ", after a scan of $(median "$scratch/scans")s"
}

helia_fetch() {
  beside fetch-helia npm npm || return 0
  local i cid folder="$scratch/npm-helia"
  mkdir -p "$folder"
  cp "$root/benchmarks/accept/helia.mjs" "$root/benchmarks/accept/children.mjs" "$root/tests/Interop/helia/polyfill.mjs" "$folder"
  (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts --loglevel=error @helia/utils@1.4.0 \
    @helia/block-brokers@4.2.4 @helia/unixfs@5.1.0 @helia/routers@3.1.3 libp2p@2.10.0 @libp2p/tcp@10.1.19 \
    @chainsafe/libp2p-noise@16.1.5 @chainsafe/libp2p-yamux@7.0.4 @libp2p/identify@3.0.39 blockstore-fs@2 \
    datastore-core@10.0.4 @multiformats/multiaddr@12.5.1 multiformats@13.4.2 >/dev/null)
  for i in ours theirs; do : >"$scratch/$i"; done
  ours_up
  for i in $(seq "$runs"); do
    cid=$(shared "${HELIA_MB:-256}")
    seconds_of "$omega" --home "$scratch/ours-b" get "$cid" --json >>"$scratch/ours"
    node "$folder/helia.mjs" "$scratch/big" "$scratch" >>"$scratch/theirs"
  done
  beside_line fetch-helia "helia utils 1.4.0" 10 ""
}
