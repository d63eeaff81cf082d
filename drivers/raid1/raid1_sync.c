// SPDX-License-Identifier: GPL-2.0-only
/*
 * One window of a sync.
 *
 *   resync, recover   read the window from one member, write it to the others
 *   check, repair     read it from all, compare; repair writes the first copy
 *                     over those that differ
 *
 * DOC: The core has closed the fence: no user write runs in the window, so what
 * was read is still true when it is written. Bios end in interrupt context;
 * what comes next runs on the sync queue, since a member may be a device whose
 * submission sleeps. Nothing is allocated.
 *
 * A window in which some member fails to read goes page by page instead
 * (mirror_sync_pages.c), and so does one in which a member has bad blocks. A member
 * that fails to write fails, unless it keeps a log of bad blocks: then the window is
 * done again, page by page.
 */
#include "raid1.h"

/* Members that hold what belongs there. */
static unsigned long readable_set(const struct mdx_array *array)
{
	unsigned long set = 0;
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (mdx_member_readable(array->slot[slot]))
			set |= BIT(slot);
	return set;
}

/* One mirror alone has nobody to differ from: done at once, not at sync speed. */
sector_t raid1_sync_sectors(struct mdx_array *array, enum mdx_sync_action action)
{
	if (action != MDX_SYNC_RECOVER && hweight_long(readable_set(array)) < 2)
		return 0;
	return array->dev_sectors;
}

static bool compares(enum mdx_sync_action action)
{
	return action == MDX_SYNC_CHECK || action == MDX_SYNC_REPAIR;
}

unsigned int raid1_sync_bufs(struct mdx_array *array, enum mdx_sync_action action)
{
	return compares(action) ? array->raid_disks : 1;
}

static unsigned long recovering_set(const struct mdx_array *array)
{
	unsigned long set = 0;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array); slot++)
		if (mdx_member_writable(mdx_array_at(array, slot)) &&
		    !mdx_member_readable(mdx_array_at(array, slot)))
			set |= BIT(slot);
	return set;
}

static void finish(struct mdx_sync_window *w, int result)
{
	w->result = result;
	mdx_sync_window_done(w);
}

/* ---- writing, the last stage of all ---- */

static void by_page(struct mdx_sync_window *w)
{
	const struct mdx_sync_copies copies = {
		.sector = w->sector,
		.again = w->failed_writes,
		.source = w->source,
		.sources = w->sources,
		.targets = w->targets,
	};

	mdx_sync_by_page(w, &copies, w->sectors);
	mdx_sync_window_done(w);
}

static void pages_step(struct work_struct *work)
{
	struct mdx_sync_window *w = container_of(work, struct mdx_sync_window, work);

	by_page(w);
}

static void window_written(struct mdx_sync_window *w)
{
	struct mdx_array *array = w->array;
	bool again = false;
	unsigned int slot;

	/* Those that can only fail leave the array; that is all there is to say of them. */
	for_each_set_bit(slot, &w->failed_writes, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(array, slot);

		if (mdx_bad_kept(member))
			again = true;
		else
			mdx_member_fail(member, "write failed during sync");
	}
	if (again)
		mdx_sync_window_queue(w, pages_step);
	else
		finish(w, w->result);
}

static void write_put(struct mdx_sync_window *w)
{
	if (atomic_dec_and_test(&w->pending))
		window_written(w);
}

static unsigned int slot_of(const struct mdx_sync_window *w, const struct bio *bio)
{
	return bio - w->bio;
}

static void write_end(struct bio *bio)
{
	struct mdx_sync_window *w = bio->bi_private;

	if (bio->bi_status)
		set_bit(slot_of(w, bio), &w->failed_writes);
	write_put(w);
}

static void write_window(struct mdx_sync_window *w, struct mdx_sync_buf *buf,
			 unsigned long targets)
{
	struct mdx_array *array = w->array;
	unsigned int slot;

	atomic_set(&w->pending, 1);
	for_each_set_bit(slot, &targets, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(array, slot);
		struct bio *bio;

		if (!mdx_member_writable(member))
			continue;
		bio = mdx_sync_bio(w, member, slot, buf, REQ_OP_WRITE);
		bio->bi_end_io = write_end;
		atomic_inc(&w->pending);
		submit_bio_noacct(bio);
	}
	write_put(w);
}

/* ---- reading, the first stage ---- */

static void read_end(struct bio *bio);

