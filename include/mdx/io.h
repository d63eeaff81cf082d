/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a bio, by stage.
 *
 *   io_submit.c   gate, account, flush fan-out, then pers->submit
 *   level         map to members: in place (one member serves it all), gathered
 *                 (one bio per member) or copied to several members
 *   io_complete.c last leg in: errors to io_retry, else end the user's bio
 *   io_retry.c    thread context: pers->retry
 *
 * One struct mdx_io lives for one user bio, from the gate to the end.
 */
#ifndef _MDX_IO_H
#define _MDX_IO_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <mdx/array.h>

enum mdx_io_flag {
	MDX_IO_F_WRITE = 1u << 0,	/* holds the write gate, not the read gate */
	MDX_IO_F_ACCOUNTED = 1u << 1,
	MDX_IO_F_FENCED = 1u << 2,	/* inside array->fence at .fence_unit */
	MDX_IO_F_RETRY = 1u << 3,	/* has been through io_retry at least once */
	MDX_IO_F_COPIES = 1u << 5,	/* several members get the same; .failed counts */
	MDX_IO_F_FLUSHING = 1u << 6,	/* io_flush.c's legs are out */
	MDX_IO_F_COUNTED = 1u << 7,	/* one of .member->inflight, until the member answers */
	MDX_IO_F_OWN_LEG = 1u << 8,	/* .own has been sent */
	MDX_IO_F_BITMAP = 1u << 9,	/* counted in array->bitmap, from .bitmap_first to .bitmap_last */
};

/*
 * A bio of ours to one member, in front of it: the io's own, or one from array->bios
 * (its front pad).
 */
struct mdx_leg {
	struct mdx_io *io;
	struct mdx_member *member;
	unsigned int slot;
	struct bio bio;			/* last: bvecs follow */
};

struct mdx_io {
	struct mdx_array *array;
	struct bio *bio;		/* the user's */
	struct block_device *bdev;	/* its bi_bdev: the array or a partition of it */
	struct bvec_iter iter;		/* as it was submitted */
	blk_opf_t opf;			/* as it was submitted */
	bio_end_io_t *end_io;		/* the user's, while hooked */
	void *private;
	unsigned long start;		/* accounting, jiffies */
	u64 began_ns;			/* beside a sync; else 0 */
	unsigned int unheard;		/* bios passed on whose time is taken to be this one's */
	unsigned int flags;		/* enum mdx_io_flag */
	atomic_t pending;		/* legs in flight + 1 while submitting */
	blk_status_t status;		/* first bad one */
	struct mdx_member *member;	/* in place: where it went */
	unsigned int slot;		/* position of .member */
	unsigned long failed;		/* copies: bit per position (first 64) whose write failed */
	unsigned long refused;		/* those of .failed whose member could not take the bio as it is */
	unsigned int fence_unit;
	u32 bitmap_first, bitmap_last;	/* chunks */
	union {
		struct list_head link;	/* array->retries, or parked in the fence or bitmap */
		struct mdx_io *next;	/* in a stock of io_pool.c */
	};
	struct mdx_leg own;		/* the first copy needs no other memory */
};

static inline struct mdx_leg *mdx_leg_of(struct bio *bio)
{
	return container_of(bio, struct mdx_leg, bio);
}

/* ---- io_submit.c: for levels ---- */

/*
 * May io->bio be sent to a member itself? Not while it is the parent of a
 * split: the errors of its children would be taken for the member's.
 */
static inline bool mdx_io_may_go_in_place(const struct mdx_io *io)
{
	return !bio_flagged(io->bio, BIO_CHAIN);
}

/*
 * Send io->bio itself to @member at @sector of its data area; it must fit
 * there. Where mdx_io_may_go_in_place() says no, a copy goes instead, with the
 * same effect. Completion arrives at pers->end_in_place if the status is bad
 * and that op exists, else the user's bio ends. With MDX_IO_F_COPIES it counts
 * as one leg of io->pending (the caller took it): a bad status sets the slot's
 * bit in io->failed and the last leg decides. Any context that may submit bios.
 */
void mdx_io_in_place(struct mdx_io *io, struct mdx_member *member,
		     unsigned int slot, sector_t sector);

/*
 * Count io, about to go to @member in place or as its sole copy, in the
 * member's reads in flight; the answer takes it off again. For balancing only.
 */
static inline void mdx_io_count(struct mdx_io *io, struct mdx_member *member)
{
	io->flags |= MDX_IO_F_COUNTED;
	this_cpu_inc(*member->inflight);
}

/*
 * Send a copy of io->bio (sharing its pages, starting at the io's first
 * sector, whole length) to @member at @sector of its data area with @opf.
 * Takes one leg of io->pending. May sleep (bioset, GFP_NOIO).
 */
void mdx_io_copy(struct mdx_io *io, struct mdx_member *member,
		 unsigned int slot, sector_t sector, blk_opf_t opf);

/*
 * Send part of io->bio to @member: a fresh bio with room for @vecs bvecs that
 * the caller fills and submits with mdx_leg_submit(). Takes one leg of
 * io->pending. NULL only with a @gfp that may fail. To hold several unsubmitted
 * legs, allocate all but the first with GFP_NOWAIT (invariant I8);
 * mdx_leg_free() takes an unsubmitted one back.
 */
struct mdx_leg *mdx_leg_alloc(struct mdx_io *io, struct mdx_member *member,
			      unsigned int slot, sector_t sector,
			      unsigned int vecs, blk_opf_t opf, gfp_t gfp);
void mdx_leg_submit(struct mdx_leg *leg);
void mdx_leg_free(struct mdx_leg *leg);

/*
 * Cut the first @sectors off the user's bio and continue with the rest as a
 * bio of its own (submitted to the array again, before the front goes out).
 * After it io->bio covers exactly @sectors. May sleep.
 */
void mdx_io_trim(struct mdx_io *io, unsigned int sectors);

/* ---- io_complete.c ---- */

/* Take and drop one part of io->pending; the last put ends the io. */
static inline void mdx_io_get(struct mdx_io *io)
{
	atomic_inc(&io->pending);
}

void mdx_io_put(struct mdx_io *io);

/* Copies: the leg to @slot ended with @status. Any context. */
void mdx_io_copy_status(struct mdx_io *io, unsigned int slot, blk_status_t status);

/*
 * A level that was handed an io with MDX_IO_F_FLUSHING because members failed has
 * dealt with them: the flush is over with io->status, and data it came with is next.
 * Any context.
 */
void mdx_io_flush_done(struct mdx_io *io);

/* Remember the first bad @status of any leg. Any context. */
void mdx_io_error(struct mdx_io *io, blk_status_t status);

/* End the user's bio with io->status, drop gate, fence and accounting, free @io. */
void mdx_io_end(struct mdx_io *io);

/* ---- io_retry.c ---- */

/* Hand @io to the array's io work, which calls pers->retry(io). Any context. */
void mdx_io_retry(struct mdx_io *io);

/*
 * Read or write @len bytes at @sector of @member's data area synchronously.
 * @len is a multiple of the member's logical block size, at most PAGE_SIZE.
 * Sleeps. Returns 0 or -EIO.
 */
int mdx_member_rw_page(struct mdx_member *member, sector_t sector,
		       struct page *page, unsigned int len, blk_opf_t opf);

/* Flush @member's cache. Sleeps. Returns 0 or -EIO. */
int mdx_member_flush(struct mdx_member *member);

#endif
