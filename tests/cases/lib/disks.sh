# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Block devices for cases: the machine's disks, and others made on the spot.

# disk N: the N-th empty disk (from 1): /dev/vdb, /dev/vdc...
disk() {
	local number=$1 letters=abcdefghijklmnopqrstuvwxyz
	((number >= 1 && number <= MDX_DISKS)) || fail "no disk $number"
	if ((number < 26)); then
		echo "/dev/vd${letters:number:1}"
	else
		number=$((number - 26))
		echo "/dev/vd${letters:number / 26:1}${letters:number % 26:1}"
	fi
}

# disks FIRST LAST: that range of them, on one line.
disks() {
	local n
	for ((n = $1; n <= $2; n++)); do
		printf '%s ' "$(disk "$n")"
	done
}

# sectors DEVICE: its size in 512 byte sectors.
sectors() {
	blockdev --getsz "$1"
}

# make_brd COUNT MIB: /dev/ram0... of that size.
make_brd() {
	modprobe brd rd_nr="$1" rd_size=$(($2 * 1024)) max_part=16
}

# make_loop FILE SIZE [LOSETUP_OPTION...]: a loop device on a new sparse file of that size in the
# case's own directory; prints the device.
make_loop() {
	local file=$CASE_TMP/$1 size=$2
	shift 2
	truncate -s "$size" "$file"
	losetup --show -f "$@" "$file"
}

# make_null NAME ATTRIBUTE=VALUE...: a null_blk device through configfs, memory backed unless told;
# prints the device.  Attributes as in Documentation/block/null_blk.
make_null() {
	local dir=/sys/kernel/config/nullb/$1 pair
	# It brings configfs with it where that is a module.
	[[ -d /sys/module/null_blk ]] || modprobe null_blk nr_devices=0
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	mkdir "$dir"
	echo 1 >"$dir/memory_backed"
	for pair in "${@:2}"; do
		echo "${pair#*=}" >"$dir/${pair%%=*}"
	done
	echo 1 >"$dir/power"
	# Newer kernels name the device as the directory, older ones nullbINDEX.
	if [[ -b /dev/$1 ]]; then
		echo "/dev/$1"
	else
		echo "/dev/nullb$(<"$dir/index")"
	fi
}

# make_scsi PARAMETER=VALUE...: a scsi_debug disk; prints the device.
make_scsi() {
	local before dev
	before=$(lsblk -dno NAME)
	modprobe scsi_debug "$@"
	udevadm settle
	dev=$(comm -13 <(sort <<<"$before") <(lsblk -dno NAME | sort) | grep '^sd' | head -n 1)
	[[ -n $dev ]] || fail "scsi_debug made no disk"
	echo "/dev/$dev"
}

# dm_make NAME TABLE: a device-mapper device; prints it.
dm_make() {
	dmsetup create "$1" --table "$2"
	udevadm settle
	echo "/dev/mapper/$1"
}

# dm_table NAME TABLE: give it another table, waiting for what is in flight.
dm_table() {
	dmsetup suspend --noflush "$1"
	dmsetup load "$1" --table "$2"
	dmsetup resume "$1"
}

# Tables over a whole device, for dm_make and dm_table.
table_linear() {
	echo "0 $(sectors "$1") linear $1 0"
}

# table_delay DEVICE MS [WRITE_MS]: each request late by that much.
table_delay() {
	echo "0 $(sectors "$1") delay $1 0 $2 $1 0 ${3:-$2}"
}

# table_broken DEVICE FIRST COUNT: requests to those sectors fail.
table_broken() {
	local size first=$2 after=$(($2 + $3))
	size=$(sectors "$1")
	((first == 0)) || echo "0 $first linear $1 0"
	echo "$first $3 error"
	((after >= size)) || echo "$after $((size - after)) linear $1 $after"
}

# table_dead DEVICE: every request fails.
table_dead() {
	echo "0 $(sectors "$1") error"
}

# table_flaky DEVICE FEATURE...: dm-flakey, always down with those features (error_writes,
# drop_writes, ...).
table_flaky() {
	local dev=$1
	shift
	echo "0 $(sectors "$dev") flakey $dev 0 0 3600 $# $*"
}
