# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Progress and failure lines, the same in every script of the project.  Everything goes to stderr:
# stdout belongs to what the script is asked to produce.

SAY_NAME=${SAY_NAME:-$(basename "$0")}

# say TEXT...: one progress line with the time since the script began.
say() {
	printf '%s: [%3ds] %s\n' "$SAY_NAME" "$SECONDS" "$*" >&2
}

# warn TEXT...: something the user should know; the work goes on.
warn() {
	printf '%s: %s\n' "$SAY_NAME" "$*" >&2
}

# die TEXT...: cannot go on.  DIE_STATUS (default 1) is the exit status.
die() {
	printf '%s: %s\n' "$SAY_NAME" "$*" >&2
	exit "${DIE_STATUS:-1}"
}
