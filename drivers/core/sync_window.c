// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sync windows: their memory, their bios, their end.
 *
 * DOC: All memory of a sync is allocated when it starts. A window is in one of
 * two lists: idle, or in flight in the order of its sectors. It ends in any
 * order; the checkpoint moves only over finished ones at the front.
 */
#include <linux/slab.h>
#include "core.h"
#include "sync_thread.h"

#define PAGES_PER_WINDOW (MDX_SYNC_WINDOW_BYTES >> PAGE_SHIFT)

static void buf_free(struct mdx_sync_buf *buf)
{
	unsigned int i;

	for (i = 0; i < buf->vecs; i++)
		__free_pages(buf->vec[i].bv_page, get_order(buf->vec[i].bv_len));
	kvfree(buf->vec);
	buf->vec = NULL;
	buf->vecs = 0;
}

static struct page *piece_alloc(unsigned int *order)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN | __GFP_COMP;
	struct page *page;

	while (*order) {
		page = alloc_pages(gfp, *order);
		if (page)
			return page;
		--*order;
	}
	return alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
}

static int buf_alloc(struct mdx_sync_buf *buf)
{
	unsigned int left = MDX_SYNC_WINDOW_BYTES, order = MDX_SYNC_CHUNK_ORDER;

	buf->vecs = 0;
	buf->vec = kvcalloc(PAGES_PER_WINDOW, sizeof(*buf->vec), GFP_KERNEL);
	if (!buf->vec)
		return -ENOMEM;
	while (left) {
		struct page *page = piece_alloc(&order);

		if (!page) {
			buf_free(buf);
			return -ENOMEM;
		}
		buf->vec[buf->vecs].bv_page = page;
		buf->vec[buf->vecs].bv_len = PAGE_SIZE << order;
		buf->vec[buf->vecs].bv_offset = 0;
		buf->vecs++;
		left -= PAGE_SIZE << order;
	}
	return 0;
}

static void window_free(struct mdx_sync_window *w)
{
	unsigned int i;

	for (i = 0; w->buf && i < w->bufs; i++)
		buf_free(&w->buf[i]);
	for (i = 0; w->bio && i < w->bios; i++)
		bio_uninit(&w->bio[i]);
	kfree(w->buf);
	kvfree(w->bio);
	w->buf = NULL;
	w->bio = NULL;
}

static int window_alloc(struct mdx_sync *sync, struct mdx_sync_window *w, unsigned int bufs,
			unsigned int bios)
{
	unsigned int i;

	w->array = sync->array;
	w->action = sync->action;
	w->bufs = bufs;
	w->bios = bios;
	w->buf = kcalloc(bufs, sizeof(*w->buf), GFP_KERNEL);
	w->bio = kvcalloc(w->bios, sizeof(*w->bio), GFP_KERNEL);
	if (!w->buf || !w->bio)
		goto err;
	for (i = 0; i < bufs; i++)
		if (buf_alloc(&w->buf[i]))
			goto err;
	return 0;
err:
	window_free(w);
	return -ENOMEM;
}

int mdx_sync_windows_alloc(struct mdx_sync *sync)
{
	const struct mdx_personality *pers = sync->array->pers;
	const unsigned int bufs = pers->sync_bufs(sync->array, sync->action);
	const unsigned int bios = pers->sync_bios ? pers->sync_bios(sync->array, sync->action) :
						    mdx_array_positions(sync->array);
	unsigned int want = max(2u, MDX_SYNC_DEPTH / max(1u, bufs));

	sync->window = kcalloc(want, sizeof(*sync->window), GFP_KERNEL);
	if (!sync->window)
		return -ENOMEM;
	while (sync->windows < want &&
	       !window_alloc(sync, &sync->window[sync->windows], bufs, bios)) {
		list_add_tail(&sync->window[sync->windows].link, &sync->idle);
		sync->windows++;
	}
	if (sync->windows)
		return 0;
	kfree(sync->window);
	sync->window = NULL;
	return -ENOMEM;
}

void mdx_sync_windows_free(struct mdx_sync *sync)
{
	unsigned int i;

	for (i = 0; i < sync->windows; i++) {
		/* All are in, but a step of the level's may not have returned yet. */
		if (sync->window[i].work.func)
			flush_work(&sync->window[i].work);
		window_free(&sync->window[i]);
	}
	kfree(sync->window);
}

/*
 * The bio borrows the buffer's table of pieces: where it begins and ends in that
 * its iterator says.
 */
struct bio *mdx_sync_part(struct mdx_sync_window *w, unsigned int index,
			  struct mdx_member *member, sector_t sector, struct mdx_sync_buf *buf,
			  unsigned int offset, unsigned int len, blk_opf_t opf)
{
	struct bio *bio = &w->bio[index];

	/* Of its last use; the first finds it zeroed. */
	bio_uninit(bio);
	bio_init(bio, member->bdev.bdev, buf->vec, buf->vecs, opf);
	bio->bi_iter.bi_sector = member->data_offset + sector;
	bio->bi_iter.bi_size = offset + len;
	bvec_iter_advance(buf->vec, &bio->bi_iter, offset);
	bio->bi_vcnt = buf->vecs;
	bio->bi_private = w;
	return bio;
}
MDX_EXPORT(mdx_sync_part);

