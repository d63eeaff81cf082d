// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write-intent bitmap: commits, which bring pages to the members.
 * See DOC in bitmap.h.
 *
 * DOC: A commit goes in rounds of at most ROUND_PAGES pages, each to all members
 * at once and through to the medium. It needs no flush before: a bit that is set
 * says nothing good of the data, and who clears one has flushed (bitmap_clear.c).
 */
#include <linux/bitmap.h>
#include "bitmap.h"

#define ROUND_PAGES 8u
#define BIO_POOL_MIN 16
#define AREA_PAGE (MDX_BITMAP_PAGE_BYTES >> SECTOR_SHIFT)	/* sectors */

struct bitmap_leg {
	struct mdx_bitmap *bitmap;
	struct mdx_member *member;
	struct bio bio;			/* last: its vector follows */
};

static void commit_work(struct work_struct *work);
static void release_work(struct work_struct *work);

int mdx_bitmap_commit_init(struct mdx_bitmap *b)
{
	INIT_WORK(&b->commit_work, commit_work);
	INIT_WORK(&b->release_work, release_work);
	return bioset_init(&b->bios, BIO_POOL_MIN, offsetof(struct bitmap_leg, bio),
			   BIOSET_NEED_BVECS);
}

/* ---- the end of a commit ---- */

/* The writes parked in it; true: @mine is among them and may go on. */
static bool let_go(struct list_head *ios, const struct mdx_io *mine)
{
	struct mdx_io *io, *next;
	bool go_on = false;

	list_for_each_entry_safe(io, next, ios, link) {
		list_del(&io->link);
		if (io == mine)
			go_on = true;
		else
			mdx_io_punt(io);
	}
	return go_on;
}

static void refuse_all(struct list_head *ios)
{
	struct mdx_io *io, *next;

	list_for_each_entry_safe(io, next, ios, link) {
		list_del(&io->link);
		io->status = BLK_STS_IOERR;
		mdx_io_end(io);
	}
}

/* The bits of @ios are on disk for whoever comes next; lock held. */
static void note_all(struct mdx_bitmap *b, const struct list_head *ios)
{
	struct mdx_io *io;
	u32 chunk;

	list_for_each_entry(io, ios, link)
		for (chunk = io->bitmap_first; chunk <= io->bitmap_last; chunk++)
			mdx_bitmap_note_dirty(b, chunk, 0);
}

/* No page has changed since: who has come meanwhile wanted no other bits. lock held. */
static void take_satisfied(struct mdx_bitmap *b)
{
	if (!bitmap_empty(b->pending, b->pages))
		return;
	list_splice_tail_init(&b->waiting, &b->batch);
	b->started = b->wanted;
}

/* Has a member failed, for whatever reason, that the others do not call failed yet? It has not got the bits. */
static bool somebody_unrecorded(struct mdx_array *array)
{
	bool found = false;
	unsigned long irq;
	unsigned int pos;

	spin_lock_irqsave(&array->state_lock, irq);
	for (pos = 0; array->slot && pos < mdx_array_positions(array); pos++)
		found |= mdx_member_test(mdx_array_at(array, pos), MDX_MEMBER_F_BLOCKED);
	spin_unlock_irqrestore(&array->state_lock, irq);
	return found;
}

/* All pages are out. Any context; true: @mine may go on. */
static bool commit_end(struct mdx_bitmap *b, const struct mdx_io *mine)
{
	const bool hollow = b->hollow;
	const bool unrecorded = !hollow && (b->failed || somebody_unrecorded(b->array));
	unsigned long irq;
	LIST_HEAD(ios);

	spin_lock_irqsave(&b->lock, irq);
	if (hollow) {
		mdx_bitmap_touch_all(b);
		b->lost = b->started;
	} else {
		take_satisfied(b);
		if (!unrecorded)
			note_all(b, &b->batch);
	}
	list_splice_tail_init(&b->batch, unrecorded ? &b->released : &ios);
	b->under_way = false;
	b->done = b->started;
	b->busy = !list_empty(&b->waiting) || b->wanted > b->done;
	if (b->busy)
		queue_work(mdx_bitmap_wq, &b->commit_work);
	if (unrecorded)
		queue_work(mdx_io_wq, &b->release_work);
	wake_up_all(&b->wait);
	spin_unlock_irqrestore(&b->lock, irq);

	if (!hollow)
		return let_go(&ios, mine);
	refuse_all(&ios);
	return false;
}

