// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes: the same to every member that has a slot, in sync or recovering.
 *
 * All but the last get a copy that shares the user's pages; the last gets the
 * user's bio itself. The io ends when every leg is in.
 *
 * DOC: failures (invariants I3 and I4)
 *
 *  A member whose leg failed is marked in io->failed; so is, at submission, a
 *  member that had failed before but is not yet recorded so on the others.
 *  Either sends the io through retry, which fails the members, waits until the
 *  superblocks say so, and only then answers the user. The answer is good if a
 *  member that is in sync now has the data.
 *
 *  Slots cannot change meanwhile (write gate), and a member that is in sync now
 *  was writable at submission, so "in sync and not in io->failed" is exactly
 *  "in sync and has the data".
 */
#include <mdx/bitmap.h>
#include "raid1.h"

static bool takes_op(const struct mdx_member *member, const struct mdx_io *io)
{
	return (io->opf & REQ_OP_MASK) != REQ_OP_DISCARD ||
	       bdev_max_discard_sectors(member->bdev.bdev);
}

/* Slots that get this write; marks in io->failed those that should but cannot. */
static unsigned long write_targets(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long targets = 0;
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++) {
		struct mdx_member *member = array->slot[slot];

		if (!member)
			continue;
		if (unlikely(!mdx_member_writable(member))) {
			if (mdx_member_failure_unrecorded(array, member))
				set_bit(slot, &io->failed);
		} else if (likely(takes_op(member, io))) {
			targets |= BIT(slot);
		}
	}
	return targets;
}

static bool enter_fence(struct mdx_io *io)
{
	sector_t in_unit = io->iter.bi_sector & (MDX_SYNC_WINDOW - 1);

	mdx_io_trim(io, MDX_SYNC_WINDOW - in_unit);
	return mdx_fence_enter(io);
}

/* Nobody to send it to: the members cannot discard, or all are lost. */
static void write_nowhere(struct mdx_io *io, bool lost)
{
	bool discard = (io->opf & REQ_OP_MASK) == REQ_OP_DISCARD;

	io->status = discard && !lost ? BLK_STS_NOTSUPP : BLK_STS_IOERR;
	mdx_io_end(io);
}

void raid1_write(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long targets;
	unsigned int slot, last;
	blk_opf_t opf;
	bool lost;

	/* Where it was parked by the bitmap it is inside already. */
	if (unlikely(array->fence) && !(io->flags & MDX_IO_F_FENCED) && !enter_fence(io))
		return;
	if (unlikely(array->bitmap) && !mdx_bitmap_write_start(io))
		return;
	targets = write_targets(io);
	/* What only recovering members have nobody would find again. */
	lost = READ_ONCE(array->degraded) >= array->raid_disks;
	if (unlikely(!targets || lost)) {
		write_nowhere(io, lost);
		return;
	}
	/*
	 * With REQ_NOWAIT one member could take the write and another refuse it;
	 * what may have to be waited for has been waited for at the gate.
	 */
	opf = io->opf & ~REQ_NOWAIT;
	io->flags |= MDX_IO_F_COPIES;
	mdx_io_get(io);
	last = __fls(targets);
	targets &= ~BIT(last);
	for_each_set_bit(slot, &targets, BITS_PER_LONG)
		mdx_io_copy(io, array->slot[slot], slot, io->iter.bi_sector, opf);
	io->bio->bi_opf = opf;
	mdx_io_in_place(io, array->slot[last], last, io->iter.bi_sector);
}

/* ---- failures: the array's io work ---- */

/* What a member may lack for which @io failed: a flush is about all that was written before. */
static sector_t lost_from(const struct mdx_io *io)
{
	if ((io->flags & MDX_IO_F_FLUSHING) || (io->opf & REQ_PREFLUSH))
		return 0;
	return io->iter.bi_sector;
}

static bool fail_members(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	bool unrecorded = false;
	unsigned int slot;

	for_each_set_bit(slot, &io->failed, BITS_PER_LONG) {
		struct mdx_member *member = array->slot[slot];

		if (mdx_member_writable(member) && mdx_member_fail(member, "write failed")) {
			/* The last mirror stays; what it has not got nobody is told is kept. */
			mdx_array_may_differ(array, lost_from(io));
			io->status = BLK_STS_IOERR;
			continue;
		}
		unrecorded |= mdx_member_failure_unrecorded(array, member);
	}
	return unrecorded;
}

/*
 * A member did not take the bio as it is: where the user's bytes lie in memory
 * is nothing that others check before. It gets them from a page of ours; if one
 * member had them and another not, they would differ for good.
 */
static void write_pages(struct mdx_io *io)
{
	struct raid1 *conf = io->array->pers_data;
	const blk_opf_t opf = REQ_OP_WRITE |
			      (io->opf & (REQ_SYNC | REQ_META | REQ_FUA | REQ_PREFLUSH));
	struct bvec_iter iter = io->iter;
	sector_t sector = io->iter.bi_sector;
	unsigned long took = io->refused;
	unsigned int slot;

	while (iter.bi_size) {
		const unsigned int len = min_t(unsigned int, iter.bi_size, PAGE_SIZE);

		mdx_bio_to_page(conf->io_page, io->bio, &iter, len);
		for_each_set_bit(slot, &took, BITS_PER_LONG) {
			struct mdx_member *member = io->array->slot[slot];

			if (!mdx_member_writable(member) ||
			    mdx_member_rw_page(member, sector, conf->io_page, len, opf))
				clear_bit(slot, &took);
		}
		sector += len >> SECTOR_SHIFT;
	}
	io->failed &= ~took;
}

static bool somebody_has_it(const struct mdx_io *io)
{
	return mdx_first_readable(io->array, io->failed) >= 0;
}

void raid1_write_retry(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	int err = 0;

	/* Who failed otherwise, in the flush it came with maybe, gets no second chance. */
	if (unlikely(io->refused))
		write_pages(io);
	if (fail_members(io))
		err = mdx_super_wait(array);
	if (err || io->status || !somebody_has_it(io)) {
		io->status = BLK_STS_IOERR;
		pr_warn_ratelimited("md/raid1:%s: write of %u sectors at %llu reached no mirror\n",
				    array->name, io->iter.bi_size >> SECTOR_SHIFT,
				    (unsigned long long)io->iter.bi_sector);
	}
	mdx_io_end(io);
}
