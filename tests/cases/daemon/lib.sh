# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Cases of mdctl's daemon: starting it, killing it, and what it says.  Arrays are made with mdadm, so
# that these cases are about the daemon alone.

DAEMON_LOG=$CASE_TMP/daemon.log

# daemon_start [OPTION...]: and wait until it answers.
daemon_start() {
	mdctl --daemon "$@" </dev/null >>"$DAEMON_LOG" 2>&1 &
	daemon=$!
	wait_for 30 "the daemon answers" daemon_answers
}

daemon_answers() {
	kill -0 "$daemon" 2>/dev/null || fail "the daemon ended: $(tail -n 3 "$DAEMON_LOG")"
	mdctl --daemon-status >/dev/null 2>&1
}

# daemon_end [SIGNAL]: TERM ends it in order, KILL does not.
daemon_end() {
	local status=0
	kill "-${1:-TERM}" "$daemon"
	wait "$daemon" || status=$?
	[[ ${1:-TERM} != TERM ]] || equal "exit status of the daemon" 0 "$status"
}

# daemon_forgets: as if it had never run.
daemon_forgets() {
	rm -rf /run/mdctl
}

# set_of NAME FILTER: what the daemon says about the set of that name, by a jq filter.
set_of() {
	mdctl --daemon-status --json |
		jq -r --arg name "$1" ".results[0].sets[] | select(.name == \$name) | $2"
}

# set_is NAME FILTER VALUE  (for wait_for)
set_is() {
	[[ $(set_of "$1" "$2" 2>/dev/null) == "$3" ]]
}

# history_has ACTION ARRAY: did it do that?
history_has() {
	mdctl --daemon-status --json | jq -e --arg action "$1" --arg array "$2" \
		'any(.results[0].history[]; .action == $action and .array == $array and .failure == null)' \
		>/dev/null
}

# running ARRAY: is it started?  (for wait_for)
running() {
	[[ -e /sys/block/$1/md/array_state ]] &&
		grep -qE '^(clean|active|active-idle|read-auto|write-pending)$' "/sys/block/$1/md/array_state"
}

# make_stopped LEVEL NAME DISK...: an array of them that was made and stopped.
make_stopped() {
	local level=$1 name=$2
	shift 2
	local assume=--assume-clean
	[[ $level != 0 ]] || assume=--run
	check "create" mdadm --create "/dev/md/$name" --run --level="$level" --raid-devices=$# "$assume" \
		--homehost="$(hostname)" "$@"
	udevadm settle
	check "stop" mdadm --stop "/dev/md/$name"
	udevadm settle
}

# daemon_had_its_turn: every event there was is handled, by udev and by the daemon.
daemon_had_its_turn() {
	udevadm settle
	# It answers between rounds, so a later answer is from after the events before it.
	mdctl --daemon-status >/dev/null
	mdctl --daemon-status >/dev/null
}
