// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write-intent bitmap: from disk into memory; it comes to an array and goes.
 * See DOC in bitmap.h.
 *
 * DOC: Every member in sync has the bitmap, and all were to have a bit before a
 * write it is for went to any. So what counts is the union of all that are sound
 * and not older than the array; the rest is warned of and written anew. Nothing
 * is written at a start: all of it goes to all members with the first superblocks,
 * which is before the first write.
 *
 * A bitmap older than the array has been out of use: every chunk counts as set. Where
 * no member has a sound one the array does not start, as with md.
 */
#include <linux/raid/md_p.h>
#include "bitmap.h"

#define SLEEP_MAX_MS (24u * 3600 * 1000)	/* no look is put off longer than a day */

/* What is read into, and what the members have shown so far. */
struct bitmap_reader {
	struct mdx_array *array;
	struct page *page;
	sector_t sync_size;
	u8 uuid[16];
	struct mdx_bitmap *bitmap;	/* by the first sound one */
	bool fresh;			/* one is not older than the array */
};

sector_t mdx_bitmap_sectors(const struct mdx_array *array)
{
	const struct mdx_personality *pers = array->pers;

	return pers->bitmap_sectors ? pers->bitmap_sectors(array) : array->dev_sectors;
}

/* Bits that no write sets would say that all members are alike. */
static bool may_have(const struct mdx_array *array)
{
	if (array->pers->bitmaps)
		return true;
	pr_warn("md: %s: a bitmap with %s is not supported\n", array->name, array->pers->name);
	return false;
}

/* ---- where it is ---- */

static sector_t area_start(const struct mdx_member *m, s32 offset)
{
	return m->sb_start + (s64)offset;
}

/* As the superblock would have it; sb_mutex held, and what it says is as before. */
static u64 space_by_super(const struct mdx_member *m, s32 offset)
{
	struct mdx_super *sb = m->super;
	const u32 features = sb->feature_map;
	const s32 before = sb->bitmap_offset;
	u64 space;

	sb->super_offset = m->sb_start;
	sb->feature_map |= MD_FEATURE_BITMAP_OFFSET;
	sb->bitmap_offset = offset;
	space = mdx_sb_bitmap_space(sb, m->dev_sectors);
	sb->feature_map = features;
	sb->bitmap_offset = before;
	return space;
}

/* Sectors of @m that a bitmap at @offset may have, 0: none; array->lock held. */
static u64 area_space(struct mdx_member *m, s32 offset)
{
	const unsigned int block = bdev_logical_block_size(m->bdev.bdev);
	const sector_t start = area_start(m, offset);
	u64 space;

	if (!m->super || block > MDX_BITMAP_PAGE_BYTES || start >= m->dev_sectors ||
	    (start & ((block >> SECTOR_SHIFT) - 1)))
		return 0;
	/* Data may not come to be there; what the array uses no more of is free. */
	if (start >= m->data_offset && start - m->data_offset < m->array->dev_sectors)
		return 0;
	if (offset >= 0 && (u64)offset << SECTOR_SHIFT < mdx_sb_used_bytes(m->super))
		return 0;
	mutex_lock(&m->array->sb_mutex);
	space = space_by_super(m, offset);
	mutex_unlock(&m->array->sb_mutex);
	return round_down(space, (u64)block >> SECTOR_SHIFT);
}

/* Is there room for all of it on @m? Then commits are to keep to that room. */
static bool fits(struct mdx_bitmap *b, struct mdx_member *m)
{
	const u64 space = area_space(m, b->offset);

	if (space << SECTOR_SHIFT < b->bytes) {
		pr_warn("md: %s: %s has no room for the bitmap\n", b->array->name, m->name);
		return false;
	}
	WRITE_ONCE(b->space, min(b->space, space));
	return true;
}

static bool fits_all(struct mdx_bitmap *b)
{
	struct mdx_array *array = b->array;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array); slot++)
		if (mdx_member_writable(mdx_array_at(array, slot)) &&
		    !fits(b, mdx_array_at(array, slot)))
			return false;
	return true;
}

bool mdx_bitmap_fits_member(struct mdx_array *array, struct mdx_member *m)
{
	return !array->bitmap || fits(array->bitmap, m);
}

/* ---- reading ---- */

static int read_page(struct bitmap_reader *r, struct mdx_member *m, s32 offset, u32 page,
		     unsigned int len)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, m->bdev.bdev, &vec, 1, REQ_OP_READ | REQ_META);
	bio.bi_iter.bi_sector = area_start(m, offset) +
				(sector_t)page * (MDX_BITMAP_PAGE_BYTES >> SECTOR_SHIFT);
	__bio_add_page(&bio, r->page, len, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err;
}

