/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sync engine: resync, recovery, check and repair.
 *
 * The core owns the loop (what to do, from where, how fast, the checkpoint);
 * a level owns one window: read, compare, write. A window is a contiguous
 * range of at most MDX_SYNC_WINDOW sectors that never crosses a multiple of it.
 *
 * Which sectors those are is the level's to say. With mirrors the array's and those
 * of every member's data area are the same, and the window lies inside one fence
 * unit. Where chunks are striped a recovery counts the sectors of the members it
 * is for, everything else the array's (as md does, and as superblocks have it), and
 * personality->sync_range says which of the array's a window is about.
 *
 * Many windows are in flight. The checkpoint is the lowest sector that is not
 * finished, so it is always safe to write down.
 */
#ifndef _MDX_SYNC_H
#define _MDX_SYNC_H

#include <linux/bio.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct mdx_array;
struct mdx_member;
struct mdx_io;

enum mdx_sync_action {
	MDX_SYNC_IDLE,
	MDX_SYNC_RESYNC,	/* members may differ since an unclean stop or creation */
	MDX_SYNC_RECOVER,	/* rebuild members that are not in sync */
	MDX_SYNC_CHECK,		/* compare only */
	MDX_SYNC_REPAIR,	/* compare and mend */
	MDX_SYNC_RESHAPE,	/* reserved */
	MDX_SYNC_FROZEN,
	MDX_SYNC_ACTIONS,
};

#define MDX_SYNC_WINDOW 2048u		/* sectors: 1 MiB */
#define MDX_SYNC_WINDOW_BYTES (MDX_SYNC_WINDOW << 9)
#define MDX_SYNC_CHUNK_ORDER 4		/* buffers come in 64 KiB pieces where memory allows */

/* Memory of one copy of a window: bvecs over pages, one after the other. */
struct mdx_sync_buf {
	unsigned int vecs;
	struct bio_vec *vec;		/* sums up to MDX_SYNC_WINDOW_BYTES */
};

/*
 * One window in flight. Allocated when a sync starts, used again and again;
 * nothing is allocated while it runs (invariant I8).
 */
struct mdx_sync_window {
	struct list_head link;		/* sync->flight by .sector, or sync->idle */
	struct mdx_array *array;
	sector_t sector;		/* see above */
	unsigned int sectors;
	u64 began_ns;
	enum mdx_sync_action action;
	unsigned int source;		/* slot data came from */
	unsigned long sources;		/* bit per position: the level's notes of whom it reads from */
	unsigned long targets;		/* ... and whom it writes to; RECOVER: set to whom the sync is for */
	atomic_t pending;
	unsigned long failed_reads;	/* bit per position (first 64) */
	unsigned long failed_writes;
	bool done;			/* finished, waits for those before it */
	int result;			/* 0; -EIO: this range is not in sync; -EINTR: not done */
	struct work_struct work;	/* the level's next step, on mdx_sync_wq */
	unsigned int bufs;		/* entries of .buf: 1, or raid_disks where all are compared */
	struct mdx_sync_buf *buf;
	unsigned int bios;		/* entries of .bio: one per position, or personality->sync_bios */
	struct bio *bio;		/* bvecs are the buf's */
};

/*
 * Prepare window->bio[@slot] to move the window between @buf and @member.
 * The caller sets bi_end_io (bi_private is the window) and submits it.
 */
struct bio *mdx_sync_bio(struct mdx_sync_window *w, struct mdx_member *member,
			 unsigned int slot, struct mdx_sync_buf *buf, blk_opf_t opf);

/*
 * The same for a part: window->bio[@index] moves @len bytes between @buf from @offset
 * on and @member at @sector of its data area.
 */
struct bio *mdx_sync_part(struct mdx_sync_window *w, unsigned int index,
			  struct mdx_member *member, sector_t sector, struct mdx_sync_buf *buf,
			  unsigned int offset, unsigned int len, blk_opf_t opf);

/*
 * Let @step run with &window->work in thread context (mdx_sync_wq): the next
 * stage of @w. Any context; one step at a time.
 */
void mdx_sync_window_queue(struct mdx_sync_window *w, work_func_t step);

/*
 * A level has finished @w with w->result. Any context; @w must not be touched
 * afterwards.
 */
void mdx_sync_window_done(struct mdx_sync_window *w);

/* Is the sync to end early? A level asks within a window that takes long. Any context. */
bool mdx_sync_stopping(const struct mdx_sync_window *w);

/* Is a sync that writes running, and at which checkpoint? For read balancing. */
sector_t mdx_sync_checkpoint(const struct mdx_array *array);

/* ---- fence.c: user writes against sync windows ---- */

#define MDX_FENCE_SHIFT 11		/* one unit: MDX_SYNC_WINDOW sectors */

/*
 * Enter the fence with a write that lies inside one unit. Only while
 * array->fence is set. True: entered, mdx_io_end leaves it again. False: the
 * unit is being synced; the io has been parked and is handed to
 * pers->submit again (from the io work) when the unit is free.
 */
bool mdx_fence_enter(struct mdx_io *io);

#endif
