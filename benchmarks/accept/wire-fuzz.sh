# Hostile bytes: every target clean for a time, and three mistakes planted in the shipped decoders found.
fuzz_seconds=${OMEGA_FUZZ_SECONDS:-60}

# fuzz SOURCES TARGET: a campaign in a process of its own; prints its last line.
fuzz() {
  dotnet "$1/tests/Fuzz/bin/Debug/net10.0/Omega.P2P.Fuzz.Tests.dll" run "$2" --seconds "$fuzz_seconds" 2>/dev/null
}

fuzz_clean() {
  wanted fuzz || return 0
  (cd "$root" && dotnet build tests/Fuzz --nologo -v q >&2)
  local printed clean findings executions
  printed=$(fuzz "$root" all) || true
  clean=$(grep -c ': clean' <<<"$printed" || true)
  findings=$(grep -c ': finding' <<<"$printed" || true)
  executions=$(sed -n 's/.* clean, \([0-9]*\) .*/\1/p' <<<"$printed" | awk '{n += $1} END {print n + 0}')
  report fuzz "$clean targets clean, $findings findings, $executions executions" "clean for ${fuzz_seconds}s each" \
    "$([ "$findings" = 0 ] && [ "$clean" -gt 0 ] && echo ok || echo short)"
}

# planted NAME TARGET FILE SED-EXPRESSION: the decoder without its check, in a copy of the sources.
planted() {
  wanted "planted-$1" || return 0
  local copy="$scratch/planted-$1" started=$SECONDS
  mkdir "$copy"
  (cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$copy")
  sed -i "$4" "$copy/$3"
  if cmp -s "$root/$3" "$copy/$3"; then
    report "planted-$1" "the source has changed: nothing was planted" "found within 60s" short
    return 0
  fi
  (cd "$copy" && dotnet build tests/Fuzz --nologo -v q -p:RunAnalyzers=false >&2)
  started=$SECONDS
  fuzz "$copy" "$2" >"$scratch/planted-$1.out" || true
  if grep -q "^$2: finding after" "$scratch/planted-$1.out"; then
    report "planted-$1" "found in $((SECONDS - started))s" "found within 60s" ok
  else
    report "planted-$1" "not found in $((SECONDS - started))s" "found within 60s" short
  fi
  rm -rf "$copy"
}

fuzz_clean
planted varint varint src/Primitives/Encoding/Varint.cs 's/if (b == 0 && i > 0)/if (b == 0 \&\& i > 99)/'
planted recursion cbor src/Primitives/Cbor/CborReader.cs 's/if (_depth == DagCbor.DepthMax)/if (_depth < 0)/'
planted bound chunk-list-node src/Storage/Chunking/ChunkList.cs \
  's/if (count is < 0 or > EntriesMax || bytes.Length - HeadSize < count \* EntrySize)/if (count < 0)/'
