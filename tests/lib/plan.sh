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

# plan_cases: fill the arrays cases (names, in order) and headers (by name) with what is wanted.
plan_cases() {
	local name want hit h_smoke h_long
	local -A met=()
	declare -gA headers=()
	declare -ga cases=()
	while IFS= read -r name; do
		if ((${#wanted[@]})); then
			hit=""
			for want in "${wanted[@]}"; do
				[[ $name == "$want" || $name == "${want%/}"/* ]] || continue
				hit=1 met[$want]=1
			done
			[[ -n $hit ]] || continue
		fi
		headers[$name]=$(case_header "$name") || die "case $name has no proper header"
		read_header "$name"
		[[ -z $smoke || -n $h_smoke ]] || continue
		[[ -z $h_long || -n $long || " ${wanted[*]} " == *" $name "* ]] || continue
		cases+=("$name")
	done < <(cd "$cases_dir" && find . -mindepth 2 -maxdepth 2 -type f -name '[0-9][0-9][0-9]' |
		sed 's,^\./,,' | LC_ALL=C sort)
	for want in "${wanted[@]}"; do
		[[ -n ${met[$want]:-} ]] || die "no such case: $want"
	done
	((${#cases[@]})) || die "no such case"
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
		[[ -n $h_systemd$h_daemon$h_face$h_mem$h_smp$h_append$h_packages$h_icount$h_alone$h_source ]]
}

# case_has_driver DRIVER, case_has_row ROW: does the case just read run there?
case_has_driver() {
	[[ " $h_drivers " == *" $1 "* ]]
}

case_has_row() {
	[[ -z $h_rows || " $h_rows " == *" $1 "* ]]
}

# skip_unplanned: say of each wanted case in which places it does not run, and why.  That it is for one
# driver is worth a word only to who asked for that case on the other.
skip_unplanned() {
	local row driver name
	for row in "${rows[@]}"; do
		for driver in "${drivers[@]}"; do
			for name in "${cases[@]}"; do
				read_header "$name"
				if ! case_has_driver "$driver"; then
					[[ -z $drivers_asked || " ${wanted[*]} " != *" $name "* ]] ||
						result SKIP "$row" "$driver" "$name" 0 "it is for $h_drivers"
				elif ! case_has_row "$row"; then
					result SKIP "$row" "$driver" "$name" 0 "$h_rows_why"
				fi
			done
		done
	done
}

# MACHINE_SHARE: no machine is started for fewer cases that can share one; a start costs as much as one.
readonly MACHINE_SHARE=6

# share_out ROW DRIVER NAME...: cases that can share a machine, dealt to two for each job: a machine
# that ends early leaves its place to the next.
share_out() {
	local row=$1 driver=$2 count i
	shift 2
	count=$((2 * jobs))
	((count * MACHINE_SHARE <= $#)) || count=$(($# / MACHINE_SHARE))
	((jobs > 1 && count > 1)) || count=1
	local -a hands=()
	for ((i = 0; $# > 0; i++)); do
		hands[i % count]+=" $1"
		shift
	done
	printf "0 $row $driver%s\n" "${hands[@]}"
}

# make_plan: one line for each machine to start: ROW DRIVER CASE...  Machines that run long come
# first, so that the last ones to end are short.
make_plan() {
	local row driver name
	local -a shared alone
	for row in "${rows[@]}"; do
		for driver in "${drivers[@]}"; do
			shared=() alone=()
			for name in "${cases[@]}"; do
				read_header "$name"
				case_has_driver "$driver" || continue
				case_has_row "$row" || continue
				if case_is_alone; then
					alone+=("$name")
				else
					shared+=("$name")
				fi
			done
			((${#shared[@]} == 0)) || share_out "$row" "$driver" "${shared[@]}"
			((${#alone[@]} == 0)) || printf "1 $row $driver %s\n" "${alone[@]}"
		done
	done | sort -s -n -k1,1 | cut -d' ' -f2-
}
