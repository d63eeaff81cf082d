# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the cases about the speed of syncs share.  Sourced by them inside test().  Their clock counts
# instructions, so it is the driver that is measured and not the machine.

# done_now: microseconds and KiB of md0 so far.
done_now() {
	local at
	at=$(md_attr md0 sync_completed)
	echo "${EPOCHREALTIME/./} $((${at%% *} / 2))"
}

# rate SECONDS: KiB/s over that time.
rate() {
	local t0 k0 t1 k1
	read -r t0 k0 <<<"$(done_now)"
	pause "$1"
	read -r t1 k1 <<<"$(done_now)"
	echo $(((k1 - k0) * 1000000 / (t1 - t0)))
}

# goes LIMIT WHAT: a second after it was set, that is the rate.
goes() {
	pause 1
	within "rate with $2 (KiB/s)" $(($1 * 90 / 100)) $(($1 * 110 / 100)) "$(rate 3)"
}

system_max() {
	echo "$1" >/proc/sys/dev/raid/speed_limit_max
}

# moves ARRAY: its sync has begun to.
moves() {
	[[ $(md_attr "$1" sync_completed) == [1-9]*" / "* ]]
}
