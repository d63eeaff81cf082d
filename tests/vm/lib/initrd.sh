# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The initramfs of a boot is three cpio archives one behind the other:
#   base     busybox and the modules that reach the root disk (cached, one per kernel)
#   payload  our modules and mdctl, see payload.sh (cached, one per content)
#   run      this run's command, settings and copied directories

# The file systems and virtio drivers the base must have.
readonly INITRD_MODULES="virtio_pci virtio_blk virtio_console ext4"

# cpio_of DIR: the archive of everything below DIR, on standard output.
cpio_of() {
	(cd "$1" && find . -mindepth 1 -print0 | cpio --null --quiet -H newc -R 0:0 -o)
}

# initrd_base ROOT_TREE KERNEL_DIR: print the path of the archive.
initrd_base() {
	local key dir
	key=$({
		printf '%s\n' "$1" "$2" "$INITRD_MODULES"
		cat "$MDX_TOP/tests/vm/lib/initrd.sh" "$MDX_TOP/tests/vm/guest/initrd-init"
	} | hash_of)
	dir=$(cached initrd "$(<"$2/kver")" "$key" initrd_base_build "$1" "$2") || return
	printf '%s\n' "$dir/base.cpio"
}

initrd_base_build() {
	local tree=$1 kernel=$2 dir=$3 stage=$3/stage kver name path
	kver=$(<"$kernel/kver")
	mkdir -p "$stage"/{bin,dev,proc,sys,root,modules,mdx} "$dir/base/lib/modules"
	cp "$tree/bin/busybox" "$stage/bin/busybox"
	install -m 755 "$MDX_TOP/tests/vm/guest/initrd-init" "$stage/init"
	ln -s "$(realpath "$kernel/modules")" "$dir/base/lib/modules/$kver"
	for name in $INITRD_MODULES; do
		modprobe -d "$dir/base" -S "$kver" --show-depends "$name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/modules"
	while IFS= read -r path; do
		case $path in
		*.xz) xz -dc "$path" >"$stage/modules/$(basename "$path" .xz)" ;;
		*.zst) zstd -q -dc "$path" >"$stage/modules/$(basename "$path" .zst)" ;;
		*) cp "$path" "$stage/modules/" ;;
		esac
		name=$(basename "$path")
		printf '%s.ko\n' "${name%%.ko*}" >>"$stage/modules/order"
	done <"$dir/modules"
	touch "$stage/modules/order"
	cpio_of "$stage" >"$dir/base.cpio"
	rm -rf "$stage" "$dir/base"
}
