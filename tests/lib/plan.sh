# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tests/run: which cases there are, which of them are wanted, and which machines they run in.

# case_header NAME: the variables of a case, one field each, separated by \x1f, in the order that
# read_header reads them.
case_header() (
	cd "$cases_dir" || exit 1
	# shellcheck source=tests/cases/rc
	CASES_DIR=$MDX_TOP/tests/cases . "$MDX_TOP/tests/cases/rc"
	TITLE="" HOLDS="" DISKS=4 DISK_SIZE=512M DRIVERS="mdx md" ROWS="" ROWS_WHY="" SMOKE="" TIMEOUT=60 BOOTS=1
	SYSTEMD="" DAEMON="" FACE="" MEM="" SMP="" APPEND="" PACKAGES="" ICOUNT="" ALONE="" SOURCE="" LONG=""
	QUIET="" HANGS=""
	# shellcheck source=/dev/null
	. "./$1"
	[[ -n $TITLE && -n $HOLDS ]] || {
		echo "$1 has no TITLE or no HOLDS" >&2
		exit 1
	}
	declare -F test >/dev/null || {
		echo "$1 has no test()" >&2
		exit 1
	}
	[[ -z $ROWS || -n $ROWS_WHY ]] || {
		echo "$1 has ROWS and no ROWS_WHY" >&2
		exit 1
	}
	local IFS=$'\x1f'
	local -a fields=("$TITLE" "$DISKS" "$DISK_SIZE" "$DRIVERS" "$ROWS" "$SMOKE" "$TIMEOUT" "$BOOTS"
		"$SYSTEMD" "$DAEMON" "$FACE" "$MEM" "$SMP" "$APPEND" "$PACKAGES" "$ICOUNT" "$ALONE" "$SOURCE"
		"$LONG" "$QUIET" "$ROWS_WHY" "$HANGS")
	printf '%s\n' "${fields[*]}"
)

# read_header NAME: those fields as variables h_title, h_disks... of the caller.
read_header() {
	# shellcheck disable=SC2034 # read by the callers
	IFS=$'\x1f' read -r h_title h_disks h_disk_size h_drivers h_rows h_smoke h_timeout h_boots \
		h_systemd h_daemon h_face h_mem h_smp h_append h_packages h_icount h_alone h_source h_long h_quiet \
		h_rows_why h_hangs <<<"${headers[$1]}"
}

# plan_wishes: fill the arrays headers (by name), cases (the names that are wanted, in order), places ("ROW
# DRIVER NAME" of all that is to run) and unplaced (the same and a reason, of what is asked for and does not).
plan_wishes() {
	local wish
	declare -gA headers=()
	declare -ga all_cases=() cases=() places=() unplaced=()
	mapfile -t all_cases < <(cd "$cases_dir" && find . -mindepth 2 -maxdepth 2 -type f -name '[0-9][0-9][0-9]' |
		sed 's,^\./,,' | LC_ALL=C sort)
	for wish in "${wishes[@]}"; do
		plan_wish "$wish"
	done
	once cases
	once places
	once unplaced
}

