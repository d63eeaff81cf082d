/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a sync may be under way beside the users' I/O?
 *
 * PURE. Time is a monotonic nanosecond count, amounts are 512-byte sectors, speeds KiB/s.
 *
 * Nobody there: as much as there are windows. When users come, the sync stands still for a
 * moment (a probe), which tells how long their I/O takes without it. From then on the
 * amount grows by a step as long as their I/O takes about as long, and is halved when it
 * takes longer. Below one small window it is a share of the time instead. Probes are
 * repeated, since users change. Whatever the users' I/O takes, the sync gets its minimum.
 */
#ifndef _MDX_SYNC_PACE_PLAN_H
#define _MDX_SYNC_PACE_PLAN_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_PACE_SMALL 128u		/* least sectors of a window */
#define MDX_PACE_LARGE 512u		/* most, beside users' I/O */
#define MDX_PACE_LOOK_NS 20000000ull	/* a look takes in that much time, or more */

struct mdx_sync_pace {
	__u32 budget;		/* sectors under way; below MDX_PACE_SMALL: that share of the time */
	__u32 most;		/* all windows full */
	__u32 doubt;		/* up to here it grows fast */
	bool users;		/* there are some */
	bool probing;
	__u64 look_ns;		/* when the last look was */
	__u64 seen_ns;		/* when users' I/O was last seen */
	__u64 probed_ns;	/* when the last probe began */
	__u64 ios, ios_ns;	/* users' since the amount was last judged, or since the probe began */
	__u64 judged_ns;
	__u64 alone_ns;		/* what users' I/O takes without the sync; 0: not known */
	__s64 behind;		/* sectors that the minimum is ahead */
};

/* What has happened since the last look. */
struct mdx_sync_pace_seen {
	__u64 now_ns;
	__u64 ios;		/* users' that have ended... */
	__u64 ios_ns;		/* ... and how long they took, together */
	bool waiting;		/* none has ended, though some are under way */
	__u64 sectors;		/* that the sync has begun */
	bool under_way;		/* windows of the sync are in flight */
	__u32 min_kib;		/* sync_speed_min */
};

/* @most: sectors of all windows together. */
void mdx_sync_pace_init(struct mdx_sync_pace *p, __u64 now_ns, __u32 most);

/* Is it time for a look? */
bool mdx_sync_pace_due(const struct mdx_sync_pace *p, __u64 now_ns);
void mdx_sync_pace_look(struct mdx_sync_pace *p, const struct mdx_sync_pace_seen *look);

/* Largest window to begin now, at most @max: a power of two from MDX_PACE_SMALL on. */
__u32 mdx_sync_pace_window(const struct mdx_sync_pace *p, __u32 max);
/* How many windows of that size may be under way; 0: none, look again soon. */
__u32 mdx_sync_pace_depth(const struct mdx_sync_pace *p, __u32 max);
/* How long to wait behind a window that took @took_ns. */
__u64 mdx_sync_pace_gap(const struct mdx_sync_pace *p, __u64 took_ns);

MDX_EXTERN_C_END

#endif
