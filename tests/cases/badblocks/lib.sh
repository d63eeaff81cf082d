# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the cases of bad blocks share.  Sourced by them inside test().

# shellcheck source=/dev/null
. "$CASES_DIR/raid1/lib.sh"

# joined: lines "FIRST SECTORS" as one, "8 8 100 4".  Entries that touch are one here: whether they were acknowledged at
# once, and so became one, is a matter of time.
joined() {
	awk '
		n && $1 == first + n { n += $2; next }
		n { printf "%d %d ", first, n }
		{ first = $1; n = $2 }
		END { if (n) printf "%d %d", first, n }'
}

# bad ARRAY MEMBER [ATTRIBUTE]: its list on one line.
bad() {
	member "$1" "$2" "${3:-bad_blocks}" | joined
}

bad_is() {
	[[ $(bad "$1" "$2") == "$3" ]]
}

# bad_on MEMBER: the same as its log on the member has it, by mdadm; "none" where there is none to be read.
bad_on() {
	local said
	said=$(mdadm --examine-badblocks "$1")
	case $said in
	*"list is empty"*) echo empty ;;
	*"No bad-blocks"*) echo none ;;
	*) sed -nE 's/^ *([0-9]+) for ([0-9]+) sectors.*/\1 \2/p' <<<"$said" | joined ;;
	esac
}

bad_on_is() {
	[[ $(bad_on "$1") == "$2" ]]
}

# read_at ARRAY SECTOR SECTORS: that much, past every cache; a status other than 0 where it cannot be read.
read_at() {
	dd if="/dev/$1" bs=64k skip=$(($2 * 512)) count=$(($3 * 512)) \
		iflag=direct,skip_bytes,count_bytes status=none
}

# write_at ARRAY SECTOR SECTORS SEED: in one request of up to 1 MiB.
write_at() {
	pattern "$4" 8 | head -c $(($3 * 512)) >"$CASE_TMP/write_at"
	dd if="$CASE_TMP/write_at" of="/dev/$1" bs=$(($3 * 512)) count=1 seek=$(($2 * 512)) \
		oflag=direct,seek_bytes conv=notrunc status=none
}

# reads_as ARRAY SECTOR SECTORS SEED: does it read as write_at() wrote it?
reads_as() {
	read_at "$1" "$2" "$3" | cmp - <(pattern "$4" 8 | head -c $(($3 * 512)))
}

refused_read() {
	refuse "a read of what nobody has" "Input/output error" \
		dd if="/dev/$1" of=/dev/null bs=64k skip=$(($2 * 512)) count=$(($3 * 512)) \
		iflag=direct,skip_bytes,count_bytes status=none
}
