// SPDX-License-Identifier: GPL-2.0-only
/*
 * One window of a sync.
 *
 *   resync         the array's sectors: read each chunk's first copy, write the others
 *   check, repair  the array's sectors: read all copies, compare; repair writes the
 *                  first one over those that differ
 *   recover        sectors of the members that are rebuilt, or replace another one: for
 *                  each of them read what belongs there from a copy
 *
 * DOC: A window has parts, one for each chunk it touches and in a recovery for each
 * target. The core has closed the fence over all of the array's sectors they are
 * about: no user write runs there, so what was read is still true when it is written.
 * Bios end in interrupt context; what comes next runs on the sync queue. Nothing is
 * allocated.
 *
 * A window in which some member fails to read goes page by page instead
 * (mirror_sync_pages.c), and so does one in which a member has bad blocks. A member
 * that fails to write fails, unless it keeps a log of bad blocks: then the window is
 * done again, page by page.
 */
#include <mdx/bitmap.h>
#include "raid10.h"

/* What a window has of one chunk, and where. */
struct part {
	sector_t sector;		/* of the array */
	unsigned int sectors;
	unsigned int offset;		/* bytes, in the window's buffers */
	unsigned int buf;		/* recover: number of the target, whose buffer it is */
	unsigned int target;		/* recover: its position */
	/* The copies, and behind them, recover: the target. */
	struct mdx_place place[MDX_RAID10_COPIES + 1];
};

static bool compares(enum mdx_sync_action action)
{
	return action == MDX_SYNC_CHECK || action == MDX_SYNC_REPAIR;
}

/* At least as many as a recovery that starts now is for: one may fail at any moment. */
static unsigned int members_to_rebuild(const struct mdx_array *array)
{
	unsigned int pos, n = 0;

	for (pos = 0; pos < mdx_array_positions(array); pos++) {
		const struct mdx_member *member = mdx_array_at(array, pos);

		if (member && !mdx_member_test(member, MDX_MEMBER_F_IN_SYNC))
			n++;
	}
	return max(1u, n);
}

/* Where no chunk has two copies there is nothing to differ: done at once, not at sync speed. */
sector_t raid10_sync_sectors(struct mdx_array *array, enum mdx_sync_action action)
{
	if (action == MDX_SYNC_RECOVER)
		return array->dev_sectors;
	if (!mdx_raid10_has_twins(raid10_map(array), raid10_readable_slots(array)))
		return 0;
	return array->array_sectors;
}

unsigned int raid10_sync_bufs(struct mdx_array *array, enum mdx_sync_action action)
{
	if (action == MDX_SYNC_RECOVER)
		return members_to_rebuild(array);
	return compares(action) ? raid10_map(array)->copies : 1;
}

/* Bios of a part: one for each copy. */
unsigned int raid10_sync_bios(struct mdx_array *array, enum mdx_sync_action action)
{
	const unsigned int parts = max(1u, MDX_SYNC_WINDOW >> raid10_map(array)->chunk_shift);

	if (action == MDX_SYNC_RECOVER)
		return parts * members_to_rebuild(array);
	return parts * raid10_map(array)->copies;
}

/* ---- parts ---- */

/* How many chunks @w touches, on the array or on each target. */
static unsigned int window_chunks(const struct mdx_sync_window *w)
{
	const unsigned int shift = raid10_map(w->array)->chunk_shift;

	return ((w->sector + w->sectors - 1) >> shift) - (w->sector >> shift) + 1;
}

static unsigned int window_parts(const struct mdx_sync_window *w)
{
	const unsigned int chunks = window_chunks(w);

	return w->action == MDX_SYNC_RECOVER ? chunks * hweight_long(w->targets) : chunks;
}

static unsigned int nth_bit(unsigned long bits, unsigned int n)
{
	while (n--)
		bits &= bits - 1;
	return __ffs(bits);
}

/* Part @index of @w, without its places. False: there is nothing of the array's. */
static bool part_extent(const struct mdx_sync_window *w, unsigned int index, struct part *p)
{
	const struct mdx_raid10_map *map = raid10_map(w->array);
	const unsigned int chunks = window_chunks(w);
	const u64 chunk = (w->sector >> map->chunk_shift) + index % chunks;
	const u64 start = max_t(u64, w->sector, chunk << map->chunk_shift);
	const u64 end = min_t(u64, w->sector + w->sectors, (chunk + 1) << map->chunk_shift);

	p->sector = start;
	p->sectors = end - start;
	p->offset = (start - w->sector) << SECTOR_SHIFT;
	p->buf = 0;
	if (w->action != MDX_SYNC_RECOVER)
		return true;
	p->buf = index / chunks;
	p->target = nth_bit(w->targets, p->buf);
	p->sector = mdx_raid10_unmap(map, p->target % map->disks, start);
	return p->sector != MDX_SECTOR_NONE;
}

