// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies in a window of a sync, page by page: the way when some member cannot read
 * them all, or has bad blocks in them. What one cannot read another may; it is then
 * rewritten where it could not be read (invariant I6). What nobody can read stays as
 * it is everywhere: writing anything there would turn a known loss into silent
 * garbage. Only whoever recovers, and has nothing there, gets it put down as bad.
 *
 * A member in sync is not read where it is bad. Resync and repair write there, if no
 * write has failed on it yet, and where that succeeds it is good again.
 *
 * Thread context; the fence is closed, so no user write runs in the window.
 */
#include <mdx/mirror.h>
#include <mdx/personality.h>

/* One page, and where the pages are. */
struct sync_page {
	struct mdx_array *array;
	struct mdx_sync_window *w;
	const struct mdx_sync_copies *c;
	unsigned int done;		/* sectors of the copies before it */
	unsigned int len;
	struct page *page;		/* what the members shall hold */
	struct page *other;		/* check, repair: what one of them holds */
	unsigned long bad;		/* bit per copy: could not be read */
	unsigned long known;		/* ... is among its member's bad blocks, and so was not asked for */
};

static struct mdx_member *member_of(const struct sync_page *p, unsigned int copy)
{
	return mdx_array_at(p->array, p->c->place ? p->c->place[copy].slot : copy);
}

static sector_t sector_of(const struct sync_page *p, unsigned int copy)
{
	return (p->c->place ? p->c->place[copy].sector : p->c->sector) + p->done;
}

static int rw(const struct sync_page *p, unsigned int copy, struct page *page, blk_opf_t opf)
{
	return mdx_member_rw_page(member_of(p, copy), sector_of(p, copy), page, p->len, opf);
}

static sector_t sectors_of(const struct sync_page *p)
{
	return p->len >> SECTOR_SHIFT;
}

static bool is_bad(const struct sync_page *p, unsigned int copy)
{
	return mdx_bad_overlaps(member_of(p, copy), sector_of(p, copy), sectors_of(p));
}

/* Marks it, too. */
static bool known_bad(struct sync_page *p, unsigned int copy)
{
	if (likely(!is_bad(p, copy)))
		return false;
	p->known |= BIT(copy);
	return true;
}

/* Fill p->page from the first source that can and is not known to be bad; its number, or -1. */
static int read_first(struct sync_page *p)
{
	unsigned long left = p->c->sources & ~p->bad;
	unsigned int copy = p->c->source;

	while (left) {
		if (!(left & BIT(copy)))
			copy = __ffs(left);
		left &= ~BIT(copy);
		if (!mdx_member_readable(member_of(p, copy)) || known_bad(p, copy))
			continue;
		if (!rw(p, copy, p->page, REQ_OP_READ))
			return copy;
		p->bad |= BIT(copy);
	}
	if (p->bad)
		pr_warn_ratelimited("md/%s:%s: no mirror can read sector %llu\n",
				    p->array->pers->name, p->array->name,
				    (unsigned long long)p->c->sector + p->done);
	return -1;
}

static void write_page(struct sync_page *p, unsigned int copy)
{
	struct mdx_member *member = member_of(p, copy);
	bool bad;

	/* A target may have gone before the window was under way. */
	if (!mdx_member_writable(member))
		return;
	bad = is_bad(p, copy);
	if (bad && !mdx_bad_worth_writing(member))
		return;
	if (!rw(p, copy, p->page, REQ_OP_WRITE)) {
		if (bad)
			mdx_bad_clear(member, sector_of(p, copy), sectors_of(p));
	} else if (mdx_bad_write_failed(member, sector_of(p, copy), sectors_of(p)) &&
		   mdx_member_fail(member, "write failed during sync")) {
		/* It has to stay, and differs. */
		p->w->result = -EIO;
	}
}

/*
 * No copy has it. Is that as it must be? Where all who are in sync have it put down as
 * bad, it is; whoever recovers is not to be taken for having it.
 */
static bool is_known_lost(struct sync_page *p)
{
	unsigned int copy;

	if (p->w->action != MDX_SYNC_RECOVER)
		return p->known && !p->bad;
	for_each_set_bit(copy, &p->c->targets, BITS_PER_LONG) {
		struct mdx_member *member = member_of(p, copy);

		if (mdx_member_writable(member) &&
		    mdx_bad_set(member, sector_of(p, copy), sectors_of(p)))
			return false;
	}
	return true;
}

