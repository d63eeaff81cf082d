// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads: one member serves the user's bio in place; when it cannot, another one
 * does, and the first is asked to be mended.
 *
 * DOC: where members may differ (invariant I5)
 *
 *  At and above array->resync_offset the mirrors have not been compared since
 *  the array was last clean. All reads there go to the lowest readable slot,
 *  which is also what resync copies from: a reader never sees a block change
 *  because another mirror served it.
 *
 * DOC: bad blocks
 *
 *  A member that has some is asked whether they are in the way; only then another
 *  one is looked for. Where none has all of it, the bio is cut where the one ends
 *  that has most; where members may differ, where the first ends that has any.
 */
#include "raid1.h"

#define PATIENCE HZ

#define SERVING_MASK (BIT(MDX_MEMBER_F_IN_SYNC) | BIT(MDX_MEMBER_F_FAULTY) | \
		      BIT(MDX_MEMBER_F_WRITE_MOSTLY))

#define SPECIAL_MASK (BIT(MDX_MEMBER_F_BAD_BLOCKS) | BIT(MDX_MEMBER_F_FAILFAST))

/* Readable, and not just as the last resort. */
static inline bool serving(const struct mdx_member *member)
{
	return member && (READ_ONCE(member->flags) & SERVING_MASK) == BIT(MDX_MEMBER_F_IN_SYNC);
}

static inline bool may_differ(const struct mdx_array *array, sector_t end)
{
	return unlikely(end > READ_ONCE(array->resync_offset)) &&
	       end > mdx_sync_checkpoint(array);
}

/* Sectors from the start of @io that @member has. In whole blocks of the array. */
static sector_t good_sectors(const struct mdx_io *io, const struct mdx_member *member)
{
	const sector_t sector = io->iter.bi_sector;
	const sector_t sectors = io->iter.bi_size >> SECTOR_SHIFT;
	const unsigned int block = queue_logical_block_size(io->array->disk->queue);
	struct mdx_bad_part bad;

	if (!mdx_member_has_bad(member) || !mdx_bad_find(member, sector, sectors, &bad))
		return sectors;
	return round_down(bad.sector - sector, (sector_t)block >> SECTOR_SHIFT);
}

/* Bad blocks are in the way: who has most of it, cut to that; -1: nobody has the start. */
static int read_around(struct mdx_io *io, bool first)
{
	struct mdx_array *array = io->array;
	sector_t most = 0;
	unsigned int slot;
	int best = -1;

	for (slot = 0; slot < array->raid_disks; slot++) {
		const struct mdx_member *member = array->slot[slot];
		sector_t good;

		if (!mdx_member_readable(member) || (first && best >= 0))
			continue;
		good = good_sectors(io, member);
		if (good > most || (good && good == most && serving(member) &&
				    !serving(array->slot[best]))) {
			most = good;
			best = slot;
		}
	}
	if (best >= 0)
		mdx_io_trim(io, most);
	return best;
}

/* The one look at what most members are not. */
static inline bool is_special(const struct mdx_member *member)
{
	return READ_ONCE(member->flags) & SPECIAL_MASK;
}

/* It is @slot's turn: is it in the way of bad blocks, and is it to fail fast? Who serves, or -1. */
static noinline int read_special(struct mdx_io *io, int slot, bool first)
{
	struct mdx_array *array = io->array;

	if (mdx_bad_overlaps(array->slot[slot], io->iter.bi_sector,
			     io->iter.bi_size >> SECTOR_SHIFT))
		slot = read_around(io, first);
	if (slot >= 0 && raid1_fails_fast(array, array->slot[slot]) && mdx_io_may_go_in_place(io))
		io->bio->bi_opf |= RAID1_FAILFAST;
	return slot;
}

