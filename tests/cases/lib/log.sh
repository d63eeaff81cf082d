# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel's log since the case began.

# log_begin TEXT: the kernel's log begins anew, with that mark.  The runner has had all of it by the serial line;
# every look at what has grown there would cost more than the look before.
log_begin() {
	dmesg --clear
	log_mark "$1"
}

# log_mark TEXT: a line in the kernel log that kernel_log starts from.
log_mark() {
	printf 'mdx-case: %s\n' "$1" >/dev/kmsg
	CASE_MARK=$1
	export CASE_MARK
}

# kernel_log: what the kernel said since the last mark.
kernel_log() {
	dmesg | awk -v mark="mdx-case: $CASE_MARK" '
		index($0, mark) { n = 0; next }
		{ line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }'
}

# logged PATTERN: has the kernel said something matching the extended regular expression?
logged() {
	# Not -q: whoever stops reading early makes the writer fail, and that is the answer then.
	kernel_log | grep -E -- "$1" >/dev/null
}
