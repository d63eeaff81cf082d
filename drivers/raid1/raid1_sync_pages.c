// SPDX-License-Identifier: GPL-2.0-only
/*
 * A window of a sync, page by page: the way when some member cannot read it
 * all, or has bad blocks in it. What one cannot read another may; it is then
 * rewritten where it could not be read (invariant I6). What nobody can read stays
 * as it is everywhere: writing anything there would turn a known loss into silent
 * garbage. Only whoever recovers, and has nothing there, gets it put down as bad.
 *
 * A member in sync is not read where it is bad. Resync and repair write there, if no
 * write has failed on it yet, and where that succeeds it is good again.
 *
 * Thread context; the fence is closed, so no user write runs in the window.
 */
#include "raid1.h"

/* One page of a window, and where the pages are. */
struct sync_page {
	struct mdx_array *array;
	struct mdx_sync_window *w;
	sector_t sector;
	unsigned int len;
	struct page *page;		/* what the members shall hold */
	struct page *other;		/* check, repair: what one of them holds */
	unsigned long bad;		/* bit per slot: could not read it */
	unsigned long known;		/* ... has it among its bad blocks, and so was not asked */
};

static int rw(const struct sync_page *p, unsigned int slot, struct page *page, blk_opf_t opf)
{
	return mdx_member_rw_page(mdx_array_at(p->array, slot), p->sector, page, p->len, opf);
}

static sector_t sectors_of(const struct sync_page *p)
{
	return p->len >> SECTOR_SHIFT;
}

/* Marks it, too. */
static bool known_bad(struct sync_page *p, unsigned int slot)
{
	if (likely(!mdx_bad_overlaps(mdx_array_at(p->array, slot), p->sector, sectors_of(p))))
		return false;
	p->known |= BIT(slot);
	return true;
}

/* Fill p->page from the first source that can and is not known to be bad; its slot, or -1. */
static int read_first(struct sync_page *p)
{
	unsigned long left = p->w->sources & ~p->bad;
	unsigned int slot = p->w->source;

	while (left) {
		if (!(left & BIT(slot)))
			slot = __ffs(left);
		left &= ~BIT(slot);
		if (!mdx_member_readable(mdx_array_at(p->array, slot)) || known_bad(p, slot))
			continue;
		if (!rw(p, slot, p->page, REQ_OP_READ))
			return slot;
		p->bad |= BIT(slot);
	}
	if (p->bad)
		pr_warn_ratelimited("md/raid1:%s: no mirror can read sector %llu\n",
				    p->array->name, (unsigned long long)p->sector);
	return -1;
}

static void write_page(struct sync_page *p, unsigned int slot)
{
	struct mdx_member *member = mdx_array_at(p->array, slot);
	const bool bad = mdx_bad_overlaps(member, p->sector, sectors_of(p));

	if (!mdx_member_writable(member) || (bad && !mdx_bad_worth_writing(member)))
		return;
	if (!rw(p, slot, p->page, REQ_OP_WRITE)) {
		if (bad)
			mdx_bad_clear(member, p->sector, sectors_of(p));
	} else if (mdx_bad_write_failed(member, p->sector, sectors_of(p))) {
		mdx_member_fail(member, "write failed during sync");
	}
}

/* What nobody has: those who recover are not to be taken for having it. True: they are not. */
static bool nobody_has_it(struct sync_page *p)
{
	unsigned int slot;

	if (p->w->action != MDX_SYNC_RECOVER)
		return !p->bad;
	for_each_set_bit(slot, &p->w->targets, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(p->array, slot);

		if (mdx_member_writable(member) &&
		    mdx_bad_set(member, p->sector, sectors_of(p)))
			return false;
	}
	return true;
}

