// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes: to every copy whose slot has a member, in sync or recovering, and to those who
 * are to replace one.
 *
 * Inside a chunk all but the last get a copy that shares the user's pages; the last
 * gets the user's bio itself. What spans chunks is gathered, raid10_gather.c.
 *
 * DOC: failures (invariants I3 and I4)
 *
 *  As RAID1's, with one difference: a position in io->failed says that it may lack any of
 *  the bio's chunks. The answer is good if each of them has a copy on a member that is
 *  in sync now and not in io->failed: it was writable at submission, slots cannot have
 *  changed (write gate), so it has the data.
 */
#include <linux/build_bug.h>
#include <mdx/bitmap.h>
#include "raid10.h"

bool raid10_takes_op(const struct mdx_member *member, const struct mdx_io *io)
{
	return (io->opf & REQ_OP_MASK) != REQ_OP_DISCARD ||
	       bdev_max_discard_sectors(member->bdev.bdev);
}

static bool enter_fence(struct mdx_io *io)
{
	sector_t in_unit = io->iter.bi_sector & (MDX_SYNC_WINDOW - 1);

	mdx_io_trim(io, MDX_SYNC_WINDOW - in_unit);
	return mdx_fence_enter(io);
}

/* What becomes of a write at each position, bit per position. */
struct ways {
	unsigned long targets;		/* gets it as it is */
	unsigned long not;		/* has all of it on record as bad */
};

/* How who is at @pos gets this write, at @sector; marked in io->failed if he should but cannot as it is. */
static inline void find_way(struct mdx_io *io, unsigned int pos, sector_t sector,
			    struct ways *ways)
{
	struct mdx_array *array = io->array;
	struct mdx_member *member = mdx_array_at(array, pos);

	if (!member)
		return;
	if (unlikely(!mdx_member_writable(member))) {
		if (mdx_member_failure_unrecorded(array, member))
			set_bit(pos, &io->failed);
		return;
	}
	if (unlikely(!raid10_takes_op(member, io)))
		return;
	switch (mdx_write_way(member, io, sector)) {
	case MDX_WRITE_AS_IT_IS:
		ways->targets |= BIT(pos);
		break;
	case MDX_WRITE_AROUND:
		set_bit(pos, &io->failed);
		break;
	case MDX_WRITE_NOT:
		ways->not |= BIT(pos);
	}
}

/* Who gets a copy: bit per place, and MDX_RAID10_COPIES above it for who is to replace its member. */
static unsigned long write_targets(struct mdx_io *io, const struct mdx_place *place,
				   unsigned int copies)
{
	struct mdx_array *array = io->array;
	struct ways ways = { };
	unsigned long targets = 0;
	unsigned int i;

	for (i = 0; i < copies; i++) {
		find_way(io, place[i].slot, place[i].sector, &ways);
		if (likely(ways.targets & BIT(place[i].slot)))
			targets |= BIT(i);
		if (likely(!array->replacement))
			continue;
		find_way(io, place[i].slot + array->raid_disks, place[i].sector, &ways);
		if (ways.targets & BIT(place[i].slot + array->raid_disks))
			targets |= BIT(i + MDX_RAID10_COPIES);
	}
	if (unlikely(ways.not))
		mdx_write_left_out(io, ways.targets, ways.not);
	return targets;
}

/* The position that a bit of write_targets() stands for. */
static inline unsigned int target_at(const struct mdx_array *array, const struct mdx_place *place,
				     unsigned int target)
{
	if (likely(target < MDX_RAID10_COPIES))
		return place[target].slot;
	return place[target - MDX_RAID10_COPIES].slot + array->raid_disks;
}

/* Nobody to send it to: the members cannot discard, or all copies are lost. */
static void write_nowhere(struct mdx_io *io, bool lost)
{
	bool discard = (io->opf & REQ_OP_MASK) == REQ_OP_DISCARD;

	io->status = discard && !lost ? BLK_STS_NOTSUPP : BLK_STS_IOERR;
	mdx_io_end(io);
}

static void write_chunk(struct mdx_io *io, const struct mdx_place *place)
{
	struct mdx_array *array = io->array;
	const unsigned int copies = raid10_map(array)->copies;
	unsigned long targets = write_targets(io, place, copies);
	unsigned int i, last, pos;
	blk_opf_t opf;
	bool lost;

	/* What only recovering members have nobody would find again. */
	lost = READ_ONCE(array->degraded) >= copies &&
	       raid10_first_copy(array, place, copies, 0) < 0;
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
	/* With REQ_NOWAIT one member could take the write and another refuse it. */
	opf = io->opf & ~REQ_NOWAIT;
	io->flags |= MDX_IO_F_COPIES;
	mdx_io_get(io);
	last = __fls(targets);
	targets &= ~BIT(last);
	for_each_set_bit(i, &targets, BITS_PER_LONG) {
		pos = target_at(array, place, i);
		mdx_io_copy(io, mdx_array_at(array, pos), pos,
			    place[i % MDX_RAID10_COPIES].sector, opf);
	}
	pos = target_at(array, place, last);
	io->bio->bi_opf = opf;
	mdx_io_in_place(io, mdx_array_at(array, pos), pos, place[last % MDX_RAID10_COPIES].sector);
}

