# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/test: what runs on the host: unit tests under the sanitizers, and the fuzzers.

# build_dir NAME: where this checkout's build of that name is.
build_dir() {
	printf '%s/host/%s-%s\n' "$MDX_CACHE" "$1" "$(printf '%s' "$MDX_TOP" | hash_of)"
}

# configure DIR OPTION...: meson setup, once.
configure() {
	local dir=$1
	shift
	mkdir -p "$(dirname "$dir")"
	if [[ -f $dir/build.ninja ]]; then
		return
	fi
	rm -rf "$dir"
	meson setup "$@" "$dir" "$MDX_TOP"
}

stage_host() {
	local dir result name seen=0 log=$logs/host.log
	dir=$(build_dir tests)
	say "building the host tests, with ASan and UBSan (log: $log)"
	if ! { configure "$dir" -Doptimization=0 -Db_sanitize=address,undefined -Db_lundef=false -Dtests=true &&
		ninja -j2 -C "$dir"; } >"$log" 2>&1; then
		verdict FAIL "host tests build" "$log"
		return
	fi
	verdict PASS "host tests build"
	say "running the host tests"
	rm -f "$dir/meson-logs/testlog.json"
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1 \
		meson test -C "$dir" --no-rebuild --num-processes 2 --print-errorlogs >"$log" 2>&1 || :
	# One JSON object a line; the keys wanted come in any order.
	while IFS=$'\t' read -r name result; do
		seen=$((seen + 1))
		case $result in
		OK | EXPECTEDFAIL) verdict PASS "host $name" ;;
		SKIP) verdict SKIP "host $name" ;;
		*) verdict FAIL "host $name" "$log" ;;
		esac
	done < <(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    test = json.loads(line)
    print(test["name"], test["result"], sep="\t")' "$dir/meson-logs/testlog.json")
	((seen)) || verdict FAIL "host tests ran" "$log"
}

stage_fuzz() {
	counted "$logs/fuzz.log" "$MDX_TOP/tests/fuzz/run" "$fuzz_seconds"
}