static bool part_get(const struct mdx_sync_window *w, unsigned int index, struct part *p)
{
	const struct mdx_raid10_map *map = raid10_map(w->array);

	if (!part_extent(w, index, p))
		return false;
	mdx_raid10_map_sector(map, p->sector, p->place);
	if (w->action == MDX_SYNC_RECOVER)
		p->place[map->copies] = (struct mdx_place) {
			.slot = p->target,
			.sector = w->sector + (p->offset >> SECTOR_SHIFT),
		};
	return true;
}

bool raid10_sync_range(const struct mdx_sync_window *w, unsigned int n, sector_t *first,
		       sector_t *end)
{
	const unsigned int parts = window_parts(w);
	struct part p;

	if (w->action != MDX_SYNC_RECOVER) {
		*first = w->sector;
		*end = w->sector + w->sectors;
		return !n;
	}
	if (n >= parts)
		return false;
	/* Where there is nothing another part's range will do. */
	while (!part_extent(w, n, &p))
		if (++n == parts)
			return false;
	*first = p.sector;
	*end = p.sector + p.sectors;
	return true;
}

/* By the bitmap: has it anything of what @slot has at @sector of its data area, before @end and in one chunk? */
static bool slot_wanted(struct mdx_array *array, unsigned int slot, u64 sector, u64 end)
{
	const u64 at = mdx_raid10_unmap(raid10_map(array), slot, sector);

	return at != MDX_SECTOR_NONE &&
	       mdx_bitmap_wants(array, MDX_SYNC_RECOVER, at, end - sector);
}

bool raid10_sync_wanted(struct mdx_array *array, enum mdx_sync_action action,
			unsigned long targets, sector_t sector, unsigned int sectors)
{
	const u64 chunk = 1u << raid10_map(array)->chunk_shift;
	const u64 end = sector + sectors;
	u64 at, next;
	unsigned int pos;

	if (action != MDX_SYNC_RECOVER)
		return mdx_bitmap_wants(array, action, sector, sectors);
	for_each_set_bit(pos, &targets, BITS_PER_LONG) {
		for (at = sector; at < end; at = next) {
			next = min(end, round_down(at, chunk) + chunk);
			if (slot_wanted(array, pos % array->raid_disks, at, next))
				return true;
		}
	}
	return false;
}

/* First copy on one of w->sources, which is what the others are made like; -1: none. */
static int part_source(const struct mdx_sync_window *w, const struct part *p)
{
	const unsigned int copies = raid10_map(w->array)->copies;
	unsigned int i;

	for (i = 0; i < copies; i++)
		if (w->sources & BIT(p->place[i].slot))
			return i;
	return -1;
}

/* Copies that are read or written, bit per copy: those on @slots. */
static unsigned long part_copies(const struct mdx_sync_window *w, const struct part *p,
				 unsigned long slots)
{
	const unsigned int copies = raid10_map(w->array)->copies;
	unsigned long set = 0;
	unsigned int i;

	for (i = 0; i < copies; i++)
		if (slots & BIT(p->place[i].slot))
			set |= BIT(i);
	return set;
}

/* ---- the last stage: what was written ---- */

static void finish(struct mdx_sync_window *w, int result)
{
	w->result = result;
	mdx_sync_window_done(w);
}

static void pages_step(struct work_struct *work);

static void window_written(struct mdx_sync_window *w)
{
	bool again = false;
	unsigned int pos;

	/* Those that can only fail leave the array; but one that has to stay differs now. */
	for_each_set_bit(pos, &w->failed_writes, BITS_PER_LONG) {
		struct mdx_member *member = mdx_array_at(w->array, pos);

		if (mdx_bad_kept(member))
			again = true;
		else if (mdx_member_fail(member, "write failed during sync"))
			w->result = -EIO;
	}
	if (again)
		mdx_sync_window_queue(w, pages_step);
	else
		finish(w, w->result);
}

static void window_put(struct mdx_sync_window *w)
{
	if (atomic_dec_and_test(&w->pending))
		window_written(w);
}

