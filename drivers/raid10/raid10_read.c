// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads: one copy serves the user's bio in place, or for several chunks one copy
 * each (raid10_gather.c); when it cannot, another one does, and the first is asked
 * to be mended.
 *
 * Where members may differ (invariant I5), at and above the resync checkpoint, the
 * first copy that can be read serves each chunk, which is also the one resync copies
 * from.
 *
 * Bad blocks of who is picked are gone around as in RAID1: another copy serves, or, where
 * none has all of it, the bio is cut.
 */
#include "raid10.h"

#define PATIENCE HZ

static void read_lost(struct mdx_io *io)
{
	io->status = BLK_STS_IOERR;
	mdx_io_end(io);
}

/* Sectors from the start of @io that @member has, at @at there. In whole blocks of the array. */
static sector_t good_sectors(const struct mdx_io *io, const struct mdx_member *member,
			     sector_t at)
{
	const sector_t sectors = io->iter.bi_size >> SECTOR_SHIFT;
	const unsigned int block = queue_logical_block_size(io->array->disk->queue);
	struct mdx_bad_part bad;

	if (!mdx_member_has_bad(member) || !mdx_bad_find(member, at, sectors, &bad))
		return sectors;
	return round_down(bad.sector - at, (sector_t)block >> SECTOR_SHIFT);
}

/*
 * Bad blocks are in the way: which copy has most of it, or @first which is the first that
 * has any; cut to that. -1: none has the start.
 */
static noinline int read_around(struct mdx_io *io, const struct mdx_place *place, bool first)
{
	struct mdx_array *array = io->array;
	const unsigned int copies = raid10_map(array)->copies;
	bool best_is_mostly = false;
	sector_t most = 0;
	unsigned int i;
	int best = -1;

	for (i = 0; i < copies && !(first && best >= 0); i++) {
		const struct mdx_member *member = array->slot[place[i].slot];
		sector_t good;

		if (!mdx_member_readable(member))
			continue;
		good = good_sectors(io, member, place[i].sector);
		if (good > most || (good && good == most && best_is_mostly)) {
			most = good;
			best = i;
			best_is_mostly = mdx_member_test(member, MDX_MEMBER_F_WRITE_MOSTLY);
		}
	}
	if (best >= 0)
		mdx_io_trim(io, most);
	return best;
}

static void read_chunk(struct mdx_io *io, const struct mdx_place *place)
{
	struct mdx_array *array = io->array;
	struct raid10 *conf = array->pers_data;
	const sector_t sector = io->iter.bi_sector;
	unsigned int sectors = io->iter.bi_size >> SECTOR_SHIFT;
	const bool first = raid10_may_differ(array, sector + sectors);
	struct mdx_member *member;
	int copy;

	if (first)
		copy = raid10_first_copy(array, place, conf->map.copies, 0);
	else
		copy = mdx_balance_pick(&conf->balance, array, sector, sector + sectors, place,
					conf->map.copies);
	if (unlikely(copy >= 0 && mdx_bad_overlaps(array->slot[place[copy].slot],
						   place[copy].sector, sectors))) {
		copy = read_around(io, place, first);
		sectors = io->iter.bi_size >> SECTOR_SHIFT;
	}
	if (unlikely(copy < 0)) {
		read_lost(io);
		return;
	}
	member = array->slot[place[copy].slot];
	mdx_balance_aim(member, place[copy].sector + sectors);
	mdx_io_count(io, member);
	mdx_io_in_place(io, member, place[copy].slot, place[copy].sector);
}

void raid10_read(struct mdx_io *io)
{
	struct mdx_place place[MDX_RAID10_COPIES];
	u32 left = mdx_raid10_map_sector(raid10_map(io->array), io->iter.bi_sector, place);

	if (bio_sectors(io->bio) > left) {
		if (raid10_gather(io))
			return;
		mdx_io_trim(io, left);
	}
	read_chunk(io, place);
}

/* ---- failures: the array's io work ---- */

/* Who has not delivered. */
static unsigned long failed_slots(const struct mdx_io *io)
{
	return io->flags & MDX_IO_F_COPIES ? io->failed : BIT(io->slot);
}

/*
 * Read @len bytes, which lie in one chunk, into @page: from a copy on one of
 * @failed first, which can read most of them, then from any other. Those that cannot
 * are asked to be mended. False: nobody can.
 */
