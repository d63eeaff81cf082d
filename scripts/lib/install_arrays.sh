# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# scripts/install: the arrays that live on this machine, and which of them mdx would not start.  What
# is on disks only cannot be known.

readonly MOST_MEMBERS=64	# of RAID1 and RAID10
readonly MOST_COPIES=16	# of RAID10

# live_arrays: names of the arrays that are more than an empty object, one a line.
live_arrays() {
	local dir array
	for dir in /sys/block/*/md; do
		[[ -d $dir ]] || continue
		array=$(basename "$(dirname "$dir")")
		[[ $(said "$array" array_state) == @(clear|) ]] || printf '%s\n' "$array"
	done
}

# said ARRAY ATTRIBUTE: its value; nothing where there is no such attribute, or no such array any more.
said() {
	cat "/sys/block/$1/md/$2" 2>/dev/null || :
}

# refuse_stranded: a machine whose arrays would not come up again is worse than one without mdx.
refuse_stranded() {
	local name why found
	[[ -n $face ]] || return 0
	found=$(stranded)
	[[ -n $found ]] || return 0
	while IFS=$'\t' read -r name why; do
		warn "$name $why: it would not come up at the next boot." \
			"Install with --no-md-face, which leaves it to the kernel's md."
	done <<<"$found"
	die "nothing was changed"
}

# stranded: NAME and why, separated by a tab, of all that the kernel's md runs and mdx would not.
stranded() {
	local array why
	while read -r array; do
		why=$({
			not_its_level "$array"
			not_its_metadata "$array"
			not_its_members "$array"
		} | paste -sd, | sed 's/,/, /g')
		[[ -z $why ]] || printf '%s\t%s\n' "$array" "$why"
	done < <(live_arrays)
	dm_raid_volumes | sed "s/\$/\tis a volume of dm-raid, which works on the kernel's md only/"
}

# not_its_level ARRAY: reasons, one a line and without commas, as of all three.
not_its_level() {
	local level disks
	level=$(said "$1" level)
	disks=$(said "$1" raid_disks) # "3 (2)" in a reshape
	disks=${disks%% *}
	case $level in
	raid1 | 1)
		has_too_many_members "$disks"
		;;
	raid10 | 10)
		has_too_many_members "$disks"
		has_too_many_copies "$(said "$1" layout)"
		;;
	raid0 | 0)
		! zones_are_unsure "$1" ||
			echo "has members of several sizes and records no layout (if md runs it by" \
				"raid0.default_layout give mdx the same: options mdx_raid0 default_layout=N)"
		;;
	linear | -1 | "") ;;
	*) echo "is $level which mdx cannot run yet" ;;
	esac
}

has_too_many_members() {
	((${1:-0} <= MOST_MEMBERS)) || echo "has $1 members and mdx takes $MOST_MEMBERS at most"
}

# has_too_many_copies LAYOUT: near times far, as a number; "258 (513)" in a reshape.
has_too_many_copies() {
	local layout=${1%% *} copies
	copies=$(((${layout:-0} & 255) * ((${layout:-0} >> 8) & 255)))
	((copies <= MOST_COPIES)) || echo "has $copies copies of its data and mdx takes $MOST_COPIES at most"
}

# zones_are_unsure ARRAY: does its RAID0 need to be told how the zones are laid out, and is mdx not?
zones_are_unsure() {
	local chunk zones
	[[ $(said "$1" layout) != [12] ]] || return 1
	chunk=$(said "$1" chunk_size)
	((${chunk:-0})) || return 1
	zones=$(awk -v chunk="$chunk" '{ print int($1 * 1024 / chunk) }' \
		"/sys/block/$1"/md/dev-*/size 2>/dev/null | sort -u | wc -l) || return 1
	((zones > 1)) || return 1
	! modprobe -c | grep -E '^options mdx_raid0 (.* )?default_layout=[12]( |$)' >/dev/null
}

# not_its_metadata ARRAY
not_its_metadata() {
	local version
	version=$(said "$1" metadata_version)
	case $version in
	0.90 | 1.[012] | none | "") ;;
	external:*) echo "has metadata of a firmware ($version) which mdx cannot keep" ;;
	*) echo "has metadata $version which mdx cannot keep" ;;
	esac
	[[ $(said "$1" bitmap/location) == @(none|) ]] ||
		echo "has a write-intent bitmap (mdadm --grow --bitmap=none /dev/$1 takes it away)"
	[[ $(said "$1" reshape_position) == @(none|) ]] || echo "is being reshaped (await its end)"
	case $(said "$1" consistency_policy) in
	journal) echo "has a journal" ;;
	ppl) echo "has a partial parity log" ;;
	esac
}

# replaces ARRAY: does mdx go on with a replacement in it?
replaces() {
	[[ $(said "$1" level) == raid1 ]] && (($(said "$1" raid_disks) <= RAID1_MOST_MEMBERS / 2))
}

# not_its_members ARRAY
not_its_members() {
	local dir member
	for dir in "/sys/block/$1"/md/dev-*/; do
		[[ -d $dir ]] || continue
		member=$(basename "$dir") member=${member#dev-}
		[[ ,$(said "$1" "dev-$member/state"), != *,replacement,* ]] ||
			replaces "$1" ||
			echo "has a member being replaced by $member (await its end)"
	done
}

# dm_raid_volumes: their names, one a line.
dm_raid_volumes() {
	local table
	[[ -d /sys/module/dm_raid ]] || return 0
	if ! command -v dmsetup >/dev/null; then
		(($(</sys/module/dm_raid/refcnt) == 0)) || echo "a device"
		return 0
	fi
	table=$(dmsetup table --target raid) || die "dmsetup does not tell about volumes of dm-raid"
	sed -n 's/: [0-9]* [0-9]* raid .*//p' <<<"$table"
}
