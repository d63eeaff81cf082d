/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What levels with copies share: which copy serves a read, rewriting what could not
 * be read, moving pages of the user's and comparing those of a sync (drivers/mirror/).
 *
 * Where a level has several places for a sector it hands them over as a table;
 * NULL means that every slot has it, under the array's own address.
 */
#ifndef _MDX_MIRROR_H
#define _MDX_MIRROR_H

#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <mdx/array.h>
#include <mdx/badblocks.h>
#include <mdx/io.h>

/* ---- mirror_pick.c ---- */

struct mdx_mirror_cpu;

struct mdx_balance {
	struct mdx_mirror_cpu __percpu *cpu;
	bool outer;		/* rotational members: the lowest sector, not the nearest head */
	bool sticks;		/* a stream stays with its copy on solid-state members, too */
};

/* Sleeps. 0 or -ENOMEM. */
int mdx_balance_init(struct mdx_balance *b, unsigned int raid_disks);
void mdx_balance_exit(struct mdx_balance *b);

/*
 * Which of the @copies places serves a read of the array's sectors from @sector to
 * @end: an index into @place. -1: none can be read.
 * Gate held; not from interrupt context.
 */
int mdx_balance_pick(struct mdx_balance *b, const struct mdx_array *array, sector_t sector,
		     sector_t end, const struct mdx_place *place, unsigned int copies);
/* The same where every slot has a copy: a slot, or -1. */
int mdx_balance_pick_slot(struct mdx_balance *b, const struct mdx_array *array, sector_t sector,
			  sector_t end);

/* The read that was picked goes to @member and ends at @end there. */
static inline void mdx_balance_aim(struct mdx_member *member, sector_t end)
{
	if (bdev_rot(member->bdev.bdev))
		WRITE_ONCE(member->head, end);
}

/* Lowest slot that may be read and is not in @without; -1: none. */
int mdx_first_readable(const struct mdx_array *array, unsigned long without);
/* The same of those that have no bad blocks in the range. */
int mdx_first_good(const struct mdx_array *array, unsigned long without, sector_t sector,
		   sector_t sectors);

/* ---- mirror_repair.c ---- */

/* Ranges that wait to be rewritten; more are found again by the next read. */
#define MDX_REPAIRS 64u

/* A range of a member's data area that could not be read there, and elsewhere could. */
struct mdx_repair_range {
	sector_t sector;
	unsigned int sectors;
	unsigned int slot;
	bool counted;			/* among the member's read errors */
};

struct mdx_repair {
	struct mdx_array *array;
	/*
	 * Get @len bytes at @sector of @slot's member from another copy into @page,
	 * and mdx_repair_heal() with that. The array is suspended. Sleeps.
	 */
	void (*mend)(struct mdx_array *array, unsigned int slot, sector_t sector,
		     unsigned int len, struct page *page);
	struct delayed_work work;
	struct page *page;
	time64_t *read_error_at;	/* per slot, seconds; the work's own */
	spinlock_t lock;		/* a leaf, any context: the two below */
	unsigned int ranges;
	struct mdx_repair_range range[MDX_REPAIRS];
};

/* @r is zeroed but for .array and .mend. Sleeps. 0 or -ENOMEM. */
int mdx_repair_init(struct mdx_repair *r, unsigned int raid_disks);
/* array->lock held; what still waits is forgotten. Also where init has failed or not been called. */
void mdx_repair_exit(struct mdx_repair *r);
/* array->lock held: what waits to be rewritten is forgotten; the next read finds it. */
void mdx_repair_forget(struct mdx_repair *r);
/* Have @sectors at @sector of @slot rewritten from another copy. Any context. */
void mdx_repair_ask(struct mdx_repair *r, unsigned int slot, sector_t sector,
		    unsigned int sectors);
/*
 * Write @page, which another copy delivered, to @member where it could not be
 * read, and read it again. No user write may run there. 0 or -EIO; then
 * the place has been put down as bad or @member been failed, unless the array cannot
 * do without it. Sleeps; @page is read into.
 */
int mdx_repair_heal(struct mdx_array *array, struct mdx_member *member,
		    sector_t sector, struct page *page, unsigned int len);

/* ---- mirror_pages.c ---- */

/*
 * Between a page of ours and @bio at @iter, which moves on by @len. In memory only:
 * pieces of the bio may be less than a sector.
 */
