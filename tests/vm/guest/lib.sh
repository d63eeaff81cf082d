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

# vm_ctl LINE: tell the runner: "started", "status N", "end HOW", "cut", "broken REASON", "say TEXT".
vm_ctl() {
	local tries
	# A missing port would become a file; one that somebody else is writing to is busy.
	for ((tries = 0; tries < 50; tries++)); do
		[[ -c $VM_CTL ]] || break
		{ printf '%s\n' "$*" >"$VM_CTL"; } 2>/dev/null && return
		busybox usleep 50000
	done
	echo "mdx-vm: cannot tell the runner: $*" >/dev/console
	return 1
}

# vm_ports: wait until udev has made both ports.  Systemd reaches its targets without it.
vm_ports() {
	local tries
	for ((tries = 0; tries < 1200; tries++)); do
		[[ ! -c $VM_CTL || ! -c $VM_OUT ]] || return 0
		busybox usleep 50000
	done
	return 1
}

# vm_prepare: what both ways to boot do before the command: driver, mdctl, daemon.
vm_prepare() {
	[[ -p /run/mdx/never ]] || mkfifo /run/mdx/never
	[[ -e /run/mdx/complete ]] || vm_broken "the initramfs was not unpacked whole: too little memory for --copy?"
	vm_install || vm_broken "could not install the payload"
	vm_static_nodes
	vm_configfs
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

# vm_static_nodes: the nodes that load their driver when they are opened (loop-control,
# mapper/control), as kmod and systemd-tmpfiles make them.  A kernel of our own brings its list with
# the payload, so this comes after vm_install also where systemd has looked already.
vm_static_nodes() {
	local module name node list
	list=/lib/modules/$(uname -r)/modules.devname
	[[ -r $list ]] || return 0
	while read -r module name node; do
		[[ $module != \#* && ! -e /dev/$name ]] || continue
		node=${node/:/ }
		mkdir -p "$(dirname "/dev/$name")"
		# shellcheck disable=SC2086 # two numbers
		mknod -m 600 "/dev/$name" "${node:0:1}" ${node:1}
	done <"$list"
}

vm_configfs() {
	modprobe -q configfs
	[[ ! -d /sys/kernel/config ]] || mountpoint -q /sys/kernel/config ||
		mount -t configfs configfs /sys/kernel/config
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

# The command's output.  A port has one opener at a time, so COMMAND gets a pipe, which it can open
# again as /dev/stdout, and a program that no signal of the end reaches copies from it to the port.
readonly VM_PIPE=/run/mdx/out

# vm_out_start: from here on the pipe is there, and the descriptor vm_pipe keeps it open.
vm_out_start() {
	[[ -c $VM_OUT ]] && mkfifo "$VM_PIPE" && exec {vm_pipe}<>"$VM_PIPE" || return
	(
		trap '' HUP INT QUIT PIPE TERM
		exec {vm_pipe}>&-
		exec dd bs=64k status=none <"$VM_PIPE" >"$VM_OUT"
	) &
	echo $! >/run/mdx/out.pid
}

# vm_out_drain: wait until the runner has all that was printed so far.  Somebody in the background who
# never stops printing is stopped for that time.
vm_out_drain() {
	local pipe copier tries pid
	local -a stopped=()
	[[ -e /run/mdx/out.pid ]] || return 0
	copier=$(</run/mdx/out.pid)
	exec {pipe}<>"$VM_PIPE"
	for ((tries = 1; ; tries++)); do
		! vm_out_is_drained || break
		((tries % 50)) || vm_out_stop
		read -rt 0.05 <>/run/mdx/never
	done
	exec {pipe}>&-
	for pid in "${stopped[@]}"; do
		kill -CONT "$pid"
	done 2>/dev/null
}

# The pipe is empty, and then the copier waits in read(2), number 0, so it has passed on all it took.
vm_out_is_drained() {
	local call _
	[[ -e /proc/$copier ]] || return 0
	! read -rt 0 -u "$pipe" && read -r call _ <"/proc/$copier/syscall" && [[ $call == 0 ]]
} 2>/dev/null

# Without a subshell: that would have the pipe open, too.
vm_out_stop() {
	local link pid
	for link in /proc/[0-9]*/fd/*; do
		pid=${link#/proc/} pid=${pid%%/*}
		[[ $link -ef $VM_PIPE && $pid != "$$" && $pid != "$copier" ]] || continue
		kill -STOP "$pid"
		stopped+=("$pid")
	done 2>/dev/null
}

readonly VM_LEAKS=/sys/kernel/debug/kmemleak

# vm_leak_baseline: forget what the boot itself is suspected to have leaked.  On the debug row all that
# it is there for has to be on.
vm_leak_baseline() {
	local off
	[[ $VM_ROW == debug ]] || return 0
	mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
	off=$(vm-debug) || vm_broken "the debug row does not debug: ${off//$'\n'/, }"
	if ! echo scan >"$VM_LEAKS" || ! echo clear >"$VM_LEAKS"; then
		vm_broken "kmemleak cannot scan"
	fi
}

# vm_leak_check: report what was leaked since, on the console, where the runner finds it.  First with
# our modules loaded, so that their functions have names; then without, so that what only they
# pointed to shows.  An object counts when one of ours allocated it: its trace names one of our
# modules, or code that is no longer there.  A detector that has given up is a report, too.
vm_leak_check() {
	local off
	[[ $VM_ROW == debug ]] || return 0
	off=$(vm-debug) || vm_report "at the end of the run ${off//$'\n'/, }"
	vm_leak_scan || vm_report "kmemleak cannot scan"
	[[ ! -d /sys/module/mdx_test ]] || rmmod mdx_test
	modprobe -qr md-mod mdx_linear mdx_raid0 mdx_raid1 mdx_raid10 mdx_raid456 mdx 2>/dev/null
	vm_leak_scan || vm_report "kmemleak cannot scan"
}

# vm_report TEXT: a line in the kernel's log that makes the run fail.
vm_report() {
	echo "WARNING: mdx-vm: $*" >/dev/kmsg
}

# vm_leak_scan: status 1 when that is not possible.
vm_leak_scan() {
	# kmemleak leaves out objects younger than five seconds and wants to see them twice.
	local ripe=$(($(vm_uptime) + 6))
	until (($(vm_uptime) >= ripe)); do
		busybox usleep 100000
	done
	if ! echo scan >"$VM_LEAKS" || ! echo scan >"$VM_LEAKS"; then
		return 1
	fi
	awk '
		function flush() { if (ours) printf "%s", record; record = ""; ours = 0 }
		/^unreferenced object/ { flush() }
		/\[(mdx[a-z0-9_]*|md_mod)\]/ || /^ *\[<[0-9a-f]+>\] 0x[0-9a-f]+$/ { ours = 1 }
		{ record = record $0 "\n" }
		END { flush() }' "$VM_LEAKS" >/dev/console || return
	echo clear >"$VM_LEAKS"
}
