/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID10 inside: what its files offer each other.
 *
 *   raid10_map.c     where the copies of a chunk are, and back (pure)
 *   raid10.c         the level: start, stop, who may fail, status
 *   raid10_read.c    reads, and reads that failed
 *   raid10_write.c   writes to every copy, and writes that failed
 *   raid10_gather.c  bios over several chunks: one bio per member
 *   raid10_sync.c    resync, recovery, check and repair of one window
 */
#ifndef _MDX_RAID10_H
#define _MDX_RAID10_H

#include <mdx/badblocks.h>
#include <mdx/mirror.h>
#include <mdx/personality.h>
#include "raid10_map.h"

struct raid10 {
	struct mdx_raid10_map map;
	struct mdx_balance balance;
	struct mdx_repair repair;
	struct page *io_page;		/* of the io work: between a member and the user's pages */
};

static inline const struct mdx_raid10_map *raid10_map(const struct mdx_array *array)
{
	return &((const struct raid10 *)array->pers_data)->map;
}

/* Slots whose members may be read; bit per slot. */
unsigned long raid10_readable_slots(const struct mdx_array *array);

/* First of @copies places that may be read and whose slot is not in @without; -1: none. */
static inline int raid10_first_copy(const struct mdx_array *array, const struct mdx_place *place,
				    unsigned int copies, unsigned long without)
{
	unsigned int i;

	for (i = 0; i < copies; i++)
		if (!(without & BIT(place[i].slot)) &&
		    mdx_member_readable(array->slot[place[i].slot]))
			return i;
	return -1;
}

/* The same of those that have no bad blocks in the @sectors there. */
static inline int raid10_first_good(const struct mdx_array *array, const struct mdx_place *place,
				    unsigned int copies, unsigned long without,
				    sector_t sectors)
{
	unsigned int i;

	for (i = 0; i < copies; i++)
		if (!(without & BIT(place[i].slot)) &&
		    mdx_member_readable(array->slot[place[i].slot]) &&
		    !mdx_bad_overlaps(array->slot[place[i].slot], place[i].sector, sectors))
			return i;
	return -1;
}

/* How much of @left bytes from @sector of the array, or of a member, fits a page and is of one chunk. */
static inline unsigned int raid10_page_len(const struct mdx_raid10_map *map, sector_t sector,
					   unsigned int left)
{
	const unsigned int chunk = 1u << map->chunk_shift;
	const unsigned int in_chunk = chunk - (sector & (chunk - 1));

	return min3(left, (unsigned int)PAGE_SIZE, in_chunk << SECTOR_SHIFT);
}

static inline bool raid10_may_differ(const struct mdx_array *array, sector_t end)
{
	return unlikely(end > READ_ONCE(array->resync_offset)) &&
	       end > mdx_sync_checkpoint(array);
}

static inline bool raid10_without_data(const struct mdx_io *io)
{
	switch (io->opf & REQ_OP_MASK) {
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return true;
	default:
		return false;
	}
}

/* ---- raid10_read.c ---- */
void raid10_read(struct mdx_io *io);
/* Thread context: members have failed to deliver io; see pers->retry. */
void raid10_read_retry(struct mdx_io *io);
/* Repair work: see struct mdx_repair. */
void raid10_mend(struct mdx_array *array, unsigned int slot, sector_t sector, unsigned int len,
		 struct page *page);

/* ---- raid10_write.c ---- */
void raid10_write(struct mdx_io *io);
/* Thread context: not every member took the write or flush, or one had failed before. */
void raid10_write_retry(struct mdx_io *io);
/* Does @member get this write, or is it a discard that it cannot do? */
bool raid10_takes_op(const struct mdx_member *member, const struct mdx_io *io);

/* ---- raid10_gather.c ---- */
/*
 * Send io->bio, which spans chunks, as one bio per member and run of its chunks; it
 * may be cut first. io->failed counts, for reads too. False: it has to go chunk by
 * chunk, nothing was sent.
 */
bool raid10_gather(struct mdx_io *io);
/* The same for what has no data, at any length: one range per member and run. */
void raid10_ranges(struct mdx_io *io);

/* ---- raid10_sync.c ---- */
sector_t raid10_sync_sectors(struct mdx_array *array, enum mdx_sync_action action);
unsigned int raid10_sync_bufs(struct mdx_array *array, enum mdx_sync_action action);
unsigned int raid10_sync_bios(struct mdx_array *array, enum mdx_sync_action action);
bool raid10_sync_wanted(struct mdx_array *array, enum mdx_sync_action action,
			unsigned long targets, sector_t sector, unsigned int sectors);
bool raid10_sync_range(const struct mdx_sync_window *w, unsigned int n, sector_t *first,
		       sector_t *end);
void raid10_sync_window(struct mdx_array *array, struct mdx_sync_window *w);

#endif