static int read_super(struct bitmap_reader *r, struct mdx_member *m, s32 offset, u64 space,
		      struct mdx_bitmap_super *super, struct mdx_bitmap_shape *shape)
{
	enum mdx_bitmap_error bad;
	int err;

	err = read_page(r, m, offset, 0, bdev_logical_block_size(m->bdev.bdev));
	if (err) {
		pr_warn("md: %s: the bitmap on %s could not be read (%d)\n", r->array->name,
			m->name, err);
		return err;
	}
	bad = mdx_bitmap_decode(page_address(r->page), super);
	/* A new one, mdadm's: it does not round as the level does. Where bits are does not depend on that. */
	if (!bad && !super->events)
		super->sync_size = r->sync_size;
	if (!bad)
		bad = mdx_bitmap_check(super, r->uuid, r->sync_size, space, shape);
	if (!bad)
		return 0;
	pr_warn("md: %s: the bitmap on %s cannot be used: %s\n", r->array->name, m->name,
		mdx_bitmap_error_text(bad));
	return -EINVAL;
}

static int take_bits(struct bitmap_reader *r, struct mdx_member *m, s32 offset)
{
	const unsigned int block = bdev_logical_block_size(m->bdev.bdev);
	struct mdx_bitmap *b = r->bitmap;
	u8 *from = page_address(r->page);
	unsigned int len, i;
	u32 page;
	int err;

	for (page = 0; page < b->pages; page++) {
		u8 *to = b->image[page];

		len = min_t(u64, b->bytes - (u64)page * MDX_BITMAP_PAGE_BYTES,
			    MDX_BITMAP_PAGE_BYTES);
		err = read_page(r, m, offset, page, round_up(len, block));
		if (err)
			return err;
		for (i = page ? 0 : MDX_BITMAP_SB_BYTES; i < len; i++)
			to[i] |= from[i];
	}
	return 0;
}

/* The bitmap of @m, if it is sound, into what there is so far. -ENOMEM is all that ends it. */
static int read_member(struct bitmap_reader *r, struct mdx_member *m, s32 offset)
{
	const u64 space = area_space(m, offset);
	struct mdx_bitmap_super super;
	struct mdx_bitmap_shape shape;
	struct mdx_bitmap *b;

	if (!space || read_super(r, m, offset, space, &super, &shape))
		return 0;
	if (!r->bitmap) {
		b = mdx_bitmap_alloc(r->array, &super, &shape);
		if (IS_ERR(b))
			return PTR_ERR(b);
		b->offset = offset;
		b->space = space;
		r->bitmap = b;
	}
	b = r->bitmap;
	if (super.chunk_bytes != b->super.chunk_bytes)
		return 0;
	b->super.events_cleared = max(b->super.events_cleared, super.events_cleared);
	if (super.events < r->array->events || (super.state & MDX_BITMAP_STALE))
		return 0;
	if (take_bits(r, m, offset)) {
		pr_warn("md: %s: the bitmap on %s could not be read\n", r->array->name, m->name);
		return 0;
	}
	r->fresh = true;
	return 0;
}

static int read_members(struct bitmap_reader *r, s32 offset)
{
	struct mdx_array *array = r->array;
	unsigned int slot;
	int err;

	for (slot = 0; slot < array->raid_disks; slot++) {
		struct mdx_member *m = array->slot[slot];

		if (!mdx_member_readable(m))
			continue;
		err = read_member(r, m, offset);
		if (err)
			return err;
	}
	return r->bitmap && fits_all(r->bitmap) ? 0 : -EINVAL;
}

/* ---- taking it over ---- */

static bool image_bit(struct mdx_bitmap *b, u32 chunk)
{
	const u64 byte = mdx_bitmap_byte(b->super.version, chunk);
	const u8 *page = b->image[byte / MDX_BITMAP_PAGE_BYTES];

	return page[byte % MDX_BITMAP_PAGE_BYTES] & mdx_bitmap_mask(chunk);
}

/* Counters by the image; up to @clean the members are known to be alike. */
static void take_counters(struct mdx_bitmap *b, bool all, sector_t clean)
{
	u32 chunk, flags, set = 0;

	for (chunk = 0; chunk < b->chunks; chunk++) {
		if (!(chunk % MDX_BITMAP_GROUP))
			cond_resched();
		if (!all && !image_bit(b, chunk))
			continue;
		flags = ((sector_t)(chunk + 1) << b->chunk_shift) > clean ? MDX_CHUNK_NEEDED : 0;
		spin_lock_irq(&b->lock);
		mdx_bitmap_set_bit(b, chunk);
		mdx_bitmap_note_dirty(b, chunk, flags);
		spin_unlock_irq(&b->lock);
		set++;
	}
	pr_info("md: %s: bitmap initialized from disk: %u of %u chunks set\n", b->array->name,
		set, b->chunks);
}

