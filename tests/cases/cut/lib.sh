# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The power-cut lane: an array is written, the machine is killed at a random moment, and what was acknowledged
# must be there; boot after boot.  MDX_CUTS=N in tests/run's environment says how often (default 20).  A case
# sets MEMBERS and defines made MEMBER..., which creates md0 of them; its last disk has the ledger.

# shellcheck source=/dev/null
. "$CASES_DIR/bitmap/lib.sh"

LEDGER="$CASES_DIR/cut/ledger"

# look WHEN FILE: does md0 hold all that was acknowledged?
look() {
	local said
	said=$("$LEDGER" look /dev/md0 "$NOTES" "$CASE_TMP/$2") || fail "$1: $said"
	note "$1: $said"
}

# written: until the machine is killed, at any moment of the next three seconds; in one of three boots after
# a member failed, in one of three with syncs that take their time.
written() {
	local chance=$((RANDOM % 3)) most=$((RANDOM % 3000))
	((RANDOM % 3)) || echo 2000 >/proc/sys/dev/raid/speed_limit_max
	"$LEDGER" write /dev/md0 "$NOTES" &
	wait_for 60 "it is written" more_written "$(done_writes "$NOTES")"
	note "the cut comes in $most ms"
	# Not for a condition: the moment is to be any.
	pause "$((most / 2000)).$(printf %03d $((most / 2 % 1000)))"
	# It may be one that must not fail.
	((chance)) || mdadm --quiet /dev/md0 --fail "${members[RANDOM % MEMBERS]}" 2>/dev/null || :
	pause "$((most / 2000)).$(printf %03d $((most / 2 % 1000)))"
	power-cut
}

more_written() {
	(($(done_writes "$NOTES") > $1))
}

# back_again: all members have what they had; who had failed is not trusted, and comes back.
back_again() {
	local failed=() member
	check "assemble" mdadm --quiet --assemble --run /dev/md0 "${members[@]}"
	mdadm --quiet --readwrite /dev/md0 2>/dev/null || :
	udevadm settle
	look "before the resync" first
	for member in "${members[@]}"; do
		[[ -e /sys/block/md0/md/dev-$(basename "$member") ]] || failed+=("$member")
	done
	if ((${#failed[@]})); then
		note "${failed[*]} had failed"
		equal "missing members" ${#failed[@]} "$(md_attr md0 degraded)"
		check "it comes back" mdadm --quiet /dev/md0 --add "${failed[@]}"
	fi
	# One in three is cut off before it is in sync.
	((BOOT == BOOTS || RANDOM % 3)) || written
	wait_for 120 "in sync" whole md0
	wait_for 120 "nothing to resync" md_is md0 resync_start none
	look "after it" second
	check "nobody saw a block change" cmp "$CASE_TMP/first" "$CASE_TMP/second"
	alike md0
}

cut_by_cut() {
	local members NOTES
	read -ra members <<<"$(disks 1 "$MEMBERS")"
	NOTES=$(disk $((MEMBERS + 1)))
	if ((BOOT == 1)); then
		made "${members[@]}"
		check "write all of it" "$LEDGER" begin /dev/md0 "$NOTES"
		alike md0
	else
		back_again
	fi
	((BOOT == BOOTS)) || written
	check "stop" mdadm --quiet --stop /dev/md0
}
