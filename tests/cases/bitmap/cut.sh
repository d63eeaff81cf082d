# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# An array of two with a bitmap over two power cuts, boot by boot.  Sourced by cases inside test(); they have
# made MEMBER MEMBER: the array, with chunks of 64K and --delay=1.

# shellcheck source=/dev/null
. "$CASES_DIR/shutdown/lib.sh"
# shellcheck source=/dev/null
. "$CASES_DIR/bitmap/lib.sh"

boot_1() {
	made "$(disk 1)" "$(disk 2)"
	fill /dev/md0 7 16
	wait_for 60 "all clear" dirty_all 0 "$(disk 1)" "$(disk 2)"
	scribe md0 "$(disk 3)"
	wait_for 60 "it writes" acknowledged_more "$(disk 3)" 20
	power-cut
}

boot_2() {
	local bits
	bits=$(dirty "$(disk 1)")
	note "$bits chunks of 64 KiB are dirty"
	within "dirty chunks" 1 400 "$bits"
	slowly 200
	bring md0 "$(disk 1)" "$(disk 2)"
	scribed md0 "$(disk 3)"
	touch_mib md0 8 100
	power-cut
}

boot_3() {
	local before read bits
	bits=$(dirty "$(disk 1)")
	note "$bits chunks of 64 KiB are dirty"
	slowly 200000
	bring md0 "$(disk 1)" "$(disk 2)"
	wait_for 60 "in sync" md_is md0 resync_start none
	wait_idle md0
	before=$(done_reads "$(disk 1)")
	read=$before
	note "$read sectors read"
	# 64 KiB each, what is read around it, and superblocks.
	within "sectors read by assembly and resync" 1 $((bits * 128 * 2 + 16384)) "$read"
	scribed md0 "$(disk 3)"
	verify /dev/md0 8 1 100
	alike md0
	wait_for 60 "all clear" dirty_all 0 "$(disk 1)" "$(disk 2)"
}
