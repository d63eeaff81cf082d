# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The Debian root of a row: a tree to build in (DIR/tree), the disk image the guests boot from
# (DIR/root.img), its kernel (DIR/vmlinuz) and that kernel's release (DIR/kver).

# root_dir ROW [PACKAGE...]: print the directory of the row's root, building it when needed.  With
# packages: of a root derived from it that holds them too.
root_dir() {
	local row base packages
	row=$(row_root "$1")
	shift
	base=$(cached roots "$row" "$(root_key "$row")" root_build "$row") || return
	if (($# == 0)); then
		printf '%s\n' "$base"
		return
	fi
	packages=$(printf '%s\n' "$@" | sort -u)
	cached derived "$row" "$(printf '%s\n' "$base" "$packages" | hash_of)" \
		root_derive "$row" "$base" "$packages"
}

root_key() {
	{
		row_suites "$1"
		row_packages "$1"
		cat "$MDX_TOP/tests/vm/lib/root.sh" "$MDX_TOP/tests/vm/lib/unpack-kernel"
	} | hash_of
}

# root_build ROW DIR
root_build() {
	local base
	base=$(row_base "$1")
	if [[ -n $base ]]; then
		root_build_on "$base" "$1" "$2"
	else
		root_bootstrap "$1" "$2"
	fi
	root_finish "$2"
}

# root_bootstrap ROW DIR: DIR/tree from nothing.
root_bootstrap() {
	local row=$1 dir=$2 suites option
	local -a args=(--mode=root --variant=apt --format=directory) wanted=()
	read -ra wanted <<<"$(row_suites "$row")"
	suites=$(apt_sources "${wanted[@]}")
	while IFS= read -r option; do
		args+=(--aptopt="$option")
	done < <(apt_options)
	# shellcheck disable=SC2016 # mmdebstrap's shell expands it
	args+=(
		--aptopt='APT::Install-Recommends "false"'
		--dpkgopt='path-exclude=/usr/share/man/*'
		--dpkgopt='path-exclude=/usr/share/doc/*'
		--dpkgopt='path-exclude=/usr/share/info/*'
		--dpkgopt='path-exclude=/usr/share/locale/*'
		--dpkgopt='force-unsafe-io'
		--include="$(row_packages "$row" | tr ' ' ,)"
		--customize-hook='echo vm >"$1"/etc/hostname'
		--customize-hook="copy-in $MDX_TOP/tests/vm/lib/unpack-kernel /var/tmp"
		--customize-hook='chroot "$1" /var/tmp/unpack-kernel'
		--skip=output/dev
	)
	# Its helpers run once a package and look for their interpreter in PATH: the system's own, not
	# some slow wrapper of the user's.
	printf '%s\n' "$suites" |
		PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap "${args[@]}" "${wanted[0]}" "$dir/tree" -
}

# root_build_on BASE ROW DIR: DIR/tree from another row's, with the kernel of the row's last suite.
root_build_on() {
	local base row=$2 dir=$3 suites suite
	local -a wanted=()
	base=$(root_dir "$1")
	read -ra wanted <<<"$(row_suites "$row")"
	suite=${wanted[-1]}
	suites=$(apt_sources "${wanted[@]}")
	if [[ $suites != *" $suite "* ]]; then
		echo "the mirror does not serve $suite"
		exit "$ROW_SKIPPED"
	fi
	cp -a --reflink=auto "$base/tree" "$dir/tree"
	cp "$MDX_TOP/tests/vm/lib/unpack-kernel" "$dir/tree/var/tmp/"
	with_apt "$dir/tree" "$suites" /var/tmp/unpack-kernel "$suite"
}

# root_finish DIR: everything after the packages are in: the kernel beside the tree, module
# indexes, nothing that starts arrays by itself, and the disk image.
root_finish() {
	local dir=$1 tree=$1/tree kver unit
	kver=$(find "$tree/boot" -name 'vmlinuz-*' -printf '%f\n' | sort -V | tail -n 1)
	kver=${kver#vmlinuz-}
	[[ -n $kver ]] || { echo "no kernel in the root"; return 1; }
	# A link whose target is absolute, so it leads nowhere outside the root.
	[[ -L $tree/lib/modules/$kver/build ]] || { echo "no headers for $kver"; return 1; }
	printf '%s\n' "$kver" >"$dir/kver"
	cp "$tree/boot/vmlinuz-$kver" "$dir/vmlinuz"
	rm -f "$tree/boot"/*
	depmod -b "$tree" "$kver"
	mkdir -p "$tree/lib/modules/$kver/updates" "$tree/mnt/host" "$tree/opt/mdx"

	# The stock rule that assembles arrays as members appear; the naming rule stays.
	rm -f "$tree"/lib/udev/rules.d/64-md-raid-assembly.rules \
		"$tree"/usr/lib/udev/rules.d/64-md-raid-assembly.rules
	for unit in mdmonitor.service mdmonitor-oneshot.timer mdcheck_start.timer \
		mdcheck_continue.timer apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
		fstrim.timer systemd-networkd-wait-online.service systemd-firstboot.service; do
		ln -sf /dev/null "$tree/etc/systemd/system/$unit"
	done
	printf '/dev/vda / ext4 defaults 0 1\n' >"$tree/etc/fstab"
	: >"$tree/etc/machine-id"
	root_image "$dir"
}

# root_image DIR: make DIR/root.img of DIR/tree, with 4 GiB of room for the guest (sparse).
root_image() {
	local used
	used=$(du -s --apparent-size --block-size=1M "$1/tree" | cut -f1)
	truncate -s $((used * 5 / 4 + 4096))M "$1/root.img"
	mke2fs -q -t ext4 -L mdx-root -E lazy_itable_init=0,lazy_journal_init=0,discard \
		-d "$1/tree" "$1/root.img"
}

# root_derive ROW BASE PACKAGES DIR: BASE with more packages, as a root of the same shape.
root_derive() {
	local row=$1 base=$2 packages=$3 dir=$4 suites
	local -a wanted=()
	read -ra wanted <<<"$(row_suites "$row")"
	suites=$(apt_sources "${wanted[@]}")
	cp -a --reflink=auto "$base/tree" "$dir/tree"
	cp "$base/kver" "$base/vmlinuz" "$dir/"
	# shellcheck disable=SC2086 # one package a word
	with_apt "$dir/tree" "$suites" apt-get -q -y --no-install-recommends install $packages
	root_image "$dir"
}

# with_apt TREE SUITES COMMAND...: run it there with this machine's mirror and apt settings, and no
# service started by what it installs.
with_apt() {
	local tree=$1 suites=$2
	shift 2
	rm -f "$tree/etc/apt/sources.list.d"/*
	printf '%s\n' "$suites" >"$tree/etc/apt/sources.list"
	apt_options | sed 's/$/;/' >"$tree/etc/apt/apt.conf.d/99mdx-host"
	cp -L /etc/resolv.conf "$tree/etc/resolv.conf"
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tree "$tree" "" bash -ec '
		export DEBIAN_FRONTEND=noninteractive
		printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		apt-get -q update
		"$@"
		apt-get clean
		rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/*' with_apt "$@"
	rm -f "$tree/etc/apt/apt.conf.d/99mdx-host"
}
