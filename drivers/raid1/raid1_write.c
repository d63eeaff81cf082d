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
 *  A member that keeps a log of bad blocks gets another chance first, page by page
 *  (mirror_write_around.c), and with it those parts that it does not take are put down
 *  as bad; io->failed is without it then. Marked at submission, too, is a member that
 *  has bad blocks where the write goes to: it gets what it gets there.
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

/* Positions that get this write; marks in io->failed those that should but cannot as it is. */
static unsigned long write_targets(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long targets = 0, not = 0;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array); slot++) {
		struct mdx_member *member = mdx_array_at(array, slot);

		if (!member)
			continue;
		if (unlikely(!mdx_member_writable(member))) {
			if (mdx_member_failure_unrecorded(array, member))
				set_bit(slot, &io->failed);
		} else if (likely(takes_op(member, io))) {
			switch (mdx_write_way(member, io, io->iter.bi_sector)) {
			case MDX_WRITE_AS_IT_IS:
				targets |= BIT(slot);
				break;
			case MDX_WRITE_AROUND:
				set_bit(slot, &io->failed);
				break;
			case MDX_WRITE_NOT:
				not |= BIT(slot);
			}
		}
	}
	if (unlikely(not))
		mdx_write_left_out(io, targets, not);
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

static blk_opf_t leg_opf(const struct mdx_io *io, const struct mdx_member *member, blk_opf_t opf)
{
	return unlikely(raid1_fails_fast(io->array, member)) ? opf | RAID1_FAILFAST : opf;
}

void raid1_write(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long targets;
	struct mdx_member *member;
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
	if (unlikely(!targets && !lost && io->failed)) {
		/* All who are left have bad blocks there. */
		io->flags |= MDX_IO_F_COPIES;
		mdx_io_retry(io);
		return;
	}
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
	for_each_set_bit(slot, &targets, BITS_PER_LONG) {
		member = mdx_array_at(array, slot);
		mdx_io_copy(io, member, slot, io->iter.bi_sector, leg_opf(io, member, opf));
	}
	member = mdx_array_at(array, last);
	io->bio->bi_opf = leg_opf(io, member, opf);
	mdx_io_in_place(io, member, last, io->iter.bi_sector);
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
		struct mdx_member *member = mdx_array_at(array, slot);

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

/* From @sector on, before @end: as far as one mirror has it that has not failed for @io. */
static sector_t had_until(const struct mdx_io *io, sector_t sector, sector_t end)
{
	struct mdx_array *array = io->array;
	sector_t until = sector;
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++) {
		const struct mdx_member *member = array->slot[slot];
		struct mdx_bad_part bad;

		if ((io->failed & BIT(slot)) || !mdx_member_readable(member))
			continue;
		if (!mdx_member_has_bad(member) ||
		    !mdx_bad_find(member, sector, end - sector, &bad))
			return end;
		until = max(until, bad.sector);
	}
	return until;
}

/* Is each sector of it on a mirror that is in sync now? */
static bool somebody_has_it(const struct mdx_io *io)
{
	sector_t sector = io->iter.bi_sector;
	const sector_t end = sector + (io->iter.bi_size >> SECTOR_SHIFT);
	sector_t until;

	if (sector == end)
		return mdx_first_readable(io->array, io->failed) >= 0;
	for (; sector < end; sector = until) {
		until = had_until(io, sector, end);
		if (until == sector)
			return false;
	}
	return true;
}

/*
 * Who did not take the bio for what lies in memory, or may put down what it lacks; but
 * who is to fail fast and has not been left out because of its bad blocks, fails.
 */
static unsigned long second_chances(const struct mdx_io *io)
{
	const sector_t sector = io->iter.bi_sector, sectors = io->iter.bi_size >> SECTOR_SHIFT;
	struct mdx_array *array = io->array;
	unsigned long positions = 0;
	unsigned int pos;

	if ((io->opf & REQ_OP_MASK) != REQ_OP_WRITE || (io->flags & MDX_IO_F_FLUSHING))
		return 0;
	for_each_set_bit(pos, &io->failed, BITS_PER_LONG) {
		const struct mdx_member *member = mdx_array_at(array, pos);

		if (!mdx_member_writable(member))
			continue;
		if ((io->refused & BIT(pos)) || mdx_bad_overlaps(member, sector, sectors) ||
		    (mdx_bad_kept(member) && !raid1_fails_fast(array, member)))
			positions |= BIT(pos);
	}
	return positions;
}

static bool write_around(struct mdx_io *io)
{
	const struct raid1 *conf = io->array->pers_data;
	const struct mdx_write_around how = {
		.positions = second_chances(io),
		.page = conf->io_page,
	};

	return unlikely(how.positions) && mdx_write_around(io, &how);
}

void raid1_write_retry(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	bool unrecorded = write_around(io);
	int err = 0;

	if (fail_members(io) || unrecorded)
		err = mdx_super_wait(array);
	if (err || io->status || !somebody_has_it(io)) {
		io->status = BLK_STS_IOERR;
		pr_warn_ratelimited("md/raid1:%s: write of %u sectors at %llu reached no mirror\n",
				    array->name, io->iter.bi_size >> SECTOR_SHIFT,
				    (unsigned long long)io->iter.bi_sector);
	}
	mdx_io_end(io);
}
