# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the bitmap cases share.  Sourced by them inside test().

# bitmapped ARRAY OPTION... -- MEMBER...: a mirror of them with an internal bitmap, in sync.
bitmapped() {
	local md=$1
	shift
	bitmapped_of "$md" --level=1 "$@"
}

# bitmapped_ten ARRAY LAYOUT OPTION... -- MEMBER...: the same as a RAID10.
bitmapped_ten() {
	local md=$1 layout=$2
	shift 2
	bitmapped_of "$md" --level=10 "--layout=$layout" "$@"
}

bitmapped_of() {
	local md=$1 options=()
	shift
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	check "create $md of $*" mdadm --quiet --create "/dev/$md" --run --assume-clean \
		--bitmap=internal --raid-devices=$# "${options[@]}" "$@"
	udevadm settle
}

# bitmap_says MEMBER FIELD: what --examine-bitmap says there.
bitmap_says() {
	mdadm --examine-bitmap "$1" | sed -n "s/^ *$2 : *//p"
}

# dirty MEMBER: how many chunks its bitmap calls dirty, on the disk.
dirty() {
	bitmap_says "$1" Bitmap | sed -n 's/.*, \([0-9]*\) dirty.*/\1/p'
}

dirty_is() {
	[[ $(dirty "$1") == "$2" ]]
}

# dirty_all N MEMBER...: is that so on all of them?
dirty_all() {
	local n=$1 member
	shift
	for member in "$@"; do
		dirty_is "$member" "$n" || return 1
	done
}

# bit_set MEMBER OFFSET CHUNK: is that bit set in the area that begins OFFSET bytes from the device's start?
bit_set() {
	local byte
	byte=$(dd if="$1" bs=4k iflag=direct,skip_bytes,count_bytes skip="$(($2 / 4096 * 4096))" count=65536 status=none |
		od -An -tu1 -j $(($2 % 4096 + 256 + $3 / 8)) -N 1)
	((byte >> ($3 % 8) & 1))
}

# mdstat_bitmap ARRAY: its line in /proc/mdstat, as it is.
mdstat_bitmap() {
	awk -v md="${1#/dev/}" '/^md/ { mine = $1 == md } mine && /bitmap:/' /proc/mdstat
}

# done_reads MEMBER, done_writes MEMBER: sectors that it has read and written so far.
done_reads() {
	awk '{ print $3 }' "/sys/block/$(basename "$(readlink -f "$1")")/stat"
}

done_writes() {
	awk '{ print $7 }' "/sys/block/$(basename "$(readlink -f "$1")")/stat"
}

# touch_mib ARRAY SEED MIB...: one MiB of the pattern to each of these places.
touch_mib() {
	local md=$1 seed=$2 at
	shift 2
	for at in "$@"; do
		fill "/dev/$md" "$seed" 1 "$at"
	done
}

# whole ARRAY: has it all its members?
whole() {
	md_is "$1" degraded 0 && md_is "$1" sync_action idle
}

# alike ARRAY: a check finds no difference.
alike() {
	md_set "$1" sync_action check
	wait_idle "$1" 120
	equal "mismatches on $1" 0 "$(md_attr "$1" mismatch_cnt)"
}

# same_data MEMBER MEMBER OFFSET_SECTORS SECTORS: do both hold the same there?
same_data() {
	cmp <(dd if="$1" bs=1M iflag=direct,skip_bytes,count_bytes skip=$(($3 * 512)) count=$(($4 * 512)) status=none) \
		<(dd if="$2" bs=1M iflag=direct,skip_bytes,count_bytes skip=$(($3 * 512)) count=$(($4 * 512)) status=none)
}

# bitmap_of METADATA CHUNK LOCATION: a mirror with such a bitmap shows it everywhere, over its life.
bitmap_of() {
	local what="$1, chunks of $2" bits text
	bitmapped md0 --metadata="$1" --bitmap-chunk="$2" --delay=1 --size=60M -- "$(disk 1)" "$(disk 2)"
	bits=$((($(md_attr md0 component_size) * 1024 + $(numfmt --from=iec "$2") - 1) / $(numfmt --from=iec "$2")))
	equal "$what: location" "$3" "$(md_attr md0 bitmap/location)"
	equal "$what: chunksize" "$(numfmt --from=iec "$2")" "$(md_attr md0 bitmap/chunksize)"
	equal "$what: time_base" 1 "$(md_attr md0 bitmap/time_base)"
	equal "$what: policy" bitmap "$(md_attr md0 consistency_policy)"
	matches "$what: detail" 'Intent Bitmap : Internal' "$(mdadm --detail /dev/md0)"
	# All of a new one is set, until it has been looked at.
	wait_for 60 "$what: all clear" dirty_all 0 "$(disk 1)" "$(disk 2)"
	wait_for 60 "$what: nothing in memory" mdstat_says "$bits" 0 "$2"
	# It stays set for as long as it is looked at, however slow the machine.
	md_set md0 bitmap/time_base 300
	dd if=/dev/zero of=/dev/md0 bs=4k count=1 seek=1000 oflag=direct status=none
	check "$what: one bit" dirty_all 1 "$(disk 1)" "$(disk 2)"
	check "$what: one bit in memory" mdstat_says "$bits" 1 "$2"
	equal "$what: bits" "$bits" "$(bitmap_says "$(disk 1)" Bitmap | sed 's/ bits.*//')"
	equal "$what: size it is about" "$(md_attr md0 component_size)" \
		"$(bitmap_says "$(disk 1)" 'Sync Size' | sed 's/ .*//')"
	md_set md0 bitmap/time_base 1
	wait_for 60 "$what: clear again" dirty_all 0 "$(disk 1)" "$(disk 2)"
	check "$what: stop" mdadm --quiet --stop /dev/md0
	equal "$what: events" "$(mdadm --examine "$(disk 1)" | sed -n 's/^ *Events : //p')" \
		"$(bitmap_says "$(disk 1)" Events)"
	check "$what: assemble" mdadm --quiet --assemble /dev/md0 "$(disk 1)" "$(disk 2)"
	equal "$what: location again" "$3" "$(md_attr md0 bitmap/location)"
	check "$what: nothing in memory again" mdstat_says "$bits" 0 "$2"
	udevadm settle
	check "$what: stop again" mdadm --quiet --stop /dev/md0
	text=$(bitmap_says "$(disk 1)" State)
	equal "$what: state" OK "$text"
	check "$what: wipe" mdadm --quiet --zero-superblock "$(disk 1)" "$(disk 2)"
}

# mdstat_says BITS USED CHUNK
mdstat_says() {
	local pages=$((($1 + 2047) / 2048)) chunk
	chunk=$(($(numfmt --from=iec "$3") / 1024))
	[[ $(mdstat_bitmap md0) == "      bitmap: $2/$pages pages [$(($2 * 4))KB], ${chunk}KB chunk" ]]
}
