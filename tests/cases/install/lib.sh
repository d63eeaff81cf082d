# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the cases about scripts/install share.  Sourced by them inside test().

# all_files: every name on the root file system but what changes by itself, and DKMS's own keys; the
# directory of its modules goes with the last of them, whoever made it.
all_files() {
	find / -xdev \( -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache \
		-o -path /run -o -path /root -o -path /srv -o -path /var/lib/systemd \
		-o -path /mnt -o -path /opt/mdx \) -prune -o -print |
		grep -vE '^/var/lib/dkms/mok\.|^/var/lib/(apt|dpkg)/|^/etc/mtab$|/updates$' | sort
}

# kernels_own_md: is that what is loaded, and mdx not?
kernels_own_md() {
	loaded md_mod && ! loaded mdx && [[ $(modinfo -n md_mod) == */kernel/drivers/md/* ]]
}
