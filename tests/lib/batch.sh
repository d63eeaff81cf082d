# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# tests/run: one batch of cases in as many machines as it takes.

# result PASS|SAME|FAIL|SKIP ROW DRIVER NAME SECONDS REASON: count it and say so, in one write each.  SAME is a
# pass of an earlier run.
result() {
	printf '%s %s %s %s\n' "${1/SAME/PASS}" "$2" "$3" "$4" >>"$results/lines"
	case $1 in
	SAME) printf 'PASS  %-9s %-4s %-16s %6ss  (%s)\n' "$2" "$3" "$4" "$5" "$6" ;;
	PASS)
		printf '%s %s %s %s\n' "${@:2:4}" >>"$results/durations"
		printf 'PASS  %-9s %-4s %-16s %6ss\n' "$2" "$3" "$4" "$5"
		;;
	*) printf '%s  %-9s %-4s %-16s %6ss  %s\n' "$1" "$2" "$3" "$4" "$5" "$6" ;;
	esac
}

# run_batch ROW DRIVER NAME...: run the cases in one machine.  When one of them takes the machine
# down, that one has failed, and the rest go on in another.
run_batch() {
	local row=$1 driver=$2 status name tag out
	local -a left=("${@:3}") rest
	while ((${#left[@]})); do
		name=${left[0]}
		tag=$row-$driver-${name//\//-}
		out=$results/$tag
		status=0
		run_machine "$row" "$driver" "$out" "${left[@]}" || status=$?
		if ((status == ROW_SKIPPED)); then
			for name in "${left[@]}"; do
				result SKIP "$row" "$driver" "$name" 0 "the mirror does not serve this row"
			done
			return
		fi
		mapfile -t rest < <(batch_left "$out" "${left[@]}")
		if ((${#rest[@]} == ${#left[@]} && status != 0)) && [[ ! -s $out.started ]]; then
			# Not even the first one started: another machine would fare no better.
			for name in "${left[@]}"; do
				result FAIL "$row" "$driver" "$name" 0 "the machine did not start: $(machine_said "$out")"
			done
			tail -n 30 "$out.err" >&2
			return
		fi
		((status)) || batch_clean "$row" "$driver" "$out" "${left[@]}"
		batch_verdict "$row" "$driver" "$out" "$status"
		left=("${rest[@]}")
	done
}

# batch_clean ROW DRIVER OUT NAME...: note what passed in a machine that had nothing to report.
batch_clean() {
	local row=$1 driver=$2 out=$3 name
	shift 3
	for name in "$@"; do
		! grep -qx "PASS $row $driver $name" "$results/lines" || echo "$row $driver $name" >>"$results/clean"
	done
}

# batch_left OUT NAME...: the cases that have neither ended nor were running when the machine ended.
batch_left() {
	local out=$1 name running
	running=$(cat "$out.running" 2>/dev/null || :)
	shift
	for name in "$@"; do
		[[ $name == "$running" ]] || grep -qxF "$name" "$out.done" 2>/dev/null || echo "$name"
	done
}

# batch_verdict ROW DRIVER OUT STATUS: what the end of the machine says about its cases.
batch_verdict() {
	local row=$1 driver=$2 out=$3 status=$4 running
	running=$(cat "$out.running" 2>/dev/null || :)
	if [[ -n $running ]]; then
		result FAIL "$row" "$driver" "$running" "-" "the machine ended under it: $(machine_said "$out")"
		show_log "$out-${running//\//-}.log" "$out.err"
	elif ((status != 0)) && [[ ! -e $out.failed ]]; then
		result FAIL "$row" "$driver" "end-of-boot" "-" "$(machine_said "$out")"
		show_log "$out.err"
	fi
}

# machine_said OUT: the runner's first line that is not about its progress.
machine_said() {
	grep -vE '^[^:]*: \[ *[0-9]+s\]' "$1.err" | head -n 1 | sed 's,^tests/vm/run: ,,'
}

show_log() {
	local file
	for file in "$@"; do
		[[ ! -s $file ]] || tail -n 40 "$file" | sed 's/^/    | /'
	done
}

# source_copy TO: fill directory TO with the project as a user would get it (cases with SOURCE=1).
source_copy() {
	local file
	mkdir -p "$1"
	git -c 'safe.directory=*' -C "$MDX_TOP" ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do
			[[ ! -f $MDX_TOP/$file ]] || printf '%s\0' "$file"
		done |
		(cd "$MDX_TOP" && xargs -0 cp --parents -t "$1")
}

# usual_smp ROW DRIVER: processors where a case does not care.  A second one that is emulated costs a third
# more, so only with --full has every driver two on some rows and one on others: no case is run with one
# number only.
usual_smp() {
	case $full-$1-$2 in
	-* | *-trixie-mdx | *-newest-mdx | *-bookworm-md | *-bullseye-md) echo 1 ;;
	*) echo 2 ;;
	esac
}

# run_machine ROW DRIVER OUT NAME...: start it with what the cases ask for and follow what it says.
run_machine() {
	local row=$1 driver=$2 out=$3 name boots=1 timeout=$((120 * time_factor)) status=0
	local disks=0 size=0 bytes word
	local -a options=()
	shift 3
	rm -f "$out".{started,done,running,failed}
	for name in "$@"; do
		read_header "$name"
		((h_disks <= disks)) || disks=$h_disks
		# The size of no disk is nobody's: resyncs take as long as the disks are large.
		bytes=$((h_disks ? $(numfmt --from=iec "$h_disk_size") : 0))
		((bytes <= size)) || size=$bytes
		[[ $row != debug ]] || h_timeout=$((h_timeout * 4))
		timeout=$((timeout + (h_timeout + 30) * time_factor))
	done
	# A machine of its own has exactly one case, the one just read.
	boots=$h_boots
	((boots == 1)) || timeout=$((timeout + boots * 120 * time_factor))
	[[ -z $h_systemd ]] || options+=(--systemd)
	[[ -z $h_daemon ]] || options+=(--daemon)
	[[ $h_face != no ]] || options+=(--no-md-face)
	[[ -z $h_icount ]] || options+=(--icount)
	[[ -z $h_mem ]] || options+=(--mem "$h_mem")
	options+=(--smp "${h_smp:-$(usual_smp "$row" "$driver")}")
	[[ -z $h_append ]] || options+=(--append "$h_append")
	for word in $h_packages; do
		options+=(--package "$word")
	done
	if [[ -n $h_source ]]; then
		source_copy "$out.copy/source"
		options+=(--copy "$out.copy/source")
	fi
	# No case may make the kernel's own part of a shutdown slow, nor have it give an array up.
	MDX_SLOW_END_FAILS=1 MDX_BUSY_END_FAILS=$([[ -n $h_hangs ]] || echo 1) "$MDX_TOP/tests/vm/run" --row "$row" --driver "$driver" --disks "$disks" --disk-size "$size" \
		--timeout "$timeout" --boots "$boots" --keep-log "$out.kernel" --copy "$results/cases" \
		"${options[@]}" -- env "MDX_FACE=$h_face" "MDX_TIME_FACTOR=$time_factor" /mnt/host/cases/run-guest "$@" 2>"$out.err" |
		follow_machine "$row" "$driver" "$out" || status=${PIPESTATUS[0]}
	if ((status == 0 && boots > 1)) && [[ -n $h_quiet ]]; then
		judge_boots "$out" "$1" || status=1
	fi
	return "$status"
}

# judge_boots OUT NAME: 1 when the log of a case that breaks nothing has a complaint.  The guest itself
# cannot see the boots that the case ended.
judge_boots() {
	local found
	if found=$(console_loud <(console_case "$1.kernel" "$2")); then
		printf 'not quiet: %s\n' "$found" | tr -d '\r' >>"$1.err"
		return 1
	fi
}

# follow_machine ROW DRIVER OUT: sort what the guest prints into one log a case.
follow_machine() {
	local row=$1 driver=$2 out=$3 line log=/dev/null word name verdict seconds reason
	while IFS= read -r line || [[ -n $line ]]; do
		case $line in
		"@@case start "*)
			name=${line#@@case start }
			log=$out-${name//\//-}.log
			printf '%s\n' "$name" >"$out.running"
			: >"$out.started"
			echo started >"$out.started"
			;;
		"@@case end "*)
			read -r word word name verdict seconds reason <<<"$line"
			printf '%s\n' "$name" >>"$out.done"
			rm -f "$out.running"
			result "$verdict" "$row" "$driver" "$name" "$seconds" "$reason"
			if [[ $verdict == FAIL ]]; then
				: >"$out.failed"
				show_log "$log"
			elif [[ $verdict == PASS ]]; then
				rm -f "$log"
			fi
			log=/dev/null
			;;
		*) printf '%s\n' "$line" >>"$log" ;;
		esac
	done
}
