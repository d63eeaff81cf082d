# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel of a row, as a directory: kver, vmlinuz, modules/ (its /lib/modules/KVER) and, for a
# kernel of our own, build/ (what modules are built against).

# kernel_dir ROW ROOT_DIR: print it, building it when needed.
kernel_dir() {
	local row=$1 root=$2 kver link
	if [[ $row == debug ]]; then
		debug_kernel_dir
		return
	fi
	kver=$(<"$root/kver")
	# Distribution kernels are in their root already; the directory is only another view of it.
	link=$root/kernel
	if [[ ! -d $link ]]; then
		mkdir -p "$link.$$"
		ln -s "../kver" "$link.$$/kver"
		ln -s "../vmlinuz" "$link.$$/vmlinuz"
		ln -s "../tree/lib/modules/$kver" "$link.$$/modules"
		mv -T "$link.$$" "$link" 2>/dev/null || rm -rf "$link.$$"
	fi
	printf '%s\n' "$link"
}

# The debug row's kernel is built from linux-source-6.1 in bookworm's root, by its compiler.
debug_kernel_dir() {
	local root
	root=$(root_dir bookworm) || return
	cached kernels debug "$({
		cat "$root/kver" "$MDX_TOP/tests/vm/debug.config" "$MDX_TOP/tests/vm/lib/kernel.sh"
	} | hash_of)" debug_kernel_build "$root"
}

# debug_kernel_build ROOT_DIR DIR.  An interrupted build goes on where it was.
debug_kernel_build() {
	local root=$1 dir=$2 work kver
	local kbuild=(make -j"$(nproc)" -C /mnt/linux)
	work_lock kernel-debug
	debug_kernel_source "$work"
	cp "$MDX_TOP/tests/vm/debug.config" "$work/fragment"

	in_tree "$root/tree" "$work" "${kbuild[@]}" tinyconfig
	in_tree "$root/tree" "$work" bash -ec 'cd /mnt/linux &&
		scripts/kconfig/merge_config.sh -m .config /mnt/fragment >/dev/null'
	in_tree "$root/tree" "$work" "${kbuild[@]}" olddefconfig
	debug_kernel_check "$work/linux/.config" "$work/fragment"
	in_tree "$root/tree" "$work" "${kbuild[@]}" bzImage modules
	in_tree "$root/tree" "$work" "${kbuild[@]}" INSTALL_MOD_PATH=/mnt/install \
		INSTALL_MOD_STRIP=1 modules_install

	kver=$(<"$work/linux/include/config/kernel.release")
	printf '%s\n' "$kver" >"$dir/kver"
	cp "$work/linux/arch/x86/boot/bzImage" "$dir/vmlinuz"
	rm -f "$work/install/lib/modules/$kver"/{build,source}
	mv "$work/install/lib/modules/$kver" "$dir/modules"
	debug_kernel_tree "$work" "$dir/build"
	mkdir -p "$dir/stage/mdx/payload/modules"
	cp -a "$dir/modules" "$dir/stage/mdx/payload/modules/$kver"
	cpio_of "$dir/stage" >"$dir/modules.cpio"
	rm -rf "$dir/stage" "$work"
}

# debug_kernel_source WORK: unpack the source package of bookworm into WORK/linux.
debug_kernel_source() {
	local work=$1
	[[ ! -e $work/unpacked ]] || return 0
	if [[ ! -f /usr/src/linux-source-6.1.tar.xz ]]; then
		need_packages linux-source-6.1
	fi
	rm -rf "${work:?}"/*
	mkdir "$work/linux"
	tar -C "$work/linux" --strip-components=1 -xf /usr/src/linux-source-6.1.tar.xz
	: >"$work/unpacked"
}

# debug_kernel_check CONFIG FRAGMENT: every line of the fragment must be in the configuration.
debug_kernel_check() {
	local line missing=0
	while IFS= read -r line; do
		case $line in
		'CONFIG_'*)
			grep -qxF "$line" "$1" || {
				echo "not in .config: $line"
				missing=1
			}
			;;
		'# CONFIG_'*' is not set')
			! grep -q "^$(awk '{ print $2 }' <<<"$line")=" "$1" || {
				echo "set in .config: $line"
				missing=1
			}
			;;
		esac
	done <"$2"
	return "$missing"
}

# debug_kernel_tree WORK TO: what building modules against this kernel needs, in one directory.
debug_kernel_tree() {
	local work=$1 to=$2
	mkdir -p "$to"
	(
		cd "$work/linux" || exit
		find . \( -name 'Makefile*' -o -name 'Kconfig*' -o -name 'Kbuild*' \) -type f
		find arch/x86/include include scripts -type f
		printf '%s\n' tools/objtool/objtool .config Module.symvers
	) | LC_ALL=C sort -u | rsync -a --files-from=- "$work/linux/" "$to/"
}
