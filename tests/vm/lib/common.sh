# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every stage of the VM runner shares: the cache and how things get into it.
#
# A cached thing is a directory $MDX_CACHE/KIND/NAME-KEY.  KEY is a hash of everything the thing is
# made from, so it is never rebuilt without need and never stale.  It is built beside its place and
# renamed into it, under a lock, so parallel runs neither see half of it nor build it twice.

# shellcheck source=scripts/lib/say.sh
. "$MDX_TOP/scripts/lib/say.sh"
# shellcheck source=scripts/lib/packages.sh
. "$MDX_TOP/scripts/lib/packages.sh"

export DIE_STATUS=125
export PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
readonly ROW_SKIPPED=77 # exit status of a stage whose row the mirror does not serve

MDX_CACHE=${MDX_CACHE:-$(users_cache)}
[[ $MDX_CACHE == /* ]] || MDX_CACHE=$PWD/$MDX_CACHE
export MDX_CACHE

# hash_of: the key of what stands on standard input.
hash_of() {
	sha256sum | cut -c1-16
}

# cached KIND NAME KEY BUILDER [ARG...]: print the directory of the thing; call BUILDER ARG... DIR
# first if it is not there.  BUILDER fills the empty directory DIR; its output goes to a log that is
# shown when it fails.  Returns BUILDER's status.  Older keys of the same NAME that nothing used for
# two weeks are removed.
cached() {
	local kind=$1 name=$2 key=$3
	shift 3
	local place=$MDX_CACHE/$kind/$name-$key
	if [[ ! -d $place ]]; then
		cached_build "$kind" "$name" "$place" "$@" || return
	fi
	touch "$place"
	printf '%s\n' "$place"
}

cached_build() {
	local kind=$1 name=$2 place=$3 lock log partial status=0
	shift 3
	mkdir -p "$MDX_CACHE/$kind" "$MDX_CACHE/locks" "$MDX_CACHE/logs"
	lock=$MDX_CACHE/locks/$kind-${place##*/}.lock
	log=$MDX_CACHE/logs/$kind-${place##*/}.log
	exec {lock_fd}>"$lock"
	flock "$lock_fd"
	if [[ ! -d $place ]]; then
		forget_old "$kind" "$name"
		partial=$(mktemp -d "$MDX_CACHE/$kind/.partial-$name.XXXXXX")
		chmod 755 "$partial"
		say "building $kind $name (log: $log)"
		(
			exec {lock_fd}>&-
			exec "$MDX_TOP/tests/vm/lib/build" "$@" "$partial"
		) >"$log" 2>&1 </dev/null || status=$?
		if ((status == 0)); then
			mv -T "$partial" "$place"
			say "built $kind $name"
		else
			rm -rf "$partial"
			((status == ROW_SKIPPED)) || {
				warn "building $kind $name failed with status $status; the end of $log:"
				tail -n 30 "$log" >&2
			}
		fi
	fi
	exec {lock_fd}>&-
	return "$status"
}

# work_lock NAME: hold the work directory of that name until this shell ends, and set
# `work` to where it is.  A work directory keeps what an incremental build needs, for one checkout.
work_lock() {
	local dir
	dir=$MDX_CACHE/scratch/$1-$(printf '%s' "$MDX_TOP" | hash_of)
	mkdir -p "$MDX_CACHE/locks" "$dir"
	exec {work_fd}>"$MDX_CACHE/locks/work-${dir##*/}.lock"
	flock "$work_fd"
	work=$dir
}

forget_old() {
	local dir
	find "$MDX_CACHE/$1" -maxdepth 1 -name ".partial-$2.*" -mmin +600 -print0 |
		xargs -0 -r rm -rf
	find "$MDX_CACHE/locks" "$MDX_CACHE/logs" -name "$1-$2-*" -mtime +14 -delete
	find "$MDX_CACHE/$1" -maxdepth 1 -regex ".*/$2-[0-9a-f]+" -mtime +14 -print0 |
		while IFS= read -r -d '' dir; do
			say "forgetting $dir"
			rm -rf "$dir"
		done
}
