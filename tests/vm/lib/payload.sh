# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What of the project goes into a guest: its modules, built in the row's root by that release's
# compiler, and mdctl.  Each is a cached cpio archive that unpacks below mdx/payload/ of the
# initramfs, from where the guest copies it to /opt/mdx:
#   modules/KVER/           a kernel of our own (debug row): all its modules
#   variants/KVER/{face,plain,stock}/{modules,modprobe.d}   see guest/bin/vm-modules
#   test-modules/KVER/      those of tests/modules, which no machine has installed
#   bin/mdctl lib/mdctl/    the manager, and its libraries where the guest's are too old

# sources_of PATTERN...: the project's files (tracked or new) that match the git pathspecs.
sources_of() {
	local file
	list_files "$@" |
		while IFS= read -r -d '' file; do
			[[ -f $MDX_TOP/$file ]] && printf '%s\0' "$file"
		done | LC_ALL=C sort -zu
}

# list_files PATTERN...: also where the checkout is somebody else's, or no checkout but an unpacked
# archive.
list_files() {
	local file pattern
	local -a git=(git -c 'safe.directory=*' -C "$MDX_TOP")
	if [[ -e $MDX_TOP/.git ]]; then
		"${git[@]}" ls-files -z --cached --others --exclude-standard -- "$@"
		return
	fi
	find "$MDX_TOP" -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
		! -name '*.cmd' ! -name '*.symvers' ! -name '*.order' ! -path "$MDX_TOP/build*" -printf '%P\0' |
		while IFS= read -r -d '' file; do
			for pattern in "$@"; do
				# shellcheck disable=SC2053 # a pattern
				if [[ $pattern == . || $file == $pattern || $file == "$pattern"/* ]]; then
					printf '%s\0' "$file"
					break
				fi
			done
		done
}

# hash_sources PATTERN...: one line that changes when any of those files does.
hash_sources() {
	(cd "$MDX_TOP" && sources_of "$@" | xargs -0 -r sha256sum) | hash_of
}

# copied_whole SOURCES_HASH TO PATTERN...: are the files in TO those that were hashed?  Somebody may
# have edited them since, and what is built of others must not be cached under that key.
copied_whole() {
	local wanted=$1 to=$2
	shift 2
	[[ $(cd "$to" && sources_of "$@" | xargs -0 -r sha256sum | hash_of) == "$wanted" ]] && return
	echo "the sources were changed while they were copied"
	return 1
}

# while_changing COMMAND...: try a payload again as long as its sources change under it.
while_changing() {
	local tries before status=1
	for ((tries = 0; tries < 3; tries++)); do
		before=$(hash_sources .)
		status=0
		"$@" || status=$?
		((status)) || break
		[[ $(hash_sources .) != "$before" ]] || break
		say "the sources changed meanwhile; again"
	done
	return "$status"
}

# sync_sources TO PATTERN...: make directory TO hold exactly those files.  Compared by content, and
# what changed gets the time of now, so an incremental build in TO is right whatever checkout it
# was filled from before.  A file that goes away meanwhile is left out.
sync_sources() {
	local to=$1
	shift
	mkdir -p "$to"
	sources_of "$@" >"$to.list"
	rsync -rlpc --ignore-missing-args --from0 --files-from="$to.list" "$MDX_TOP/" "$to/"
	# --files-from never deletes: drop what is not on the list any more.
	(cd "$to" && find . -type f -printf '%P\0' | LC_ALL=C sort -z |
		LC_ALL=C comm -z -23 - "$to.list" | xargs -0 -r rm -f)
}

MODULE_SOURCES=(Kbuild Makefile drivers include proc tests/modules)

# payload_modules ROW ROOT_DIR KERNEL_DIR: print the archive's path; nothing when there is no Kbuild.
# KERNEL_DIR: see kernel.sh.
payload_modules() {
	while_changing payload_modules_once "$@"
}

payload_modules_once() {
	local row=$1 root=$2 kernel=$3 key dir sources
	[[ -f $MDX_TOP/Kbuild ]] || return 0
	sources=$(hash_sources "${MODULE_SOURCES[@]}")
	key=$({
		printf '%s\n' "$sources"
		printf '%s\n' "$root" "$kernel"
		cat "$MDX_TOP/tests/vm/lib/payload.sh"
	} | hash_of)
	dir=$(cached modules "$row" "$key" payload_modules_build "$sources" "$row" "$root" "$kernel") ||
		return
	printf '%s\n' "$dir/modules.cpio"
}

payload_modules_build() {
	local sources=$1 row=$2 root=$3 kernel=$4 dir=$5 kver work variant
	local -a built
	kver=$(<"$kernel/kver")
	work_lock "modules-$row"
	if [[ $(cat "$work/for" 2>/dev/null) != "$root $kernel" ]]; then
		rm -rf "${work:?}"/*
		printf '%s %s\n' "$root" "$kernel" >"$work/for"
	fi
	sync_module_sources "$work/src"
	copied_whole "$sources" "$work/src" "${MODULE_SOURCES[@]}"
	make_modules "$root/tree" "$kernel" "$work" 2>&1 | tee "$work/log"
	if module_warnings "$work/log"; then
		echo "the lines above are warnings of the W=1 build, which are failures here"
		# The next try must print them again.
		rm -rf "$work/src"
		return 1
	fi
	mapfile -t built < <(find "$work/src" -path "$work/src/tests" -prune -o -name '*.ko' -print | sort)
	((${#built[@]})) || { echo "the build made no module"; return 1; }
	for variant in face plain stock; do
		payload_variant "$variant" "$kernel" "$kver" \
			"$dir/stage/mdx/payload/variants/$kver/$variant" "${built[@]}"
	done
	payload_test_modules "$work/src/tests/modules" "$dir/stage/mdx/payload/test-modules/$kver"
	cpio_of "$dir/stage" >"$dir/modules.cpio"
	cp "$work/log" "$dir/log"
	rm -rf "$dir/stage"
}

# Objects of the last build stay where they are; everything else follows the checkout.
sync_module_sources() {
	mkdir -p "$1"
	sources_of "${MODULE_SOURCES[@]}" >"$1.list"
	rsync -rlpc --ignore-missing-args --from0 --files-from="$1.list" "$MDX_TOP/" "$1/"
	(cd "$1" && find . -type f \( -name '*.[ch]' -o -name Kbuild \) ! -name '*.mod.c' -printf '%P\0' |
		LC_ALL=C sort -z | LC_ALL=C comm -z -23 - "$1.list" | xargs -0 -r rm -f)
	# A module that is no longer in the table of contents must not survive in the payload.
	find "$1" -name '*.ko' -delete
}

# make_modules TREE KERNEL_DIR WORK: WORK/src is built in place, then the modules for tests, which use
# what ours export.
make_modules() {
	local tree=$1 kernel=$2 work=$3 build
	build=/lib/modules/$(<"$kernel/kver")/build
	[[ ! -d $kernel/build ]] || build=/srv
	IN_TREE_SRV=$kernel/build in_tree "$tree" "$work" \
		make -j2 -C "$build" M=/mnt/src W=1 modules
	IN_TREE_SRV=$kernel/build in_tree "$tree" "$work" \
		make -j2 -C "$build" M=/mnt/src/tests/modules \
		KBUILD_EXTRA_SYMBOLS=/mnt/src/Module.symvers W=1 modules
}

# module_warnings LOG: print the warnings in it; status 1 when there are none.
module_warnings() {
	grep -iE 'warning:|: undefined' "$1" | grep -vE 'the compiler differs|Skipping BTF'
}

# payload_variant VARIANT KERNEL_DIR KVER TO MODULE...: the files that make a machine that variant:
# the modules below updates/ and the module indexes that know them.
payload_variant() {
	local variant=$1 kernel=$2 kver=$3 to=$4 base file
	shift 4
	mkdir -p "$MDX_CACHE/scratch"
	base=$(mktemp -d "$MDX_CACHE/scratch/depmod.XXXXXX")
	mkdir -p "$base/lib/modules" "$to/modules" "$to/modprobe.d"
	cp -al "$kernel/modules/." "$base/lib/modules/$kver"
	if [[ $variant != stock ]]; then
		mkdir -p "$to/modules/updates/mdx"
		for file in "$@"; do
			[[ $variant == plain && $file == */md-mod.ko ]] ||
				strip --strip-debug -o "$to/modules/updates/mdx/${file##*/}" "$file"
		done
		mkdir -p "$base/lib/modules/$kver/updates"
		cp -al "$to/modules/updates/mdx" "$base/lib/modules/$kver/updates/"
	fi
	if [[ $variant == face ]]; then
		for file in "$MDX_TOP"/drivers/md_face/*.conf; do
			[[ ! -f $file ]] || cp "$file" "$to/modprobe.d/mdx-$(basename "$file")"
		done
	fi
	depmod -b "$base" "$kver"
	cp "$base/lib/modules/$kver"/modules.{dep,alias,symbols,softdep}* "$to/modules/"
	rm -rf "$base"
}

# payload_test_modules FROM TO
payload_test_modules() {
	local file
	mkdir -p "$2"
	for file in "$1"/*.ko; do
		strip --strip-debug -o "$2/${file##*/}" "$file"
	done
}

