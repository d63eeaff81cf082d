// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write-intent bitmap: the counters, and what writes and syncs ask of them.
 * See DOC in bitmap.h.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "bitmap.h"

#define CHUNKS_PER_IO 256u		/* of one bio at most; the rest of it comes by itself */
#define CHUNK_STIRRED (MDX_CHUNK_AGED | MDX_CHUNK_CLEARING)
#define LOOK_AROUND 1024u		/* windows in which nothing is wanted */
#define WANTED_STEP 128u		/* sectors; a window that is partly wanted is looked at in these */

/* ---- memory ---- */

static void pages_free(void **pages, u32 n)
{
	u32 i;

	for (i = 0; pages && i < n; i++)
		free_page((unsigned long)pages[i]);
	kvfree(pages);
}

static void **pages_alloc(u32 n)
{
	void **pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
	u32 i;

	for (i = 0; pages && i < n; i++) {
		pages[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!pages[i]) {
			pages_free(pages, n);
			return NULL;
		}
	}
	return pages;
}

static unsigned long *flags_alloc(u32 n)
{
	return kvcalloc(BITS_TO_LONGS(n), sizeof(unsigned long), GFP_KERNEL);
}

static void release(struct mdx_bitmap *b)
{
	bioset_exit(&b->bios);
	pages_free(b->image, b->pages);
	pages_free(b->shadow, b->pages);
	kvfree(b->pending);
	kvfree(b->writing);
	kvfree(b->group);
	kvfree(b->chunk);
	kfree(b);
}

static bool fill(struct mdx_bitmap *b)
{
	b->chunk = kvcalloc(b->chunks, sizeof(*b->chunk), GFP_KERNEL);
	b->group = kvcalloc(DIV_ROUND_UP(b->chunks, MDX_BITMAP_GROUP), sizeof(*b->group),
			    GFP_KERNEL);
	b->image = pages_alloc(b->pages);
	b->shadow = pages_alloc(b->pages);
	b->pending = flags_alloc(b->pages);
	b->writing = flags_alloc(b->pages);
	return b->chunk && b->group && b->image && b->shadow && b->pending && b->writing;
}

struct mdx_bitmap *mdx_bitmap_alloc(struct mdx_array *array, const struct mdx_bitmap_super *super,
				    const struct mdx_bitmap_shape *shape)
{
	struct mdx_bitmap *b = kzalloc(sizeof(*b), GFP_KERNEL);

	BUILD_BUG_ON(PAGE_SIZE < MDX_BITMAP_PAGE_BYTES);
	if (!b)
		return ERR_PTR(-ENOMEM);
	b->array = array;
	b->super = *super;
	b->chunks = shape->chunks;
	b->pages = shape->pages;
	b->bytes = shape->bytes;
	b->chunk_shift = shape->chunk_shift;
	b->sync_size = super->sync_size;
	b->need_from = MDX_SECTOR_NONE;
	spin_lock_init(&b->lock);
	init_waitqueue_head(&b->wait);
	INIT_LIST_HEAD(&b->waiting);
	INIT_LIST_HEAD(&b->batch);
	INIT_LIST_HEAD(&b->released);
	INIT_DELAYED_WORK(&b->look_work, mdx_bitmap_look_work);
	if (mdx_bitmap_commit_init(b) || !fill(b)) {
		release(b);
		return ERR_PTR(-ENOMEM);
	}
	return b;
}

void mdx_bitmap_free(struct mdx_bitmap *b)
{
	if (!b)
		return;
	cancel_delayed_work_sync(&b->look_work);
	flush_work(&b->commit_work);
	flush_work(&b->release_work);
	WARN_ON_ONCE(b->busy || !list_empty(&b->waiting) || !list_empty(&b->released));
	release(b);
}

/* ---- the image; lock held ---- */

static u8 *bit_byte(struct mdx_bitmap *b, u32 chunk, u32 *page)
{
	const u64 byte = mdx_bitmap_byte(b->super.version, chunk);

	*page = byte / MDX_BITMAP_PAGE_BYTES;
	return (u8 *)b->image[*page] + byte % MDX_BITMAP_PAGE_BYTES;
}