static unsigned int bios_of_part(const struct mdx_sync_window *w)
{
	return w->action == MDX_SYNC_RECOVER ? 1 : raid10_map(w->array)->copies;
}

static void write_end(struct bio *bio)
{
	struct mdx_sync_window *w = bio->bi_private;
	const unsigned int index = bio - w->bio, each = bios_of_part(w);
	struct part p;

	if (bio->bi_status && part_get(w, index / each, &p))
		set_bit(w->action == MDX_SYNC_RECOVER ? p.target : p.place[index % each].slot,
			&w->failed_writes);
	window_put(w);
}

/* Holds a count of w->pending. */
static void write_bio(struct mdx_sync_window *w, unsigned int index, const struct part *p,
		      unsigned int copy, unsigned int buf)
{
	const struct mdx_place *place = &p->place[copy];
	struct mdx_member *member = mdx_array_at(w->array, place->slot);
	struct bio *bio;

	if (!mdx_member_writable(member))
		return;
	bio = mdx_sync_part(w, index, member, place->sector, &w->buf[buf], p->offset,
			    p->sectors << SECTOR_SHIFT, REQ_OP_WRITE);
	bio->bi_end_io = write_end;
	atomic_inc(&w->pending);
	submit_bio_noacct(bio);
}

/* ---- reading, the first stage ---- */

static void next_step(struct work_struct *work);

static void read_put(struct mdx_sync_window *w)
{
	if (atomic_dec_and_test(&w->pending))
		mdx_sync_window_queue(w, next_step);
}

static void read_end(struct bio *bio)
{
	struct mdx_sync_window *w = bio->bi_private;

	if (bio->bi_status)
		set_bit(0, &w->failed_reads);
	read_put(w);
}

static void read_bio(struct mdx_sync_window *w, unsigned int index, const struct part *p,
		     unsigned int copy, unsigned int buf)
{
	const struct mdx_place *place = &p->place[copy];
	struct bio *bio;

	bio = mdx_sync_part(w, index, w->array->slot[place->slot], place->sector, &w->buf[buf],
			    p->offset, p->sectors << SECTOR_SHIFT, REQ_OP_READ);
	bio->bi_end_io = read_end;
	atomic_inc(&w->pending);
	submit_bio_noacct(bio);
}

static void read_part(struct mdx_sync_window *w, unsigned int index)
{
	const unsigned int each = bios_of_part(w);
	unsigned long copies;
	unsigned int copy;
	struct part p;
	int source;

	if (!part_get(w, index, &p))
		return;
	copies = part_copies(w, &p, w->sources);
	source = part_source(w, &p);
	if (source < 0) {
		/* A resync has nothing to make alike; who is to be rebuilt cannot be. */
		if (w->action == MDX_SYNC_RECOVER)
			w->result = -EIO;
		return;
	}
	if (!compares(w->action)) {
		if (w->action == MDX_SYNC_RECOVER || hweight_long(copies) > 1)
			read_bio(w, index * each, &p, source, p.buf);
		return;
	}
	if (hweight_long(copies) > 1)
		for_each_set_bit(copy, &copies, BITS_PER_LONG)
			read_bio(w, index * each + copy, &p, copy, copy);
}

/* ---- comparing and writing, the second ---- */

/* Copies that hold something else than @source; counts what does, in md's blocks. */
static unsigned long part_differs(struct mdx_sync_window *w, const struct part *p,
				  unsigned long copies, unsigned int source)
{
	const unsigned int bytes = p->sectors << SECTOR_SHIFT;
	unsigned long differ = 0;
	unsigned int copy, at, n;

	copies &= ~BIT(source);
	for_each_set_bit(copy, &copies, BITS_PER_LONG) {
		for (at = 0; at < bytes; at += n) {
			n = min(bytes - at, MDX_MISMATCH_BYTES);
			if (mdx_sync_same(&w->buf[source], &w->buf[copy], p->offset + at, n))
				continue;
			differ |= BIT(copy);
			atomic64_add(n >> SECTOR_SHIFT, &w->array->mismatches);
		}
	}
	return differ;
}

