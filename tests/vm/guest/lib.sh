# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the guest's programs share: the channel to the runner, and getting a driver loaded.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LC_ALL=C.UTF-8

# shellcheck source=/dev/null # written by tests/vm/run
. /run/mdx/settings

readonly VM_CTL=/dev/virtio-ports/mdx.ctl
readonly VM_OUT=/dev/virtio-ports/mdx.out

# vm_ctl LINE: tell the runner: "status N", "end HOW", "cut", "broken REASON", "say TEXT".
vm_ctl() {
	printf '%s\n' "$*" >"$VM_CTL"
}

# vm_prepare: what both ways to boot do before the command: driver, mdctl, daemon.
vm_prepare() {
	vm_install || vm_broken "could not install the payload"
	vm_load || vm_broken "could not load driver $VM_DRIVER"
	[[ -z $VM_DAEMON ]] || vm_daemon || vm_broken "mdctl --daemon did not come up"
}

vm_broken() {
	vm_ctl "broken $*"
	busybox poweroff -n -f
}

# vm_install: put the payload's programs and modules where a machine would have them.
vm_install() {
	local kver program
	kver=$(uname -r)
	if [[ -d /opt/mdx/modules/$kver ]]; then
		cp -a "/opt/mdx/modules/$kver/." "/lib/modules/$kver/" || return
	fi
	for program in /run/mdx/bin/* /opt/mdx/bin/*; do
		[[ -x $program ]] && ln -sfn "$program" "/usr/local/sbin/${program##*/}"
	done
	case $VM_DRIVER in
	md) vm-modules stock ;;
	*) vm-modules "$([[ -n $VM_NO_FACE ]] && echo plain || echo face)" ;;
	esac
}

vm_load() {
	case $VM_DRIVER in
	none) ;;
	md) modprobe md_mod ;;
	mdx)
		modprobe mdx || return
		[[ -n $VM_NO_FACE ]] || modprobe md_mod
		;;
	esac
}

vm_daemon() {
	local tries
	setsid mdctl --daemon </dev/null >/run/mdctld.log 2>&1 &
	for ((tries = 0; tries < 150; tries++)); do
		mdctl --daemon-status --json >/dev/null 2>&1 && return
		udevadm settle --timeout=1
		busybox usleep 200000
	done
	cat /run/mdctld.log >/dev/console
	return 1
}

# vm_uptime: whole seconds since boot.
vm_uptime() {
	local seconds rest
	read -r seconds rest </proc/uptime
	echo "${seconds%.*}"
}

# vm_go_down HOW: reboot(2), at once.  What it leaves in the log tells the runner how long the kernel
# takes for its part.
vm_go_down() {
	echo "mdx-vm: now $1" >/dev/kmsg
	exec busybox "$1" -n -f
}

readonly VM_LEAKS=/sys/kernel/debug/kmemleak

# vm_leak_baseline: forget what the boot itself is suspected to have leaked (debug row only).
vm_leak_baseline() {
	[[ -w $VM_LEAKS ]] || return 0
	echo scan=off >"$VM_LEAKS"
	echo scan >"$VM_LEAKS"
	echo clear >"$VM_LEAKS"
}

# vm_leak_check: report what was leaked since, on the console, where the runner finds it.  First with
# our modules loaded, so that their functions have names; then without, so that what only they
# pointed to shows.  An object counts when one of ours allocated it: its trace names one of our
# modules, or code that is no longer there.
vm_leak_check() {
	[[ -w $VM_LEAKS ]] || return 0
	vm_leak_scan
	modprobe -qr md-mod mdx_linear mdx_raid0 mdx_raid1 mdx_raid10 mdx_raid456 mdx 2>/dev/null
	vm_leak_scan
}

vm_leak_scan() {
	# kmemleak leaves out objects younger than five seconds and wants to see them twice.
	local ripe=$(($(vm_uptime) + 6))
	until (($(vm_uptime) >= ripe)); do
		busybox usleep 100000
	done
	echo scan >"$VM_LEAKS"
	echo scan >"$VM_LEAKS"
	awk '
		function flush() { if (ours) printf "%s", record; record = ""; ours = 0 }
		/^unreferenced object/ { flush() }
		/\[(mdx[a-z0-9_]*|md_mod)\]/ || /^ *\[<[0-9a-f]+>\] 0x[0-9a-f]+$/ { ours = 1 }
		{ record = record $0 "\n" }
		END { flush() }' "$VM_LEAKS" >/dev/console
	echo clear >"$VM_LEAKS"
}
