# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the RAID1 cases share.  Sourced by them inside test().

# mirror ARRAY OPTION... -- MEMBER...: make a mirror of them and wait until it is in sync.
mirror() {
	local md=$1 options=()
	shift
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	check "create $md of $*" mdadm --create "/dev/$md" --run --level=1 --metadata=1.2 \
		--bitmap=none --raid-devices=$# "${options[@]}" "$@"
	# It may not have begun yet.
	wait_for 120 "$md is in sync" in_sync "$md"
	wait_idle "$md"
}

in_sync() {
	md_is "$1" resync_start none
}

# plain ARRAY MEMBER...: start it again without the bad-block logs mdadm has made, so that members fail
# instead of keeping lists.
plain() {
	local md=$1
	shift
	check "stop $md" mdadm --stop "/dev/$md"
	check "assemble $md of $*" mdadm --assemble "/dev/$md" --update=no-bbl "$@"
}

# member_dir ARRAY MEMBER: its directory in sysfs.
member_dir() {
	local name
	name=$(readlink -f "$2")
	echo "/sys/block/$1/md/dev-${name##*/}"
}

# member ARRAY MEMBER ATTRIBUTE
member() {
	attr "$(member_dir "$1" "$2")/$3"
}

# member_set ARRAY MEMBER ATTRIBUTE VALUE
member_set() {
	echo "$4" >"$(member_dir "$1" "$2")/$3"
}

# member_is ARRAY MEMBER ATTRIBUTE PATTERN: for wait_for.
member_is() {
	grep -qE -- "$4" "$(member_dir "$1" "$2")/$3" 2>/dev/null
}

# remapping NAME DEVICE FIRST COUNT: a disk whose sectors FIRST.. cannot be read until they have been
# written in full 4 KiB blocks, as a drive behaves that remaps bad sectors.  What was written before
# is kept outside of them.  Prints the device.
remapping() {
	local broken cow
	broken=$(dm_make "$1-medium" "$(table_broken "$2" "$3" "$4")")
	modprobe loop
	cow=$(make_loop "$1-remapped" 64M)
	dm_make "$1" "0 $(sectors "$2") snapshot $broken $cow N 8"
}

# reads DEVICE: requests for reading that it has completed.
reads() {
	awk '{ print $1 }' "/sys/block/$(basename "$(readlink -f "$1")")/stat"
}

# same_data OFFSET SECTORS MEMBER MEMBER: do they hold the same there, past every cache?
same_data() {
	local member copy
	for member in "$3" "$4"; do
		copy=$CASE_TMP/same-$(basename "$member")
		dd if="$member" of="$copy" bs=1M skip="$(($1 * 512))" count="$(($2 * 512))" \
			iflag=direct,skip_bytes,count_bytes status=none || return
		[[ $(stat -c %s "$copy") == $(($2 * 512)) ]] || return
	done
	cmp "$CASE_TMP/same-$(basename "$3")" "$CASE_TMP/same-$(basename "$4")" || return
	rm "$CASE_TMP"/same-*
}

# array_state_on MEMBER: what its superblock says of the members, as "AA" or "A.".
array_state_on() {
	mdadm --examine "$1" | sed -n 's/^ *Array State : \([A.R]*\).*/\1/p'
}
