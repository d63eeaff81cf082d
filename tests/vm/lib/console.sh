# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Judging a boot by its kernel log.  Also sourced inside the guest, by tests/cases/rc.

# What a healthy kernel never says.  A program's own words stand in the log, too (a crash of one, what
# it writes to /dev/kmsg), so these are the kernel's, with the punctuation it gives them.
readonly CONSOLE_BAD='\bBUG: |kernel BUG at |\bBUG [^ ]+ \((Not t|T)ainted|\bOops: |: [0-9a-f]{4} \[#[0-9]+\]'\
'|^WARNING: |\] ?WARNING: |KASAN: |UBSAN: |KCSAN: '\
'|possible (circular|recursive|irq lock|deadlock)|suspicious RCU|inconsistent lock state'\
'|INFO: task .* blocked|INFO: trying to register non-static|held lock freed'\
'|unreferenced object|new suspected memory leaks|(soft|hard) lockup|hard LOCKUP'\
'|detected (expedited )?stall|self-detected stall|Kernel panic|general protection fault[,:]'\
'|NULL pointer dereference|list_(add|del) corruption|refcount_t: |ODEBUG: |unable to handle page fault'\
'|scheduling while atomic|sleeping function called|invalid opcode: |kobject_add_internal failed'\
'|sysfs: cannot create duplicate|Slab cache still has objects|page allocation failure: '\
'|Initramfs unpacking failed'

# Lines of the machine, not of what is tested; and that memory was short, which is nobody's fault.
readonly CONSOLE_FINE='RETBleed: WARNING|Spectre V. : |ODEBUG: selftest|lockdep.*selftest'\
'|WARNING: The mand mount option|kobject_add_internal failed for .* \(error: -12 '

# console_findings FILE: print the lines of a kernel log that make a run fail; status 1 when none.
console_findings() {
	grep -aE "$CONSOLE_BAD" "$1" | grep -avE "$CONSOLE_FINE"
}

# What it does not say either while nothing goes wrong; mdadm's own tests look for these words.
readonly CONSOLE_LOUD='[Ee]rror|ERROR|[Cc]all [Tt]race|segfault'

# console_loud FILE: print the lines of a kernel log that have one of those words; status 1 when none.
console_loud() {
	grep -aE "$CONSOLE_LOUD" "$1"
}

# console_case FILE NAME: what the kernel said while that case ran, in all its boots.
console_case() {
	awk -v begin="mdx-case: $2 boot " -v over="mdx-case: $2 over" '
		/\] Linux version / || index($0, over) { on = 0 }
		on { print }
		index($0, begin) { on = 1 }' "$1"
}

# console_busy_end FILE: print the lines of arrays that the driver did not wait for on the way down.
console_busy_end() {
	grep -aoE 'mdx: [^ ]+ is busy, going down.*' "$1" | tr -d '\r' || :
}

# console_slow_end FILE SECONDS: print a line when the kernel took longer than that from the request
# to go down (vm_go_down, systemd) to its last word; status 1 when it did not.
console_slow_end() {
	awk -v limit="$2" '
		match($0, /^\[ *[0-9]+\.[0-9]+\]/) { now = substr($0, 2, RLENGTH - 2) + 0 }
		/mdx-vm: now (reboot|poweroff|halt)|systemd-shutdown\[1\]: (Rebooting|Powering off|Halting)/ { asked = now; waiting = 1 }
		waiting && /reboot: (Restarting system|machine restart|Power down|System halted)/ {
			waiting = 0
			if (now - asked > limit) {
				printf "the kernel took %.1f s to go down, more than %d\n", now - asked, limit
				slow = 1
			}
		}
		END { exit !slow }' < <(tr -d '\r' <"$1")
}