void mdx_bitmap_set_bit(struct mdx_bitmap *b, u32 chunk)
{
	u32 page;
	u8 *byte = bit_byte(b, chunk, &page);

	if (*byte & mdx_bitmap_mask(chunk))
		return;
	*byte |= mdx_bitmap_mask(chunk);
	__set_bit(page, b->pending);
}

static void clear_image_bit(struct mdx_bitmap *b, u32 chunk)
{
	u32 page;
	u8 *byte = bit_byte(b, chunk, &page);

	*byte &= ~mdx_bitmap_mask(chunk);
	__set_bit(page, b->pending);
}

void mdx_bitmap_touch_super(struct mdx_bitmap *b)
{
	mdx_bitmap_encode(&b->super, b->image[0]);
	__set_bit(0, b->pending);
}

void mdx_bitmap_touch_all(struct mdx_bitmap *b)
{
	bitmap_fill(b->pending, b->pages);
}

void mdx_bitmap_note_dirty(struct mdx_bitmap *b, u32 chunk, u32 flags)
{
	const u32 before = atomic_fetch_or(MDX_CHUNK_DIRTY | flags, &b->chunk[chunk]);

	if (before & MDX_CHUNK_DIRTY)
		return;
	b->group[chunk / MDX_BITMAP_GROUP]++;
	if (!b->dirty++)
		mdx_bitmap_look_later(b);
}

bool mdx_bitmap_clear_chunk(struct mdx_bitmap *b, u32 chunk)
{
	const u32 idle = MDX_CHUNK_DIRTY | MDX_CHUNK_AGED | MDX_CHUNK_CLEARING;
	unsigned long irq;
	bool cleared;

	spin_lock_irqsave(&b->lock, irq);
	cleared = (u32)atomic_cmpxchg(&b->chunk[chunk], idle, 0) == idle;
	if (cleared) {
		clear_image_bit(b, chunk);
		b->group[chunk / MDX_BITMAP_GROUP]--;
		b->dirty--;
	}
	spin_unlock_irqrestore(&b->lock, irq);
	return cleared;
}

/* ---- writes ---- */

/* One more write in flight there. True: its bit is on disk. */
static inline bool chunk_enter(struct mdx_bitmap *b, u32 chunk)
{
	const u32 now = atomic_inc_return(&b->chunk[chunk]);

	if (likely((now & (MDX_CHUNK_DIRTY | CHUNK_STIRRED)) == MDX_CHUNK_DIRTY))
		return true;
	if (now & CHUNK_STIRRED)
		atomic_andnot(CHUNK_STIRRED, &b->chunk[chunk]);
	return now & MDX_CHUNK_DIRTY;
}

static bool range_enter(struct mdx_bitmap *b, const struct mdx_io *io)
{
	bool dirty = true;
	u32 chunk;

	for (chunk = io->bitmap_first; chunk <= io->bitmap_last; chunk++)
		dirty &= chunk_enter(b, chunk);
	return dirty;
}

static void range_leave(struct mdx_bitmap *b, const struct mdx_io *io)
{
	u32 chunk;

	for (chunk = io->bitmap_first; chunk <= io->bitmap_last; chunk++)
		atomic_dec(&b->chunk[chunk]);
}

/* True: they are on disk after all. lock held. */
static bool range_set(struct mdx_bitmap *b, const struct mdx_io *io)
{
	bool dirty = true;
	u32 chunk;

	for (chunk = io->bitmap_first; chunk <= io->bitmap_last; chunk++) {
		if (atomic_read(&b->chunk[chunk]) & MDX_CHUNK_DIRTY)
			continue;
		dirty = false;
		mdx_bitmap_set_bit(b, chunk);
	}
	return dirty;
}

static bool park(struct mdx_bitmap *b, struct mdx_io *io)
{
	unsigned long irq;

	spin_lock_irqsave(&b->lock, irq);
	if (range_set(b, io)) {
		spin_unlock_irqrestore(&b->lock, irq);
		return true;
	}
	list_add_tail(&io->link, &b->waiting);
	return mdx_bitmap_commit_io(b, io, irq);
}

