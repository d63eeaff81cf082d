/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write-intent bitmap inside the core.
 *
 *   bitmap.c        counters and bits: what a write and a sync ask
 *   bitmap_write.c  pages to the members, many requests in one commit
 *   bitmap_clear.c  bits that are not needed any more
 *   bitmap_load.c   from disk; a bitmap comes and goes while the array runs
 *
 * DOC: a chunk
 *
 *  One atomic: the writes in flight, and flags. DIRTY means the bit is on the
 *  disk of every member that is written to; so a write to a DIRTY chunk adds one
 *  and goes on: no lock, no wait, nothing the rest of the array shares. A write to
 *  any other chunk takes the lock, sets the bit in the page's image and is parked,
 *  a list entry and not a blocked thread, until a commit has brought the page to
 *  all members. That is invariant I2.
 *
 *  NEEDED means a resync has to look at the chunk. Recovery by bitmap copies what
 *  is DIRTY: while a member is missing no bit is cleared, so they tell what it
 *  missed.
 *
 *  The look every daemon_sleep takes a chunk from DIRTY over AGED to CLEARING when
 *  no write came in between. Then the members are flushed, and chunks that are
 *  still CLEARING lose the bit. A write takes AGED and CLEARING away.
 *
 * DOC: a commit
 *
 *  One at a time: ->busy is its owner's. Who needs something on disk changes the
 *  images under ->lock, notes the pages in ->pending, and either starts the commit
 *  or knows that whoever runs one will go on with his. Nobody is told before
 *  all pages that were pending when his commit began are on all members or the
 *  members that do not take them have failed and that is recorded: a bit on one
 *  mirror alone would be none if the other came back alone.
 *
 *  The submitter of a write starts the commit himself, aside from the block
 *  layer's list of bios to be submitted, so they go out at once; where members
 *  answer at once, too, he goes on with his write and no thread was asked.
 *
 *  Whoever has something in a commit holds a gate, or sb_mutex, or the array is
 *  suspended by him: members stay.
 */
#ifndef _MDX_CORE_BITMAP_H
#define _MDX_CORE_BITMAP_H

#include <mdx/bitmap.h>
#include "bitmap_format.h"
#include "core.h"

#define MDX_CHUNK_DIRTY (1u << 30)
#define MDX_CHUNK_AGED (1u << 29)
#define MDX_CHUNK_CLEARING (1u << 28)
#define MDX_CHUNK_NEEDED (1u << 27)
#define MDX_CHUNK_WRITES ((1u << 24) - 1)

/* md counts memory in pages of so many chunks, and mdstat shows that. */
#define MDX_BITMAP_GROUP 2048u

struct mdx_bitmap {
	/* fixed while it is there */
	struct mdx_array *array;
	atomic_t *chunk;		/* MDX_CHUNK_*, writes in flight */
	u32 chunks;
	u32 pages;
	unsigned int chunk_shift;	/* chunk of a sector */
	s32 offset;			/* sectors from a member's superblock */
	u64 space;			/* sectors of the area, the least of all members */
	u64 bytes;			/* of it in use */
	u64 sync_size;			/* sectors it is about */
	struct bio_set bios;

	spinlock_t lock;		/* from here to .wanted; interrupt safe */
	struct mdx_bitmap_super super;
	void **image;			/* pages as they shall be */
	unsigned long *pending;		/* ... that are not so on disk */
	unsigned int *group;		/* DIRTY chunks in each MDX_BITMAP_GROUP */
	u32 dirty;			/* ... in all */
	struct list_head waiting;	/* struct mdx_io.link: of the next commit */
	bool busy;			/* a commit runs, or its work is queued */
	u64 wanted;			/* requests of who waits himself */

	/* the commit's owner's */
	bool under_way;			/* it has begun and is not through */
	unsigned long *writing;		/* pages that are left to write */
	void **shadow;			/* ... as they are written */
	struct list_head batch;
	u64 started;			/* .wanted when it began */
	atomic_t legs;
	bool failed;			/* a member failed */
	bool hollow;			/* one that the array cannot do without did not take it */

	u64 done;			/* lock; requests that are through */
	u64 lost;			/* lock; ... the last of them in a commit that was hollow */
	wait_queue_head_t wait;		/* .done */
	struct work_struct commit_work;	/* goes on where the end of a leg cannot */
	struct list_head released;	/* lock; wait for a failure to be recorded */
	struct work_struct release_work;
	struct delayed_work look_work;
	unsigned long sleep;		/* jiffies between two looks */
	bool rewrite;			/* lock; not all members have all of it: write it all once */
	sector_t need_from;		/* lock; a resync of all from there is to be recorded, or MDX_SECTOR_NONE */
};

static inline u32 mdx_bitmap_chunk(const struct mdx_bitmap *b, sector_t sector)
{
	return sector >> b->chunk_shift;
}

/* ---- bitmap.c ---- */
/* Of @shape, nothing set. ERR_PTR(-ENOMEM). Free it when nobody can see it. */
struct mdx_bitmap *mdx_bitmap_alloc(struct mdx_array *array, const struct mdx_bitmap_super *super,
				    const struct mdx_bitmap_shape *shape);
void mdx_bitmap_free(struct mdx_bitmap *b);
/* Set @chunk's bit in the image, its page to be written if that is news. lock held. */
void mdx_bitmap_set_bit(struct mdx_bitmap *b, u32 chunk);
/* Its bit is on disk. lock held. */
void mdx_bitmap_note_dirty(struct mdx_bitmap *b, u32 chunk, u32 flags);
/* ->super into the image, to be written. lock held. */
void mdx_bitmap_touch_super(struct mdx_bitmap *b);
void mdx_bitmap_touch_all(struct mdx_bitmap *b);	/* lock held */

/* Clear @chunk if it is still CLEARING and idle: image and counter. Any context. */
bool mdx_bitmap_clear_chunk(struct mdx_bitmap *b, u32 chunk);
/*
 * Chunks from @first to @last must be looked at by a resync; waits until their bits are on disk.
 * The caller's members stay, see DOC. False: as mdx_bitmap_commit().
 */
bool mdx_bitmap_set_range(struct mdx_bitmap *b, u32 first, u32 last);

/* ---- bitmap_write.c ---- */
int mdx_bitmap_commit_init(struct mdx_bitmap *b);
/*
 * @io is in ->waiting; the lock, taken with @irq, is let go. True: it may go on at
 * once. Whatever is parked goes on, ends, or is the release work's.
 */
bool mdx_bitmap_commit_io(struct mdx_bitmap *b, struct mdx_io *io, unsigned long irq);
/* Bring what is pending to the members and wait. False: some member failed for it, or the last did not take it. */
bool mdx_bitmap_commit(struct mdx_bitmap *b);
/* All of the image to one member that gets nothing from commits yet. Sleeps. */
int mdx_bitmap_write_member(struct mdx_bitmap *b, struct mdx_member *member);

/* ---- bitmap_clear.c ---- */
void mdx_bitmap_look_work(struct work_struct *work);
/* There is something to be cleared some time. Any context. */
void mdx_bitmap_look_later(struct mdx_bitmap *b);
/* No write is in flight, none comes: clear what can be. */
void mdx_bitmap_settle(struct mdx_bitmap *b);

#endif
