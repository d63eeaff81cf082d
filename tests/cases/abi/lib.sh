# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For cases that do the same things step by step on mdx and on the kernel's md, in one boot, and
# compare every answer.  Sourced by them inside test().

ABI=$CASES_DIR/abi

# use_driver mdx|md: that one is loaded from now on, and answers to md's names.
use_driver() {
	udevadm settle
	wait_for 20 "the live driver can be unloaded" unload_quietly
	if [[ $1 == mdx ]]; then
		vm-modules face
		modprobe mdx
	else
		vm-modules stock
	fi
	modprobe md_mod
	equal "$1 is live" "$([[ $1 == mdx ]] && echo yes || echo no)" "$(loaded mdx && echo yes || echo no)"
}

# A rule of udev may hold the last array open for a moment.
unload_quietly() {
	(unload_all) 2>/dev/null && ! loaded md_mod && ! loaded mdx
}

# ask WHAT...: a question to abi/probe, which runs once for the whole transcript.  Not from a
# subshell: bash closes the ways to it there.
ask() {
	local word line="" answer
	for word in "$@"; do
		line+="\"$word\" "
	done
	echo "$line" >&"${PROBE[1]}"
	while IFS= read -r answer <&"${PROBE[0]}"; do
		[[ $answer != . ]] || return 0
		printf '%s\n' "$answer"
	done
	fail "the probe ended at: $*"
}

# new_array NAME: the way mdadm asks for one.
new_array() {
	echo "$1" >/sys/module/md_mod/parameters/new_array
	udevadm settle
	wait_for 10 "/dev/$1 is there" [ -b "/dev/$1" ]
}

# say TEXT: a heading.
say() {
	printf '\n## %s\n' "$*"
}

# io ARRAY CALL...: what was asked for and what came back.  udev opens an array that has been written
# to: what wants it closed waits for that.
io() {
	local array=$1
	shift
	[[ $1 != stop_array* ]] || udevadm settle
	printf '%s: ' "$*"
	ask ioctl "/dev/$array" "$@" >"$CASE_TMP/answer"
	sed -E 's/(ctime|utime)=[1-9][0-9]*/\1=TIME/g' "$CASE_TMP/answer"
}

# put ARRAY FILE VALUE...: write to an attribute.
put() {
	[[ $2 != array_state ]] || udevadm settle
	ask write "/sys/block/$1/md/$2" "${@:3}"
}

# tree ARRAY [PATTERN]: its attributes (those that match), without later kernels' and what is random.
tree() {
	ask tree "/sys/block/$1/md" >"$CASE_TMP/answer"
	sed -E \
		-e 's/^(uuid .*: )[0-9a-f-]*[1-9a-f][0-9a-f-]*/\1UUID/' \
		-e '/^(new_level|logical_block_size|bitmap_type|sync_io_depth) /d' "$CASE_TMP/answer" |
		grep -E -- "${2:-}" || :
}

# stat_lines: mdstat without the line of levels, which tells what ran before.
stat_lines() {
	grep -v '^Personalities' /proc/mdstat
}

# wait_attr ARRAY NAME VALUE
wait_attr() {
	wait_for 20 "$1 has $2 $3" md_is "$1" "$2" "$3"
}

# wait_gone ARRAY: its object is deleted after the last close.
wait_gone() {
	udevadm settle
	wait_for 10 "$1 is gone" array_deleted "$1"
}

# stopped ARRAY: stop it with mdadm, and wait until it is gone.
stopped() {
	mdadm -S "/dev/$1" 2>/dev/null
	wait_gone "$1"
}

# transcript DRIVER FUNCTION: what the function prints on that driver, to $CASE_TMP/DRIVER.  The
# probe is there first: it would keep the devices open that the function opens and closes.
transcript() {
	local to
	use_driver "$1"
	coproc PROBE { exec "$ABI/probe" serve; }
	exec {CASE_LOG}>&2
	SIDE=$1
	trap 'echo "on $SIDE:" >&$CASE_LOG; tail -n 40 "$CASE_TMP/$SIDE" >&$CASE_LOG
		cat /proc/mdstat >&$CASE_LOG' EXIT
	"$2" >"$CASE_TMP/$1" 2>&1
	trap - EXIT
	to=${PROBE[1]}
	exec {to}>&- {CASE_LOG}>&-
	# shellcheck disable=SC2154 # set by coproc
	wait "$PROBE_PID"
}

# blank NAME...: those RAM disks without what an earlier part wrote to their ends.
blank() {
	local name
	for name in "$@"; do
		blkdiscard -f -z "/dev/$name"
	done
}

# for_good: later md's call a mirror broken, for good, once its last member was to be failed, and write
# to it no more.  mdx does not give up the last member, as md did not before.
for_good() {
	sed -E 's/^(md[0-9]+ : )broken (raid1 )/\1active \2/'
}

# compare FUNCTION [MASK]: what the function prints on mdx must be what it prints on md.  MASK is a
# filter for both, for the differences that the case names.
compare() {
	local side
	for side in md mdx; do
		transcript $side "$1"
		for_good <"$CASE_TMP/$side" | "${2:-cat}" >"$CASE_TMP/$side.masked"
	done
	check "$1 asks something" grep -q . "$CASE_TMP/md.masked"
	diff -U 4 --label md --label mdx "$CASE_TMP/md.masked" "$CASE_TMP/mdx.masked" ||
		fail "mdx answers differ from md's, see above"
	note "$(wc -l <"$CASE_TMP/md.masked") lines are the same"
}