/* A bit that not everybody has: the others must say first that he who has it not has failed. */
static void release_work(struct work_struct *work)
{
	struct mdx_bitmap *b = container_of(work, struct mdx_bitmap, release_work);
	LIST_HEAD(ios);
	int err;

	spin_lock_irq(&b->lock);
	list_splice_init(&b->released, &ios);
	spin_unlock_irq(&b->lock);
	if (list_empty(&ios))
		return;
	err = mdx_super_wait(b->array);
	if (err) {
		refuse_all(&ios);
		return;
	}
	spin_lock_irq(&b->lock);
	note_all(b, &ios);
	spin_unlock_irq(&b->lock);
	let_go(&ios, NULL);
}

/* ---- rounds; the owner of the commit ---- */

static void commit_begin(struct mdx_bitmap *b)
{
	unsigned long irq;

	spin_lock_irqsave(&b->lock, irq);
	list_splice_tail_init(&b->waiting, &b->batch);
	b->started = b->wanted;
	swap(b->pending, b->writing);
	spin_unlock_irqrestore(&b->lock, irq);
	b->failed = false;
	b->hollow = false;
	b->under_way = true;
}

static void leg_failed(struct mdx_bitmap *b, struct mdx_member *member)
{
	WRITE_ONCE(b->failed, true);
	if (mdx_member_fail(member, "bitmap write failed"))
		WRITE_ONCE(b->hollow, true);
}

static bool pages_left(const struct mdx_bitmap *b)
{
	return !bitmap_empty(b->writing, b->pages);
}

/* The last leg of a round is in. */
static void round_end(struct mdx_bitmap *b)
{
	if (pages_left(b))
		queue_work(mdx_bitmap_wq, &b->commit_work);
	else
		commit_end(b, NULL);
}

static void leg_end(struct bio *bio)
{
	struct bitmap_leg *leg = container_of(bio, struct bitmap_leg, bio);
	struct mdx_bitmap *b = leg->bitmap;

	if (unlikely(bio->bi_status))
		leg_failed(b, leg->member);
	bio_put(bio);
	if (atomic_dec_and_test(&b->legs))
		round_end(b);
}

/* The next page of the image, as it is now: whoever sets more meanwhile waits for the next commit. */
static u32 take_page(struct mdx_bitmap *b)
{
	const u32 page = find_first_bit(b->writing, b->pages);
	unsigned long irq;

	__clear_bit(page, b->writing);
	spin_lock_irqsave(&b->lock, irq);
	memcpy(b->shadow[page], b->image[page], MDX_BITMAP_PAGE_BYTES);
	spin_unlock_irqrestore(&b->lock, irq);
	return page;
}

/* Whole pages where there is room, so that no disk has to read what it shares a block with. */
static unsigned int page_len(const struct mdx_bitmap *b, const struct mdx_member *m, u32 page)
{
	const u64 rest = b->bytes - (u64)page * MDX_BITMAP_PAGE_BYTES;

	if (rest >= MDX_BITMAP_PAGE_BYTES || (u64)(page + 1) * AREA_PAGE <= READ_ONCE(b->space))
		return MDX_BITMAP_PAGE_BYTES;
	return round_up(rest, bdev_logical_block_size(m->bdev.bdev));
}

static sector_t page_sector(const struct mdx_bitmap *b, const struct mdx_member *m, u32 page)
{
	return m->sb_start + (s64)b->offset + (sector_t)page * AREA_PAGE;
}

static void send_page(struct mdx_bitmap *b, struct mdx_member *m, u32 page)
{
	struct bitmap_leg *leg;
	struct bio *bio;

	bio = bio_alloc_bioset(m->bdev.bdev, 1, REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_FUA,
			       GFP_NOIO, &b->bios);
	leg = container_of(bio, struct bitmap_leg, bio);
	leg->bitmap = b;
	leg->member = m;
	bio->bi_end_io = leg_end;
	bio->bi_iter.bi_sector = page_sector(b, m, page);
	__bio_add_page(bio, virt_to_page(b->shadow[page]), page_len(b, m, page), 0);
	atomic_inc(&b->legs);
	submit_bio_noacct(bio);
}

