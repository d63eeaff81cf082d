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
 *  so that raid1_stop(), which runs under that lock, may wait for the work.
 *
 *  A turn ends after REPAIR_TURN, or after one page that takes longer: users, and
 *  whoever wants to fail the member by hand, come between.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "raid1.h"

#define REPAIR_RETRY msecs_to_jiffies(20)
#define REPAIR_TURN msecs_to_jiffies(10)
#define REPAIR_MAX_SECTORS MDX_SYNC_WINDOW

int raid1_heal_page(struct mdx_array *array, struct mdx_member *member,
		    sector_t sector, struct page *page, unsigned int len)
{
	const unsigned int sectors = len >> SECTOR_SHIFT;
	const sector_t on_disk = sector + member->data_offset;

	if (mdx_member_rw_page(member, sector, page, len, REQ_OP_WRITE | REQ_SYNC) ||
	    mdx_member_rw_page(member, sector, page, len, REQ_OP_READ)) {
		pr_warn_ratelimited("md/raid1:%s: read error NOT corrected!! (%u sectors at %llu on %s)\n",
				    array->name, sectors, (unsigned long long)on_disk,
				    member->name);
		if (mdx_bad_write_failed(member, sector, sectors))
			mdx_member_fail(member, "cannot be read or rewritten");
		return -EIO;
	}
	atomic_add(sectors, &member->corrected_errors);
	pr_info_ratelimited("md/raid1:%s: read error corrected (%u sectors at %llu on %s)\n",
			    array->name, sectors, (unsigned long long)on_disk, member->name);
	return 0;
}

/* Another of @slot's read errors: more than the array puts up with? They halve each hour. */
static bool too_many_read_errors(struct raid1 *conf, unsigned int slot)
{
	struct mdx_array *array = conf->array;
	struct mdx_member *member = array->slot[slot];
	const time64_t now = ktime_get_seconds();
	const time64_t hours = div_s64(now - conf->read_error_at[slot], 3600);
	int errors = atomic_read(&member->read_errors);

	errors = (hours < 31 ? errors >> hours : 0) + 1;
	atomic_set(&member->read_errors, errors);
	conf->read_error_at[slot] = now;
	if (errors <= array->max_read_errors)
		return false;
	pr_notice("md/raid1:%s: %s: Raid device exceeded read_error threshold [cur %d:max %d]\n",
		  array->name, member->name, errors, array->max_read_errors);
	return true;
}

static void repair_page(struct raid1 *conf, struct mdx_member *member, unsigned int slot,
			sector_t sector, unsigned int len)
{
	struct mdx_array *array = conf->array;
	const sector_t sectors = len >> SECTOR_SHIFT;
	unsigned long without = BIT(slot);
	int from;

	/* Nobody reads there any more. */
	if (mdx_bad_overlaps(member, sector, sectors))
		return;
	/* A user may have rewritten it in the meantime. */
	if (!mdx_member_rw_page(member, sector, conf->repair_page, len, REQ_OP_READ))
		return;
	while ((from = raid1_first_good(array, without, sector, sectors)) >= 0) {
		if (!mdx_member_rw_page(array->slot[from], sector, conf->repair_page, len,
					REQ_OP_READ)) {
			raid1_heal_page(array, member, sector, conf->repair_page, len);
			return;
		}
		without |= BIT(from);
	}
}

/* Suspended. */
static void repair(struct raid1 *conf, const struct raid1_range *page)
{
	struct mdx_member *member = conf->array->slot[page->slot];

	if (!mdx_member_readable(member))
		return;
	if (!page->counted && too_many_read_errors(conf, page->slot) &&
	    !mdx_member_fail(member, "too many read errors"))
		return;
	repair_page(conf, member, page->slot, page->sector, page->sectors << SECTOR_SHIFT);
}

/* The first page of one that waits. */
static bool next_page(struct raid1 *conf, struct raid1_range *page)
{
	struct raid1_range *r;
	unsigned long irq;
	bool any;

	spin_lock_irqsave(&conf->repair_lock, irq);
	any = conf->repairs;
	if (any) {
		r = &conf->repair[conf->repairs - 1];
		*page = *r;
		page->sectors = min_t(unsigned int, r->sectors, PAGE_SIZE >> SECTOR_SHIFT);
		r->sector += page->sectors;
		r->sectors -= page->sectors;
		r->counted = true;
		if (!r->sectors)
			conf->repairs--;
	}
	spin_unlock_irqrestore(&conf->repair_lock, irq);
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
static bool repair_some(struct raid1 *conf)
{
	const unsigned long deadline = jiffies + REPAIR_TURN;
	struct raid1_range page;

	while (next_page(conf, &page)) {
		repair(conf, &page);
		if (time_after_eq(jiffies, deadline))
			return true;
	}
	return false;
}

static void repair_work(struct work_struct *work)
{
	struct raid1 *conf = container_of(to_delayed_work(work), struct raid1, repair_work);
	struct mdx_array *array = conf->array;
	struct raid1_range page;
	bool again = false;

	if (!mutex_trylock(&array->lock)) {
		schedule_delayed_work(&conf->repair_work, REPAIR_RETRY);
		return;
	}
	/* Read-only means that nothing is written, not even to mend. */
	if (!writable(array)) {
		while (next_page(conf, &page))
			;
	} else if (READ_ONCE(conf->repairs)) {
		mdx_array_suspend(array);
		again = repair_some(conf);
		mdx_array_resume(array);
	}
	/* Whoever waits for the gates gets in meanwhile. */
	if (again)
		schedule_delayed_work(&conf->repair_work, REPAIR_RETRY);
	mutex_unlock(&array->lock);
}

/* Does @range lie in, or can it be put behind, one that waits? repair_lock held. */
static bool joins_waiting(struct raid1 *conf, const struct raid1_range *range)
{
	const sector_t end = range->sector + range->sectors;
	unsigned int i;

	for (i = 0; i < conf->repairs; i++) {
		struct raid1_range *r = &conf->repair[i];

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

void raid1_repair_ask(struct raid1 *conf, unsigned int slot, sector_t sector,
		      unsigned int sectors)
{
	struct raid1_range range = { .sector = sector, .sectors = sectors, .slot = slot };
	unsigned long irq;

	spin_lock_irqsave(&conf->repair_lock, irq);
	if (!joins_waiting(conf, &range) && conf->repairs < RAID1_REPAIRS)
		conf->repair[conf->repairs++] = range;
	spin_unlock_irqrestore(&conf->repair_lock, irq);
	schedule_delayed_work(&conf->repair_work, 0);
}

int raid1_repair_init(struct raid1 *conf, unsigned int raid_disks)
{
	spin_lock_init(&conf->repair_lock);
	INIT_DELAYED_WORK(&conf->repair_work, repair_work);
	conf->read_error_at = kcalloc(raid_disks, sizeof(*conf->read_error_at), GFP_KERNEL);
	conf->repair_page = alloc_page(GFP_KERNEL);
	if (conf->read_error_at && conf->repair_page)
		return 0;
	raid1_repair_exit(conf);
	return -ENOMEM;
}

void raid1_repair_exit(struct raid1 *conf)
{
	cancel_delayed_work_sync(&conf->repair_work);
	if (conf->repair_page)
		__free_page(conf->repair_page);
	conf->repair_page = NULL;
	kfree(conf->read_error_at);
	conf->read_error_at = NULL;
}
