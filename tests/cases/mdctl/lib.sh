# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# One script, two tools: what mdadm prints and answers, mdctl prints and answers.  Sourced by the
# mdctl cases inside test().

# transcript TOOL FUNCTION: run FUNCTION with TOOL in $tool, its transcript in $CASE_TMP/TOOL.  Errors that
# FUNCTION itself does not wait for or print are not looked at.
transcript() {
	local tool=$1
	note "$2 with $tool"
	# A shell of its own, so that what ends it can be told.
	("$2") >"$CASE_TMP/$tool" 2>"$CASE_TMP/$tool.err" ||
		fail "$2 with $tool: $(tail -n 5 "$CASE_TMP/$tool" "$CASE_TMP/$tool.err")"
}

# as_mdadm FUNCTION: both tools, the same transcript.
as_mdadm() {
	other_words
	transcript mdadm "$1"
	clean_disks
	transcript mdctl "$1"
	clean_disks
	diff -u "$CASE_TMP/mdadm" "$CASE_TMP/mdctl" || fail "$1: mdctl does not say what mdadm says"
}

clean_disks() {
	local dev
	mdadm --stop --scan 2>/dev/null || :
	udevadm settle
	for dev in $(disks 1 "$DISKS"); do
		dd if=/dev/zero of="$dev" bs=1M count=4 conv=fsync status=none
		dd if=/dev/zero of="$dev" bs=64k count=16 oflag=seek_bytes conv=fsync,notrunc status=none \
			seek=$(($(blockdev --getsize64 "$dev") - 1048576))
	done
	udevadm settle
}

# t ARGUMENT...: the tool with them; its standard output without what chance and the clock put there,
# and its exit status.
t() {
	local status=0
	printf '$'
	printf ' %s' "$@"
	printf '\n'
	"$tool" "$@" >"$CASE_TMP/out" 2>>"$CASE_TMP/$tool.err" </dev/null || status=$?
	steady <"$CASE_TMP/out"
	echo "status $status"
}

# What differs from one run to the next.
steady() {
	sed -E -e 's/((Creation|Update) Time) : .*/\1 : TIME/' \
		-e 's/(Device UUID|Checksum|Events|Events Cleared) : .*/\1 : SOME/' \
		-e 's/^(MD_UPDATE_TIME|MD_EVENTS|MD_DEV_UUID|MD_DEVICE_DEV_UUID)=.*/\1=SOME/' \
		-e 's/(Resync|Rebuild|Check) Status : .*/\1 Status : SOME/' "${OTHER_WORDS[@]}" | by_member
}

# The MD_DEVICE_ lines that stand together, sorted: mdadm has them in the order of a directory.
by_member() {
	awk '
		function flush(  i) {
			for (i = 1; i <= n; i++)
				print lines[i] | "sort"
			if (n)
				close("sort")
			n = 0
		}
		/^MD_DEVICE_/ { lines[++n] = $0; next }
		{ flush(); print; fflush() }
		END { flush() }'
}

# settled ARRAY: nothing goes on there any more, and udev has seen it.
settled() {
	wait_idle "$1" >&2
	udevadm settle
}
