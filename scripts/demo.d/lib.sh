# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the demo's acts are told with.


step() {
	printf '\n=== %s\n' "$*"
}

# run COMMAND...: show it and its output; it must succeed.
run() {
	printf '# %s\n' "$*"
	"$@" 2>&1 || fail "status $? of: $*"
}

fail() {
	printf '!!! %s\n' "$*"
	exit 1
}

equal() {
	[[ $2 == "$3" ]] || fail "$1: expected $2, got $3"
	printf '%s: %s, as it should be\n' "$1" "$3"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
	local deadline=$((EPOCHSECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		((EPOCHSECONDS < deadline)) || fail "not in time: $what"
		tick 0.2
	done
}

[[ -p /run/demo.never ]] || mkfifo /run/demo.never

# tick SECONDS: between two looks.
tick() {
	read -rt "$1" <>/run/demo.never || :
}

# find_array: which /dev/mdN it became.
find_array() {
	local dir
	array=""
	for dir in /sys/block/md*/md; do
		[[ -e $dir/array_state && $(<"$dir/array_state") != clear ]] || continue
		array=/dev/$(basename "$(dirname "$dir")")
	done
	[[ -n $array ]] || fail "there is no array"
	udevadm settle
}

assembled() {
	local state
	state=$(cat /sys/block/md*/md/array_state 2>/dev/null) || return 1
	[[ $state == clean || $state == active || $state == read-auto ]]
}

attr() {
	cat "/sys/block/${array#/dev/}/md/$1"
}

set_attr() {
	echo "$2" >"/sys/block/${array#/dev/}/md/$1"
}

# limits MIN MAX: the speed limits of all arrays, KiB/s a device.
limits() {
	printf '# echo %s > /proc/sys/dev/raid/speed_limit_max\n' "$2"
	echo "$1" >/proc/sys/dev/raid/speed_limit_min
	echo "$2" >/proc/sys/dev/raid/speed_limit_max
}

# obeys KIB: the sync that runs moves on, and not faster than that (within 15%), measured by what it
# has done, two seconds from now and over six.
obeys() {
	local before after begin end speed
	tick 2
	before=$(synced) begin=$EPOCHREALTIME
	tick 6
	after=$(synced) end=$EPOCHREALTIME
	speed=$(awk -v s=$((after - before)) -v b="$begin" -v e="$end" \
		'BEGIN { printf "%d", s / (e - b) }')
	grep -E 'resync|recovery' /proc/mdstat || fail "no sync is running"
	((speed > 0 && speed <= $1 * 115 / 100)) || fail "$speed KiB/s at a limit of $1"
	printf 'limit %s KiB/s, measured %s KiB/s\n' "$1" "$speed"
}

# synced: KiB done by the sync that runs, of each device.
synced() {
	local line
	line=$(grep -E '(resync|recovery) =' /proc/mdstat) || fail "no sync is running"
	line=${line##*(}
	echo "${line%%/*}"
}

# watch_sync SECONDS: show its progress until it is over.
watch_sync() {
	local deadline=$((EPOCHSECONDS + $1))
	if [[ $MANAGER == mdctl ]]; then
		run timeout "$1" mdctl --wait "$array"
	fi
	while [[ $(attr sync_action) != idle ]]; do
		((EPOCHSECONDS < deadline)) || fail "the sync does not end"
		grep -E 'resync|recovery|check' /proc/mdstat || :
		tick 1
	done
	run cat /proc/mdstat
}

recovering() {
	[[ $(attr sync_action) == recover ]] || [[ $(attr degraded) == 0 ]]
}

# last_of_none: what md says of the last sync where there was none.
last_of_none() {
	if [[ $(printf '%s\n' 6.11 "$(uname -r)" | sort -V | head -n 1) == 6.11 ]]; then
		echo idle
	else
		echo none
	fi
}

# no_resync: nothing runs, and nothing ran since it was assembled: the driver remembers none, and the
# kernel's log of this boot tells of none.
no_resync() {
	equal "sync action" idle "$(attr sync_action)"
	equal "missing members" 0 "$(attr degraded)"
	equal "last sync action" "$(last_of_none)" "$(attr last_sync_action)"
	! dmesg | grep -E 'md.*(resync|recovery|recover) (of|start)' || fail "a resync ran"
	echo "no resync ran"
}

mount_it() {
	mkdir -p "$TREE"
	run mount "$array" "$TREE"
}

leave() {
	run umount "$TREE"
	run "$([[ $MDX_DRIVER == md ]] && echo mdadm || echo "$MANAGER")" --stop "$array"
}

# fill_tree: /usr, less what only building modules needs.
fill_tree() {
	local out=(--exclude=usr/src --exclude=usr/lib/modules --exclude=usr/lib/gcc)
	printf '# tar -C / %s -c usr | tar -C %s -x\n' "${out[*]}" "$TREE"
	tar -C / "${out[@]}" -c usr | tar -C "$TREE" -x
	sync -f "$TREE"
	df -h --output=used,ipcent,target "$TREE"
}

# make_list: a checksum of every file.  The list lives on the array, its own checksum beside it.
make_list() {
	(cd "$TREE" && find . -type f ! -path './list*' ! -path './load*' -print0 | LC_ALL=C sort -z |
		xargs -0 -n 500 -P 2 md5sum | LC_ALL=C sort -k2 >list)
	(cd "$TREE" && md5sum list >list.sum && sync -f .)
	printf '%s files listed\n' "$(wc -l <"$TREE/list")"
}

# check_list: read every file again from the disks and compare.
check_list() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# In a condition set -e holds nowhere: each step says for itself what it is worth.
	(
		cd "$TREE" && md5sum --quiet -c list.sum && split -n l/2 list /run/demo-list. || exit 1
		md5sum --quiet -c /run/demo-list.aa &
		md5sum --quiet -c /run/demo-list.ab || exit 1
		wait $!
	) || fail "the list does not hold"
	printf 'the list holds: %s files\n' "$(wc -l <"$TREE/list")"
}

start_load() {
	(
		while [[ ! -e /run/demo.enough ]]; do
			dd if=/dev/urandom of="$TREE/load" bs=64k count=256 conv=fsync status=none
		done
	) &
	load_pid=$!
	until_true 30 "the load writes" test -s "$TREE/load"
}

stop_load() {
	: >/run/demo.enough
	wait "$load_pid" || fail "a write failed when the member did"
	rm -f "$TREE/load"
}
