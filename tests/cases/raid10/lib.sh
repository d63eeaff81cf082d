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
