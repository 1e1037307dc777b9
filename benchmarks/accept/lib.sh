# Shared by the rooms' promises. Every figure is a median of alternating runs in one go; min and max are shown.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/omega-accept.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
lines_ok=0
lines_short=0

# wanted NAME: whether this line shall run.
wanted() { [ -z "$line" ] || [ "$line" = "$1" ]; }

# report NAME FIGURE TARGET ok|short
report() {
  printf '%-28s %-52s %-28s %s\n' "$1" "$2" "$3" "$4"
  if [ "$4" = ok ]; then lines_ok=$((lines_ok + 1)); else lines_short=$((lines_short + 1)); fi
}

summary() {
  echo "$lines_ok ok, $lines_short short"
  [ "$lines_short" = 0 ]
}

# need PROGRAM PACKAGE: what has to be there to measure beside it.
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "accept: $1 is missing: apt-get install $2" >&2
  exit 1
}

# median/least/most FILE: of one number a line.
median() { sort -g "$1" | awk '{v[NR]=$1} END {print (NR % 2) ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }
least() { sort -g "$1" | head -n 1; }
most() { sort -g "$1" | tail -n 1; }

# at_least VALUE TARGET: ok or short.
at_least() { awk -v a="$1" -v b="$2" 'BEGIN {print (a >= b) ? "ok" : "short"}'; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN {print (a <= b) ? "ok" : "short"}'; }

# wall COMMAND...: seconds of wall-clock time; the command's output is dropped.
wall() {
  local begin end
  begin=$(date +%s.%N)
  "$@" >/dev/null
  end=$(date +%s.%N)
  awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.4f\n", b - a}'
}

# json_number FIELD: from the first line of standard input.
json_number() { sed -n "1s/.*\"$1\":\([0-9.eE+-]*\).*/\1/p"; }

# build: the tests that `proven` selects from, once.
build_tests() { (cd "$root" && dotnet build Omega.P2P.sln --nologo -v q >&2); }

# proven NAME PROJECT FILTER TARGET: a promise that a test holds; ok when every selected test passed, and some did. What
# was skipped here was not proven here.
proven() {
  wanted "$1" || return 0
  local output passed failed skipped
  output=$(cd "$root" && dotnet test "tests/$2" --no-build --nologo --filter "$3" 2>&1) || true
  passed=$(printf '%s' "$output" | sed -n 's/.*Passed: *\([0-9]*\).*/\1/p' | tail -n 1)
  failed=$(printf '%s' "$output" | sed -n 's/.*Failed: *\([0-9]*\).*/\1/p' | tail -n 1)
  skipped=$(printf '%s' "$output" | sed -n 's/.*Skipped: *\([0-9]*\).*/\1/p' | tail -n 1)
  if [ "${failed:-1}" = 0 ] && [ "${passed:-0}" -gt 0 ] && [ "${skipped:-0}" = 0 ]; then
    report "$1" "$passed tests passed" "$4" ok
  else
    report "$1" "${passed:-0} passed, ${failed:-?} failed, ${skipped:-0} skipped" "$4" short
  fi
}
