/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What should the sync thread do next?
 *
 * PURE. The control work describes the array, gets told what to do, and asks
 * again whenever something has changed. Sectors of the members' data areas.
 */
#ifndef _MDX_SYNC_PLAN_H
#define _MDX_SYNC_PLAN_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

/* Mirrors enum mdx_sync_action where both name the same thing. */
enum mdx_plan_action {
	MDX_PLAN_NOTHING,
	MDX_PLAN_PLACE_SPARE,	/* put a spare into a free slot, then ask again */
	MDX_PLAN_RECOVER,
	MDX_PLAN_RESYNC,
	MDX_PLAN_CHECK,
	MDX_PLAN_REPAIR,
	MDX_PLAN_PLACE_REPLACEMENT, /* put a spare beside a member that is to be replaced, then ask again */
};

struct mdx_sync_situation {
	bool redundant;		/* the level has copies to sync */
	bool writable;		/* state is clean, write-pending, active or active-idle */
	bool read_auto;		/* ... or would be with the first write */
	bool frozen;
	bool running;		/* a sync is running already */
	bool source;		/* at least one member is in sync */
	bool recovery_blocked;	/* the last recovery failed; nothing has changed since */
	__u32 recovering;	/* members with a slot that are not in sync */
	__u32 free_slots;
	__u32 lost_slots;	/* of members whose failure is just being recorded: free soon */
	__u32 to_replace;	/* members in sync that a spare is to replace, and none does yet */
	__u32 spares;		/* usable, large enough, without slot */
	__u64 resync_offset;	/* MDX_SECTOR_NONE: no resync is due */
	bool resync_blocked;	/* it has just met what no member can read */
	__u32 in_sync;		/* members in sync */
	bool want_check, want_repair;	/* asked for by the user */
};

struct mdx_sync_plan {
	enum mdx_plan_action action;
	bool pending;		/* there is work, but the array is read-auto */
};

/*
 * Order: a spare is placed before anything else, and a slot that is about to be
 * free is waited for, recovery restores redundancy before a resync, then members are
 * replaced, and what the user asked for comes last.
 */
struct mdx_sync_plan mdx_sync_plan(const struct mdx_sync_situation *s);

MDX_EXTERN_C_END

#endif