bool mdx_bitmap_write_start(struct mdx_io *io)
{
	struct mdx_bitmap *b = io->array->bitmap;
	sector_t in_chunk;

	if (io->flags & MDX_IO_F_BITMAP)
		return true;	/* it was parked, and its bits are on disk now */
	io->bitmap_first = mdx_bitmap_chunk(b, io->iter.bi_sector);
	io->bitmap_last = mdx_bitmap_chunk(b, bio_end_sector(io->bio) - 1);
	if (unlikely(io->bitmap_last - io->bitmap_first >= CHUNKS_PER_IO)) {
		in_chunk = io->iter.bi_sector & ((1u << b->chunk_shift) - 1);
		mdx_io_trim(io, (CHUNKS_PER_IO << b->chunk_shift) - in_chunk);
		io->bitmap_last = mdx_bitmap_chunk(b, bio_end_sector(io->bio) - 1);
	}
	if (likely(range_enter(b, io))) {
		io->flags |= MDX_IO_F_BITMAP;
		return true;
	}
	if (io->opf & REQ_NOWAIT) {
		range_leave(b, io);
		io->status = BLK_STS_AGAIN;
		mdx_io_end(io);
		return false;
	}
	io->flags |= MDX_IO_F_BITMAP;
	return park(b, io);
}
MDX_EXPORT(mdx_bitmap_write_start);

void mdx_bitmap_write_end(struct mdx_io *io)
{
	range_leave(io->array->bitmap, io);
}

/* ---- syncs ---- */

static u32 wanted_by(enum mdx_sync_action action)
{
	return action == MDX_SYNC_RECOVER ? MDX_CHUNK_DIRTY : MDX_CHUNK_NEEDED;
}

static bool chunk_is(const struct mdx_bitmap *b, u32 chunk, u32 flag)
{
	return atomic_read(&b->chunk[chunk]) & flag;
}

bool mdx_bitmap_wants(struct mdx_array *array, enum mdx_sync_action action, sector_t sector,
		      sector_t sectors)
{
	const struct mdx_bitmap *b = array->bitmap;
	const u32 last = min(mdx_bitmap_chunk(b, sector + sectors - 1), b->chunks - 1);
	u32 chunk;

	for (chunk = mdx_bitmap_chunk(b, sector); chunk <= last; chunk++)
		if (chunk_is(b, chunk, wanted_by(action)))
			return true;
	return false;
}
MDX_EXPORT(mdx_bitmap_wants);

static sector_t step_end(sector_t pos, sector_t end, sector_t step)
{
	return min_t(sector_t, end, round_down(pos, step) + step);
}

/* Of what the level wants from @pos to *@until, which is in one window, the first piece. */
static sector_t wanted_piece(struct mdx_array *array, enum mdx_sync_action action,
			     unsigned long targets, sector_t pos, sector_t *until)
{
	const sector_t end = *until;
	bool found = false;
	sector_t next;

	for (*until = pos; *until < end; *until = next) {
		next = step_end(*until, end, WANTED_STEP);
		if (array->pers->sync_wanted(array, action, targets, *until, next - *until)) {
			found = true;
			continue;
		}
		if (found)
			break;
		pos = next;
	}
	return pos;
}

/* Window by window: the level knows what of the array is in one. Now and then who asks is to look around. */
static sector_t next_wanted(struct mdx_array *array, enum mdx_sync_action action,
			    unsigned long targets, sector_t pos, sector_t end, sector_t *until)
{
	unsigned int windows;

	for (windows = 0; pos < end && windows < LOOK_AROUND; windows++, pos = *until) {
		*until = step_end(pos, end, MDX_SYNC_WINDOW);
		if (array->pers->sync_wanted(array, action, targets, pos, *until - pos))
			return wanted_piece(array, action, targets, pos, until);
		cond_resched();
	}
	*until = pos;
	return pos;
}

