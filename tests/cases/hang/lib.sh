# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the cases about members that vanish or do not answer share.  Sourced by them inside test(), behind
# raid1/lib.sh.

# bounded SECONDS DESCRIPTION COMMAND...: the command succeeds in that time.  It is killed then, and what
# cannot be killed fails the machine.
bounded() {
	local seconds=$1 what=$2
	seconds=$(slow "$seconds")
	shift 2
	check "$what within $seconds s" timeout -k 5 "$seconds" "$@"
}

# ends SECONDS DESCRIPTION PID: that process does; its status.
ends() {
	local status=0
	wait_for "$1" "$2" process_gone "$3"
	wait "$3" || status=$?
	return "$status"
}

process_gone() {
	local state
	state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || :
	[[ -z $state || $state == Z ]]
}

# in_disk_sleep PID: it waits for I/O.
in_disk_sleep() {
	[[ $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status") == D ]]
}

# load ARRAY [OPTION...]: fio in the background, until it is killed or an error ends it; LOAD is its pid.
load() {
	local md=$1
	shift
	fio --name=load --filename="/dev/$md" --direct=1 --ioengine=libaio --iodepth=8 --rw=randrw --bs=4k \
		--size=24M --time_based --runtime=600 --output="$CASE_TMP/fio.log" "$@" &
	LOAD=$!
	wait_for 30 "the load runs" busy "$md" "$(awk '{ print $1 + $5 }' "/sys/block/$md/stat")"
}

# busy ARRAY IOS: it has done more than 100 more than that.
busy() {
	(($(awk '{ print $1 + $5 }' "/sys/block/$1/stat") > $2 + 100))
}

# unload_load: end it, and see that it does.
unload_load() {
	kill "$LOAD" 2>/dev/null || :
	ends 60 "the load ends" "$LOAD" || :
}

# scsi_disks COUNT MIB [PARAMETER=VALUE...]: scsi_debug disks of that size, one host each; SCSI becomes their
# devices, oldest first.
scsi_disks() {
	local count=$1 mib=$2 before
	shift 2
	before=$(lsblk -dno NAME | grep '^sd' | sort || :)
	modprobe scsi_debug add_host="$count" num_tgts=1 max_luns=1 dev_size_mb="$mib" per_host_store=1 "$@"
	udevadm settle
	mapfile -t SCSI < <(comm -13 <(echo "$before") <(lsblk -dno NAME | grep '^sd' | sort) | sed 's,^,/dev/,')
	equal "disks that scsi_debug made" "$count" "${#SCSI[@]}"
}

# vanish DEVICE: as a disk that is pulled.
vanish() {
	echo 1 >"/sys/block/${1#/dev/}/device/delete"
}

# failed ARRAY COUNT: so many of its slots are without a member in sync.
failed() {
	md_is "$1" degraded "$2"
}
