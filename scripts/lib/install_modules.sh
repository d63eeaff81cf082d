# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/install: the modules, through DKMS.

MDX_VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$MDX_TOP/dkms.conf")
readonly MDX_VERSION
readonly DKMS_SOURCE=/usr/src/mdx-$MDX_VERSION

# dkms_source: what DKMS builds from: the modules' sources and the list of modules.
dkms_source() {
	mkdir "$DKMS_SOURCE"
	(cd "$MDX_TOP" && find Kbuild include drivers proc -type f \( -name '*.[ch]' -o -name Kbuild \) \
		! -name '*.mod.c' -exec cp --parents -t "$DKMS_SOURCE" {} +)
	if [[ -n $face ]]; then
		cp "$MDX_TOP/dkms.conf" "$DKMS_SOURCE/"
	else
		# DKMS installs what the list names; the face is its last entry.
		sed '/BUILT_MODULE_NAME\[4\]="md-mod"/,$d' "$MDX_TOP/dkms.conf" >"$DKMS_SOURCE/dkms.conf"
	fi
}

install_modules() {
	local log=/var/lib/dkms/mdx/$MDX_VERSION/build/make.log
	say "building modules for kernel $kernel"
	dkms_source
	dkms add -m mdx -v "$MDX_VERSION" >/dev/null
	if ! dkms build -m mdx -v "$MDX_VERSION" -k "$kernel" >/dev/null; then
		tail -n 30 "$log" >&2
		uninstall_modules
		die "the modules do not build for kernel $kernel"
	fi
	if ! dkms install -m mdx -v "$MDX_VERSION" -k "$kernel" --force >/dev/null; then
		uninstall_modules
		die "dkms cannot install the modules for kernel $kernel"
	fi
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
