/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast may a sync run? A token bucket over the speed limits.
 *
 * PURE. Time is a monotonic nanosecond count, speeds are KiB/s per device,
 * amounts are 512-byte sectors.
 *
 * Rules (what dev.raid.speed_limit_* promise): the rate over any second stays
 * within 10% of the limit that is in force; a changed limit is felt within a
 * second. While foreground I/O is seen the limit is min_kib, else max_kib.
 */
#ifndef _MDX_SYNC_SPEED_H
#define _MDX_SYNC_SPEED_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_SPEED_MARKS 10	/* three-second marks behind "speed=" in mdstat */

struct mdx_sync_speed {
	__u64 refill_ns;	/* when the bucket was last filled */
	__s64 tokens;		/* sectors that may go now; negative: in debt */
	__u32 limit_kib;	/* limit the bucket runs at */
	__u64 mark_ns[MDX_SPEED_MARKS];
	__u64 mark_sectors[MDX_SPEED_MARKS];
	__u32 mark;		/* oldest valid mark */
	__u32 marks;
};

void mdx_sync_speed_init(struct mdx_sync_speed *s, __u64 now_ns);

/*
 * May a window of @sectors be issued at @now_ns under @limit_kib
 * (0 counts as 1)? Returns 0 and takes the tokens, or the nanoseconds to wait before asking
 * again (never more than 100 ms, so a changed limit is felt at once).
 * A window is granted whenever the bucket is not in debt; its cost may drive
 * the bucket into debt. The bucket never holds more than 1/20 s of credit; a
 * window of up to another 1/20 s (mdx_sync_speed_window) keeps the promise
 * above, a larger one overshoots by its excess and is paid for afterwards.
 * When the limit changes, debt and credit keep their length in time.
 */
__u64 mdx_sync_speed_take(struct mdx_sync_speed *s, __u64 now_ns,
			  __u64 sectors, __u32 limit_kib);

/* Largest window that keeps the promise: 1/20 s, whole 4 KiB, 4 KiB to @max_sectors. */
__u32 mdx_sync_speed_window(__u32 limit_kib, __u32 max_sectors);

/* Record progress (@done sectors in all) at most every 3 s, for the average. */
void mdx_sync_speed_mark(struct mdx_sync_speed *s, __u64 now_ns, __u64 done);

/* Average KiB/s since the oldest mark; 0 before any time has passed. */
__u64 mdx_sync_speed_average(const struct mdx_sync_speed *s, __u64 now_ns, __u64 done);

MDX_EXTERN_C_END

#endif