/* What its attributes show. */
static void take_info(struct mdx_array *array, const struct mdx_bitmap *b)
{
	array->bitmap_info.chunk_bytes = b->super.chunk_bytes;
	array->bitmap_info.sleep_ms = min(b->super.daemon_sleep, SLEEP_MAX_MS / 1000) * 1000;
	array->bitmap_info.write_behind = b->super.write_behind;
	array->bitmap_info.space = b->super.sectors_reserved;
	array->bitmap_info.hold = false;
}

/* @all: whatever it says, every chunk counts as set. */
static struct mdx_bitmap *read_bitmap(struct mdx_array *array, s32 offset, bool all)
{
	struct bitmap_reader r = {
		.array = array,
		.sync_size = mdx_bitmap_sectors(array),
	};
	int err;

	r.page = alloc_page(GFP_KERNEL);
	if (!r.page)
		return ERR_PTR(-ENOMEM);
	memcpy(r.uuid, array->bitmap_uuid, sizeof(r.uuid));
	err = read_members(&r, offset);
	__free_page(r.page);
	if (err) {
		mdx_bitmap_free(r.bitmap);
		return ERR_PTR(err);
	}
	if (!r.fresh && !all)
		pr_warn("md: %s: the bitmap is older than the array: all of it counts as set\n",
			array->name);
	r.bitmap->super.version = MDX_BITMAP_VERSION;
	r.bitmap->super.state &= ~MDX_BITMAP_STALE;
	/* Bits may go to disk before anything in it has changed. */
	mdx_bitmap_encode(&r.bitmap->super, r.bitmap->image[0]);
	r.bitmap->rewrite = true;
	take_info(array, r.bitmap);
	r.bitmap->sleep = msecs_to_jiffies(array->bitmap_info.sleep_ms);
	take_counters(r.bitmap, all || !r.fresh, array->resync_offset);
	return r.bitmap;
}

void mdx_bitmap_retune(struct mdx_array *array)
{
	struct mdx_bitmap *b = array->bitmap;

	lockdep_assert_held(&array->lock);

	if (!b)
		return;
	spin_lock_irq(&b->lock);
	b->super.daemon_sleep = max(1u, array->bitmap_info.sleep_ms / 1000);
	b->super.write_behind = array->bitmap_info.write_behind;
	spin_unlock_irq(&b->lock);
	b->sleep = max(1ul, msecs_to_jiffies(array->bitmap_info.sleep_ms));
	if (READ_ONCE(b->dirty))
		mod_delayed_work(mdx_io_wq, &b->look_work, b->sleep);
}

static void show_to_all(struct mdx_array *array, struct mdx_bitmap *b)
{
	mutex_lock(&array->sb_mutex);
	spin_lock_irq(&array->state_lock);
	array->bitmap = b;
	array->bitmap_offset = b ? b->offset : 0;
	spin_unlock_irq(&array->state_lock);
	mutex_unlock(&array->sb_mutex);
}

int mdx_bitmap_load(struct mdx_array *array)
{
	struct mdx_bitmap *b;

	lockdep_assert_held(&array->lock);

	if (!array->bitmap_offset)
		return 0;
	if (!may_have(array))
		return -EINVAL;
	b = read_bitmap(array, array->bitmap_offset, false);
	if (IS_ERR(b)) {
		pr_warn("md: %s: no member has a bitmap that can be used (%ld), not started\n",
			array->name, PTR_ERR(b));
		return PTR_ERR(b);
	}
	show_to_all(array, b);
	mdx_bitmap_look_later(b);
	return 0;
}

void mdx_bitmap_drop(struct mdx_array *array)
{
	struct mdx_bitmap *b = array->bitmap;
	const s32 offset = array->bitmap_offset;

	lockdep_assert_held(&array->lock);

	if (!b)
		return;
	show_to_all(array, NULL);
	/* The next start reads it again. */
	array->bitmap_offset = offset;
	mdx_bitmap_free(b);
}

void mdx_bitmap_idle(struct mdx_array *array)
{
	struct mdx_bitmap *b = array->bitmap;

	lockdep_assert_held(&array->lock);

	if (!b)
		return;
	cancel_delayed_work_sync(&b->look_work);
	mdx_bitmap_settle(b);
}

/* ---- members; array->lock held ---- */

