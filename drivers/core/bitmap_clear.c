// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write-intent bitmap: bits go again, some time after the last write.
 * See DOC in bitmap.h.
 *
 * DOC: A cleared bit says that all members are alike there, so before it goes
 *
 *  - every write to the chunk is on all members: none in flight, none of the
 *    array's members missing (what one missed, the bits are to tell);
 *  - that is on their media: they have been flushed since;
 *  - "cleared when the array had so many events" is on their media: a member
 *    that left before, whose place another took, must not be brought up to date
 *    by bits that have gone since.
 */
#include <linux/sched.h>
#include "bitmap.h"

#define IDLE_ONCE MDX_CHUNK_DIRTY
#define IDLE_TWICE (MDX_CHUNK_DIRTY | MDX_CHUNK_AGED)
#define TO_BE_CLEARED (MDX_CHUNK_DIRTY | MDX_CHUNK_AGED | MDX_CHUNK_CLEARING)

/* No write in flight and none since: one step on. True: it is to be cleared. */
static bool age(atomic_t *chunk, bool at_once)
{
	u32 now = atomic_read(chunk);

	switch (now) {
	case IDLE_ONCE:
		if (!at_once) {
			atomic_cmpxchg(chunk, now, IDLE_TWICE);
			return false;
		}
		fallthrough;
	case IDLE_TWICE:
		return (u32)atomic_cmpxchg(chunk, now, TO_BE_CLEARED) == now;
	case TO_BE_CLEARED:
		return true;
	default:
		return false;
	}
}

/* The first chunk of the next group that has any set, from @chunk on. */
static u32 next_in_use(const struct mdx_bitmap *b, u32 chunk)
{
	while (chunk < b->chunks && chunk % MDX_BITMAP_GROUP == 0 &&
	       !READ_ONCE(b->group[chunk / MDX_BITMAP_GROUP]))
		chunk += MDX_BITMAP_GROUP;
	if (chunk % MDX_BITMAP_GROUP == 0)
		cond_resched();
	return chunk;
}

static u32 age_all(struct mdx_bitmap *b, bool at_once)
{
	u32 chunk, found = 0;

	for (chunk = next_in_use(b, 0); chunk < b->chunks; chunk = next_in_use(b, chunk + 1))
		found += age(&b->chunk[chunk], at_once);
	return found;
}

static void clear_all(struct mdx_bitmap *b)
{
	u32 chunk;

	for (chunk = next_in_use(b, 0); chunk < b->chunks; chunk = next_in_use(b, chunk + 1))
		if (atomic_read(&b->chunk[chunk]) & MDX_CHUNK_CLEARING)
			mdx_bitmap_clear_chunk(b, chunk);
}

/* May bits be cleared, and of what age is the array? On the way down members go one by one. */
static bool may_clear(struct mdx_bitmap *b, u64 *events)
{
	struct mdx_array *array = b->array;
	bool may;

	spin_lock_irq(&array->state_lock);
	may = !array->degraded && !READ_ONCE(array->bitmap_info.hold) &&
	      mdx_state_info(array->state)->writable &&
	      array->state != MDX_STATE_READ_AUTO &&
	      !test_bit(MDX_ARRAY_F_RECORDED, &array->flags);
	*events = array->events;
	spin_unlock_irq(&array->state_lock);
	return may;
}

/* What the members have been given is on their media. False: that is not so of all. */
static bool flush_members(struct mdx_bitmap *b)
{
	struct mdx_array *array = b->array;
	bool good = true;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array); slot++) {
		struct mdx_member *m = mdx_array_at(array, slot);

		if (!mdx_member_readable(m))
			return false;
		if (!blkdev_issue_flush(m->bdev.bdev))
			continue;
		mdx_member_fail(m, "flush before the bitmap failed");
		good = false;
	}
	return good;
}

/*
 * Have all members been there until now? Whoever failed meanwhile may have lost what was still to be flushed, and
 * its superblock is as old as what is about to be recorded.
 */
static bool all_there(struct mdx_array *array)
{
	bool all;

	spin_lock_irq(&array->state_lock);
	all = !array->degraded;
	spin_unlock_irq(&array->state_lock);
	return all;
}

/* That bits are cleared at @events, before any is. */
static bool record_cleared(struct mdx_bitmap *b, u64 events)
{
	if (b->super.events_cleared == events)
		return true;
	spin_lock_irq(&b->lock);
	b->super.events_cleared = events;
	mdx_bitmap_touch_super(b);
	spin_unlock_irq(&b->lock);
	return mdx_bitmap_commit(b);
}

static void look(struct mdx_bitmap *b, bool at_once)
{
	u64 events;

	if (!may_clear(b, &events) || !age_all(b, at_once))
		return;
	if (!flush_members(b) || !all_there(b->array) || !record_cleared(b, events))
		return;
	clear_all(b);
	mdx_bitmap_commit(b);
}

void mdx_bitmap_look_work(struct work_struct *work)
{
	struct mdx_bitmap *b = container_of(work, struct mdx_bitmap, look_work.work);

	/* Suspended: whoever that is for may be waiting for us to go. */
	if (percpu_ref_tryget_live(&b->array->read_gate)) {
		look(b, false);
		percpu_ref_put(&b->array->read_gate);
	}
	mdx_bitmap_look_later(b);
}

void mdx_bitmap_look_later(struct mdx_bitmap *b)
{
	/* Before writes know of it, what is idle here is nothing to go by. */
	if (READ_ONCE(b->array->bitmap) == b && READ_ONCE(b->dirty))
		queue_delayed_work(mdx_io_wq, &b->look_work, READ_ONCE(b->sleep));
}

void mdx_bitmap_settle(struct mdx_bitmap *b)
{
	look(b, true);
}
