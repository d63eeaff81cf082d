# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Running programs of a row's root.

# in_tree TREE WORK COMMAND...: run it chrooted there with /proc, /dev and a private /tmp mounted and
# the directory WORK (when not "") at /mnt, in a mount namespace of its own, so nothing is left
# mounted whatever happens.  A directory named by IN_TREE_SRV is seen at /srv.
in_tree() {
	local tree=$1 work=$2 srv=${IN_TREE_SRV:-}
	shift 2
	[[ -d $srv ]] || srv=""
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private bash -ec '
		tree=$1 work=$2 srv=$3
		shift 3
		mount -t proc proc "$tree/proc"
		mount --bind /dev "$tree/dev"
		mount -t tmpfs tmpfs "$tree/tmp"
		[ -z "$work" ] || mount --bind "$work" "$tree/mnt"
		[ -z "$srv" ] || mount --bind "$srv" "$tree/srv"
		exec chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 "$@"' in_tree "$tree" "$work" "$srv" "$@"
}
