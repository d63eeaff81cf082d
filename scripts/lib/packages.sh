# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Root, and Debian packages, on the machine the scripts run on.  Needs say.sh.

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

# become_root SCRIPT ARG...: start SCRIPT over by sudo where we are not root, with our MDX_ variables.
# The cache is root's own then, in root's home or in `root` below the one we were given: what root
# makes in a user's cache, the user's own runs could not change.
become_root() {
	local name script=$1
	local -a settings=()
	shift
	[[ $EUID -ne 0 ]] || return 0
	command -v sudo >/dev/null || die "needs root: run it as root, or install sudo"
	for name in $(compgen -A export MDX_); do
		[[ $name == MDX_CACHE ]] || settings+=("$name=${!name}")
	done
	if [[ -n ${MDX_CACHE:-} && $MDX_CACHE != "$(users_cache)" ]]; then
		mkdir -p "$MDX_CACHE"
		settings+=("MDX_CACHE=$MDX_CACHE/root")
	fi
	exec sudo -- env "${settings[@]}" "$script" "$@"
}

# need_root: for what makes no sense to begin without.
need_root() {
	[[ $EUID -eq 0 ]] ||
		die "needs root, for Debian roots to be made and programs to be run in them: sudo $0 ..."
}

# users_cache: where the cache is unless MDX_CACHE says otherwise.
users_cache() {
	printf '%s/mdx\n' "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}"
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
