# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Judging a boot by its kernel log.  Also sourced inside the guest, by tests/cases/rc.

# What a healthy kernel never says.
readonly CONSOLE_BAD='\bBUG\b|^WARNING: |\] ?WARNING: |\bOops\b|KASAN: |UBSAN: |KCSAN: '\
'|possible (circular|recursive|irq lock|deadlock)|suspicious RCU|inconsistent lock state'\
'|INFO: task .* blocked|INFO: trying to register non-static|held lock freed'\
'|unreferenced object|new suspected memory leaks|(soft|hard) lockup|hard LOCKUP'\
'|detected (expedited )?stall|self-detected stall|Call Trace:|Kernel panic|general protection fault'\
'|NULL pointer dereference|list_(add|del) corruption|refcount_t: |ODEBUG: |unable to handle page fault'\
'|scheduling while atomic|sleeping function called|invalid opcode|kobject_add_internal failed'\
'|sysfs: cannot create duplicate'

# Lines of the machine, not of what is tested.
readonly CONSOLE_FINE='RETBleed: WARNING|Spectre V. : |ODEBUG: selftest|lockdep.*selftest'

# console_findings FILE: print the lines of a kernel log that make a run fail; status 1 when none.
console_findings() {
	grep -aE "$CONSOLE_BAD" "$1" | grep -avE "$CONSOLE_FINE"
}
