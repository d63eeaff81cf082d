# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The Debian mirror this machine's apt uses.  apt itself is asked, so deb822 and one-line sources,
# proxies and mirrors of any name all work, and no host name stands in the project.

# apt_archive LABEL: base URI of the archive with that Label in its Release file ("Debian" or
# "Debian-Security"); nothing when apt knows none.
apt_archive() {
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' "Label: $1" \
		--format '$(REPO_URI)' 2>/dev/null | sed -n 1p
}

# apt_options: apt's own settings for fetching, one "name "value"" line each.
apt_options() {
	apt-config dump | grep -E '^Acquire::((http|https|ftp)(::|-)|Check-|Retries|Force|AllowInsecure)' |
		sed 's/;$//' || true
}

# suite_served ARCHIVE SUITE: does the mirror serve it?  0 yes, 1 no (a definite answer), 2 unknown.
suite_served() {
	local out try
	try=$(mktemp -d)
	chmod 755 "$try"
	out=$(/usr/lib/apt/apt-helper download-file "$1/dists/$2/InRelease" "$try/InRelease" 2>&1)
	if [[ -s $try/InRelease ]]; then
		rm -rf "$try"
		return 0
	fi
	rm -rf "$try"
	printf '%s\n' "$out" >&2
	[[ $out == *404* || $out == *"Not Found"* ]] && return 1
	return 2
}

# apt_sources SUITE...: mmdebstrap's "deb ..." lines for the suites this mirror serves.  The first
# suite must be there: status ROW_SKIPPED when the mirror says it is not, 1 when it does not answer.
# A suite named *-security comes from the security archive; optional ones that are absent are left out.
apt_sources() {
	local main security suite archive status first=1
	main=$(apt_archive Debian)
	if [[ -z $main ]]; then
		as_root apt-get -q update >&2 || return 1
		main=$(apt_archive Debian)
	fi
	[[ -n $main ]] || { warn "apt on this machine knows no Debian archive"; return 1; }
	security=$(apt_archive Debian-Security)
	for suite in "$@"; do
		archive=$main
		[[ $suite == *-security ]] && archive=$security
		[[ -n $archive ]] || continue
		status=0
		suite_served "${archive%/}" "$suite" || status=$?
		if ((status == 0)); then
			printf 'deb %s %s main\n' "$archive" "$suite"
		elif ((first)); then
			((status == 1)) && return "$ROW_SKIPPED"
			return 1
		fi
		first=0
	done
}
