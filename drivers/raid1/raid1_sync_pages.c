// SPDX-License-Identifier: GPL-2.0-only
/*
 * A window of a sync, page by page: the way when some member cannot read it
 * all. What one cannot read another may; it is then rewritten where it could
 * not be read (invariant I6). What nobody can read stays as it is everywhere:
 * writing anything there would turn a known loss into silent garbage.
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
};

static int rw(const struct sync_page *p, unsigned int slot, struct page *page, blk_opf_t opf)
{
	return mdx_member_rw_page(p->array->slot[slot], p->sector, page, p->len, opf);
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
		if (!mdx_member_readable(p->array->slot[slot]))
			continue;
		if (!rw(p, slot, p->page, REQ_OP_READ))
			return slot;
		p->bad |= BIT(slot);
	}
	pr_warn_ratelimited("md/raid1:%s: no mirror can read sector %llu\n",
			    p->array->name, (unsigned long long)p->sector);
	return -1;
}

static void write_page(struct sync_page *p, unsigned int slot)
{
	struct mdx_member *member = p->array->slot[slot];

	if (!mdx_member_writable(member))
		return;
	if (rw(p, slot, p->page, REQ_OP_WRITE))
		mdx_member_fail(member, "write failed during sync");
}

/* Last, for it may spoil p->page. */
static void heal_bad(struct sync_page *p)
{
	unsigned long bad = p->bad;
	unsigned int slot;

	for_each_set_bit(slot, &bad, BITS_PER_LONG) {
		struct mdx_member *member = p->array->slot[slot];

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
	unsigned int slot;

	if (read_first(p) < 0) {
		p->w->result = -EIO;
		return;
	}
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
		if (p->w->action == MDX_SYNC_REPAIR)
			p->w->result = -EIO;
		return 0;
	}
	rest &= ~(p->bad | BIT(first));
	for_each_set_bit(slot, &rest, BITS_PER_LONG) {
		if (!mdx_member_readable(p->array->slot[slot]))
			continue;
		if (rw(p, slot, p->other, REQ_OP_READ))
			p->bad |= BIT(slot);
		else if (memcmp(page_address(p->page), page_address(p->other), p->len))
			differ |= BIT(slot);
	}
	if (p->w->action == MDX_SYNC_REPAIR)
		for_each_set_bit(slot, &differ, BITS_PER_LONG)
			write_page(p, slot);
	heal_bad(p);
	return differ;
}

/* A block that differs in several pages counts once for each member. */
static void count_block(struct mdx_sync_window *w, unsigned int start, unsigned long differ)
{
	unsigned int sectors = min(w->sectors - start, RAID1_MISMATCH_BYTES >> SECTOR_SHIFT);

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
	unsigned long differ = 0;
	unsigned int done = 0;

	while (done < w->sectors) {
		unsigned int step = min_t(unsigned int, w->sectors - done,
					  PAGE_SIZE >> SECTOR_SHIFT);

		p.sector = w->sector + done;
		p.len = step << SECTOR_SHIFT;
		p.bad = 0;
		if (copies)
			bring_into_line(&p);
		else
			differ |= compare_page(&p);
		done += step;
		if (done == w->sectors || !((done << SECTOR_SHIFT) % RAID1_MISMATCH_BYTES)) {
			count_block(w, (done - 1) & ~((RAID1_MISMATCH_BYTES >> SECTOR_SHIFT) - 1),
				    differ);
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