# mdctl_sources: what mdctl is built from; of the driver, the files its meson.build names and headers.
mdctl_sources() {
	printf '%s\n' meson.build meson_options.txt meson.options mdctl include drivers/meson.build \
		'drivers/*.h'
	grep -oE '[a-z0-9_/]+\.c' "$MDX_TOP/drivers/meson.build" 2>/dev/null | sed 's,^,drivers/,' || :
}

# payload_mdctl ROW: print the archive's path; nothing when there is no meson.build.
payload_mdctl() {
	while_changing payload_mdctl_once "$@"
}

payload_mdctl_once() {
	local row=$1 key dir builder root hash
	local -a sources
	[[ -f $MDX_TOP/meson.build ]] || return 0
	builder=$(row_mdctl "$row")
	root=$(root_dir "$builder") || return
	mapfile -t sources < <(mdctl_sources)
	hash=$(hash_sources "${sources[@]}")
	key=$({
		printf '%s\n' "$hash"
		printf '%s\n' "$root" "$row"
		cat "$MDX_TOP/tests/vm/lib/payload.sh"
	} | hash_of)
	dir=$(cached mdctl "$row" "$key" payload_mdctl_build "$hash" "$row" "$builder" "$root") ||
		return
	printf '%s\n' "$dir/mdctl.cpio"
}

