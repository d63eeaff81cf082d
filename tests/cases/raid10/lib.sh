# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the RAID10 cases share.  Sourced by them inside test().

# shellcheck source=/dev/null
. "$CASES_DIR/raid1/lib.sh"
# shellcheck source=/dev/null
. "$CASES_DIR/stripe/lib.sh"

# ten ARRAY LAYOUT OPTION... -- MEMBER...: make a RAID10 of them, without waiting.
ten() {
	local md=$1 layout=$2 options=()
	shift 2
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	check "create $md, $layout of $#" mdadm --quiet --create "/dev/$md" --run --level=10 --layout="$layout" \
		--bitmap=none --raid-devices=$# "${options[@]}" "$@"
}

# ten_in_sync ARRAY LAYOUT OPTION... -- MEMBER...: and wait until it is in sync.
ten_in_sync() {
	ten "$@"
	wait_for 120 "$1 is in sync" in_sync "$1"
	wait_idle "$1"
}

# alike ARRAY: does a check find all copies alike?
alike() {
	md_set "$1" sync_action check
	wait_idle "$1" 120
	equal "$1: mismatches" 0 "$(md_attr "$1" mismatch_cnt)"
}

# ram FIRST COUNT: so many ram disks from that number on.
ram() {
	local n
	for ((n = $1; n < $1 + $2; n++)); do
		echo "/dev/ram$n"
	done
}

# without NUMBER MEMBER...: all but the NUMBER-th (from 0).
without() {
	local number=$1
	shift
	echo "${@:1:number}" "${@:number + 2}"
}

# these_hold SEED MEMBER...: these alone hold it all; nothing is written to them.
these_hold() {
	local seed=$1
	shift
	check "assemble $*" mdadm --quiet --assemble --readonly --run /dev/md0 "$@"
	check "$* hold everything" whole_is /dev/md0 "$seed"
	check "stop" mdadm --quiet --stop /dev/md0
}

# whoever_is_missing SET...: arrays of ram disks, of these layouts:members:chunks in KiB, are all there without any one
# member; with three copies without any two neighbours.
whoever_is_missing() {
	local set layout n chunk members number other seed=0
	make_brd 5 4
	without_udev
	for set; do
		IFS=: read -r layout n chunk <<<"$set"
		seed=$((seed + 1))
		note "$set"
		mapfile -t members < <(ram 0 "$n")
		ten_in_sync md0 "$layout" --metadata=1.2 --chunk="$chunk" --size=1M -- "${members[@]}"
		whole /dev/md0 "$seed"
		check "$set: what was written" whole_is /dev/md0 "$seed"
		alike md0
		check "stop" mdadm --quiet --stop /dev/md0
		for ((number = 0; number < n; number++)); do
			read -ra other <<<"$(without "$number" "${members[@]}")"
			these_hold "$seed" "${other[@]}"
			[[ $layout != ?3 ]] || these_hold "$seed" "${other[@]:1}"
		done
		these_hold "$seed" "${members[@]}"
		check "forget" mdadm --quiet --zero-superblock "${members[@]}"
	done
}
