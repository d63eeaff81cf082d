# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Looking at arrays the way any tool would: sysfs and /proc/mdstat.

# md_attr ARRAY NAME: the value of an attribute, say `md_attr md0 array_state`.
md_attr() {
	attr "/sys/block/${1#/dev/}/md/$2"
}

# attr FILE: what a file of sysfs says.  In a machine that is emulated starting programs is what costs; one has its
# word where there is nothing to read, to say why.
attr() {
	local value
	if read_attr "$1"; then
		printf '%s\n' "$value"
	else
		cat "$1"
	fi
}

# read_attr FILE: that, into the variable value of the caller; status 1 when it is empty or cannot be read.
read_attr() {
	value=""
	{ IFS= read -r -d '' value <"$1" || :; } 2>/dev/null
	value=${value%$'\n'}
	[[ -n $value ]]
}

# md_set ARRAY NAME VALUE
md_set() {
	echo "$3" >"/sys/block/${1#/dev/}/md/$2"
}

# md_is ARRAY NAME VALUE: has the attribute that value?  (for wait_for)
md_is() {
	local value
	read_attr "/sys/block/${1#/dev/}/md/$2" || :
	[[ $value == "$3" ]]
}

# wait_idle ARRAY [SECONDS]: until no resync, recovery or check runs and none is about to.
wait_idle() {
	wait_for "${2:-60}" "${1} is idle" md_idle "$1"
}

md_idle() {
	md_is "$1" sync_action idle && md_is "$1" sync_completed none && ! md_due "$1"
}

# md_due ARRAY: will a resync or a recovery begin by itself?
md_due() {
	local value file
	! md_is "$1" array_state readonly && ! md_is "$1" array_state read-auto || return 1
	md_is "$1" resync_start none || return 0
	! md_is "$1" degraded 0 || return 1
	for file in "/sys/block/${1#/dev/}/md/"dev-*/state; do
		! read_attr "$file" || [[ ,$value, != *,spare,* ]] || return 0
	done
	return 1
}

# arrays: names of all arrays there are.
arrays() {
	local dir
	for dir in /sys/block/md*/md; do
		dir=${dir%/md}
		[[ ! -d $dir ]] || echo "${dir##*/}"
	done
}

# array_gone ARRAY: is there no such array any more, or an empty one?
array_gone() {
	[[ ! -d /sys/block/${1#/dev/}/md ]] || md_is "$1" array_state clear
}

# array_deleted ARRAY: is its object gone?  A rule of udev that opens the node of a stopped array makes
# an empty one, which the kernel's md keeps until it is stopped.
array_deleted() {
	local name=${1#/dev/}
	if ! loaded mdx && md_is "$name" array_state clear; then
		mdadm -S "/dev/$name" >&/dev/null || :
	fi
	[[ ! -e /sys/block/$name ]]
}

# mdstat_line ARRAY: its first line in /proc/mdstat.
mdstat_line() {
	grep "^${1#/dev/} :" /proc/mdstat
}

# without_udev: udev looks at nothing until the case is over; for arrays that come and go by the
# hundred.  Nodes below /dev appear all the same, links do not, and what happens meanwhile is nothing
# to it later.
without_udev() {
	udevadm settle
	wait_for 60 "udev has ended" udev_ends
}

# udev_ends: it is told so each time; that of 257 answered on for 20 s once after it had been told.
udev_ends() {
	udevadm control --exit --timeout=10 2>/dev/null || :
	udev_has_ended
}

udev_has_ended() {
	! udevadm control --ping --timeout=10 2>/dev/null
}
