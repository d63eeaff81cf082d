# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/install: the modules: installed through DKMS, and out of the kernel again.

MDX_VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$MDX_TOP/dkms.conf")
readonly MDX_VERSION
readonly DKMS_SOURCE=/usr/src/mdx-$MDX_VERSION

# stage_modules TO: what DKMS builds from, the modules' sources and the list of modules.
stage_modules() {
	mkdir "$1"
	(cd "$MDX_TOP" && find Kbuild include drivers proc -type f \( -name '*.[ch]' -o -name Kbuild \) \
		! -name '*.mod.c' -exec cp --parents -t "$1" {} +)
	if [[ -n $face ]]; then
		cp "$MDX_TOP/dkms.conf" "$1/"
	else
		# DKMS installs what the list names; the face is its last entry.
		sed '/BUILT_MODULE_NAME\[5\]="md-mod"/,$d' "$MDX_TOP/dkms.conf" >"$1/dkms.conf"
	fi
}

# modules_are_installed STAGED: from the very same sources, for this kernel?
modules_are_installed() {
	diff -r "$1" "$DKMS_SOURCE" &>/dev/null &&
		[[ $(dkms status -m mdx -v "$MDX_VERSION" -k "$kernel") == *installed* ]]
}

# install_modules STAGED
install_modules() {
	local log=/var/lib/dkms/mdx/$MDX_VERSION/build/make.log
	say "building modules for kernel $kernel"
	cp -r "$1" "$DKMS_SOURCE"
	dkms add -m mdx -v "$MDX_VERSION" >/dev/null
	if ! dkms build -m mdx -v "$MDX_VERSION" -k "$kernel" >/dev/null; then
		tail -n 30 "$log" >&2
		give_modules_up
		die "the modules do not build for kernel $kernel"
	fi
	if ! dkms install -m mdx -v "$MDX_VERSION" -k "$kernel" --force >/dev/null; then
		give_modules_up
		die "dkms cannot install the modules for kernel $kernel"
	fi
}

# What was installed before is gone by then, and must not be left in an initramfs alone.
give_modules_up() {
	uninstall_modules
	reload_machinery
	remake_initramfs all
}

uninstall_modules() {
	local kver
	if [[ -d /var/lib/dkms/mdx ]]; then
		say "removing modules"
		dkms remove "mdx/$MDX_VERSION" --all >/dev/null || :
		# A build that was interrupted leaves what `remove` does not find.
		rm -rf "/var/lib/dkms/mdx"
	fi
	rm -rf "$DKMS_SOURCE"
	for kver in /lib/modules/*/; do
		kver=$(basename "$kver")
		[[ ! -e /lib/modules/$kver/modules.order ]] || depmod "$kver"
	done
}

# unload_driver: mdx out of the kernel, so that whoever asks for md next gets the kernel's own.
unload_driver() {
	local module
	local -a arrays modules
	[[ -d /sys/module/mdx ]] || return 0
	mapfile -t arrays < <(live_arrays)
	if ((${#arrays[@]})); then
		warn "mdx stays loaded, it runs ${arrays[*]}. Stop them and say $(way_back)"
		return 0
	fi
	# Who only looks at an array that was just stopped is done by then.
	[[ ! -e /run/udev/control ]] || udevadm settle --timeout=30 || warn "udev is still busy"
	mapfile -t modules < <(driver_modules)
	for module in "${modules[@]}"; do
		if ! rmmod "$module"; then
			warn "mdx stays loaded, somebody uses it. Later say $(way_back)"
			return 0
		fi
	done
	say "mdx is unloaded"
}

way_back() {
	echo "\`rmmod $(driver_modules | paste -sd ' ')\`, or reboot: then the kernel's own md is back"
}

# driver_modules: mdx and what stands on it, in an order in which they can be unloaded, one a line.
driver_modules() {
	local holder
	for holder in /sys/module/mdx/holders/*; do
		[[ ! -e $holder ]] || basename "$holder"
	done
	echo mdx
}