void mdx_bio_to_page(struct page *page, struct bio *bio, struct bvec_iter *iter,
		     unsigned int len);
void mdx_page_to_bio(struct bio *bio, struct bvec_iter *iter, struct page *page,
		     unsigned int len);

/*
 * How many of @sectors from @sector on, one at least, are all bad or all good on
 * @member: up to where bad blocks begin or end, in whole blocks of the array. Any context.
 */
unsigned int mdx_bad_alike(const struct mdx_array *array, const struct mdx_member *member,
			   sector_t sector, unsigned int sectors);

/* Do both buffers of a sync hold the same @bytes from @offset on? */
bool mdx_sync_same(const struct mdx_sync_buf *a, const struct mdx_sync_buf *b,
		   unsigned int offset, unsigned int bytes);

/* ---- mirror_write_around.c ---- */

/* Copies of a sector, at most, where they have places. */
#define MDX_COPIES_MAX 16u

/* For whom, and by what, a write is done again page by page. */
struct mdx_write_around {
	unsigned long positions;	/* of io->failed: who may still get it, or have put down what it lacks */
	struct page *page;		/* the user's bytes are in it on their way */
	/*
	 * Where the copies of the array's @sector are: @copies entries of @place. Returns
	 * how many sectors lie one behind the other from there. NULL: every position has one,
	 * at that sector.
	 */
	unsigned int (*locate)(const struct mdx_array *array, sector_t sector,
			       struct mdx_place *place, unsigned int *copies);
};

/*
 * Write @io page by page to those who could not take it as it was, or keep a log of bad
 * blocks. What one of them does not take and another member has is put down as bad.
 * Takes from io->failed whoever lacks nothing then but what is put down; sets io->status
 * where a page reached nobody. The array's io work. True: something has been put down
 * that is not on record yet.
 */
bool mdx_write_around(struct mdx_io *io, const struct mdx_write_around *how);

/* How a write gets to a member that may have bad blocks there. */
enum mdx_write_way {
	MDX_WRITE_AS_IT_IS,
	MDX_WRITE_AROUND,		/* what of it is written is for mdx_write_around() */
	MDX_WRITE_NOT,			/* all of it is bad and on record as such, and writing is of no use */
};

/* The same where @member has bad blocks. Any context. */
enum mdx_write_way mdx_write_way_there(const struct mdx_member *member, const struct mdx_io *io,
				       sector_t sector);

/*
 * How @io goes to @sector of @member. What is discarded is no loss where it was bad; a flush
 * is to be had all the same. Any context.
 */
static inline enum mdx_write_way mdx_write_way(const struct mdx_member *member,
					       const struct mdx_io *io, sector_t sector)
{
	if (likely(!mdx_member_has_bad(member)) ||
	    (io->opf & REQ_OP_MASK) == REQ_OP_DISCARD)
		return MDX_WRITE_AS_IT_IS;
	return mdx_write_way_there(member, io, sector);
}

/*
 * @io goes to the positions @targets, and not to @not, who have it on record that all of it is
 * bad there. Unless one of the former is in sync nobody has it who counts: then its
 * retry is to say so, and io->failed gets the latter. Before anything is sent.
 */
void mdx_write_left_out(struct mdx_io *io, unsigned long targets, unsigned long not);

/* md counts what differs in blocks of this size, so that mismatch_cnt means the same. */
#define MDX_MISMATCH_BYTES 65536u

/* ---- mirror_sync_pages.c ---- */

/* Copies of the same sectors, for a window that some member cannot read whole, or has bad blocks in. */
struct mdx_sync_copies {
	sector_t sector;		/* of the array */
	const struct mdx_place *place;	/* NULL: every position has one, at .sector */
	bool again;			/* they have been compared, and what differs been counted */
	unsigned int source;		/* read before all others */
	unsigned long sources;		/* bit per copy: may be read */
	unsigned long targets;		/* ... to be written; resync and recovery */
};

/*
 * Do @sectors of a window page by page, mending what cannot be read. Sleeps. Sets
 * w->result where it must. False: the sync is to stop, and there may be more to do.
 */
bool mdx_sync_by_page(struct mdx_sync_window *w, const struct mdx_sync_copies *c,
		      unsigned int sectors);

#endif
