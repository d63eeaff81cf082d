# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# One boot of a virtual machine.

# kvm_works VMLINUZ: does /dev/kvm boot a stock kernel?  One that opens may still not.  The answer is
# remembered until the host reboots.
kvm_works() {
	local note log pid tries status=1
	[[ -r /dev/kvm && -w /dev/kvm && ${MDX_KVM:-1} != 0 ]] || return 1
	note=$MDX_CACHE/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [[ ! -f $note ]]; then
		log=$(mktemp)
		qemu-system-x86_64 -accel kvm -cpu host -m 256M -nodefaults -display none -no-reboot \
			-serial "file:$log" -kernel "$1" -append "console=ttyS0 panic=-1" \
			</dev/null >/dev/null 2>&1 &
		pid=$!
		for ((tries = 0; tries < 100; tries++)); do
			if grep -qa 'Linux version' "$log"; then
				status=0
				break
			fi
			kill -0 "$pid" 2>/dev/null || break
			read -rt 0.1 <> <(:) || :
		done
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		rm -f "$log"
		printf '%s\n' "$status" >"$note.$$"
		mv "$note.$$" "$note"
	fi
	[[ $(<"$note") == 0 ]]
}

# The processor that is emulated: one of before wide registers, which are saved at each switch of tasks,
# fast string instructions, which are emulated byte by byte, and a fifth level of page tables.  A newer
# one without them is none that kernels expect.
readonly EMULATED="Nehalem,+rdrand"

# qemu_machine: accelerator and processors, into the array qemu.  Sets boot_one_cpu where the kernel is to
# boot with one, and initrd-init to bring up the others.
qemu_machine() {
	boot_one_cpu=""
	if [[ -n $opt_icount ]]; then
		qemu+=(-accel tcg -smp 1 -icount "shift=0,sleep=off" -cpu "max,-erms,-fsrm")
	elif kvm_works "$kernel/vmlinuz"; then
		qemu+=(-accel kvm -cpu host -smp "$opt_smp")
	else
		qemu+=(-accel "tcg,thread=multi" -cpu "$EMULATED" -smp "$opt_smp")
		! row_boots_with_one "$opt_row" || boot_one_cpu=1
	fi
	qemu+=(-m "${opt_mem}M" -M pc -nodefaults -no-user-config -display none -no-reboot
		-device virtio-rng-pci)
}

# qemu_disk FILE FORMAT ID EXTRA: one virtio disk, eight to a PCI slot so that many fit.
qemu_disk() {
	local file=$1 format=$2 id=$3 extra=$4 slot
	slot=$((disk_count / 8 + 8))
	qemu+=(-drive "if=none,id=$id,file=${file//,/,,},format=$format,$extra"
		-device "virtio-blk-pci,drive=$id,serial=$id,addr=0x$(printf %x $slot).$((disk_count % 8)),multifunction=on")
	disk_count=$((disk_count + 1))
}

# qemu_command BOOT: fill the array qemu for that boot of this run.
qemu_command() {
	local n disk_count=0
	qemu=(qemu-system-x86_64 -name "mdx-vm-$$")
	qemu_machine
	# no_timer_check: an emulated processor that gets no time for a moment has no broken timer.
	# norandmaps: code that has been translated is found again only at the address it was translated for;
	# with every program elsewhere each time, half the emulator's time was translating libraries.
	# shellcheck disable=SC2054 # the commas are QEMU's
	qemu+=(-kernel "$kernel/vmlinuz" -initrd "$run/initrd.$1"
		-append "console=ttyS0 loglevel=7 printk.time=1 panic=-1 oops=panic softlockup_panic=1 \
hung_task_panic=0 mitigations=off random.trust_cpu=on net.ifnames=0 nokaslr norandmaps no_timer_check audit=0 \
${boot_one_cpu:+maxcpus=1 }$(row_append "$opt_row") $opt_append"
		-serial "file:$run/console.$1"
		-device virtio-serial-pci
		-chardev "file,id=out,path=$run/out" -device virtserialport,chardev=out,name=mdx.out
		-chardev "file,id=ctl,path=$run/ctl" -device virtserialport,chardev=ctl,name=mdx.ctl)
	qemu_disk "$run/root.qcow2" qcow2 root cache=unsafe
	for ((n = 0; n < opt_disks; n++)); do
		qemu_disk "$disk_dir/disk$n.img" raw "disk$n" cache=unsafe,discard=unmap
	done
}