static void read_window(struct mdx_sync_window *w, unsigned long from)
{
	struct mdx_array *array = w->array;
	const bool each = compares(w->action);
	unsigned int slot;

	atomic_set(&w->pending, hweight_long(from));
	/* With the last one out the window may be gone. */
	for_each_set_bit(slot, &from, BITS_PER_LONG) {
		struct bio *bio = mdx_sync_bio(w, array->slot[slot], slot,
					       &w->buf[each ? slot : 0], REQ_OP_READ);

		bio->bi_end_io = read_end;
		submit_bio_noacct(bio);
	}
}

static bool bad_blocks_in(const struct mdx_sync_window *w, unsigned long slots)
{
	unsigned int slot;

	for_each_set_bit(slot, &slots, BITS_PER_LONG)
		if (mdx_bad_overlaps(mdx_array_at(w->array, slot), w->sector, w->sectors))
			return true;
	return false;
}

static bool pages_instead(struct mdx_sync_window *w)
{
	if (likely(!w->failed_reads))
		return false;
	by_page(w);
	return true;
}

/* ---- resync and recovery ---- */

static void copy_step(struct work_struct *work)
{
	struct mdx_sync_window *w = container_of(work, struct mdx_sync_window, work);

	if (!pages_instead(w))
		write_window(w, &w->buf[0], w->targets);
}

static void copy_window(struct mdx_array *array, struct mdx_sync_window *w)
{
	const bool recover = w->action == MDX_SYNC_RECOVER;

	w->sources = readable_set(array);
	if (!w->sources) {
		finish(w, -EIO);
		return;
	}
	w->source = __ffs(w->sources);
	/* Settled now: if the source fails meanwhile, what it delivered still rules. */
	w->targets = recover ? recovering_set(array) : w->sources & ~BIT(w->source);
	if (!w->targets) {
		/* Nobody is left to be rebuilt, or there is nobody to differ from. */
		finish(w, recover ? -EIO : 0);
		return;
	}
	if (unlikely(bad_blocks_in(w, w->sources | w->targets)))
		mdx_sync_window_queue(w, pages_step);
	else
		read_window(w, BIT(w->source));
}

/* ---- check and repair ---- */

/* Sectors that @buf differs in from @ref, in whole blocks as md counts. */
static unsigned int differing_sectors(const struct mdx_sync_window *w,
				      const struct mdx_sync_buf *ref,
				      const struct mdx_sync_buf *buf)
{
	const unsigned int bytes = w->sectors << SECTOR_SHIFT;
	unsigned int at, n, sectors = 0;

	for (at = 0; at < bytes; at += n) {
		n = min(bytes - at, MDX_MISMATCH_BYTES);
		if (!mdx_sync_same(ref, buf, at, n))
			sectors += n >> SECTOR_SHIFT;
	}
	return sectors;
}

static void compare_step(struct work_struct *work)
{
	struct mdx_sync_window *w = container_of(work, struct mdx_sync_window, work);
	unsigned long sources = w->sources, differ = 0;
	const struct mdx_sync_buf *ref = &w->buf[w->source];
	unsigned int slot;

	if (pages_instead(w))
		return;
	sources &= ~BIT(w->source);
	for_each_set_bit(slot, &sources, BITS_PER_LONG) {
		unsigned int sectors = differing_sectors(w, ref, &w->buf[slot]);

		if (!sectors)
			continue;
		differ |= BIT(slot);
		atomic64_add(sectors, &w->array->mismatches);
	}
	if (w->action != MDX_SYNC_REPAIR)
		differ = 0;
	write_window(w, &w->buf[w->source], differ);
}

static void compare_window(struct mdx_array *array, struct mdx_sync_window *w)
{
	w->sources = readable_set(array);
	w->targets = 0;
	if (hweight_long(w->sources) < 2) {
		finish(w, 0);
		return;
	}
	w->source = __ffs(w->sources);
	if (unlikely(bad_blocks_in(w, w->sources)))
		mdx_sync_window_queue(w, pages_step);
	else
		read_window(w, w->sources);
}

static void read_end(struct bio *bio)
{
	struct mdx_sync_window *w = bio->bi_private;

	if (bio->bi_status)
		set_bit(slot_of(w, bio), &w->failed_reads);
	if (atomic_dec_and_test(&w->pending))
		mdx_sync_window_queue(w, compares(w->action) ? compare_step : copy_step);
}

void raid1_sync_window(struct mdx_array *array, struct mdx_sync_window *w)
{
	w->result = 0;
	w->failed_reads = 0;
	w->failed_writes = 0;
	if (compares(w->action))
		compare_window(array, w);
	else
		copy_window(array, w);
}
