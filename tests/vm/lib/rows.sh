# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The table of kernel rows.  A row is a Debian root and a kernel; docs/kernels.md says how to add one.

readonly ALL_ROWS="bullseye bookworm trixie newest debug"

# row_suites ROW: suites its root is made from, the release's own first.
row_suites() {
	case $1 in
	bullseye) echo bullseye bullseye-updates bullseye-security ;;
	bookworm | debug) echo bookworm bookworm-updates bookworm-security ;;
	trixie) echo trixie trixie-updates trixie-security ;;
	newest) echo trixie trixie-updates trixie-security trixie-backports ;;
	*) return 1 ;;
	esac
}

# row_base ROW: the row whose root its own is made from, with another kernel: that of its last suite.
row_base() {
	[[ $1 != newest ]] || echo trixie
}

# row_root ROW: the row whose root it uses (the debug row is another kernel in bookworm's root).
row_root() {
	[[ $1 == debug ]] && echo bookworm || echo "$1"
}

# row_mdctl ROW: the row whose compiler builds mdctl for it.  Debian 11 has neither a compiler for
# C++20 nor the libraries, so it gets bookworm's build with that release's libraries beside it.
row_mdctl() {
	case $1 in
	bullseye | debug) echo bookworm ;;
	newest) echo trixie ;;
	*) echo "$1" ;;
	esac
}

# row_has_old_libraries ROW: does it lack those of the row that builds mdctl for it?
row_has_old_libraries() {
	[[ $1 == bullseye ]]
}

# row_packages ROW: what its root holds beside the essential packages and the kernel.
row_packages() {
	local -a list=(
		# to boot and look around
		systemd systemd-sysv udev dbus kmod procps psmisc util-linux mount strace busybox-static
		ca-certificates iproute2 less file jq xxd bsdextrautils
		# disks, file systems, load
		mdadm dmsetup fdisk gdisk e2fsprogs xfsprogs fio acl attr
		# to build modules and mdctl
		gcc make g++ libc6-dev perl meson ninja-build pkg-config libudev-dev libsystemd-dev
		libblkid-dev libsmartcols-dev uuid-dev
	)
	case $1 in
	bullseye) ;;
	*) list+=(libcli11-dev libfmt-dev libexpected-dev nlohmann-json3-dev doctest-dev
		libumockdev-dev umockdev) ;;
	esac
	# to build the debug row's kernel
	[[ $1 != bookworm ]] || list+=(flex bison bc libelf-dev)
	# A module build with W=1 runs kernel-doc, which is Perl with modules there.
	[[ $1 != trixie && $1 != newest ]] || list+=(perl)
	echo "${list[@]}"
}

# row_mem ROW: guest memory when the caller names none.
row_mem() {
	[[ $1 == debug ]] && echo 2G || echo 1G
}

# row_boots_with_one ROW: does its kernel boot with one processor where several are emulated?  QEMU before 8.1
# may run a breakpoint of the kernel's patching of its own code after the kernel has forgotten it.  Of these
# kernels' boots one in fifty ended so ("Oops: int3" in sched_clock_cpu), of earlier ones none; and 5.10 stood
# still now and then after its second processor had come late.
row_boots_with_one() {
	[[ $1 == trixie || $1 == newest ]]
}

# row_append ROW: kernel arguments of the row's own.
row_append() {
	# ACPI's _PRT method runs into its loop time-out under KASAN and TCG.
	[[ $1 == debug ]] && echo "acpi=noirq kmemleak=on watchdog_thresh=40" || echo "watchdog_thresh=20"
}
