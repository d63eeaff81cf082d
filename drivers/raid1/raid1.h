/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID1 inside: what its files offer each other.
 *
 *   raid1.c          the level: start, stop, who may fail, status
 *   raid1_balance.c  which mirror serves a read: arithmetic (pure)
 *   raid1_read.c     reads, and reads that failed
 *   raid1_write.c    writes to every mirror, and writes that failed
 *   raid1_write_around.c  what is left of a write on members that have, or get, bad blocks
 *   raid1_repair.c   rewriting what could not be read
 *   raid1_sync.c     resync, recovery, check and repair of one window
 *   raid1_sync_pages.c  the same window page by page, where a member fails to read
 *
 * Addresses are the same on the array and on every member's data area.
 */
#ifndef _MDX_RAID1_H
#define _MDX_RAID1_H

#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <mdx/badblocks.h>
#include <mdx/personality.h>
#include "raid1_balance.h"

/* Positions, at most twice as many, are bits of mdx_io.failed and of the window's sets. */
#define RAID1_MAX_MEMBERS BITS_PER_LONG

/* Ranges that wait to be rewritten; more are found again by the next read. */
#define RAID1_REPAIRS 64u

/* md counts what differs in blocks of this size, so that mismatch_cnt means the same. */
#define RAID1_MISMATCH_BYTES 65536u

/* Balancing state of one CPU; see raid1_read.c. */
struct raid1_cpu {
	struct raid1_streams streams;
	unsigned int turn;		/* where the next tie is decided from */
	unsigned int trust;		/* picks left until the loads are counted again */
	u32 load[];			/* reads in flight per slot, about */
};

/* A range that @slot could not read and somebody else could. */
struct raid1_range {
	sector_t sector;
	unsigned int sectors;
	unsigned int slot;
	bool counted;			/* among the member's read errors */
};

struct raid1 {
	struct mdx_array *array;
	struct raid1_cpu __percpu *cpu;
	struct page *io_page;		/* of the io work: between a member and the user's pages */
	struct page *repair_page;	/* of the repair work */

	struct delayed_work repair_work;
	spinlock_t repair_lock;		/* the two below; any context */
	unsigned int repairs;
	struct raid1_range repair[RAID1_REPAIRS];
	time64_t *read_error_at;	/* per slot, seconds; repair work only */
};

/* Lowest slot that may be read and is not in @without; -1: none. */
int raid1_first_readable(const struct mdx_array *array, unsigned long without);
/* The same of those that have no bad blocks in the range. */
int raid1_first_good(const struct mdx_array *array, unsigned long without, sector_t sector,
		     sector_t sectors);

/*
 * Is an error of @member rather to come soon than to be the last of many tries? Not of
 * one that nobody can stand in for. What such a request fails on fails the member.
 */
static inline bool raid1_fails_fast(const struct mdx_array *array, const struct mdx_member *member)
{
	return mdx_member_test(member, MDX_MEMBER_F_FAILFAST) &&
	       array->raid_disks - READ_ONCE(array->degraded) > 1;
}

#define RAID1_FAILFAST (REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT)

/*
 * How many of @sectors from @sector on, one at least, are all bad or all good on each
 * of @positions: up to where bad blocks begin or end, in whole blocks of the array.
 */
unsigned int raid1_alike(const struct mdx_array *array, unsigned long positions,
			 sector_t sector, unsigned int sectors);

/* ---- raid1_read.c ---- */
void raid1_read(struct mdx_io *io);
/* Thread context: a member has failed to deliver io; see pers->retry. */
void raid1_read_retry(struct mdx_io *io);

/* ---- raid1_write.c ---- */
void raid1_write(struct mdx_io *io);
/* Thread context: not every member took the write, or one had failed before. */
void raid1_write_retry(struct mdx_io *io);

/* ---- raid1_write_around.c ---- */
/*
 * Write @io page by page to those of io->failed that may still get it: who could not
 * take it as it was, and who keeps a log of bad blocks. What one of them does not
 * take and another member has is put down as bad. Takes from io->failed whoever lacks
 * nothing then but what is put down; sets io->status where a page reached nobody.
 * Thread context. True: something has been put down that is not on record yet.
 */
bool raid1_write_around(struct mdx_io *io);

/* ---- raid1_repair.c ---- */
int raid1_repair_init(struct raid1 *conf, unsigned int raid_disks);
/* array->lock held; what still waits is forgotten. */
void raid1_repair_exit(struct raid1 *conf);
/* Have @sectors at @sector of @slot rewritten from another member. Any context. */
void raid1_repair_ask(struct raid1 *conf, unsigned int slot, sector_t sector,
		      unsigned int sectors);
/*
 * Write @page, which another member delivered, to @member where it could not
 * be read, and read it again. No user write may run there. 0 or -EIO; then
 * the place has been put down as bad or @member been failed, unless it is the
 * last. Sleeps; @page is read into.
 */
int raid1_heal_page(struct mdx_array *array, struct mdx_member *member,
		    sector_t sector, struct page *page, unsigned int len);

/* ---- raid1_sync.c ---- */
sector_t raid1_sync_sectors(struct mdx_array *array, enum mdx_sync_action action);
unsigned int raid1_sync_bufs(struct mdx_array *array, enum mdx_sync_action action);
void raid1_sync_window(struct mdx_array *array, struct mdx_sync_window *w);

/* ---- raid1_sync_pages.c ---- */
/*
 * Do the whole window page by page, mending what cannot be read, as w->source,
 * w->sources and w->targets say. Sleeps. Sets w->result.
 */
void raid1_sync_pages(struct mdx_array *array, struct mdx_sync_window *w);

#endif