# boot_vm BOOT DEADLINE: run the machine until it is gone.  Sets, from what the guest said:
#   boot_started whether the command was started
#   boot_status  exit status of the command, or "" when the boot ended another way
#   boot_end     reboot, poweroff, halt, cut, dead, killed, hung, timeout or broken
#   boot_note    the reason when broken or killed
boot_vm() {
	local boot=$1 deadline=$2 out_keep ctl_keep out ctl qemu_status=0
	boot_started="" boot_status="" boot_end=dead boot_note=""
	rm -f "$run/out" "$run/ctl"
	mkfifo "$run/out" "$run/ctl"
	: >"$run/console.$boot"
	qemu_command "$boot"
	printf '%q ' "${qemu[@]}" >"$run/qemu.$boot"

	# QEMU inherits a writing end of each pipe, and nobody else keeps one: the readers see the end
	# of file exactly when it is gone, and not before it has opened them.  When this shell is killed,
	# so is QEMU.
	exec {out_keep}<>"$run/out" {ctl_keep}<>"$run/ctl"
	exec {out}<"$run/out" {ctl}<"$run/ctl"
	cat <&"$out" >&"$real_stdout" {out_keep}>&- {ctl_keep}>&- {ctl}<&- &
	cat_pid=$!
	setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$run/qemu.log" 2>&1 {out}<&- {ctl}<&- &
	qemu_pid=$!
	exec {out_keep}>&- {ctl_keep}>&- {out}<&-

	boot_follow "$deadline"
	exec {ctl}<&-
	wait "$qemu_pid" 2>/dev/null || qemu_status=$?
	wait "$cat_pid" 2>/dev/null || :
	qemu_pid="" cat_pid=""
	if ! boot_killed_by_us; then
		if ((qemu_status > 128)); then
			boot_end=killed boot_note="signal $((qemu_status - 128))"
		elif grep -q 'terminating on signal' "$run/qemu.log"; then
			boot_end=killed boot_note=$(grep -o 'terminating on signal.*' "$run/qemu.log")
		fi
	fi
	if [[ $boot_end == dead && -z $boot_status ]]; then
		boot_end=$(boot_end_from_console "$run/console.$boot")
	fi
}

boot_killed_by_us() {
	[[ $boot_end == timeout || $boot_end == hung || $boot_end == cut || $boot_end == halt ]]
}

# How long a guest may take to go down, in seconds.
readonly DOWN_GRACE=$((${MDX_DOWN_GRACE:-60} * ${MDX_TIME_FACTOR:-1}))

# boot_follow DEADLINE: hear the guest, until it is gone.
boot_follow() {
	local deadline=$1 line="" piece now down=""
	while :; do
		piece=""
		if read -r -t 1 piece <&"$ctl"; then
			boot_heard "$line$piece"
			line=""
			continue
		elif (($? <= 128)); then
			break # end of file: the machine is gone
		fi
		# Time may run out in the middle of a line.
		line+=$piece
		now=$EPOCHSECONDS
		[[ -n $down || -z $boot_status ]] || down=$((now + DOWN_GRACE))
		if [[ -n $down ]] && ((now >= down)); then
			boot_end=hung
			kill -KILL "$qemu_pid" 2>/dev/null || :
		elif ((now >= deadline)); then
			boot_end=timeout
			kill -KILL "$qemu_pid" 2>/dev/null || :
		elif grep -qaE 'reboot: System halted' "$run/console.$boot"; then
			boot_end=halt
			kill -KILL "$qemu_pid" 2>/dev/null || :
		fi
	done
}

# boot_heard LINE: the guest spoke.
boot_heard() {
	case $1 in
	started) boot_started=1 ;;
	"status "*) boot_status=${1#status } ;;
	"end "*) boot_end=${1#end } ;;
	"broken "*) boot_end=broken boot_note=${1#broken } ;;
	"say "*) warn "guest: ${1#say }" ;;
	cut)
		boot_end="cut"
		kill -KILL "$qemu_pid" 2>/dev/null || :
		;;
	esac
}

# A forced reboot says so only on the console; anything else was a death.
boot_end_from_console() {
	if grep -qaE 'Kernel panic' "$1"; then
		echo dead
	elif grep -qaE 'reboot: (Restarting system|machine restart)|sysrq: Resetting' "$1"; then
		echo reboot
	elif grep -qaE 'reboot: Power down|sysrq: Power Off' "$1"; then
		echo poweroff
	else
		echo dead
	fi
}
