#!/usr/bin/env bash
# Builds once, runs every test project and prints, last, `skipped: N (reasons)` and `N passed, N failed`.
# --full runs the full counts of the randomised suites instead of the fixed slices; further arguments name rooms
# (`./test.sh Storage Node`). Under CI=true a program that a test needs and the machine lacks is a failure.
set -uo pipefail
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd "$root"

rooms=()
for argument in "$@"; do
  case $argument in
    --full) export OMEGA_FULL=1 ;;
    -h | --help) sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) echo "test.sh: unknown option $argument" >&2; exit 2 ;;
    *) [ -d "tests/$argument" ] || { echo "test.sh: no tests/$argument" >&2; exit 2; }; rooms+=("$argument") ;;
  esac
done
[ ${#rooms[@]} -gt 0 ] || for project in tests/*/*.csproj; do rooms+=("$(basename "$(dirname "$project")")"); done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
# A seed that changes with the commit: the randomised suites add it to their fixed ones and print it on failure.
export OMEGA_SEED=${OMEGA_SEED:-$(git rev-parse --short=8 HEAD 2>/dev/null || echo 0)}
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  export HOME=$root/.build/home DOTNET_CLI_HOME=$root/.build/home
  mkdir -p "$HOME"
fi

# The launcher knows what the machine must have and how to get it; it also builds what the end-to-end tests start.
# One build waits for compilers and files where the other computes, so they run side by side.
./omega version >/dev/null &
launcher=$!
if [ -f tests/Interop/js/install.sh ] && { [ "${CI:-}" = true ] || command -v npm >/dev/null; }; then
  bash tests/Interop/js/install.sh >&2 || { echo "test.sh: tests/Interop/js/install.sh failed" >&2; [ "${CI:-}" != true ] || exit 1; }
fi
dotnet build Omega.P2P.sln -c Debug -nodeReuse:false -p:UseSharedCompilation=true --nologo -v q >&2 || { echo "the build failed"; exit 1; }
wait "$launcher" || { echo "the launcher's build failed"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf -- "$results"' EXIT
# Runs one room; its line, and what failed, go to a file that is printed when the room is through.
run_room() {
  local room=$1 started=$SECONDS code counters p f t s
  dotnet test "$(echo "tests/$room/bin/Debug/net10.0/"Omega.P2P.*.Tests.dll)" --nologo \
    --logger "trx;LogFileName=$results/$room.trx" >"$results/$room.log" 2>&1
  code=$?
  counters=$(grep -o '<Counters [^>]*>' "$results/$room.trx" 2>/dev/null | head -n 1)
  count() { local n; n=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"); echo "${n:-0}"; }
  p=$(count passed) f=$(count failed) t=$(count total)
  # A project that ran nothing proves nothing.
  if [ "$t" = 0 ] || { [ "$code" != 0 ] && [ "$f" = 0 ]; }; then
    echo "$room did not run to its end"
    f=$((f + 1))
  fi
  [ "$code" = 0 ] || grep -vE '^(Test run for|A total of|VSTest version|Starting test|Results File|$)' "$results/$room.log"
  s=$((t > p + f ? t - p - f : 0))
  printf '%-12s %4d passed  %3d failed  %3d skipped  %4d s\n' "$room" "$p" "$f" "$s" $((SECONDS - started))
  echo "$p $f $s" >"$results/$room.sum"
}

# The end-to-end tests wait more than they compute: they run beside the other rooms.
for room in "${rooms[@]}"; do
  [ "$room" = EndToEnd ] || continue
  run_room EndToEnd >"$results/EndToEnd.out" 2>&1 &
done
for room in "${rooms[@]}"; do
  [ "$room" = EndToEnd ] || run_room "$room"
done
wait
cat "$results/EndToEnd.out" 2>/dev/null

passed=0 failed=0 skipped=0
for room in "${rooms[@]}"; do
  read -r p f s <"$results/$room.sum" || { p=0 f=1 s=0; }
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

reasons=$(cat "$results"/*.trx 2>/dev/null |
  awk '/outcome="NotExecuted"/ {on = 1} on && /<Message>/ {sub(/.*<Message>/, ""); sub(/<\/Message>.*/, ""); print; on = 0}' |
  sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\2 ×\1/' | paste -sd ';' - | sed 's/;/; /g')
echo "skipped: $skipped (${reasons:-none})"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