/* Last, for it may spoil p->page. */
static void heal_bad(struct sync_page *p)
{
	unsigned long bad = p->bad;
	unsigned int copy;

	for_each_set_bit(copy, &bad, BITS_PER_LONG) {
		struct mdx_member *member = member_of(p, copy);

		if (!mdx_member_readable(member) ||
		    !mdx_repair_heal(p->array, member, sector_of(p, copy), p->page, p->len))
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
	unsigned long targets = p->c->targets;
	int from = read_first(p);
	unsigned int copy;

	if (from < 0) {
		if (!is_known_lost(p))
			p->w->result = -EIO;
		return;
	}
	/* The window's own source may be one that is bad here. */
	if (p->w->action == MDX_SYNC_RESYNC)
		targets = (targets | p->c->sources) & ~BIT(from);
	targets &= ~p->bad;
	for_each_set_bit(copy, &targets, BITS_PER_LONG)
		write_page(p, copy);
	heal_bad(p);
}

/* Check, repair. Returns the copies that hold something else. */
static unsigned long compare_page(struct sync_page *p)
{
	unsigned long rest = p->c->sources, differ = 0;
	int first = read_first(p);
	unsigned int copy;

	if (first < 0) {
		if (p->w->action == MDX_SYNC_REPAIR && !is_known_lost(p))
			p->w->result = -EIO;
		return 0;
	}
	rest &= ~(p->bad | BIT(first));
	for_each_set_bit(copy, &rest, BITS_PER_LONG) {
		if (!mdx_member_readable(member_of(p, copy)) || known_bad(p, copy))
			continue;
		if (rw(p, copy, p->other, REQ_OP_READ))
			p->bad |= BIT(copy);
		else if (memcmp(page_address(p->page), page_address(p->other), p->len))
			differ |= BIT(copy);
	}
	if (p->w->action == MDX_SYNC_REPAIR) {
		const unsigned long wrong = differ | p->known;

		for_each_set_bit(copy, &wrong, BITS_PER_LONG)
			write_page(p, copy);
	}
	heal_bad(p);
	return differ;
}

/* A block that differs in several pages counts once for each copy. */
static void count_block(const struct sync_page *p, unsigned int start, unsigned int end,
			unsigned long differ)
{
	if (!p->c->again)
		atomic64_add((u64)(end - start) * hweight_long(differ), &p->array->mismatches);
}

/* At most @sectors, that end where bad blocks of any copy begin or end. */
static unsigned int page_step(const struct sync_page *p, unsigned int sectors)
{
	const unsigned long copies = p->c->sources | p->c->targets;
	unsigned int copy;

	for_each_set_bit(copy, &copies, BITS_PER_LONG)
		sectors = mdx_bad_alike(p->array, member_of(p, copy), sector_of(p, copy), sectors);
	return sectors;
}

bool mdx_sync_by_page(struct mdx_sync_window *w, const struct mdx_sync_copies *c,
		      unsigned int sectors)
{
	const bool copies = w->action == MDX_SYNC_RESYNC || w->action == MDX_SYNC_RECOVER;
	const unsigned int block = MDX_MISMATCH_BYTES >> SECTOR_SHIFT;
	struct sync_page p = {
		.array = w->array,
		.w = w,
		.c = c,
		.page = w->buf[0].vec[0].bv_page,
		.other = copies ? NULL : w->buf[1].vec[0].bv_page,
	};
	unsigned long differ = 0;
	unsigned int start = 0;

	while (p.done < sectors) {
		unsigned int step = min_t(unsigned int, sectors - p.done,
					  PAGE_SIZE >> SECTOR_SHIFT);

		step = page_step(&p, min(step, block - (p.done - start)));
		p.len = step << SECTOR_SHIFT;
		p.bad = 0;
		p.known = 0;
		if (copies)
			bring_into_line(&p);
		else
			differ |= compare_page(&p);
		p.done += step;
		if (p.done == sectors || p.done - start == block) {
			count_block(&p, start, p.done, differ);
			start = p.done;
			differ = 0;
		}
		cond_resched();
		/* Each page may take a dying member seconds. */
		if (p.done < sectors && mdx_sync_stopping(w)) {
			w->result = w->result ?: -EINTR;
			return false;
		}
	}
	return true;
}
MDX_EXPORT(mdx_sync_by_page);
