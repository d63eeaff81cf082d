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

# grow_by MEMBER: mdadm makes the linear md0 longer by it.
grow_by() {
	local bitmap=()
	# Without it that one takes a bitmap for asked for, and refuses both at once.
	! mdadm_at_least 4.4 || bitmap=(--bitmap=none)
	mdadm --grow /dev/md0 "${bitmap[@]}" --add "$1"
}

# keeps LEVEL MEMBER...: an array of them keeps all that is written to it.
keeps() {
	local level=$1 name options=(--force)
	[[ $level != 0 ]] || options+=(--chunk=8)
	name="level $level of $(($# - 1))"
	shift
	check "create $name" mdadm --quiet --create /dev/md0 --run --level="$level" --metadata=1.2 \
		--raid-devices=$# "${options[@]}" "$@"
	whole /dev/md0 "$#"
	check "$name, read directly" whole_is /dev/md0 "$#"
	# Cached reads run ahead, past the ends of members and chunks.
	check "$name, read through the cache" cmp -n "$(blockdev --getsize64 /dev/md0)" /dev/md0 <(
		pattern "$#" $(($(sectors /dev/md0) / 2048 + 1))
	)
	[[ $# -gt 12 ]] || keeps_files
	stop_md md0
}

# A file system on it: small requests, and reads ahead.
keeps_files() {
	local files=/usr/lib/udev/rules.d
	check "$name, file system" mkfs.ext4 -q -F /dev/md0
	mount /dev/md0 "$CASE_TMP/mnt"
	cp -r "$files" "$CASE_TMP/mnt/files"
	umount "$CASE_TMP/mnt"
	check "$name, file system checked" fsck.ext4 -fn /dev/md0
	mount /dev/md0 "$CASE_TMP/mnt"
	check "$name, files" diff -r --no-dereference "$files" "$CASE_TMP/mnt/files"
	umount "$CASE_TMP/mnt"
}