sector_t mdx_bitmap_sync_next(struct mdx_array *array, enum mdx_sync_action action,
			      unsigned long targets, sector_t pos, sector_t end, sector_t *until)
{
	const struct mdx_bitmap *b = array->bitmap;
	const u32 flag = wanted_by(action);
	const sector_t from = pos;
	u32 chunk = mdx_bitmap_chunk(b, pos);

	if (array->pers->sync_wanted)
		return next_wanted(array, action, targets, pos, end, until);
	for (; chunk < b->chunks && !chunk_is(b, chunk, flag); chunk++)
		if (chunk % MDX_BITMAP_GROUP == 0)
			cond_resched();
	pos = max(from, (sector_t)chunk << b->chunk_shift);
	if (chunk >= b->chunks || pos >= end) {
		*until = end;
		return end;
	}
	while (chunk < b->chunks && chunk_is(b, chunk, flag) &&
	       ((sector_t)chunk << b->chunk_shift) < pos + MDX_SYNC_WINDOW)
		chunk++;
	*until = min(end, (sector_t)chunk << b->chunk_shift);
	return pos;
}

void mdx_bitmap_synced(struct mdx_array *array, sector_t from, sector_t to)
{
	struct mdx_bitmap *b = array->bitmap;
	u32 chunk, end;

	if (!b)
		return;
	if (array->pers->bitmap_through) {
		from = array->pers->bitmap_through(array, from);
		if (to != MDX_SECTOR_NONE)
			to = array->pers->bitmap_through(array, to);
	}
	end = to >= b->sync_size ? b->chunks : mdx_bitmap_chunk(b, to);
	for (chunk = mdx_bitmap_chunk(b, from); chunk < end; chunk++) {
		if (chunk_is(b, chunk, MDX_CHUNK_NEEDED))
			atomic_andnot(MDX_CHUNK_NEEDED, &b->chunk[chunk]);
		if (chunk % MDX_BITMAP_GROUP == 0)
			cond_resched();
	}
	mdx_bitmap_look_later(b);
}

static void set_range(struct mdx_bitmap *b, u32 first, u32 last)
{
	unsigned long irq;
	u32 chunk;

	for (chunk = first; chunk <= last; chunk++) {
		spin_lock_irqsave(&b->lock, irq);
		mdx_bitmap_set_bit(b, chunk);
		atomic_or(MDX_CHUNK_NEEDED, &b->chunk[chunk]);
		spin_unlock_irqrestore(&b->lock, irq);
		if (chunk % MDX_BITMAP_GROUP == 0)
			cond_resched();
	}
}

bool mdx_bitmap_set_range(struct mdx_bitmap *b, u32 first, u32 last)
{
	unsigned long irq;
	bool good;
	u32 chunk;

	set_range(b, first, last);
	good = mdx_bitmap_commit(b);
	/* Only now may writes take them for granted. */
	for (chunk = first; good && chunk <= last; chunk++) {
		spin_lock_irqsave(&b->lock, irq);
		mdx_bitmap_note_dirty(b, chunk, 0);
		spin_unlock_irqrestore(&b->lock, irq);
		if (chunk % MDX_BITMAP_GROUP == 0)
			cond_resched();
	}
	return good;
}

void mdx_bitmap_need_from(struct mdx_array *array, sector_t sector)
{
	struct mdx_bitmap *b = array->bitmap;
	unsigned long irq;

	spin_lock_irqsave(&b->lock, irq);
	b->need_from = min(b->need_from, sector);
	spin_unlock_irqrestore(&b->lock, irq);
}

/* ---- what is shown ---- */

bool mdx_bitmap_view(struct mdx_array *array, struct mdx_bitmap_view *v)
{
	const struct mdx_bitmap *b = array->bitmap;
	u32 i;

	lockdep_assert_held(&array->state_lock);

	memset(v, 0, sizeof(*v));
	if (!b)
		return false;
	v->pages = DIV_ROUND_UP(b->chunks, MDX_BITMAP_GROUP);
	for (i = 0; i < v->pages; i++)
		v->used += READ_ONCE(b->group[i]) != 0;
	v->chunk_bytes = b->super.chunk_bytes;
	return true;
}