payload_mdctl_build() {
	local hash=$1 row=$2 builder=$3 root=$4 dir=$5 work program
	local -a sources
	local stage=$dir/stage/mdx/payload
	mkdir -p "$stage/bin"
	# Rows that share a builder share its incremental build.
	work_lock "mdctl-$builder"
	if [[ $(cat "$work/for" 2>/dev/null) != "$root" ]]; then
		rm -rf "${work:?}"/*
		printf '%s\n' "$root" >"$work/for"
	fi
	sync_sources "$work/src" .
	mapfile -t sources < <(mdctl_sources)
	copied_whole "$hash" "$work/src" "${sources[@]}"
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tree "$root/tree" "$work" bash -ec '
		# It is stripped anyway.
		options=(--buildtype=debugoptimized -Ddebug=false)
		! grep -qs "option(.tests.," /mnt/src/meson_options.txt /mnt/src/meson.options ||
			options+=(-Dtests=false)
		[ -f /mnt/build/build.ninja ] || rm -rf /mnt/build
		[ -d /mnt/build ] || meson setup "${options[@]}" /mnt/build /mnt/src
		ninja -j2 -C /mnt/build mdctl/mdctl'
	program=$(find "$work/build" -type f -name mdctl -perm -u+x | head -n 1)
	[[ -n $program ]] || { echo "the build made no mdctl"; return 1; }
	if row_has_old_libraries "$row"; then
		payload_mdctl_bundle "$root/tree" "$work" "$program" "$stage"
	else
		strip --strip-debug -o "$stage/bin/mdctl" "$program"
	fi
	cpio_of "$dir/stage" >"$dir/mdctl.cpio"
	rm -rf "$dir/stage"
}

# payload_mdctl_bundle TREE WORK PROGRAM STAGE: the program with the libraries and the loader of the
# release that built it, for a guest whose own are older.
payload_mdctl_bundle() {
	local tree=$1 work=$2 program=$3 stage=$4 lib
	mkdir -p "$stage/lib/mdctl"
	strip --strip-debug -o "$stage/lib/mdctl/mdctl" "$program"
	in_tree "$tree" "$work" ldd "/mnt/${program#"$work"/}" | grep -oE '/[^ ]+' |
		while IFS= read -r lib; do
			cp -L "$tree$lib" "$stage/lib/mdctl/"
		done
	cat >"$stage/bin/mdctl" <<-'WRAPPER'
		#!/bin/sh
		dir=/opt/mdx/lib/mdctl
		exec "$dir/ld-linux-x86-64.so.2" --library-path "$dir" --argv0 mdctl "$dir/mdctl" "$@"
	WRAPPER
	chmod 755 "$stage/bin/mdctl"
}