/* Last, for it may spoil p->page. */
static void heal_bad(struct sync_page *p)
{
	unsigned long bad = p->bad;
	unsigned int slot;

	for_each_set_bit(slot, &bad, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(p->array, slot);

		if (!mdx_member_readable(member) ||
		    !raid1_heal_page(p->array, member, p->sector, p->page, p->len))
			continue;
		/* What the page holds now came from who could not be healed. */
		if (read_first(p) < 0) {
			if (p->w->action != MDX_SYNC_CHECK)
				p->w->result = -EIO;
			return;
		}
	}
}

/* Resync, recovery. */
static void bring_into_line(struct sync_page *p)
{
	unsigned long targets = p->w->targets;
	int from = read_first(p);
	unsigned int slot;

	if (from < 0) {
		if (!nobody_has_it(p))
			p->w->result = -EIO;
		return;
	}
	/* Its own source may be one that is bad here. */
	if (p->w->action == MDX_SYNC_RESYNC)
		targets = p->w->sources & ~BIT(from);
	targets &= ~p->bad;
	for_each_set_bit(slot, &targets, BITS_PER_LONG)
		write_page(p, slot);
	heal_bad(p);
}

/* Check, repair. Returns the slots that hold something else. */
static unsigned long compare_page(struct sync_page *p)
{
	unsigned long rest = p->w->sources, differ = 0;
	int first = read_first(p);
	unsigned int slot;

	if (first < 0) {
		if (p->w->action == MDX_SYNC_REPAIR && p->bad)
			p->w->result = -EIO;
		return 0;
	}
	rest &= ~(p->bad | BIT(first));
	for_each_set_bit(slot, &rest, BITS_PER_LONG) {
		if (!mdx_member_readable(mdx_array_at(p->array, slot)) || known_bad(p, slot))
			continue;
		if (rw(p, slot, p->other, REQ_OP_READ))
			p->bad |= BIT(slot);
		else if (memcmp(page_address(p->page), page_address(p->other), p->len))
			differ |= BIT(slot);
	}
	if (p->w->action == MDX_SYNC_REPAIR) {
		const unsigned long wrong = differ | p->known;

		for_each_set_bit(slot, &wrong, BITS_PER_LONG)
			write_page(p, slot);
	}
	heal_bad(p);
	return differ;
}

/* A block that differs in several pages counts once for each member. */
static void count_block(struct mdx_sync_window *w, unsigned int start, unsigned long differ)
{
	unsigned int sectors = min(w->sectors - start, RAID1_MISMATCH_BYTES >> SECTOR_SHIFT);

	/* It was found to differ before, and is here for what could not be written. */
	if (w->failed_writes)
		return;
	atomic64_add((u64)sectors * hweight_long(differ), &w->array->mismatches);
}

void raid1_sync_pages(struct mdx_array *array, struct mdx_sync_window *w)
{
	const bool copies = w->action == MDX_SYNC_RESYNC || w->action == MDX_SYNC_RECOVER;
	struct sync_page p = {
		.array = array,
		.w = w,
		.page = w->buf[0].vec[0].bv_page,
		.other = copies ? NULL : w->buf[1].vec[0].bv_page,
	};
	const unsigned int block = RAID1_MISMATCH_BYTES >> SECTOR_SHIFT;
	unsigned long differ = 0;
	unsigned int done = 0;

	while (done < w->sectors) {
		unsigned int step = min_t(unsigned int, w->sectors - done,
					  PAGE_SIZE >> SECTOR_SHIFT);

		p.sector = w->sector + done;
		step = min(step, block - done % block);
		step = raid1_alike(array, w->sources | w->targets, p.sector, step);
		p.len = step << SECTOR_SHIFT;
		p.bad = 0;
		p.known = 0;
		if (copies)
			bring_into_line(&p);
		else
			differ |= compare_page(&p);
		done += step;
		if (done == w->sectors || !(done % block)) {
			count_block(w, (done - 1) & ~(block - 1), differ);
			differ = 0;
		}
		cond_resched();
		/* Each page may take a dying member seconds. */
		if (done < w->sectors && mdx_sync_stopping(w)) {
			w->result = w->result ?: -EINTR;
			return;
		}
	}
}