# once ARRAY: its elements sorted, each of them once.
once() {
	local -n array=$1
	((${#array[@]} == 0)) || mapfile -t array < <(printf '%s\n' "${array[@]}" | LC_ALL=C sort -u)
}

# plan_wish WISH: add what it asks for.
plan_wish() {
	local name want h_smoke h_long drivers_asked smoke spread found=""
	local -a rows drivers wanted
	local -A met=()
	read_wish "$1"
	for name in "${all_cases[@]}"; do
		is_wanted "$name" || continue
		[[ -n ${headers[$name]:-} ]] || headers[$name]=$(case_header "$name") || die "case $name has no proper header"
		read_header "$name"
		[[ -z $smoke || -n $h_smoke ]] || continue
		[[ -z $h_long || -n $long || " ${wanted[*]} " == *" $name "* ]] || continue
		found=1
		cases+=("$name")
		place_case "$name"
	done
	for want in "${wanted[@]}"; do
		[[ -n ${met[$want]:-} ]] || die "no such case: $want"
	done
	[[ -n $found ]] || die "no such case"
}

# is_wanted NAME: does the wish just read ask for it?  Notes in met for which of its words it does.
is_wanted() {
	local want hit=""
	((${#wanted[@]})) || return 0
	for want in "${wanted[@]}"; do
		[[ $1 == "$want" || $1 == "${want%/}"/* ]] || continue
		hit=1 met[$want]=1
	done
	[[ -n $hit ]]
}

# place_case NAME: where the case just read runs for the wish just read, and where not and why.  That it is for
# one driver is worth a word only to who asked for that case on the other.
place_case() {
	local row driver
	local -a rows=("${rows[@]}")
	[[ -z $spread ]] || rows=("$(row_of "$1")")
	for row in "${rows[@]}"; do
		for driver in "${drivers[@]}"; do
			if ! case_has_driver "$driver"; then
				[[ -z $drivers_asked || " ${wanted[*]} " != *" $1 "* ]] ||
					unplaced+=("$row $driver $1 it is for $h_drivers")
			elif ! case_has_row "$row"; then
				unplaced+=("$row $driver $1 $h_rows_why")
			else
				places+=("$row $driver $1")
			fi
		done
	done
}

# row_of NAME: the one of the wish's rows that is its turn, by its number; one that it is for, if there is any.
row_of() {
	local turn=$((10#${1##*/} % ${#rows[@]})) row
	for row in "${rows[@]:turn}" "${rows[@]:0:turn}"; do
		! case_has_row "$row" || break
	done
	echo "$row"
}

list_cases() {
	local name
	for name in "${cases[@]}"; do
		read_header "$name"
		printf '%-16s %-8s %-7s %s\n' "$name" "${h_smoke:+smoke}" "${h_drivers/mdx md/both}" "$h_title"
	done
}

# case_is_alone: does the case just read want a machine of its own?
case_is_alone() {
	((h_boots > 1)) ||
		[[ -n $h_systemd$h_daemon$h_face$h_mem$h_append$h_packages$h_icount$h_alone$h_source ]]
}

# case_has_driver DRIVER, case_has_row ROW: does the case just read run there?
case_has_driver() {
	[[ " $h_drivers " == *" $1 "* ]]
}

case_has_row() {
	[[ -z $h_rows || " $h_rows " == *" $1 "* ]]
}

skip_unplaced() {
	local row driver name why
	((${#unplaced[@]} == 0)) || while read -r row driver name why; do
		result SKIP "$row" "$driver" "$name" 0 "$why"
	done < <(printf '%s\n' "${unplaced[@]}")
}

# MACHINE_SHARE: seconds of cases that are worth a machine of their own, whose start costs some ten.
readonly MACHINE_SHARE=240

# deal "ROW DRIVER": cases that can share a machine, "SECONDS NAME" each on standard input, the longest first, are
# dealt to as many as keep every job busy, the next one always to the machine with the least to do.
deal() {
	awk -v where="$1" -v jobs="$jobs" -v share="$MACHINE_SHARE" '
		{ seconds[NR] = $1; name[NR] = $2; sum += $1 }
		END {
			count = jobs > 1 ? int(sum / share + 0.5) : 1
			count = count < 1 ? 1 : count > NR ? NR : count
			for (i = 1; i <= NR; i++) {
				least = 1
				for (hand = 2; hand <= count; hand++)
					if (load[hand] < load[least])
						least = hand
				load[least] += seconds[i]
				hands[least] = hands[least] " " name[i]
			}
			for (hand = 1; hand <= count; hand++)
				printf "%d %s%s\n", load[hand], where, hands[hand]
		}'
}

# wanted_smp: the numbers of processors that there are wishes for: cases share a machine with those of the same.
wanted_smp() {
	local name
	for name in "${cases[@]}"; do
		read_header "$name"
		echo "${h_smp:-any}"
	done | sort -u
}

# make_plan: one line for each machine to start: ROW DRIVER CASE...  Machines that run long come
# first, so that the last ones to end are short.
make_plan() {
	local where place smp
	((${#places[@]})) || return 0
	{
		while IFS= read -r where; do
			for smp in $(wanted_smp); do
				for place in "${places[@]}"; do
					[[ $place == "$where "* ]] || continue
					read_header "${place##* }"
					[[ ${h_smp:-any} == "$smp" ]] || continue
					! case_is_alone || continue
					printf '%s %s\n' "$(seconds_of "$place")" "${place##* }"
				done | sort -rn | deal "$where"
			done
		done < <(printf '%s\n' "${places[@]% *}" | LC_ALL=C sort -u)
		for place in "${places[@]}"; do
			read_header "${place##* }"
			! case_is_alone || printf '%s %s\n' "$(seconds_of "$place")" "$place"
		done
	} | sort -s -rn -k1,1 | cut -d' ' -f2-
}
