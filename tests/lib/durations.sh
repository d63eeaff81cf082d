# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tests/run: how long cases took when they last passed, so that machines can be dealt what keeps all of them
# busy to the end.  Kept in $MDX_CACHE/durations, a line "ROW DRIVER NAME SECONDS" for each.

# MACHINE_START: seconds from the start of a machine to its first case and from its last to the end.
readonly MACHINE_START=10

# read_durations: what was learned, into the array durations.
read_durations() {
	local row driver name seconds
	declare -gA durations=()
	[[ ! -f $MDX_CACHE/durations ]] || while read -r row driver name seconds; do
		durations["$row $driver $name"]=$seconds
		# The best guess for a row it has not passed on yet.
		durations[$name]=$seconds
	done <"$MDX_CACHE/durations"
}

# seconds_of "ROW DRIVER NAME": how long it is thought to take there, starts of its own machine included.  Uses
# the header just read.
seconds_of() {
	local seconds=${durations[$1]:-${durations[${1##* }]:-$((h_timeout / 10))}}
	! case_is_alone || seconds=$((${seconds%.*} + h_boots * MACHINE_START))
	printf '%s\n' "$seconds"
}

# keep_durations: those of this run replace what was known.
keep_durations() {
	local lock
	exec {lock}>"$MDX_CACHE/locks/durations.lock"
	flock "$lock"
	touch "$MDX_CACHE/durations"
	awk '{ place = $1 " " $2 " " $3; if (!(place in seconds)) order[++n] = place; seconds[place] = $4 }
		END { for (i = 1; i <= n; i++) print order[i], seconds[order[i]] }' \
		"$MDX_CACHE/durations" "$results/durations" >"$MDX_CACHE/durations.new"
	mv "$MDX_CACHE/durations.new" "$MDX_CACHE/durations"
	exec {lock}>&-
}
