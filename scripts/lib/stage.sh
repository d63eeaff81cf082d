# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/test: stages, and the count of everything that passed and failed in them.

# start_stages: a fresh directory for the logs, and nothing counted.
start_stages() {
	mkdir -p "$MDX_CACHE/results"
	logs=$(mktemp -d "$MDX_CACHE/results/test-$(date +%m%d-%H%M%S).XXXX")
	: >"$logs/verdicts"
}

# run_stage NAME: run stage_NAME.  One that breaks off is a failure like any other.
run_stage() {
	local begin=$SECONDS status=0
	say "stage $1"
	# Not in a condition: there set -e would be none.
	set +e
	(set -e; "stage_$1") </dev/null
	status=$?
	set -e
	((status == 0)) || verdict FAIL "stage $1" "it broke off with status $status"
	say "stage $1 took $((SECONDS - begin)) s"
}

# verdict PASS|FAIL|SKIP WHAT [WHY|LOG]: count it and say it; of a log the end is shown.
verdict() {
	printf '%s %s\n' "$1" "$2" >>"$logs/verdicts"
	printf '%s  %s%s\n' "$1" "$2" "${3:+  ($3)}"
	[[ $1 != FAIL || ! -f ${3:-} ]] || tail -n 60 "$3" | sed 's/^/    | /'
}

# counted LOG COMMAND...: run a command that itself ends with `N passed, N failed, N skipped` and
# count what it counted.  Without that line, or when its status contradicts it, that is a failure.
counted() {
	local log=$1 status=0 line
	shift
	"$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1) || :
	if [[ -z $line ]]; then
		verdict FAIL "$1" "it ended with status $status and without a count"
		return
	fi
	[[ $line != "0 passed, 0 failed, 0 skipped" ]] || verdict FAIL "$1" "it ran nothing"
	printf 'COUNT %s\n' "$line" >>"$logs/verdicts"
	if ((status != 0)) && [[ $line == *" 0 failed"* ]]; then
		verdict FAIL "$1" "nothing failed, yet its status is $status"
	fi
}

# end_stages: the last line, and the exit status of the whole.
end_stages() {
	local total
	total=$(awk '
		$1 == "PASS" { p++ } $1 == "FAIL" { f++ } $1 == "SKIP" { s++ }
		$1 == "COUNT" { p += $2; f += $4; s += $6 }
		END { printf "%d passed, %d failed, %d skipped", p, f, s }' "$logs/verdicts")
	say "all stages took $SECONDS s; logs: $logs"
	printf '%s\n' "$total"
	[[ $total == *" 0 failed"* && $total != "0 passed"* ]]
}