/* Who is at @pos, if bits go there; he stays while the caller has something in the commit. */
static struct mdx_member *member_at(struct mdx_array *array, unsigned int pos)
{
	struct mdx_member *m = NULL;
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	if (array->slot && pos < mdx_array_positions(array))
		m = mdx_array_at(array, pos);
	spin_unlock_irqrestore(&array->state_lock, irq);
	return mdx_member_writable(m) ? m : NULL;
}

static void send_to_all(struct mdx_bitmap *b, u32 page)
{
	const unsigned int positions = mdx_array_positions(b->array);
	unsigned int pos;

	for (pos = 0; pos < positions; pos++) {
		struct mdx_member *m = member_at(b->array, pos);

		if (m)
			send_page(b, m, page);
	}
}

/* False: a round is still in flight, its last leg goes on. True: all is through. */
static bool commit_rounds(struct mdx_bitmap *b)
{
	unsigned int i;

	while (pages_left(b)) {
		atomic_set(&b->legs, 1);
		for (i = 0; i < ROUND_PAGES && pages_left(b); i++)
			send_to_all(b, take_page(b));
		if (!atomic_dec_and_test(&b->legs))
			return false;
	}
	return true;
}

/*
 * In task context. What the task has yet to submit to other devices is put aside
 * meanwhile, or our bios would wait behind it until this call is over: nothing
 * of it comes from the pools of what the members stand on, since those have been
 * served before the block layer called us.
 */
static bool commit_run(struct mdx_bitmap *b, const struct mdx_io *mine)
{
	struct bio_list *outer = current->bio_list;
	bool through;

	current->bio_list = NULL;
	if (!b->under_way)
		commit_begin(b);
	through = commit_rounds(b);
	current->bio_list = outer;
	return through && commit_end(b, mine);
}

static void commit_work(struct work_struct *work)
{
	commit_run(container_of(work, struct mdx_bitmap, commit_work), NULL);
}

/* ---- who asks ---- */

bool mdx_bitmap_commit_io(struct mdx_bitmap *b, struct mdx_io *io, unsigned long irq)
{
	const bool mine = !b->busy;

	lockdep_assert_held(&b->lock);
	b->busy = true;
	spin_unlock_irqrestore(&b->lock, irq);
	return mine && commit_run(b, io);
}

/* *@lost: it, or one after it, was hollow. */
static bool commit_done(struct mdx_bitmap *b, u64 want, bool *lost)
{
	unsigned long irq;
	bool done;

	spin_lock_irqsave(&b->lock, irq);
	done = b->done >= want;
	*lost = b->lost >= want;
	spin_unlock_irqrestore(&b->lock, irq);
	return done;
}

bool mdx_bitmap_commit(struct mdx_bitmap *b)
{
	const unsigned int degraded = READ_ONCE(b->array->degraded);
	bool mine, lost;
	u64 want;

	spin_lock_irq(&b->lock);
	want = ++b->wanted;
	mine = !b->busy;
	b->busy = true;
	spin_unlock_irq(&b->lock);
	if (mine)
		commit_run(b, NULL);
	wait_event(b->wait, commit_done(b, want, &lost));
	return !lost && READ_ONCE(b->array->degraded) == degraded;
}

int mdx_bitmap_write_member(struct mdx_bitmap *b, struct mdx_member *m)
{
	struct bio_vec vec;
	struct bio bio;
	int err = 0;
	u32 page;

	for (page = 0; page < b->pages && !err; page++) {
		bio_init(&bio, m->bdev.bdev, &vec, 1,
			 REQ_OP_WRITE | REQ_SYNC | REQ_META | REQ_FUA);
		bio.bi_iter.bi_sector = page_sector(b, m, page);
		__bio_add_page(&bio, virt_to_page(b->image[page]), page_len(b, m, page), 0);
		err = submit_bio_wait(&bio);
		bio_uninit(&bio);
	}
	return err;
}
