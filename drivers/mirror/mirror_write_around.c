// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a write on members that did not take it as it was: page by page,
 * from a page of ours, around what is bad there. A page here ends where bad blocks
 * begin or end.
 *
 * DOC: what a member may lack (invariants I3 and I4)
 *
 *  A page that a member does not take is put down as bad on it if another member
 *  that is in sync has the page. Where nobody has it the user is told so, and the
 *  first of the mirrors that should have it is not called bad there: it is what reads
 *  and syncs go by from then on, so nothing differs from read to read, and what it
 *  held before is not given up. A member that keeps no log, or whose log is full,
 *  fails; so does one that did not do its flush.
 *
 *  Where no write has failed on a member yet, one to its bad blocks is tried, and if
 *  it succeeds they are good again.
 *
 * The array's io work, one io at a time. The io holds the write gate and its fence
 * unit, so no sync and no change of slots is in the way.
 */
#include <mdx/mirror.h>
#include <mdx/personality.h>

/* The array's other retries wait for this one, and each page may take a dying member seconds. */
#define PATIENCE HZ

struct around {
	struct mdx_io *io;
	struct mdx_array *array;
	const struct mdx_write_around *how;
	unsigned long positions;	/* who is written to page by page, and has not failed for it */
	unsigned long tired;		/* of those whose next page is not tried any more */
	unsigned long deadline;
	blk_opf_t opf;
	/* The page. */
	sector_t sector;		/* of the array */
	unsigned int len;
	unsigned long here;		/* positions that have it */
	unsigned long cleared;		/* ... where it was bad until it was written now */
	struct mdx_place place[MDX_COPIES_MAX];
	bool unrecorded;
};

static sector_t page_sectors(const struct around *a)
{
	return a->len >> SECTOR_SHIFT;
}

/* Where who is at @pos, one of a->here, has the page. */
static sector_t sector_at(const struct around *a, unsigned int pos)
{
	const struct mdx_place *place = a->place;

	if (!a->how->locate)
		return a->sector;
	while (place->slot != pos % a->array->raid_disks)
		place++;
	return place->sector;
}

/* Where the page is that a->sector begins: as much of @len bytes as is in one place on each of its members. */
static unsigned int locate(struct around *a, unsigned int len)
{
	unsigned int copies = 0, sectors, i;

	a->here = ~0UL;
	if (!a->how->locate)
		return len;
	sectors = a->how->locate(a->array, a->sector, a->place, &copies);
	a->here = 0;
	for (i = 0; i < copies; i++) {
		a->here |= BIT(a->place[i].slot);
		if (a->array->replacement)
			a->here |= BIT(a->place[i].slot + a->array->raid_disks);
	}
	return min(len, sectors << SECTOR_SHIFT);
}

/* How much of @len bytes is all bad or all good on each of those who are written to. */
static unsigned int page_len(struct around *a, unsigned int len)
{
	unsigned int sectors = locate(a, len) >> SECTOR_SHIFT;
	const unsigned long positions = a->positions & a->here;
	unsigned int pos;

	for_each_set_bit(pos, &positions, BITS_PER_LONG)
		sectors = mdx_bad_alike(a->array, mdx_array_at(a->array, pos), sector_at(a, pos),
					sectors);
	return sectors << SECTOR_SHIFT;
}

static bool overlaps_bad(const struct around *a, unsigned int pos)
{
	return mdx_bad_overlaps(mdx_array_at(a->array, pos), sector_at(a, pos), page_sectors(a));
}

enum mdx_write_way mdx_write_way_there(const struct mdx_member *member, const struct mdx_io *io,
				       sector_t sector)
{
	const sector_t sectors = io->iter.bi_size >> SECTOR_SHIFT;
	struct mdx_bad_part bad;

	if (!mdx_bad_find(member, sector, sectors, &bad))
		return MDX_WRITE_AS_IT_IS;
	if (mdx_bad_worth_writing(member) || !bad.recorded || bad.sectors < sectors ||
	    (io->opf & REQ_PREFLUSH))
		return MDX_WRITE_AROUND;
	return MDX_WRITE_NOT;
}
MDX_EXPORT(mdx_write_way_there);

void mdx_write_left_out(struct mdx_io *io, unsigned long targets, unsigned long not)
{
	struct mdx_array *array = io->array;
	unsigned int pos;

	for_each_set_bit(pos, &targets, BITS_PER_LONG)
		if (pos < array->raid_disks && mdx_member_readable(array->slot[pos]))
			return;
	io->failed |= not;
}
MDX_EXPORT(mdx_write_left_out);

/* Once, before the pages: a page that fails is to say nothing of what came before. */
static void flush_first(struct around *a)
{
	unsigned long positions = a->positions;
	unsigned int pos;

	for_each_set_bit(pos, &positions, BITS_PER_LONG) {
		if (!mdx_member_flush(mdx_array_at(a->array, pos)))
			continue;
		mdx_member_fail(mdx_array_at(a->array, pos), "flush failed");
		a->positions &= ~BIT(pos);
	}
}

/* Slots that are in sync and have this page of the write already. */
static unsigned long holders(const struct around *a)
{
	unsigned long set = 0;
	unsigned int slot;

	for (slot = 0; slot < a->array->raid_disks; slot++)
		if ((a->here & BIT(slot)) && !(a->io->failed & BIT(slot)) &&
		    mdx_member_readable(a->array->slot[slot]) && !overlaps_bad(a, slot))
			set |= BIT(slot);
	return set;
}

