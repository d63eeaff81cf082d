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
