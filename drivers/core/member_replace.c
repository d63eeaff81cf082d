// SPDX-License-Identifier: GPL-2.0-only
/*
 * A member is replaced while it serves: a spare gets all its slot's data beside it,
 * and then its slot.
 *
 *   wanted      WANT_REPLACEMENT: somebody has asked for it, or a write failed
 *   assigned    array->replacement[slot]: written to, and a target of recovery
 *   takes over  it is in sync: array->slot[slot], and who was there has failed
 *   promoted    who was there has failed before: it goes on recovering in the slot
 *
 * DOC: Both tables change while the array is suspended. A replacement takes over with
 * the superblocks, before any write can miss the one that goes (invariant I4); until
 * then they say of both that they belong there. While a sync runs only a failed
 * replacement leaves: the sync counts its targets by position.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "core.h"

static bool can_replace(const struct mdx_array *array)
{
	return array->raid_disks <= array->pers->max_replaced && array->major_version;
}

bool mdx_replace_due(const struct mdx_array *array, unsigned int slot)
{
	const struct mdx_member *old = array->slot[slot];

	return can_replace(array) && mdx_member_readable(old) &&
	       mdx_member_test(old, MDX_MEMBER_F_WANT_REPLACEMENT) &&
	       !(array->replacement && array->replacement[slot]);
}

/* Suspended; takes *@table if there is one. */
static void join(struct mdx_array *array, struct mdx_member *m, unsigned int slot,
		 struct mdx_member ***table)
{
	spin_lock_irq(&array->state_lock);
	if (*table)
		swap(array->replacement, *table);
	m->slot = slot;
	m->recovery_offset = 0;
	clear_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
	/* What the bitmap tells is what is missing in a slot. */
	clear_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags);
	set_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags);
	array->replacement[slot] = m;
	spin_unlock_irq(&array->state_lock);
}

int mdx_replace_assign(struct mdx_array *array, struct mdx_member *m, unsigned int slot)
{
	struct mdx_member **table = NULL;
	unsigned int noio;
	int err;

	lockdep_assert_held(&array->lock);

	if (array->sync || !mdx_replace_due(array, slot))
		return -EEXIST;
	if (m->sectors < array->dev_sectors)
		return -ENOSPC;
	if (!mdx_bitmap_fits_member(array, m))
		return -ENOSPC;
	if (!array->replacement) {
		/* Memory may be freed by a write to this array: none is waited for while it is suspended. */
		table = kcalloc(array->raid_disks, sizeof(*table), GFP_KERNEL);
		if (!table)
			return -ENOMEM;
	}
	err = mdx_array_suspend_soon(array);
	if (err) {
		kfree(table);
		return err;
	}
	noio = memalloc_noio_save();
	err = mdx_bitmap_hold(array);
	if (!err) {
		/* All of it, before any write goes there. */
		err = mdx_bitmap_copy_to(array, m);
		if (!err)
			join(array, m, slot, &table);
		mdx_bitmap_let_go(array);
	}
	mdx_array_resume(array);
	memalloc_noio_restore(noio);
	kfree(table);
	if (err)
		return err;
	pr_info("md/%s:%s: %s is to replace %s\n", array->pers->name, array->name, m->name,
		array->slot[slot]->name);
	mdx_sysfs_notify_member(m);
	return 0;
}

/* It is nobody's replacement any more; state_lock held, suspended. */
static void leave(struct mdx_array *array, struct mdx_member *m)
{
	array->replacement[m->slot] = NULL;
	clear_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags);
}

int mdx_replace_clear(struct mdx_array *array, struct mdx_member *m, bool record)
{
	int err = mdx_array_suspend_soon(array);

	if (err)
		return err;
	spin_lock_irq(&array->state_lock);
	leave(array, m);
	m->slot = -1;
	m->saved_slot = -1;
	m->recovery_offset = 0;
	clear_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
	spin_unlock_irq(&array->state_lock);
	if (record)
		mdx_super_wait(array);
	mdx_array_resume(array);
	mdx_sysfs_notify_member(m);
	return 0;
}

/* Who was there has gone: what the replacement has so far stays. */
static void promote(struct mdx_array *array, struct mdx_member *m)
{
	if (mdx_array_suspend_soon(array))
		return;
	spin_lock_irq(&array->state_lock);
	leave(array, m);
	array->slot[m->slot] = m;
	array->degraded = mdx_array_count_degraded(array);
	spin_unlock_irq(&array->state_lock);
	mdx_array_resume(array);
	mdx_super_request(array);
	mdx_sysfs_link_slot(array, m);
	mdx_sysfs_notify_member(m);
	mdx_event();
}

