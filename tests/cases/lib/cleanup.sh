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
	local status=0 dev n
	! udev_has_ended || vm-udev
	cleanup_mounts || status=1
	cleanup_stacks || status=1
	rm -rf "$CASE_TMP"
	modprobe -qr brd null_blk scsi_debug 2>/dev/null
	echo 1000 >/proc/sys/dev/raid/speed_limit_min 2>/dev/null
	echo 200000 >/proc/sys/dev/raid/speed_limit_max 2>/dev/null
	rm -rf /etc/mdctl.conf /etc/mdadm/mdadm.conf /run/mdadm /run/mdctl
	for ((n = 1; n <= MDX_DISKS; n++)); do
		dev=$(disk "$n")
		blockdev --setrw "$dev"
		blkdiscard -f "$dev" 2>/dev/null || blkdiscard -f -z "$dev" || {
			echo "cannot empty $dev"
			status=1
		}
		blockdev --rereadpt "$dev" 2>/dev/null
	done
	cleanup_driver || status=1
	cleanup_parameters
	udevadm settle --timeout=30
	return "$status"
}

# File systems and swap of the case, newest first.
cleanup_mounts() {
	local point status=0
	swapoff -a
	while read -r point; do
		umount "$point" 2>/dev/null || umount -l "$point" || status=1
	done < <(awk '$1 ~ "^/dev/" && $2 != "/" { print $2 }' /proc/mounts | sort -r)
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
		modprobe md_mod
		;;
	mdx)
		if [[ ! -d /sys/module/mdx ]]; then
			unload_all
			vm-modules "$face"
		fi
		modprobe mdx
		[[ $face == plain ]] || modprobe md_mod
		;;
	esac
}