int mdx_bitmap_hold(struct mdx_array *array)
{
	/* A round of superblocks waits for members, and nobody may wait for those while it is suspended. */
	return !array->bitmap || mutex_trylock(&array->sb_mutex) ? 0 : -EBUSY;
}

void mdx_bitmap_let_go(struct mdx_array *array)
{
	if (array->bitmap)
		mutex_unlock(&array->sb_mutex);
}

int mdx_bitmap_copy_to(struct mdx_array *array, struct mdx_member *m)
{
	struct mdx_bitmap *b = array->bitmap;
	int err;

	if (!b)
		return 0;
	lockdep_assert_held(&array->sb_mutex);
	err = mdx_bitmap_write_member(b, m);
	if (err)
		mdx_member_fail(m, "bitmap write failed");
	return err;
}

bool mdx_bitmap_covers(struct mdx_array *array, u64 events)
{
	const struct mdx_bitmap *b = array->bitmap;

	return b && !array->bitmap_leaving && events >= b->super.events_cleared;
}

/* ---- superblocks; sb_mutex held ---- */

/* What lies behind ->need_from must be found again by its bits. */
static void record_needs(struct mdx_bitmap *b)
{
	sector_t from;

	spin_lock_irq(&b->lock);
	from = b->need_from;
	b->need_from = MDX_SECTOR_NONE;
	spin_unlock_irq(&b->lock);
	if (from < b->sync_size)
		mdx_bitmap_set_range(b, mdx_bitmap_chunk(b, from), b->chunks - 1);
}

bool mdx_bitmap_record(struct mdx_array *array)
{
	const unsigned int degraded = READ_ONCE(array->degraded);
	struct mdx_bitmap *b = array->bitmap;

	lockdep_assert_held(&array->sb_mutex);

	if (!b || array->bitmap_leaving)
		return true;
	record_needs(b);
	spin_lock_irq(&b->lock);
	b->super.events = array->events;
	mdx_bitmap_touch_super(b);
	if (b->rewrite)
		mdx_bitmap_touch_all(b);
	b->rewrite = false;
	spin_unlock_irq(&b->lock);
	/* Where nobody is left to take it the superblocks go on: they are newer then, and all of it counts as set. */
	mdx_bitmap_commit(b);
	return READ_ONCE(array->degraded) == degraded;
}

/* ---- while it runs; array->lock held ---- */

static int may_change(const struct mdx_array *array)
{
	if (!mdx_array_running(array) || !may_have(array))
		return -EINVAL;
	return array->sync ? -EBUSY : 0;
}

int mdx_bitmap_add(struct mdx_array *array, s32 offset)
{
	struct mdx_bitmap *b;
	int err;

	lockdep_assert_held(&array->lock);

	err = may_change(array);
	if (!err && array->bitmap)
		err = -EBUSY;
	if (err)
		return err;
	/* It has not been kept yet: what is on the members' media nobody knows. */
	b = read_bitmap(array, offset, true);
	if (IS_ERR(b))
		return PTR_ERR(b);
	mdx_array_suspend(array);
	show_to_all(array, b);
	mdx_array_resume(array);
	mdx_bitmap_look_later(b);
	/* Only when it is there for every write do the superblocks tell of it. */
	err = mdx_super_wait(array);
	if (err)
		pr_warn("md: %s: the new bitmap could not be recorded (%d)\n", array->name, err);
	mdx_event();
	return err;
}

int mdx_bitmap_remove(struct mdx_array *array)
{
	struct mdx_bitmap *b = array->bitmap;
	int err;

	lockdep_assert_held(&array->lock);

	err = may_change(array);
	if (err)
		return err;
	if (!b)
		return -ENOENT;
	/* A superblock that tells of it must not outlive the bits. */
	WRITE_ONCE(array->bitmap_leaving, true);
	err = mdx_super_wait(array);
	if (!err) {
		mdx_array_suspend(array);
		show_to_all(array, NULL);
		mdx_array_resume(array);
		mdx_bitmap_free(b);
	}
	WRITE_ONCE(array->bitmap_leaving, false);
	mdx_event();
	return err;
}

int mdx_bitmap_set_chunks(struct mdx_array *array, u64 first, u64 last)
{
	struct mdx_bitmap *b = array->bitmap;

	lockdep_assert_held(&array->lock);

	if (!b || first >= b->chunks)
		return 0;
	if (!mdx_state_info(mdx_state_now(array))->writable)
		return -EROFS;
	if (mdx_read_gate_open(array, false))
		return -EIO;
	mdx_bitmap_set_range(b, first, min_t(u64, last, b->chunks - 1));
	percpu_ref_put(&array->read_gate);
	return 0;
}
