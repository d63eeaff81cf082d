# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/install: files.  They are put together below a staging directory, then copied one by one,
# and every file and directory that was not there before is written to the manifest, so that
# --uninstall removes those and nothing else.

readonly MANIFEST=/var/lib/mdx/manifest

# stage_mdctl WORK: build it, unless we were given one, and install it with all that goes with it below
# WORK/stage.
stage_mdctl() {
	local work=$1
	[[ -n $built_mdctl ]] || say "building mdctl"
	if ! {
		meson setup --prefix "$prefix" --sysconfdir /etc --buildtype debugoptimized \
			-Dtests=false "$work/build" "$MDX_TOP" &&
			build_mdctl "$work/build" &&
			DESTDIR=$work/stage meson install -C "$work/build" --no-rebuild
	} >"$work/log" 2>&1; then
		tail -n 30 "$work/log" >&2
		die "mdctl does not build"
	fi
	strip --strip-debug "$work/stage$prefix/sbin/mdctl"
}

# build_mdctl BUILD: in that meson directory, or put the one we were given where it would come out.
build_mdctl() {
	if [[ -n $built_mdctl ]]; then
		cp "$built_mdctl" "$1/mdctl/mdctl"
	else
		ninja -C "$1"
	fi
}

# stage_settings WORK: which names mean our modules, who assembles, what an initramfs needs.
stage_settings() {
	local stage=$1/stage
	if [[ -n $face ]]; then
		install -D -m 644 "$MDX_TOP/drivers/md_face/md-face.conf" \
			"$stage/etc/modprobe.d/mdx-md-face.conf"
	else
		install -D -m 644 /dev/stdin "$stage/etc/modules-load.d/mdx.conf" <<-'CONF'
		# mdx owns md's major number only if it is there before md.
		mdx
		CONF
	fi
	# mdadm's rule would start arrays member by member, besides the daemon that is to decide.
	install -D -m 644 /dev/stdin "$stage/etc/udev/rules.d/64-md-raid-assembly.rules" <<-'RULES'
		# Stands in for mdadm's rule of this name: arrays are assembled by mdctl's daemon.
	RULES
	if [[ -d /etc/initramfs-tools/hooks ]]; then
		install -D -m 755 "$MDX_TOP/scripts/lib/initramfs-hook" \
			"$stage/etc/initramfs-tools/hooks/mdx"
	fi
}

# install_files STAGE
install_files() {
	local stage=$1 file
	say "installing files"
	make_directory "$(dirname "$MANIFEST")"
	while IFS= read -r file; do
		install_file "$stage" "$file"
	done < <(find "$stage" -type f -printf '/%P\n' | sort)
}

# install_file STAGE FILE: record it first, so that an interrupted install can be removed.
install_file() {
	local stage=$1 file=$2
	make_directory "$(dirname "$file")"
	printf 'file %s\n' "$file" >>"$MANIFEST"
	install -m "$(stat -c %a "$stage$file")" "$stage$file" "$file"
}

# make_directory DIR: with all its parents, and a line in the manifest for each that is new.
make_directory() {
	[[ ! -d $1 ]] || return 0
	make_directory "$(dirname "$1")"
	mkdir "$1"
	[[ -d $(dirname "$MANIFEST") ]] || return 0
	printf 'dir %s\n' "$1" >>"$MANIFEST"
}

# remove_files: what the manifest says, the newest first.  Directories somebody else uses stay.
remove_files() {
	local kind path
	[[ -e $MANIFEST ]] || return 0
	say "removing files"
	while read -r kind path; do
		case $kind in
		file) rm -f "$path" ;;
		dir) rmdir --ignore-fail-on-non-empty "$path" 2>/dev/null || : ;;
		esac
	done < <(tac "$MANIFEST")
	rm -rf "$(dirname "$MANIFEST")" /run/mdctl
	reload_machinery
}

# activate: make systemd and udev see what is new, and the daemon run now and at each boot.
activate() {
	reload_machinery
	if command -v systemctl >/dev/null; then
		systemctl -q enable mdctld.service
		[[ ! -d /run/systemd/system ]] || systemctl start mdctld.service
	fi
}

deactivate() {
	command -v systemctl >/dev/null || return 0
	[[ ! -d /run/systemd/system ]] || systemctl -q stop mdctld.service 2>/dev/null || :
	systemctl -q disable mdctld.service 2>/dev/null || :
}

# Neither is there in a chroot.
reload_machinery() {
	[[ ! -d /run/systemd/system ]] || systemctl daemon-reload
	[[ ! -e /run/udev/control ]] || udevadm control --reload
	if command -v update-initramfs >/dev/null && [[ -e /boot/initrd.img-$kernel ]]; then
		say "updating the initramfs"
		update-initramfs -u -k "$kernel" >/dev/null
	fi
}