/* Does who is at @pos have the page now? */
static bool try_page(struct around *a, unsigned int pos)
{
	struct mdx_member *member = mdx_array_at(a->array, pos);
	const sector_t sector = sector_at(a, pos);
	const bool bad = overlaps_bad(a, pos);

	if (!mdx_member_writable(member) || (a->tired & BIT(pos)) ||
	    (bad && !mdx_bad_worth_writing(member)))
		return false;
	if (mdx_member_rw_page(member, sector, a->how->page, a->len, a->opf)) {
		if (time_after(jiffies, a->deadline))
			a->tired |= BIT(pos);
		return false;
	}
	if (bad) {
		mdx_bad_clear(member, sector, page_sectors(a));
		a->cleared |= BIT(pos);
		/* Where there was no room to say so nobody is to look for it there. */
		return !overlaps_bad(a, pos);
	}
	return true;
}

/* Is all of the page known to be bad there? */
static bool all_bad(const struct around *a, unsigned int pos, struct mdx_bad_part *bad)
{
	const struct mdx_member *member = mdx_array_at(a->array, pos);

	return mdx_member_has_bad(member) &&
	       mdx_bad_find(member, sector_at(a, pos), page_sectors(a), bad) &&
	       bad->sectors == page_sectors(a);
}

/* It has not got the page, and others have, or nobody has. */
static void put_down(struct around *a, unsigned int pos)
{
	struct mdx_member *member = mdx_array_at(a->array, pos);
	struct mdx_bad_part bad;

	if (!mdx_member_writable(member))
		return;
	if (all_bad(a, pos, &bad)) {
		a->unrecorded |= !bad.recorded;
		return;
	}
	if (mdx_bad_write_failed(member, sector_at(a, pos), page_sectors(a)))
		a->positions &= ~BIT(pos);
	else
		a->unrecorded = true;
}

/* Nobody has the page. Of those who lack it, the one that stays as it is; or none. */
static unsigned long reference(const struct around *a, unsigned long lack)
{
	struct mdx_bad_part bad;
	unsigned int pos;

	for_each_set_bit(pos, &lack, BITS_PER_LONG)
		if (mdx_member_readable(mdx_array_at(a->array, pos)) && !all_bad(a, pos, &bad))
			return BIT(pos);
	return 0;
}

/* Has somebody the page who recovers, @took it now or before? He will be in sync one day. */
static bool had_by_newcomer(const struct around *a, unsigned long took)
{
	unsigned int pos;

	took |= a->here & ~a->io->failed;
	for (pos = 0; pos < mdx_array_positions(a->array); pos++)
		if ((took & BIT(pos)) && mdx_member_writable(mdx_array_at(a->array, pos)) &&
		    (pos >= a->array->raid_disks || !mdx_member_readable(a->array->slot[pos])))
			return true;
	return false;
}

/* Nobody who counts has the page; @took are those who have taken it now, @lack those who have not. */
static unsigned long write_lost(struct around *a, unsigned long took, unsigned long lack)
{
	const unsigned long stays = reference(a, lack);

	a->io->status = BLK_STS_IOERR;
	if (stays && had_by_newcomer(a, took))
		mdx_array_may_differ(a->array, a->sector);
	return lack & ~stays;
}

static void write_page(struct around *a)
{
	const unsigned long tried = a->positions & a->here;
	unsigned long have = holders(a), lack = 0;
	unsigned int pos;

	a->cleared = 0;
	for_each_set_bit(pos, &tried, BITS_PER_LONG) {
		if (!try_page(a, pos))
			lack |= BIT(pos);
		else if (pos < a->array->raid_disks && mdx_member_readable(a->array->slot[pos]))
			have |= BIT(pos);
	}
	/* Until it is on record that it is good there it would not be read after a crash. */
	a->unrecorded |= a->cleared && !(have & ~a->cleared);
	if (!have)
		lack = write_lost(a, tried & ~lack, lack);
	for_each_set_bit(pos, &lack, BITS_PER_LONG)
		put_down(a, pos);
}

/* Who has failed meanwhile, whoever found that, is as if he had failed for this write. */
static void forget_failed(struct around *a)
{
	unsigned long positions = a->positions;
	unsigned int pos;

	for_each_set_bit(pos, &positions, BITS_PER_LONG)
		if (!mdx_member_writable(mdx_array_at(a->array, pos)))
			a->positions &= ~BIT(pos);
}

bool mdx_write_around(struct mdx_io *io, const struct mdx_write_around *how)
{
	struct bvec_iter iter = io->iter;
	struct around a = {
		.io = io,
		.array = io->array,
		.how = how,
		.positions = how->positions,
		.deadline = jiffies + PATIENCE,
		.opf = REQ_OP_WRITE | (io->opf & (REQ_SYNC | REQ_META | REQ_FUA)),
		.sector = io->iter.bi_sector,
	};

	if (io->opf & REQ_PREFLUSH)
		flush_first(&a);
	while (iter.bi_size) {
		a.len = page_len(&a, min_t(unsigned int, iter.bi_size, PAGE_SIZE));
		mdx_bio_to_page(how->page, io->bio, &iter, a.len);
		write_page(&a);
		a.sector += page_sectors(&a);
	}
	forget_failed(&a);
	io->failed &= ~a.positions;
	return a.unrecorded;
}
MDX_EXPORT(mdx_write_around);
