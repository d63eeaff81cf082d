# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/install: files.  They are put together below a staging directory, then copied one by one,
# and every file and directory that is new is written to the manifest, so that --uninstall removes those
# and nothing else.  A file that was there and that no manifest of ours names is somebody's own, also when
# it is just like ours: it is kept beside it, and put back.

readonly MANIFEST=/var/lib/mdx/manifest
readonly SAVED=.mdx-saved

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

# stage_settings WORK: which names mean our modules, who assembles, what an initramfs needs.  Without
# the face all three stay with the kernel's md and mdadm.
stage_settings() {
	local stage=$1/stage
	[[ -n $face ]] || return 0
	install -D -m 644 "$MDX_TOP/drivers/md_face/md-face.conf" \
		"$stage/etc/modprobe.d/mdx-md-face.conf"
	# mdadm's rule would start arrays member by member, besides the daemon that is to decide.
	install -D -m 644 /dev/stdin "$stage/etc/udev/rules.d/64-md-raid-assembly.rules" <<-'RULES'
		# Stands in for mdadm's rule of this name: arrays are assembled by mdctl's daemon.
	RULES
	if [[ -d /etc/initramfs-tools/hooks ]]; then
		install -D -m 755 "$MDX_TOP/scripts/lib/initramfs-hook" \
			"$stage/etc/initramfs-tools/hooks/mdx"
	fi
}

# staged_files STAGE: their names once installed, one a line.
staged_files() {
	find "$1" ! -type d -printf '/%P\n' | sort
}

# refuse_taken_names STAGE: a file that was there before is kept under a name that must be free.
refuse_taken_names() {
	local file
	while IFS= read -r file; do
		exists "$file$SAVED" || continue
		is_recorded "kept $file" || die "$file$SAVED is in the way: move it"
	done < <(staged_files "$1")
}

# exists FILE: or a link of that name, wherever it leads.
exists() {
	[[ -e $1 || -L $1 ]]
}

# is_recorded LINE: in the manifest?
is_recorded() {
	[[ -e $MANIFEST ]] && grep -qxF -- "$1" "$MANIFEST"
}

# install_files STAGE
install_files() {
	local stage=$1 file
	say "installing files"
	make_directory "$(dirname "$MANIFEST")"
	while IFS= read -r file; do
		install_file "$stage" "$file"
	done < <(staged_files "$stage")
}

# install_file STAGE FILE: record each step before it is taken, so that an interrupted install can be
# removed.
install_file() {
	local stage=$1 file=$2
	make_directory "$(dirname "$file")"
	if exists "$file"; then
		say "keeping what was $file as $file$SAVED"
		printf 'kept %s\n' "$file" >>"$MANIFEST"
		mv -T "$file" "$file$SAVED"
	fi
	printf 'file %s\n' "$file" >>"$MANIFEST"
	install -m "$(stat -c %a "$stage$file")" "$stage$file" "$file"
}

# put_back FILE: what was there before us, unless it was never moved away.
put_back() {
	! exists "$1$SAVED" || mv -T "$1$SAVED" "$1"
}

# make_directory DIR: with all its parents, and a line in the manifest for each that is new.
make_directory() {
	[[ ! -d $1 ]] || return 0
	make_directory "$(dirname "$1")"
	mkdir "$1"
	[[ -d $(dirname "$MANIFEST") ]] || return 0
	printf 'dir %s\n' "$1" >>"$MANIFEST"
}

# remove_files: what the manifest says, the newest first, and each line goes with what it names: where
# this is interrupted and begins anew, a file that was put back is not taken for ours.  Directories somebody
# else uses stay.
remove_files() {
	local kind path
	[[ -e $MANIFEST ]] || return 0
	say "removing files"
	while [[ -s $MANIFEST ]]; do
		read -r kind path < <(tail -n 1 "$MANIFEST")
		case $kind in
		file) rm -f "$path" ;;
		kept) put_back "$path" ;;
		dir) rmdir --ignore-fail-on-non-empty "$path" 2>/dev/null || : ;;
		esac
		sed -i '$d' "$MANIFEST"
	done
	rm -rf "$(dirname "$MANIFEST")" /run/mdctl
}

# activate: make systemd and udev see what is new, and the daemon run now and at each boot.  Without
# the face it does not: mdadm assembles, also what mdctl cannot.
activate() {
	reload_machinery
	[[ -n $face ]] && command -v systemctl >/dev/null || return 0
	systemctl -q enable mdctld.service
	[[ ! -d /run/systemd/system ]] || systemctl start mdctld.service
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
}

# remake_initramfs KERNEL|all: those that there are.
remake_initramfs() {
	local version=$1 pattern
	[[ $version == all ]] && pattern='/boot/initrd.img-*' || pattern=/boot/initrd.img-$version
	if command -v update-initramfs >/dev/null && compgen -G "$pattern" >/dev/null; then
		say "updating the initramfs"
		update-initramfs -u -k "$version" >/dev/null ||
			die "an initramfs is as it was before: mend that, then \`update-initramfs -u -k $version\`"
	fi
}
