/* SPDX-License-Identifier: GPL-2.0-only */
/* Between sync_thread.c (the loop), sync_turn.c (when) and sync_window.c (windows and their memory). */
#ifndef _MDX_SYNC_THREAD_H
#define _MDX_SYNC_THREAD_H

#include <mdx/array.h>
#include <mdx/sync.h>
#include "sync_pace_plan.h"
#include "sync_speed.h"

#define MDX_SYNC_DEPTH 16u	/* windows in flight where memory allows */

/* A sync that runs or has finished and waits to be reaped. */
struct mdx_sync {
	struct mdx_array *array;
	enum mdx_sync_action action;
	struct task_struct *task;
	wait_queue_head_t wait;		/* window done, stop, limits changed */

	/* owned by the thread */
	sector_t pos;			/* next sector to issue */
	sector_t start;
	sector_t end;
	u64 saved_ns;			/* when the checkpoint was last recorded */
	sector_t saved;
	struct mdx_sync_pace pace;
	u64 users_ended, users_ended_ns;	/* sums of users' I/O at the last look */
	sector_t looked_pos;		/* .pos then */

	spinlock_t lock;		/* from here to .started_ns */
	struct list_head flight;	/* windows by sector */
	struct list_head idle;
	unsigned int in_flight;
	sector_t issued;		/* everything below has been sent out, or passed over */
	sector_t skipped;		/* of what .front has passed: nothing was to be done there */
	sector_t front;			/* everything from start to here is through */
	sector_t checkpoint;		/* ... and in sync */
	sector_t failed;		/* lowest sector of a window that failed, or MDX_SECTOR_NONE */
	sector_t undone;		/* ... of one that was interrupted */
	struct mdx_sync_speed speed;
	u64 took_ns;			/* the window that ended last */
	u64 quiet_ns;			/* when the last one in flight ended */
	u64 started_ns;

	unsigned long targets;		/* RECOVER: positions being rebuilt (first 64) */
	bool by_bitmap;			/* only where array->bitmap says so */
	sector_t noted;			/* ... and it knows that it is done below */
	struct list_head turn;		/* place among all syncs, see sync_turn.c */
	struct gendisk **disk;		/* where the members are, to be compared only */
	unsigned int disks;
	bool going;			/* it is its turn */
	bool delayed;			/* it waits for it */
	bool stop;			/* end early */
	bool finished;			/* the thread is through; reap it */
	unsigned int windows;
	struct mdx_sync_window *window;
};

/* Windows and their buffers; fewer windows when memory is short. Sleeps. 0 or -ENOMEM. */
int mdx_sync_windows_alloc(struct mdx_sync *sync);
void mdx_sync_windows_free(struct mdx_sync *sync);
/* Close or open (mdx_fence_close, mdx_fence_open) every fence unit @w is about. */
void mdx_sync_window_fence(const struct mdx_sync_window *w,
			   void (*move)(struct mdx_array *array, unsigned int unit));
/* Checkpoint by what has finished from the front. sync->lock held. */
void mdx_sync_advance(struct mdx_sync *sync);

/* Sectors that have been worked on; sync->lock held, or by the thread. */
static inline sector_t mdx_sync_worked(const struct mdx_sync *sync)
{
	return READ_ONCE(sync->front) - sync->start - READ_ONCE(sync->skipped);
}
/* ---- sync_pace.c: beside the users' I/O; the thread's ---- */
void mdx_sync_pace_start(struct mdx_sync *sync, u64 now);
void mdx_sync_look_around(struct mdx_sync *sync, u64 now);
/* Windows that may be in flight; 0: none, look around again. */
unsigned int mdx_sync_depth_now(const struct mdx_sync *sync);
/* Nanoseconds before the next window may begin. */
u64 mdx_sync_pause_now(struct mdx_sync *sync, u64 now);

/* In which words the log speaks of it. */
const char *mdx_sync_action_words(enum mdx_sync_action action);

/* Remember on which disks the members are; array->lock held. Sleeps. 0 or -ENOMEM. */
int mdx_sync_turn_alloc(struct mdx_sync *sync);
void mdx_sync_turn_free(struct mdx_sync *sync);
/*
 * The thread's, in pairs: until no sync that goes uses one of its disks, it is told
 * to stop, or the array's sync_force_parallel is set. Whoever sets that
 * wakes sync->wait.
 */
void mdx_sync_turn_wait(struct mdx_sync *sync);
void mdx_sync_turn_end(struct mdx_sync *sync);

#endif
