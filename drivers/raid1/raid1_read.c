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
 */
#include "raid1.h"

#define PATIENCE HZ

static inline bool may_differ(const struct mdx_array *array, sector_t end)
{
	return unlikely(end > READ_ONCE(array->resync_offset)) &&
	       end > mdx_sync_checkpoint(array);
}

void raid1_read(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct raid1 *conf = array->pers_data;
	const sector_t sector = io->iter.bi_sector;
	const sector_t end = sector + (io->iter.bi_size >> SECTOR_SHIFT);
	struct mdx_member *member;
	int slot;

	if (may_differ(array, end))
		slot = mdx_first_readable(array, 0);
	else
		slot = mdx_balance_pick(&conf->balance, array, sector, end, NULL,
					array->raid_disks);
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
	int slot = mdx_first_readable(array, BIT(io->slot));

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
	unsigned long bad = 0;
	int from = slot;

	while (from >= 0) {
		if (mdx_member_readable(array->slot[from]) &&
		    !mdx_member_rw_page(array->slot[from], sector, page, len, REQ_OP_READ))
			break;
		bad |= BIT(from);
		from = mdx_first_readable(array, bad);
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

	while ((from = mdx_first_readable(array, without)) >= 0) {
		if (!mdx_member_rw_page(array->slot[from], sector, page, len, REQ_OP_READ)) {
			mdx_repair_heal(array, array->slot[slot], sector, page, len);
			return;
		}
		without |= BIT(from);
	}
}
