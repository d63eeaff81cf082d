# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Dry runs: a line is tried so first, and nothing may have changed.  Sourced by mdctl cases inside test().

# shellcheck source=/dev/null
. "$CASES_DIR/badinput/lib.sh"

# seen: everything a verb could change; of disks, how much has been written to each.
seen() {
	written
	cat /proc/mdstat
	# Not each level has all of them, and a member that comes or goes cannot always be read.
	grep -sH '' /sys/block/md*/md/{array_state,level,raid_disks,metadata_version,component_size,chunk_size} \
		/sys/block/md*/md/{sync_action,last_sync_action,degraded,resync_start,array_size} \
		/sys/block/md*/md/dev-*/{state,slot,offset,size} || :
	ls /sys/block
	find /dev -printf '%p %y %m %U:%G %l\n' | grep -E '^/dev/(md|disk|vd)' | sort
	find /run/mdadm /run/mdctl -type f -exec md5sum {} + 2>/dev/null || :
	find /sys/module -maxdepth 1 -regex '.*/\(md\|raid\|linear\).*' | sort
}

# at_rest: until nothing goes on, superblocks that follow by themselves included.  Sets SEEN.
at_rest() {
	local calm=0 deadline=$((EPOCHSECONDS + $(slow 60))) now
	SEEN=""
	while ((calm < 2)); do
		((EPOCHSECONDS < deadline)) || fail "does not come to rest: $SEEN"
		udevadm settle
		sync
		now=$(seen)
		if [[ $now == "$SEEN" && ! $now =~ /(sync_action:(resync|recover|check)|array_state:(active|write)) ]]; then
			calm=$((calm + 1))
		else
			calm=0
		fi
		SEEN=$now
		pause 0.1
	done
}

# unchanged WHAT: what is seen is what was seen.
unchanged() {
	local now
	udevadm settle
	# What is only in the page cache has not been written yet.
	sync
	now=$(seen)
	[[ $now == "$SEEN" ]] || fail "$1 changes: $(diff <(echo "$SEEN") <(echo "$now"))"
}

# in_document WHAT STATUS FILTER: the document is one, with what every one has, and the filter holds.
in_document() {
	jq -es --arg driver "$MDX_DRIVER" --argjson status "$2" '
		def words: type == "string" and length > 0;
		length == 1 and (.[0] |
			(.mdctl | words) and (.command | words) and
			.driver == $driver and .exit_status == $status and
			(.messages | type == "array" and all(.[];
				(.text | words) and (.severity | IN("note", "warning", "failure")))) and
			(.results | type == "array" and all(.[]; type == "object")) and
			(.plan | type == "array" and all(.[];
				(.target | words) and (.action | words) and (.overwrites | type == "string"))) and
			('"$3"'))' "$CASE_TMP/document" >/dev/null ||
		fail "the document of $1: $(<"$CASE_TMP/document")"
}

# dry ARGUMENT...: both ways to ask for it.
dry() {
	local steps
	mdctl --dry-run "$@" >"$CASE_TMP/plan" 2>&1 </dev/null ||
		fail "status $? of mdctl --dry-run $*: $(<"$CASE_TMP/plan")"
	steps=$(grep -c '^would [0-9]*: .*: ' "$CASE_TMP/plan") ||
		fail "no plan in mdctl --dry-run $*: $(<"$CASE_TMP/plan")"
	unchanged "mdctl --dry-run $*"
	mdctl --json --dry-run "$@" >"$CASE_TMP/document" 2>"$CASE_TMP/beside" </dev/null ||
		fail "status $? of mdctl --json --dry-run $*: $(<"$CASE_TMP/document")"
	equal "beside the document of $*" "" "$(<"$CASE_TMP/beside")"
	in_document "$*" 0 "(.plan | length) == $steps and (has(\"error\") | not)"
	unchanged "mdctl --json --dry-run $*"
}

# dry_refused STATUS ARGUMENT...: refused in a dry run, and nothing changed.
dry_refused() {
	local status=0 wanted=$1
	shift
	mdctl --json --dry-run "$@" >"$CASE_TMP/document" 2>"$CASE_TMP/beside" </dev/null || status=$?
	equal "status of mdctl --json --dry-run $*" "$wanted" "$status"
	equal "beside the document of $*" "" "$(<"$CASE_TMP/beside")"
	in_document "$*" "$wanted" \
		'(.error.message // "" | words) or any(.messages[]; .severity == "failure")'
	unchanged "mdctl --json --dry-run $*"
}

# both ARGUMENT...: dry first, then in earnest, which does change something.
both() {
	local before
	note "mdctl $*"
	dry "$@"
	before=$SEEN
	mdctl "$@" >"$CASE_TMP/earnest" 2>&1 </dev/null ||
		fail "status $? of mdctl $*: $(<"$CASE_TMP/earnest")"
	at_rest
	[[ $SEEN != "$before" ]] || fail "mdctl $* changes nothing that is looked at"
}
