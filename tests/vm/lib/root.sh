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
		cat "$MDX_TOP/tests/vm/lib/root.sh"
	} | hash_of
}

# root_build ROW DIR
root_build() {
	local row=$1 dir=$2 suite suites kernel_suite="" option
	local -a args=(--mode=root --variant=apt --format=directory) wanted=()
	for suite in $(row_suites "$row"); do
		[[ $suite == +* ]] && kernel_suite=${suite#+}
		wanted+=("${suite#+}")
	done
	suites=$(apt_sources "${wanted[@]}")
	if [[ -n $kernel_suite && $suites != *" $kernel_suite "* ]]; then
		echo "the mirror does not serve $kernel_suite"
		exit "$ROW_SKIPPED"
	fi
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
		--customize-hook='rm -f "$1"/etc/hostname; echo vm >"$1"/etc/hostname'
		--customize-hook="$(root_kernel_hook "$kernel_suite")"
		--skip=output/dev
	)
	# Its helpers run once a package and look for their interpreter in PATH: the system's own, not
	# some slow wrapper of the user's.
	printf '%s\n' "$suites" |
		PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap "${args[@]}" "${wanted[0]}" "$dir/tree" -
	root_finish "$dir"
}

# The headers are installed like any package, by their own name: the package that only depends on
# the newest ones may be missing on a mirror that is just being updated.  The image is only unpacked:
# installing it would bring an initramfs builder, which takes longer than the rest of the root, and
# the runner has its own.
root_kernel_hook() {
	local from=${1:+-t $1}
	cat <<-HOOK
		chroot "\$1" sh -ec 'export DEBIAN_FRONTEND=noninteractive; cd /var/tmp;
		image=\$(apt-cache $from depends linux-image-cloud-amd64 |
			sed -n "s/.*Depends: \\(linux-image-[^ ]*\\)/\\1/p" | head -n 1);
		apt-get -y $from install "linux-headers-\${image#linux-image-}";
		apt-get $from download "\$image";
		dpkg-deb -x "\$image"_*.deb image;
		rm -f "\$image"_*.deb;
		cp -a image/boot/. /boot/;
		for lib in image/lib/modules image/usr/lib/modules; do
			[ ! -d \$lib ] || cp -a \$lib/. /lib/modules/;
		done;
		rm -rf image'
	HOOK
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
	local row=$1 base=$2 packages=$3 dir=$4 suite suites option
	local -a options=() wanted=()
	for suite in $(row_suites "$row"); do
		wanted+=("${suite#+}")
	done
	suites=$(apt_sources "${wanted[@]}")
	while IFS= read -r option; do
		options+=(-o "${option/ /=}")
	done < <(apt_options | tr -d '"')
	cp -a --reflink=auto "$base/tree" "$dir/tree"
	cp "$base/kver" "$base/vmlinuz" "$dir/"
	rm -f "$dir/tree/etc/apt/sources.list.d"/*
	printf '%s\n' "$suites" >"$dir/tree/etc/apt/sources.list"
	cp /etc/resolv.conf "$dir/tree/etc/resolv.conf"
	# shellcheck disable=SC2086,SC2016 # one package a word; expanded by the inner shell
	in_tree "$dir/tree" "" bash -ec '
		export DEBIAN_FRONTEND=noninteractive
		printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		options=()
		while [[ $1 != -- ]]; do options+=("$1"); shift; done
		shift
		apt-get "${options[@]}" -q update
		apt-get "${options[@]}" -q -y --no-install-recommends install "$@"
		apt-get clean
		rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/*' \
		in_tree "${options[@]}" -- $packages
	root_image "$dir"
}
