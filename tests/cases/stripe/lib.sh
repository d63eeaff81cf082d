# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the cases about linear and RAID0 share.  Sourced by them inside test().

# stripe_members NAME SIZE...: loop devices of those sizes, on one line.
stripe_members() {
	local name=$1 size number=0
	modprobe loop
	shift
	for size in "$@"; do
		number=$((number + 1))
		make_loop "$name-$number" "$size"
	done | tr '\n' ' '
}

# only BYTES: that much of standard input; the rest goes nowhere.
only() {
	head -c "$1" && cat >/dev/null
}

# whole DEVICE SEED: fill all of it, the last odd part too.
whole() {
	local size
	size=$(blockdev --getsize64 "$1")
	pattern "$2" $((size / 1048576 + 1)) | {
		dd of="$1" bs=64k count="$size" iflag=fullblock,count_bytes oflag=direct conv=fsync status=none &&
			cat >/dev/null
	}
}

# whole_is DEVICE SEED: does all of it hold that?
whole_is() {
	local size
	size=$(blockdev --getsize64 "$1")
	dd if="$1" bs=1M iflag=direct status=none |
		cmp -n "$size" - <(pattern "$2" $((size / 1048576 + 1)))
}

# stop_md ARRAY: when nobody looks at it any more.
stop_md() {
	udevadm settle
	check "stop $1" mdadm --quiet --stop "/dev/$1"
}

# stat_of DEVICE FIELD: the FIELD-th number (from 1) of its line in /proc/diskstats behind the name.
stat_of() {
	awk -v name="$(basename "$(readlink -f "$1")")" -v field="$2" \
		'$3 == name { print $(3 + field) }' /proc/diskstats
}
