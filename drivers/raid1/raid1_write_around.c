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
#include "raid1.h"

/* The array's other retries wait for this one, and each page may take a dying member seconds. */
#define PATIENCE HZ

struct around {
	struct mdx_io *io;
	struct mdx_array *array;
	struct page *page;
	unsigned long slots;		/* who is written to page by page, and has not failed for it */
	unsigned long tired;		/* of those whose next page is not tried any more */
	unsigned long deadline;
	blk_opf_t opf;
	sector_t sector;		/* of the page */
	unsigned int len;
	bool unrecorded;
};

static sector_t page_sectors(const struct around *a)
{
	return a->len >> SECTOR_SHIFT;
}

/* How much of @len bytes is all bad or all good on each of those who are written to. */
static unsigned int page_len(const struct around *a, unsigned int len)
{
	unsigned int sectors = len >> SECTOR_SHIFT;
	unsigned int slot;

	for_each_set_bit(slot, &a->slots, BITS_PER_LONG)
		sectors = mdx_bad_alike(a->array, mdx_array_at(a->array, slot), a->sector, sectors);
	return sectors << SECTOR_SHIFT;
}

/*
 * Who did not take the bio for what lies in memory, or may put down what it lacks; but
 * who is to fail fast and has not been left out because of its bad blocks, fails.
 */
static unsigned long second_chances(const struct mdx_io *io)
{
	const sector_t sector = io->iter.bi_sector, sectors = io->iter.bi_size >> SECTOR_SHIFT;
	struct mdx_array *array = io->array;
	unsigned long slots = 0;
	unsigned int slot;

	if ((io->opf & REQ_OP_MASK) != REQ_OP_WRITE || (io->flags & MDX_IO_F_FLUSHING))
		return 0;
	for_each_set_bit(slot, &io->failed, BITS_PER_LONG) {
		const struct mdx_member *member = mdx_array_at(array, slot);

		if (!mdx_member_writable(member))
			continue;
		if ((io->refused & BIT(slot)) || mdx_bad_overlaps(member, sector, sectors) ||
		    (mdx_bad_kept(member) && !raid1_fails_fast(array, member)))
			slots |= BIT(slot);
	}
	return slots;
}

/* Once, before the pages: a page that fails is to say nothing of what came before. */
static void flush_first(struct around *a)
{
	unsigned long slots = a->slots;
	unsigned int slot;

	for_each_set_bit(slot, &slots, BITS_PER_LONG) {
		if (!mdx_member_flush(mdx_array_at(a->array, slot)))
			continue;
		mdx_member_fail(mdx_array_at(a->array, slot), "flush failed");
		a->slots &= ~BIT(slot);
	}
}

/* Slots that are in sync and have this page of the write already. */
static unsigned long holders(const struct around *a)
{
	unsigned long set = 0;
	unsigned int slot;

	for (slot = 0; slot < a->array->raid_disks; slot++) {
		const struct mdx_member *member = a->array->slot[slot];

		if (!(a->io->failed & BIT(slot)) && mdx_member_readable(member) &&
		    !mdx_bad_overlaps(member, a->sector, page_sectors(a)))
			set |= BIT(slot);
	}
	return set;
}

/* Does @slot have the page now? */
static bool try_page(struct around *a, unsigned int slot)
{
	struct mdx_member *member = mdx_array_at(a->array, slot);
	const bool bad = mdx_bad_overlaps(member, a->sector, page_sectors(a));

	if (!mdx_member_writable(member) || (a->tired & BIT(slot)) ||
	    (bad && !mdx_bad_worth_writing(member)))
		return false;
	if (mdx_member_rw_page(member, a->sector, a->page, a->len, a->opf)) {
		if (time_after(jiffies, a->deadline))
			a->tired |= BIT(slot);
		return false;
	}
	if (bad) {
		mdx_bad_clear(member, a->sector, page_sectors(a));
		/* Where there was no room to say so nobody is to look for it there. */
		return !mdx_bad_overlaps(member, a->sector, page_sectors(a));
	}
	return true;
}

/* Is all of the page known to be bad on @member? */
static bool all_bad(const struct around *a, const struct mdx_member *member,
		    struct mdx_bad_part *bad)
{
	return mdx_member_has_bad(member) &&
	       mdx_bad_find(member, a->sector, page_sectors(a), bad) &&
	       bad->sectors == page_sectors(a);
}

/* It has not got the page, and others have, or nobody has. */
static void put_down(struct around *a, unsigned int slot)
{
	struct mdx_member *member = mdx_array_at(a->array, slot);
	struct mdx_bad_part bad;

	if (!mdx_member_writable(member))
		return;
	if (all_bad(a, member, &bad)) {
		a->unrecorded |= !bad.recorded;
		return;
	}
	if (mdx_bad_write_failed(member, a->sector, page_sectors(a)))
		a->slots &= ~BIT(slot);
	else
		a->unrecorded = true;
}

/* Nobody has the page. Of those who lack it, the one that stays as it is; or none. */
static unsigned long reference(const struct around *a, unsigned long lack)
{
	struct mdx_bad_part bad;
	unsigned int slot;

	for_each_set_bit(slot, &lack, BITS_PER_LONG)
		if (mdx_member_readable(mdx_array_at(a->array, slot)) &&
		    !all_bad(a, mdx_array_at(a->array, slot), &bad))
			return BIT(slot);
	return 0;
}

static void write_page(struct around *a)
{
	const unsigned long tried = a->slots;
	unsigned long have = holders(a), lack = 0;
	unsigned int slot;

	for_each_set_bit(slot, &tried, BITS_PER_LONG) {
		if (!try_page(a, slot))
			lack |= BIT(slot);
		else if (slot < a->array->raid_disks &&
			 mdx_member_readable(a->array->slot[slot]))
			have |= BIT(slot);
	}
	if (!have) {
		a->io->status = BLK_STS_IOERR;
		lack &= ~reference(a, lack);
	}
	for_each_set_bit(slot, &lack, BITS_PER_LONG)
		put_down(a, slot);
}

bool raid1_write_around(struct mdx_io *io)
{
	struct raid1 *conf = io->array->pers_data;
	struct bvec_iter iter = io->iter;
	struct around a = {
		.io = io,
		.array = io->array,
		.page = conf->io_page,
		.slots = second_chances(io),
		.deadline = jiffies + PATIENCE,
		.opf = REQ_OP_WRITE | (io->opf & (REQ_SYNC | REQ_META | REQ_FUA)),
		.sector = io->iter.bi_sector,
	};

	if (likely(!a.slots))
		return false;
	if (io->opf & REQ_PREFLUSH)
		flush_first(&a);
	while (iter.bi_size) {
		a.len = page_len(&a, min_t(unsigned int, iter.bi_size, PAGE_SIZE));
		mdx_bio_to_page(a.page, io->bio, &iter, a.len);
		write_page(&a);
		a.sector += page_sectors(&a);
	}
	io->failed &= ~a.slots;
	return a.unrecorded;
}
