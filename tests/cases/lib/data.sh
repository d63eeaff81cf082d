# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Data whose every sector can be told from every other, and the way back.

# pattern SEED MIB: that much of the pattern of the seed (0 to 8999), on standard output.  Each 16 byte
# line holds seed and position, so misplaced and stale blocks show.
pattern() {
	local first=$((($1 + 1000) * 100000000000))
	# Whole numbers without a format are what seq is quick at.  It would write them by 4 KiB, and wake the reader
	# for each.
	stdbuf -o 64K seq "$first" $((first + $2 * 65536 - 1))
}

# fill DEVICE SEED [MIB [OFFSET_MIB]]: write the pattern there (default: all of the device).
fill() {
	local mib=${3:-$(($(sectors "$1") / 2048))}
	pattern "$2" "$mib" | dd of="$1" bs=1M seek="${4:-0}" iflag=fullblock oflag=direct \
		conv=notrunc,fsync status=none
}

# verify DEVICE SEED [MIB [OFFSET_MIB]]: the pattern must be there, read past every cache.
verify() {
	local mib=${3:-$(($(sectors "$1") / 2048))}
	dd if="$1" bs=1M skip="${4:-0}" count="$mib" iflag=direct status=none |
		cmp - <(pattern "$2" "$mib") || fail "$1 does not hold pattern $2"
}

# digest DEVICE [MIB [OFFSET_MIB]]: checksum of what is there.
digest() {
	local mib=${2:-$(($(sectors "$1") / 2048))}
	dd if="$1" bs=1M skip="${3:-0}" count="$mib" iflag=direct status=none | sha256sum | cut -d' ' -f1
}

# scribble DEVICE OFFSET_BYTES HEX: put those bytes there.
scribble() {
	xxd -r -p <<<"$3" | dd of="$1" bs=1 seek="$2" conv=notrunc,fsync status=none
}

# peek DEVICE OFFSET_BYTES COUNT: those bytes as hex.
peek() {
	dd if="$1" bs=1 skip="$2" count="$3" status=none | xxd -p | tr -d '\n'
}