static void write_part(struct mdx_sync_window *w, unsigned int index)
{
	const unsigned int each = bios_of_part(w);
	unsigned long copies;
	unsigned int copy;
	struct part p;
	int source;

	if (!part_get(w, index, &p))
		return;
	source = part_source(w, &p);
	if (source < 0)
		return;
	if (w->action == MDX_SYNC_RECOVER) {
		write_bio(w, index, &p, raid10_map(w->array)->copies, p.buf);
		return;
	}
	copies = part_copies(w, &p, w->sources);
	if (hweight_long(copies) < 2)
		return;
	if (compares(w->action))
		copies = part_differs(w, &p, copies, source);
	if (w->action == MDX_SYNC_CHECK)
		return;
	copies &= ~BIT(source);
	for_each_set_bit(copy, &copies, BITS_PER_LONG)
		write_bio(w, index * each + copy, &p, copy, compares(w->action) ? source : 0);
}

/* False: the sync is to stop. */
static bool part_by_page(struct mdx_sync_window *w, unsigned int index)
{
	struct mdx_sync_copies c = { };
	struct part p;
	int source;

	if (!part_get(w, index, &p))
		return true;
	source = part_source(w, &p);
	if (source < 0) {
		if (w->action == MDX_SYNC_RECOVER)
			w->result = -EIO;
		return true;
	}
	c.sector = p.sector;
	c.place = p.place;
	c.again = w->failed_writes;
	c.source = source;
	c.sources = part_copies(w, &p, w->sources);
	if (w->action == MDX_SYNC_RECOVER)
		c.targets = BIT(raid10_map(w->array)->copies);
	else if (hweight_long(c.sources) < 2)
		return true;
	else if (!compares(w->action))
		c.targets = c.sources & ~BIT(source);
	return mdx_sync_by_page(w, &c, p.sectors);
}

static void by_page(struct mdx_sync_window *w)
{
	const unsigned int parts = window_parts(w);
	unsigned int i;

	for (i = 0; i < parts && part_by_page(w, i); i++) {
		if (i + 1 < parts && mdx_sync_stopping(w)) {
			w->result = w->result ?: -EINTR;
			break;
		}
	}
	mdx_sync_window_done(w);
}

static void pages_step(struct work_struct *work)
{
	by_page(container_of(work, struct mdx_sync_window, work));
}

static bool part_has_bad(const struct mdx_sync_window *w, unsigned int index)
{
	unsigned long copies;
	unsigned int copy;
	struct part p;

	if (!part_get(w, index, &p))
		return false;
	copies = part_copies(w, &p, w->sources);
	if (w->action == MDX_SYNC_RECOVER)
		copies |= BIT(raid10_map(w->array)->copies);
	for_each_set_bit(copy, &copies, BITS_PER_LONG) {
		const struct mdx_member *member = mdx_array_at(w->array, p.place[copy].slot);

		if (member && mdx_bad_overlaps(member, p.place[copy].sector, p.sectors))
			return true;
	}
	return false;
}

/* Has a member bad blocks in what the window reads or writes? */
static bool window_has_bad(const struct mdx_sync_window *w)
{
	const struct mdx_array *array = w->array;
	unsigned int i, parts = 0;

	for (i = 0; i < mdx_array_positions(array) && !parts; i++)
		if (mdx_array_at(array, i) && mdx_member_has_bad(mdx_array_at(array, i)))
			parts = window_parts(w);
	for (i = 0; i < parts; i++)
		if (part_has_bad(w, i))
			return true;
	return false;
}

static void next_step(struct work_struct *work)
{
	struct mdx_sync_window *w = container_of(work, struct mdx_sync_window, work);
	const unsigned int parts = window_parts(w);
	struct blk_plug plug;
	unsigned int i;

	if (unlikely(w->failed_reads)) {
		by_page(w);
		return;
	}
	atomic_set(&w->pending, 1);
	blk_start_plug(&plug);
	for (i = 0; i < parts; i++)
		write_part(w, i);
	blk_finish_plug(&plug);
	window_put(w);
}

void raid10_sync_window(struct mdx_array *array, struct mdx_sync_window *w)
{
	const unsigned int parts = window_parts(w);
	struct blk_plug plug;
	unsigned int i;

	/* Settled now: if a source fails meanwhile, what it delivered still rules. */
	w->sources = raid10_readable_slots(array);
	if (unlikely(window_has_bad(w))) {
		mdx_sync_window_queue(w, pages_step);
		return;
	}
	atomic_set(&w->pending, 1);
	blk_start_plug(&plug);
	for (i = 0; i < parts; i++)
		read_part(w, i);
	blk_finish_plug(&plug);
	read_put(w);
}
