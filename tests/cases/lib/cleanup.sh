# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Bringing the machine back to how a case expects to find it.  Called by the guest's case runner.
# Prints what it could not undo, and returns 1 then: the machine is of no use for another case.

# As the machine came up; the host, which reads this file too, may have none.
[[ ! -r /proc/sys/kernel/modprobe ]] || MODPROBE=$(</proc/sys/kernel/modprobe)
START_RO=0	# Debian's mdadm has modprobe.d set it
for file in /sys/module/{mdx,md_mod}/parameters/start_ro; do
	[[ ! -r $file ]] || START_RO=$(<"$file")
done
unset file

case_cleanup() {
	local status=0
	! udev_has_ended || vm-udev
	cleanup_mounts || status=1
	cleanup_stacks || status=1
	rm -rf "$CASE_TMP" /etc/mdctl.conf /etc/mdadm/mdadm.conf /run/mdadm /run/mdctl
	cleanup_modules
	cleanup_disks || status=1
	cleanup_driver || status=1
	cleanup_parameters
	udevadm settle --timeout=30
	return "$status"
}

# cleanup_disks: empty those that the case has written to; nobody has one open any more, so all that was written
# has arrived and is counted.
cleanup_disks() {
	local n dev name ro changes status=0
	for ((n = 1; n <= MDX_DISKS; n++)); do
		dev=$(disk "$n") name=${dev#/dev/}
		read -r ro <"/sys/block/$name/ro"
		[[ $ro == 0 ]] || blockdev --setrw "$dev"
		read_changes "$name"
		[[ $changes != "${DISK_CHANGES[$name]:-0 0}" ]] || continue
		blkdiscard -f "$dev" 2>/dev/null || blkdiscard -f -z "$dev" || {
			echo "cannot empty $dev"
			status=1
		}
		blockdev --rereadpt "$dev" 2>/dev/null
		read_changes "$name"
		DISK_CHANGES[$name]=$changes
	done
	return "$status"
}

# read_changes NAME: how many writes and discards that disk has done since the machine began, as the variable
# changes of the caller.
read_changes() {
	local -a stat
	read -ra stat <"/sys/block/$1/stat"
	changes="${stat[4]} ${stat[11]}"
}
declare -gA DISK_CHANGES=()

# File systems and swap of the case, newest first.
cleanup_mounts() {
	local dev point rest status=0 n
	local -a points=()
	swapoff -a
	while read -r dev point rest; do
		[[ $dev != /dev/* || $point == / ]] || points+=("$point")
	done </proc/mounts
	for ((n = ${#points[@]} - 1; n >= 0; n--)); do
		umount "${points[n]}" 2>/dev/null || umount -l "${points[n]}" || status=1
	done
	return "$status"
}

# Arrays, mappings and loops may stand on each other in any order: remove what goes, until all is
# gone or nothing moves.
cleanup_stacks() {
	local round name dir
	for round in 1 2 3 4 5 6; do
		for name in $(arrays); do
			echo clear >"/sys/block/$name/md/array_state" 2>/dev/null
		done
		dmsetup remove_all --force >/dev/null 2>&1
		losetup -D 2>/dev/null
		udevadm settle --timeout=30
		for name in $(arrays); do
			array_gone "$name" || continue 2
		done
		[[ $(dmsetup ls 2>/dev/null) == *"("* ]] && continue
		for dir in /sys/kernel/config/nullb/*/; do
			[[ ! -d $dir ]] || rmdir "$dir"
		done
		return 0
	done
	echo "left behind after $round rounds: arrays $(arrays | tr '\n' ' ') mappings $(dmsetup ls 2>&1)"
	cat /proc/mdstat
	return 1
}

# Modules that cases load with parameters, and speed limits.
cleanup_modules() {
	local module
	for module in brd null_blk scsi_debug; do
		! loaded "$module" || modprobe -qr "$module" 2>/dev/null
	done
	echo 1000 >/proc/sys/dev/raid/speed_limit_min
	echo 200000 >/proc/sys/dev/raid/speed_limit_max
} 2>/dev/null

# The drivers' parameters, and nodes that no driver has made.
cleanup_parameters() {
	local file dev
	for file in /sys/module/{md_mod,mdx}/parameters/start_ro="$START_RO" \
		/sys/module/{md_mod,mdx}/parameters/start_dirty_degraded=0 \
		/sys/module/{md_mod,mdx}/parameters/create_on_open=Y /sys/module/{raid0,mdx_raid0}/parameters/default_layout=0; do
		[[ ! -e ${file%%=*} ]] || echo "${file#*=}" >"${file%%=*}"
	done
	for dev in /dev/md*; do
		[[ ! -b $dev || -e /sys/class/block/${dev##*/} ]] || rm -f "$dev"
	done
}

# A case may have changed which driver is loaded.
cleanup_driver() {
	local face=face
	# A case may have wanted nobody to be loaded.
	echo "$MODPROBE" >/proc/sys/kernel/modprobe
	[[ ${MDX_FACE:-} != no ]] || face=plain
	! loaded mdx_test || rmmod mdx_test
	case $MDX_DRIVER in
	md)
		[[ ! -d /sys/module/mdx ]] || modprobe -r mdx
		[[ -d /sys/module/md_mod ]] || modprobe md_mod
		;;
	mdx)
		if [[ ! -d /sys/module/mdx ]]; then
			unload_all
			vm-modules "$face"
		fi
		[[ -d /sys/module/mdx ]] || modprobe mdx
		[[ $face == plain || -d /sys/module/md_mod ]] || modprobe md_mod
		;;
	esac
}
