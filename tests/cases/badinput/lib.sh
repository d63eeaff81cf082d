# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Refusals in tables: every line is tried, all that went wrong is told at the end.  Sourced by the
# badinput cases inside test().

WRONG=()

# wrong TEXT...
wrong() {
	echo "WRONG: $*" >&2
	WRONG+=("$*")
}

# verdict: fail the case if anything was wrong.
verdict() {
	((${#WRONG[@]} == 0)) || fail "${#WRONG[@]} wrong, the first: ${WRONG[0]}"
}

# written: how much has been written to each disk of the machine, discards included.
written() {
	local stat fields
	for stat in /sys/block/vd[b-z]/stat; do
		read -ra fields <"$stat"
		echo "$stat: writes ${fields[4]} sectors ${fields[6]} discards ${fields[11]}"
	done
}

# contents: digests of where superblocks and file systems begin, on every disk.
contents() {
	local n end
	for ((n = 1; n <= MDX_DISKS; n++)); do
		end=$(($(sectors "$(disk "$n")") / 2048))
		echo "$(disk "$n") $(digest "$(disk "$n")" 4) $(digest "$(disk "$n")" 1 $((end - 1)))"
	done
}

# refused DESCRIPTION PATTERN COMMAND...: it fails in bounded time with a line that matches, writes to
# no disk, and no array is there that was not there before.
refused() {
	local what=$1 pattern=$2 out status=0 before arrays_before
	shift 2
	udevadm settle
	before=$(written)
	arrays_before=$(configured)
	out=$(timeout -k 5 "$(slow 20)" "$@" 2>&1 </dev/null) || status=$?
	case $status in
	0) wrong "$what: not refused: $*: $out" ;;
	124 | 137) wrong "$what: not done in time: $*: $out" ;;
	12[5-9] | 1[3-9]?) wrong "$what: status $status of: $*: $out" ;;
	*) grep -qE -- "$pattern" <<<"$out" || wrong "$what: refused, but with: $out" ;;
	esac
	[[ $(written) == "$before" ]] || wrong "$what: writes to a disk: $before / $(written)"
	[[ $(configured) == "$arrays_before" ]] ||
		wrong "$what: leaves an array behind: $(configured | tr '\n' ' ')"
	if [[ $status == 0 ]]; then
		mdadm --quiet --stop "$REFUSED_MD" || :
	fi
}

REFUSED_MD=/dev/md0

# configured: arrays that hold something, and their members.
configured() {
	local dir
	for dir in /sys/block/md*/md; do
		[[ ! -d $dir || $(<"$dir/array_state") == clear ]] || echo "$dir" "$dir"/dev-*
	done
}

# tampered FIRST LAST: those of the tampered superblocks.
tampered() {
	local log=$CASE_TMP/tampered
	make_brd 2 40
	without_udev
	PATIENCE=$(slow 15) perl "$CASES_DIR/badinput/mutated.pl" \
		/mnt/host/source/tests/data/superblocks "$1" "$2" /dev/ram0 /dev/ram1 | tee "$log" ||
		fail "$(grep -m1 WRONG "$log")"
	matches "some are harmless" 'started: .*kernel [1-9]' "$(tail -n 1 "$log")"
	if logged 'attempt to access beyond end of device'; then
		fail "beyond its members: $(kernel_log | grep -m1 -B3 'beyond end of device')"
	fi
	check "nothing is left" [ -z "$(configured)" ]
}