void raid10_write(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct mdx_place place[MDX_RAID10_COPIES];
	u32 left;

	/* Where it was parked by the bitmap it is inside already. */
	if (unlikely(array->fence) && !(io->flags & MDX_IO_F_FENCED) && !enter_fence(io))
		return;
	if (unlikely(array->bitmap) && !mdx_bitmap_write_start(io))
		return;
	left = mdx_raid10_map_sector(raid10_map(array), io->iter.bi_sector, place);
	if (bio_sectors(io->bio) > left) {
		if (raid10_without_data(io)) {
			raid10_ranges(io);
			return;
		}
		if (raid10_gather(io))
			return;
		mdx_io_trim(io, left);
	}
	write_chunk(io, place);
}

/* ---- failures: the array's io work ---- */

/* What a member may lack for which @io failed: a flush is about all that was written before. */
static sector_t lost_from(const struct mdx_io *io)
{
	return io->flags & MDX_IO_F_FLUSHING ? 0 : io->iter.bi_sector;
}

static bool fail_members(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	bool unrecorded = false;
	unsigned int pos;

	for_each_set_bit(pos, &io->failed, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(array, pos);

		if (mdx_member_writable(member) && mdx_member_fail(member, "write failed")) {
			/* The last copies stay; what they have not got nobody is told is kept. */
			mdx_array_may_differ(array, lost_from(io));
			io->status = BLK_STS_IOERR;
			continue;
		}
		unrecorded |= mdx_member_failure_unrecorded(array, member);
	}
	return unrecorded;
}

static unsigned int locate(const struct mdx_array *array, sector_t sector,
			   struct mdx_place *place, unsigned int *copies)
{
	const struct mdx_raid10_map *map = raid10_map(array);

	BUILD_BUG_ON(MDX_RAID10_COPIES > MDX_COPIES_MAX);
	*copies = map->copies;
	return mdx_raid10_map_sector(map, sector, place);
}

/*
 * Who did not take the bio for what lies in memory (where the user's bytes lie is nothing
 * that others check before; if one member had them and another not, they would differ for
 * good), or may put down what it lacks.
 */
static unsigned long second_chances(const struct mdx_io *io)
{
	unsigned long positions = 0;
	unsigned int pos;

	if ((io->opf & REQ_OP_MASK) != REQ_OP_WRITE || (io->flags & MDX_IO_F_FLUSHING))
		return 0;
	for_each_set_bit(pos, &io->failed, BITS_PER_LONG) {
		const struct mdx_member *member = mdx_array_at(io->array, pos);

		if (mdx_member_writable(member) &&
		    ((io->refused & BIT(pos)) || mdx_bad_kept(member)))
			positions |= BIT(pos);
	}
	return positions;
}

static bool write_around(struct mdx_io *io)
{
	const struct raid10 *conf = io->array->pers_data;
	const struct mdx_write_around how = {
		.positions = second_chances(io),
		.page = conf->io_page,
		.locate = locate,
	};

	return unlikely(how.positions) && mdx_write_around(io, &how);
}

static bool any_bad(const struct mdx_array *array)
{
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (array->slot[slot] && mdx_member_has_bad(array->slot[slot]))
			return true;
	return false;
}

/* From @sector on, before @end, inside one chunk: as far as one copy has it that is in sync and did not fail. */
static sector_t kept_until(const struct mdx_io *io, const struct mdx_place *place,
			   sector_t sector, sector_t end)
{
	struct mdx_array *array = io->array;
	sector_t until = sector;
	unsigned int i;

	for (i = 0; i < raid10_map(array)->copies; i++) {
		const struct mdx_member *member = array->slot[place[i].slot];
		struct mdx_bad_part bad;

		if ((io->failed & BIT(place[i].slot)) || !mdx_member_readable(member))
			continue;
		if ((io->opf & REQ_OP_MASK) != REQ_OP_WRITE || !mdx_member_has_bad(member) ||
		    !mdx_bad_find(member, place[i].sector, end - sector, &bad))
			return end;
		until = max(until, sector + bad.sector - place[i].sector);
	}
	return until;
}

/* Of what @io is about, has each sector a copy on a member that is in sync and did not fail? */
static bool all_of_it_is_kept(const struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	const struct mdx_raid10_map *map = raid10_map(array);
	const bool each = (io->opf & REQ_OP_MASK) == REQ_OP_WRITE && any_bad(array);
	struct mdx_place place[MDX_RAID10_COPIES];
	sector_t sector = io->iter.bi_sector;
	const sector_t end = sector + (io->iter.bi_size >> SECTOR_SHIFT);
	sector_t chunk_end, until;
	unsigned int n;

	if (io->flags & MDX_IO_F_FLUSHING)
		return mdx_raid10_has_copies(map, raid10_readable_slots(array) & ~io->failed, 1);
	/* But for bad blocks as many chunks as members have every combination of slots there is. */
	for (n = 0; sector < end && (each || n <= map->disks); n++) {
		chunk_end = sector + mdx_raid10_map_sector(map, sector, place);
		until = kept_until(io, place, sector, min(end, chunk_end));
		if (until == sector)
			return false;
		sector = until;
	}
	return true;
}

void raid10_write_retry(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	const bool unrecorded = write_around(io);
	int err = 0;

	if (fail_members(io) || unrecorded)
		err = mdx_super_wait(array);
	if (err || io->status || !all_of_it_is_kept(io)) {
		io->status = BLK_STS_IOERR;
		pr_warn_ratelimited("md/raid10:%s: write of %u sectors at %llu is not kept by any copy\n",
				    array->name, io->iter.bi_size >> SECTOR_SHIFT,
				    (unsigned long long)io->iter.bi_sector);
	}
	if (io->flags & MDX_IO_F_FLUSHING)
		mdx_io_flush_done(io);
	else
		mdx_io_end(io);
}