struct bio *mdx_sync_bio(struct mdx_sync_window *w, struct mdx_member *member,
			 unsigned int slot, struct mdx_sync_buf *buf, blk_opf_t opf)
{
	return mdx_sync_part(w, slot, member, w->sector, buf, 0, w->sectors << SECTOR_SHIFT, opf);
}
MDX_EXPORT(mdx_sync_bio);

void mdx_sync_window_queue(struct mdx_sync_window *w, work_func_t step)
{
	INIT_WORK(&w->work, step);
	queue_work(mdx_sync_wq, &w->work);
}
MDX_EXPORT(mdx_sync_window_queue);

/* @w is through, and with it what has been passed over behind it. */
static void front_behind(struct mdx_sync *sync, const struct mdx_sync_window *w)
{
	const struct mdx_sync_window *next;
	const sector_t end = w->sector + w->sectors;
	sector_t front = sync->issued;

	next = list_first_entry_or_null(&sync->flight, struct mdx_sync_window, link);
	if (next)
		front = next->sector;
	sync->skipped += front - end;
	sync->front = front;
}

void mdx_sync_advance(struct mdx_sync *sync)
{
	struct mdx_sync_window *w;

	lockdep_assert_held(&sync->lock);
	while (!list_empty(&sync->flight)) {
		w = list_first_entry(&sync->flight, struct mdx_sync_window, link);
		if (!w->done)
			break;
		list_move_tail(&w->link, &sync->idle);
		sync->in_flight--;
		if (w->sector < sync->undone)
			front_behind(sync, w);
		if (w->sector < min(sync->undone, sync->failed))
			sync->checkpoint = sync->front;
	}
}

/*
 * Is it of use to go on behind a window that failed? A resync brings in line what
 * can be, once: whoever tries again wants to know about that place first.
 */
static bool goes_on(const struct mdx_sync *sync, const struct mdx_sync_window *w)
{
	const sector_t before = sync->array->resync_failed;

	switch (sync->action) {
	case MDX_SYNC_RESYNC:
		return before == MDX_SECTOR_NONE || w->sector >= before + MDX_SYNC_WINDOW;
	case MDX_SYNC_RECOVER:
		return false;
	default:
		return true;
	}
}

static void window_failed(struct mdx_sync *sync, const struct mdx_sync_window *w)
{
	lockdep_assert_held(&sync->lock);
	if (w->result == -EINTR) {
		sync->undone = min(sync->undone, w->sector);
		return;
	}
	sync->failed = min(sync->failed, w->sector);
	if (!goes_on(sync, w))
		sync->stop = true;
}

/* The @n-th range of the array's sectors that @w is about; false: there are no more. */
static bool window_range(const struct mdx_sync_window *w, unsigned int n, sector_t *first,
			 sector_t *end)
{
	const struct mdx_personality *pers = w->array->pers;

	if (pers->sync_range)
		return pers->sync_range(w, n, first, end);
	*first = w->sector;
	*end = w->sector + w->sectors;
	return !n;
}

void mdx_sync_window_fence(const struct mdx_sync_window *w,
			   void (*move)(struct mdx_array *array, unsigned int unit))
{
	sector_t first, end, unit, last = MDX_SECTOR_NONE;
	unsigned int n;

	/* Units count, so one may come again; most that do follow each other. */
	for (n = 0; window_range(w, n, &first, &end); n++) {
		end = (end - 1) >> MDX_FENCE_SHIFT;
		for (unit = first >> MDX_FENCE_SHIFT; unit <= end; unit++) {
			if (unit != last)
				move(w->array, unit);
			last = unit;
		}
	}
}

bool mdx_sync_stopping(const struct mdx_sync_window *w)
{
	return READ_ONCE(w->array->sync->stop);
}
MDX_EXPORT(mdx_sync_stopping);

void mdx_sync_window_done(struct mdx_sync_window *w)
{
	struct mdx_array *array = w->array;
	struct mdx_sync *sync = array->sync;
	const u64 now = ktime_get_ns();
	unsigned long irq;

	mdx_sync_window_fence(w, mdx_fence_open);
	spin_lock_irqsave(&sync->lock, irq);
	sync->took_ns = now - w->began_ns;
	if (w->result)
		window_failed(sync, w);
	w->done = true;
	mdx_sync_advance(sync);
	if (!sync->in_flight)
		sync->quiet_ns = now;
	wake_up_all(&sync->wait);
	spin_unlock_irqrestore(&sync->lock, irq);
	/* Last: the reaper waits for this gate before it frees the sync. */
	percpu_ref_put(&array->read_gate);
}
MDX_EXPORT(mdx_sync_window_done);
