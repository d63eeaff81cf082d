// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rewriting what a member could not read (invariant I6).
 *
 * DOC: exclusion
 *
 *  What is rewritten must be newer than nothing: a user's write that reaches
 *  the members between our read of the good copy and our write of the bad one
 *  would be undone on one of them. So a repair runs with the array suspended:
 *  no bio and no sync window is in flight.
 *
 *  Suspending needs array->lock and drains the very io whose error brought us
 *  here, so the io does not wait for its repair: it has been answered from
 *  another member, holds nothing, and leaves a range on a short list. The
 *  repair work takes array->lock by trylock and comes back later if it cannot,
 *  so that a level's stop, which runs under that lock, may wait for the work.
 *
 *  A turn ends after REPAIR_TURN, or after one page that takes longer: users, and
 *  whoever wants to fail the member by hand, come between.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <mdx/mirror.h>
#include <mdx/personality.h>

#define REPAIR_RETRY msecs_to_jiffies(20)
#define REPAIR_LATER HZ		/* I/O did not end in time */
#define REPAIR_TURN msecs_to_jiffies(10)
#define REPAIR_MAX_SECTORS MDX_SYNC_WINDOW

int mdx_repair_heal(struct mdx_array *array, struct mdx_member *member,
		    sector_t sector, struct page *page, unsigned int len)
{
	const unsigned int sectors = len >> SECTOR_SHIFT;
	const sector_t on_disk = sector + member->data_offset;

	if (mdx_member_rw_page(member, sector, page, len, REQ_OP_WRITE | REQ_SYNC) ||
	    mdx_member_rw_page(member, sector, page, len, REQ_OP_READ)) {
		pr_warn_ratelimited("md/%s:%s: read error NOT corrected!! (%u sectors at %llu on %s)\n",
				    array->pers->name, array->name, sectors,
				    (unsigned long long)on_disk, member->name);
		if (mdx_bad_write_failed(member, sector, sectors))
			mdx_member_fail(member, "cannot be read or rewritten");
		return -EIO;
	}
	atomic_add(sectors, &member->corrected_errors);
	pr_info_ratelimited("md/%s:%s: read error corrected (%u sectors at %llu on %s)\n",
			    array->pers->name, array->name, sectors,
			    (unsigned long long)on_disk, member->name);
	return 0;
}
MDX_EXPORT(mdx_repair_heal);

/* Another of @slot's read errors: more than the array puts up with? They halve each hour. */
static bool too_many_read_errors(struct mdx_repair *rep, unsigned int slot)
{
	struct mdx_array *array = rep->array;
	struct mdx_member *member = array->slot[slot];
	const time64_t now = ktime_get_seconds();
	const time64_t hours = div_s64(now - rep->read_error_at[slot], 3600);
	int errors = atomic_read(&member->read_errors);

	errors = (hours < 31 ? errors >> hours : 0) + 1;
	atomic_set(&member->read_errors, errors);
	rep->read_error_at[slot] = now;
	if (errors <= array->max_read_errors)
		return false;
	pr_notice("md/%s:%s: %s: Raid device exceeded read_error threshold [cur %d:max %d]\n",
		  array->pers->name, array->name, member->name, errors, array->max_read_errors);
	return true;
}

/* Suspended. */
static void repair(struct mdx_repair *rep, const struct mdx_repair_range *page)
{
	struct mdx_member *member = rep->array->slot[page->slot];
	const unsigned int len = page->sectors << SECTOR_SHIFT;

	if (!mdx_member_readable(member))
		return;
	if (!page->counted && too_many_read_errors(rep, page->slot) &&
	    !mdx_member_fail(member, "too many read errors"))
		return;
	/* Nobody reads there any more. */
	if (mdx_bad_overlaps(member, page->sector, page->sectors))
		return;
	/* A user may have rewritten it in the meantime. */
	if (mdx_member_rw_page(member, page->sector, rep->page, len, REQ_OP_READ))
		rep->mend(rep->array, page->slot, page->sector, len, rep->page);
}

/* The first page of one that waits. */
static bool next_page(struct mdx_repair *rep, struct mdx_repair_range *page)
{
	struct mdx_repair_range *r;
	unsigned long irq;
	bool any;

	spin_lock_irqsave(&rep->lock, irq);
	any = rep->ranges;
	if (any) {
		r = &rep->range[rep->ranges - 1];
		*page = *r;
		page->sectors = min_t(unsigned int, r->sectors, PAGE_SIZE >> SECTOR_SHIFT);
		r->sector += page->sectors;
		r->sectors -= page->sectors;
		r->counted = true;
		if (!r->sectors)
			rep->ranges--;
	}
	spin_unlock_irqrestore(&rep->lock, irq);
	return any;
}