/* Into the slot, and out of it, or back where that cannot be recorded; suspended. */
static int exchange(struct mdx_array *array, struct mdx_member *old, struct mdx_member *m)
{
	const unsigned int slot = m->slot;
	int err;

	spin_lock_irq(&array->state_lock);
	leave(array, m);
	array->slot[slot] = m;
	set_bit(MDX_MEMBER_F_FAULTY, &old->flags);
	old->saved_slot = slot;
	old->slot = -1;
	array->degraded = mdx_array_count_degraded(array);
	spin_unlock_irq(&array->state_lock);
	err = mdx_super_wait(array);
	if (!err && !test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
		return 0;
	spin_lock_irq(&array->state_lock);
	clear_bit(MDX_MEMBER_F_FAULTY, &old->flags);
	old->slot = slot;
	array->slot[slot] = old;
	array->replacement[slot] = m;
	set_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags);
	array->degraded = mdx_array_count_degraded(array);
	spin_unlock_irq(&array->state_lock);
	/* Some may have it on record that the old one failed. */
	mdx_super_request(array);
	return err ?: -EIO;
}

/* It holds all that the other one has: their roles are over. */
static void take_over(struct mdx_array *array, struct mdx_member *old, struct mdx_member *m)
{
	int err;

	mdx_sysfs_unlink_slot(array, old);
	if (mdx_array_suspend_soon(array)) {
		mdx_sysfs_link_slot(array, old);
		return;
	}
	err = exchange(array, old, m);
	mdx_array_resume(array);
	if (err) {
		mdx_sysfs_link_slot(array, old);
		mdx_member_fail(m, "its taking over cannot be recorded");
		return;
	}
	spin_lock_irq(&array->state_lock);
	clear_bit(MDX_MEMBER_F_IN_SYNC, &old->flags);
	clear_bit(MDX_MEMBER_F_WANT_REPLACEMENT, &old->flags);
	old->recovery_offset = 0;
	spin_unlock_irq(&array->state_lock);
	mdx_sysfs_link_slot(array, m);
	pr_info("md/%s:%s: %s has replaced %s\n", array->pers->name, array->name, m->name,
		old->name);
	mdx_sysfs_notify_member(old);
	mdx_sysfs_notify_member(m);
	mdx_event();
}

static bool any_left(const struct mdx_array *array)
{
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (array->replacement[slot])
			return true;
	return false;
}

static void drop_table(struct mdx_array *array)
{
	struct mdx_member **table;

	if (mdx_array_suspend_soon(array))
		return;
	spin_lock_irq(&array->state_lock);
	table = array->replacement;
	array->replacement = NULL;
	spin_unlock_irq(&array->state_lock);
	mdx_array_resume(array);
	kfree(table);
}

/* Superblocks can be written. */
static bool may_record(struct mdx_array *array)
{
	return mdx_state_info(READ_ONCE(array->state))->writable &&
	       READ_ONCE(array->state) != MDX_STATE_READ_AUTO;
}

void mdx_replace_settle(struct mdx_array *array)
{
	unsigned int slot;

	lockdep_assert_held(&array->lock);

	if (!array->replacement || array->sync || !may_record(array))
		return;
	for (slot = 0; slot < array->raid_disks; slot++) {
		struct mdx_member *m = array->replacement[slot];

		if (!mdx_member_writable(m))
			continue;
		if (!array->slot[slot])
			promote(array, m);
		else if (mdx_member_readable(m) && mdx_member_writable(array->slot[slot]))
			take_over(array, array->slot[slot], m);
	}
	if (!any_left(array))
		drop_table(array);
}

bool mdx_replace_seat(struct mdx_array *array, struct mdx_member **slot, struct mdx_member *m)
{
	if (!slot[m->slot]) {
		clear_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags);
		slot[m->slot] = m;
		return true;
	}
	if (!array->replacement)
		array->replacement = kcalloc(array->raid_disks, sizeof(*slot), GFP_KERNEL);
	if (!array->replacement)
		return false;
	array->replacement[m->slot] = m;
	return true;
}

void mdx_replace_drop(struct mdx_array *array)
{
	struct mdx_member **table;

	spin_lock_irq(&array->state_lock);
	table = array->replacement;
	array->replacement = NULL;
	spin_unlock_irq(&array->state_lock);
	kfree(table);
}