static bool read_page_somewhere(struct mdx_array *array, unsigned long failed, sector_t sector,
				struct page *page, unsigned int len)
{
	struct raid10 *conf = array->pers_data;
	const unsigned int copies = conf->map.copies;
	struct mdx_place place[MDX_RAID10_COPIES];
	unsigned long bad = 0;
	unsigned int i;
	int copy;

	mdx_raid10_map_sector(&conf->map, sector, place);
	for (;;) {
		copy = raid10_first_good(array, place, copies, ~failed | bad, len >> SECTOR_SHIFT);
		if (copy < 0)
			copy = raid10_first_good(array, place, copies, bad, len >> SECTOR_SHIFT);
		if (copy < 0)
			return false;
		if (!mdx_member_rw_page(array->slot[place[copy].slot], place[copy].sector, page,
					len, REQ_OP_READ))
			break;
		bad |= BIT(place[copy].slot);
	}
	for (i = 0; i < copies; i++)
		if (bad & BIT(place[i].slot))
			mdx_repair_ask(&conf->repair, place[i].slot, place[i].sector,
				       len >> SECTOR_SHIFT);
	return true;
}

/* Page by page: see RAID1's. A dying member is given PATIENCE. */
static blk_status_t read_pages(struct mdx_io *io)
{
	struct raid10 *conf = io->array->pers_data;
	const unsigned long deadline = jiffies + PATIENCE;
	unsigned long failed = failed_slots(io);
	struct bvec_iter iter = io->iter;
	sector_t sector = io->iter.bi_sector;

	/* Of a gathered read they are not the ones that serve each of its chunks. */
	if (raid10_may_differ(io->array, sector + (iter.bi_size >> SECTOR_SHIFT)))
		failed = 0;
	while (iter.bi_size) {
		unsigned int len = raid10_page_len(&conf->map, sector, iter.bi_size);

		if (!read_page_somewhere(io->array, failed, sector, conf->io_page, len)) {
			pr_warn_ratelimited("md/raid10:%s: unrecoverable I/O read error for block %llu\n",
					    io->array->name, (unsigned long long)sector);
			return BLK_STS_IOERR;
		}
		if (time_after(jiffies, deadline))
			failed = 0;
		mdx_page_to_bio(io->bio, &iter, conf->io_page, len);
		sector += len >> SECTOR_SHIFT;
	}
	return BLK_STS_OK;
}

void raid10_read_retry(struct mdx_io *io)
{
	if (!(failed_slots(io) & raid10_readable_slots(io->array))) {
		/* All of it again: those that failed are out by now. */
		io->flags &= ~MDX_IO_F_COPIES;
		io->failed = 0;
		io->status = BLK_STS_OK;
		io->opf &= ~REQ_NOWAIT;
		io->bio->bi_opf = io->opf;
		raid10_read(io);
		return;
	}
	io->status = read_pages(io);
	mdx_io_end(io);
}

/* ---- repair ---- */

/* @len bytes that lie in one chunk, from another copy than @slot's. */
static bool read_other(struct mdx_array *array, unsigned int slot, sector_t sector,
		       unsigned int len, struct page *page)
{
	const struct mdx_raid10_map *map = raid10_map(array);
	struct mdx_place place[MDX_RAID10_COPIES];
	unsigned long without = BIT(slot);
	int copy;

	mdx_raid10_map_sector(map, sector, place);
	while ((copy = raid10_first_good(array, place, map->copies, without,
					 len >> SECTOR_SHIFT)) >= 0) {
		if (!mdx_member_rw_page(array->slot[place[copy].slot], place[copy].sector, page,
					len, REQ_OP_READ))
			return true;
		without |= BIT(place[copy].slot);
	}
	return false;
}

void raid10_mend(struct mdx_array *array, unsigned int slot, sector_t sector, unsigned int len,
		 struct page *page)
{
	const struct mdx_raid10_map *map = raid10_map(array);

	while (len) {
		const unsigned int n = raid10_page_len(map, sector, len);
		const u64 at = mdx_raid10_unmap(map, slot, sector);

		if (at != MDX_SECTOR_NONE && read_other(array, slot, at, n, page) &&
		    mdx_repair_heal(array, array->slot[slot], sector, page, n))
			return;
		sector += n >> SECTOR_SHIFT;
		len -= n;
	}
}