void raid1_read(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct raid1 *conf = array->pers_data;
	const sector_t sector = io->iter.bi_sector;
	const sector_t end = sector + (io->iter.bi_size >> SECTOR_SHIFT);
	const bool first = may_differ(array, end);
	struct mdx_member *member;
	int slot;

	if (first)
		slot = mdx_first_readable(array, 0);
	else
		slot = mdx_balance_pick_slot(&conf->balance, array, sector, end);
	if (unlikely(slot >= 0 && is_special(array->slot[slot])))
		slot = read_special(io, slot, first);
	if (unlikely(slot < 0)) {
		io->status = BLK_STS_IOERR;
		mdx_io_end(io);
		return;
	}
	member = array->slot[slot];
	mdx_balance_aim(member, end);
	mdx_io_count(io, member);
	mdx_io_in_place(io, member, slot, sector);
}

/* ---- failures: the array's io work ---- */

/* The whole io again, to another member: the one that failed is out by now. */
static bool read_elsewhere(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	int slot = mdx_first_good(array, BIT(io->slot), io->iter.bi_sector,
				  io->iter.bi_size >> SECTOR_SHIFT);

	if (slot < 0)
		return false;
	io->status = BLK_STS_OK;
	io->slot = slot;
	io->member = array->slot[slot];
	mdx_io_copy(io, io->member, slot, io->iter.bi_sector, io->opf & ~REQ_NOWAIT);
	return true;
}

/* Read into @page from @slot or, failing that, any other; have the failing ones mended. Who did, or -1. */
static int read_page_somewhere(struct mdx_array *array, unsigned int slot, sector_t sector,
			       struct page *page, unsigned int len)
{
	struct raid1 *conf = array->pers_data;
	const sector_t sectors = len >> SECTOR_SHIFT;
	unsigned long bad = 0;
	int from = slot;

	if (mdx_bad_overlaps(array->slot[slot], sector, sectors))
		from = mdx_first_good(array, BIT(slot), sector, sectors);
	while (from >= 0) {
		if (mdx_member_readable(array->slot[from]) &&
		    !mdx_member_rw_page(array->slot[from], sector, page, len, REQ_OP_READ))
			break;
		bad |= BIT(from);
		from = mdx_first_good(array, bad, sector, sectors);
	}
	if (from < 0)
		return -1;
	for_each_set_bit(slot, &bad, BITS_PER_LONG)
		mdx_repair_ask(&conf->repair, slot, sector, len >> SECTOR_SHIFT);
	return from;
}

/*
 * Page by page: most of them the member can still read. But the array's other
 * retries wait for this one, and each page may take a dying member seconds: it is
 * given PATIENCE.
 */
static blk_status_t read_pages(struct mdx_io *io)
{
	struct raid1 *conf = io->array->pers_data;
	const unsigned long deadline = jiffies + PATIENCE;
	struct bvec_iter iter = io->iter;
	sector_t sector = io->iter.bi_sector;
	int slot = io->slot;

	while (iter.bi_size) {
		unsigned int len = min_t(unsigned int, iter.bi_size, PAGE_SIZE);
		int from = read_page_somewhere(io->array, slot, sector, conf->io_page, len);

		if (from < 0) {
			pr_warn_ratelimited("md/raid1:%s: %s: unrecoverable I/O read error for block %llu\n",
					    io->array->name, io->member->name,
					    (unsigned long long)sector);
			return BLK_STS_IOERR;
		}
		if (time_after(jiffies, deadline))
			slot = from;
		mdx_page_to_bio(io->bio, &iter, conf->io_page, len);
		sector += len >> SECTOR_SHIFT;
	}
	return BLK_STS_OK;
}

void raid1_read_retry(struct mdx_io *io)
{
	if (raid1_fails_fast(io->array, io->member))
		mdx_member_fail(io->member, "read failed, and it is to fail fast");
	if (!mdx_member_readable(io->member) && read_elsewhere(io))
		return;
	io->status = read_pages(io);
	mdx_io_end(io);
}

/* ---- repair ---- */

void raid1_mend(struct mdx_array *array, unsigned int slot, sector_t sector, unsigned int len,
		struct page *page)
{
	unsigned long without = BIT(slot);
	int from;

	while ((from = mdx_first_good(array, without, sector, len >> SECTOR_SHIFT)) >= 0) {
		if (!mdx_member_rw_page(array->slot[from], sector, page, len, REQ_OP_READ)) {
			mdx_repair_heal(array, array->slot[slot], sector, page, len);
			return;
		}
		without |= BIT(from);
	}
}
