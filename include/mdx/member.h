/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One member device of an array.
 *
 * Lifetime: allocated when bound to an array, freed when unbound and every
 * reference is gone. The list array->members changes only under array->lock
 * *and* array->sb_mutex (either is enough to walk it). A slot
 * (array->slot[i], array->replacement[i]) changes only while the array is suspended,
 * so every holder of an I/O gate reference may use slot pointers without further locks.
 */
#ifndef _MDX_MEMBER_H
#define _MDX_MEMBER_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/types.h>
#include "bdev.h"

struct mdx_array;
struct mdx_super;
struct mdx_bad_log;

/* Bits of mdx_member.flags. Set and cleared under array->state_lock. */
enum mdx_member_flag {
	MDX_MEMBER_F_FAULTY,		/* failed; no I/O goes there, superblocks of the others say so */
	MDX_MEMBER_F_IN_SYNC,		/* holds all data of its slot */
	MDX_MEMBER_F_WRITE_MOSTLY,	/* read only when nothing else is left */
	MDX_MEMBER_F_FAILFAST,
	MDX_MEMBER_F_BLOCKED,		/* failed, and not yet recorded so on the other members */
	MDX_MEMBER_F_WRITE_ERROR,	/* a write to it has failed: none is tried where it has bad blocks */
	MDX_MEMBER_F_WANT_REMOVE,	/* leaves the array as soon as its slot is free */
	MDX_MEMBER_F_BY_BITMAP,		/* lacks no more of what is in .saved_slot than the bitmap tells */
	MDX_MEMBER_F_BAD_BLOCKS,	/* has bad blocks, see badblocks.h */
	MDX_MEMBER_F_HELD,		/* blocked by hand: nothing is written to the array */
	MDX_MEMBER_F_WANT_REPLACEMENT,	/* a spare is to replace it */
	MDX_MEMBER_F_REPLACEMENT,	/* ... is doing so: array->replacement[], not array->slot[] */
};

struct mdx_member {
	struct list_head link;		/* array->members; see DOC above */
	struct mdx_array *array;
	struct mdx_bdev bdev;		/* compat wrapper: bdev.bdev is the block device */
	dev_t dev;
	char name[BDEVNAME_SIZE];	/* "sda1", for logs, mdstat and dev-* */
	struct kobject kobj;		/* dev-NAME below the array's md directory */
	struct kernfs_node *kn_state;	/* its "state"; NULL before sysfs shows it */
	struct kernfs_node *kn_bad, *kn_unacknowledged; /* likewise */

	unsigned long flags;		/* enum mdx_member_flag */
	int slot;			/* raid_disk, -1: spare or faulty */
	int saved_slot;			/* slot it had when it was last in sync, -1: none */
	int number;			/* desc_nr: index in the superblock's table */

	/* geometry, in sectors of the device; fixed while in a slot */
	sector_t data_offset;
	sector_t sectors;		/* usable data sectors (component size before rounding) */
	sector_t sb_start;
	sector_t dev_sectors;		/* device size when it was bound */

	sector_t recovery_offset;	/* in sync below this; MDX_SECTOR_NONE when in_sync */
	u64 events;			/* of the superblock it came, or came back, with: until then it has all */
	atomic_t corrected_errors;	/* superblock cnt_corrected_read, sysfs errors */
	atomic_t read_errors;

	struct mdx_super *super;	/* as loaded; NULL: no superblock (build, 0.90 create) */
	struct page *sb_page;		/* image to be written; these four are the superblock writer's */
	struct bio sb_bio;
	struct bio_vec sb_vec;
	int sb_result;
	struct mdx_bad_log *bad;	/* what it has not got; NULL: it keeps no such log */

	/* RAID1's read balancing; racy hints, correct at any value */
	sector_t head ____cacheline_aligned_in_smp; /* where the last read ended */
	unsigned int __percpu *inflight; /* reads in flight, summed by balance only */
};

static inline bool mdx_member_test(const struct mdx_member *m, enum mdx_member_flag f)
{
	return m && test_bit(f, &m->flags);
}

/* May be read from: holds its slot's data and has not failed. */
static inline bool mdx_member_readable(const struct mdx_member *m)
{
	return mdx_member_test(m, MDX_MEMBER_F_IN_SYNC) &&
	       !test_bit(MDX_MEMBER_F_FAULTY, &m->flags);
}

/* Must be written to: has a slot and has not failed (in sync or recovering). */
static inline bool mdx_member_writable(const struct mdx_member *m)
{
	return m && !test_bit(MDX_MEMBER_F_FAULTY, &m->flags);
}

/*
 * Record that @member cannot be used any more. Any context, but of a level
 * without redundancy: it closes the write gate and sleeps. Returns 0, or
 * -EBUSY where the array cannot do without it. Of the last mirror nothing
 * changes then; without redundancy the array is broken and takes no more
 * writes. On success the superblock write is requested
 * and the caller that is about to acknowledge a write must still wait for it
 * with mdx_super_wait() (invariant I4).
 */
int mdx_member_fail(struct mdx_member *member, const char *why);

/*
 * The last mirror has not got, or has lost, something from @sector on that others,
 * which still recover, may have: a resync will be due when they have. Any context.
 */
void mdx_array_may_differ(struct mdx_array *array, sector_t sector);

#endif
