# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Installing Debian packages on the machine the scripts run on.  Needs say.sh.

# as_root COMMAND...: run it as root, by sudo where we are not.
as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "need root (or sudo) for: $*"
	fi
}

# missing_packages NAME...: those of the named packages that are not installed, one a line.
missing_packages() {
	local name
	for name in "$@"; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
			printf '%s\n' "$name"
	done
}

# need_packages NAME...: install what is missing of them.  Only one script at a time does so.
need_packages() {
	local -a missing
	mapfile -t missing < <(missing_packages "$@")
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || die "not a Debian machine; install first: ${missing[*]}"

	say "installing ${missing[*]}"
	(
		exec 9>"${TMPDIR:-/tmp}/mdx-packages.$EUID.lock"
		flock 9
		as_root apt-get -q update >&2 &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
				-o DPkg::Lock::Timeout=300 --no-install-recommends \
				install "${missing[@]}" >&2
	) || die "could not install: ${missing[*]}"
}