static bool writable(const struct mdx_array *array)
{
	switch (READ_ONCE(array->state)) {
	case MDX_STATE_CLEAN:
	case MDX_STATE_WRITE_PENDING:
	case MDX_STATE_ACTIVE:
	case MDX_STATE_ACTIVE_IDLE:
		return true;
	default:
		return false;
	}
}

/* Suspended: pages until the turn is over. True: there may be more. */
static bool repair_some(struct mdx_repair *rep)
{
	const unsigned long deadline = jiffies + REPAIR_TURN;
	struct mdx_repair_range page;

	while (next_page(rep, &page)) {
		repair(rep, &page);
		if (time_after_eq(jiffies, deadline))
			return true;
	}
	return false;
}

static void repair_work(struct work_struct *work)
{
	struct mdx_repair *rep = container_of(to_delayed_work(work), struct mdx_repair, work);
	struct mdx_array *array = rep->array;
	struct mdx_repair_range page;
	unsigned long again = 0;

	if (!mutex_trylock(&array->lock)) {
		schedule_delayed_work(&rep->work, REPAIR_RETRY);
		return;
	}
	/* Read-only means that nothing is written, not even to mend. */
	if (!writable(array)) {
		while (next_page(rep, &page))
			;
	} else if (READ_ONCE(rep->ranges)) {
		/* Whoever waits for the gates gets in meanwhile. */
		again = REPAIR_LATER;
		if (!mdx_array_suspend_soon(array)) {
			again = repair_some(rep) ? REPAIR_RETRY : 0;
			mdx_array_resume(array);
		}
	}
	if (again)
		schedule_delayed_work(&rep->work, again);
	mutex_unlock(&array->lock);
}

/* Does @range lie in, or can it be put behind, one that waits? lock held. */
static bool joins_waiting(struct mdx_repair *rep, const struct mdx_repair_range *range)
{
	const sector_t end = range->sector + range->sectors;
	unsigned int i;

	for (i = 0; i < rep->ranges; i++) {
		struct mdx_repair_range *r = &rep->range[i];

		if (r->slot != range->slot || range->sector < r->sector ||
		    range->sector > r->sector + r->sectors)
			continue;
		if (end <= r->sector + r->sectors)
			return true;
		/* One that is under repair would grow for ever, as one error. */
		if (r->counted || end - r->sector > REPAIR_MAX_SECTORS)
			continue;
		r->sectors = end - r->sector;
		return true;
	}
	return false;
}

void mdx_repair_ask(struct mdx_repair *rep, unsigned int slot, sector_t sector,
		    unsigned int sectors)
{
	struct mdx_repair_range range = { .sector = sector, .sectors = sectors, .slot = slot };
	unsigned long irq;

	spin_lock_irqsave(&rep->lock, irq);
	if (!joins_waiting(rep, &range) && rep->ranges < MDX_REPAIRS)
		rep->range[rep->ranges++] = range;
	spin_unlock_irqrestore(&rep->lock, irq);
	schedule_delayed_work(&rep->work, 0);
}
MDX_EXPORT(mdx_repair_ask);

void mdx_repair_forget(struct mdx_repair *rep)
{
	spin_lock_irq(&rep->lock);
	rep->ranges = 0;
	spin_unlock_irq(&rep->lock);
}
MDX_EXPORT(mdx_repair_forget);

int mdx_repair_init(struct mdx_repair *rep, unsigned int raid_disks)
{
	spin_lock_init(&rep->lock);
	INIT_DELAYED_WORK(&rep->work, repair_work);
	rep->read_error_at = kcalloc(raid_disks, sizeof(*rep->read_error_at), GFP_KERNEL);
	rep->page = alloc_page(GFP_KERNEL);
	if (rep->read_error_at && rep->page)
		return 0;
	mdx_repair_exit(rep);
	return -ENOMEM;
}
MDX_EXPORT(mdx_repair_init);

void mdx_repair_exit(struct mdx_repair *rep)
{
	cancel_delayed_work_sync(&rep->work);
	if (rep->page)
		__free_page(rep->page);
	rep->page = NULL;
	kfree(rep->read_error_at);
	rep->read_error_at = NULL;
}
MDX_EXPORT(mdx_repair_exit);
