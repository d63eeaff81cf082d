# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Which mdadm is here, for cases that compare mdctl with it.

# mdadm_at_least MAJOR.MINOR: is it that new?
mdadm_at_least() {
	local version
	version=$(mdadm --version 2>&1 | sed -n 's/^mdadm - v\([0-9.]*\).*/\1/p')
	[[ -n $version ]] || fail "mdadm does not say its version: $(mdadm --version 2>&1)"
	at_least "$1" "$version"
}

# other_words: mdctl speaks as mdadm 4.2 does.  OTHER_WORDS becomes what makes sed -E leave out, of what both
# say, that which an earlier one does not say yet and a later one no longer says: units of sizes in what
# --examine shows, names in ARRAY lines.  What a later one says of its doings on standard output is left out, too.
other_words() {
	OTHER_WORDS=(-e '')
	mdadm_at_least 4.2 ||
		OTHER_WORDS+=(-e 's/( Dev Size : [0-9]+) sectors/\1/; s/(Array Size : [0-9]+) KiB/\1/')
	# shellcheck disable=SC2034 # read by who called this
	! mdadm_at_least 4.4 || OTHER_WORDS+=(-e '/^ARRAY /s/ name=[^ ]*//; /^mdadm: /d')
}
