// SPDX-License-Identifier: GPL-2.0-only
/*
 * A member fails: the one place where that happens.
 *
 * DOC: The flags change under state_lock at once, so no new I/O goes there.
 * BLOCKED stays until the other members' superblocks say so (invariant I4);
 * whoever is about to acknowledge a write waits with mdx_super_wait().
 */
#include "core.h"

unsigned int mdx_array_count_degraded(struct mdx_array *array)
{
	unsigned int slot, missing = 0;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (!mdx_member_readable(array->slot[slot]))
			missing++;
	return missing;
}

/* state_lock held. False: the array cannot do without it. */
static bool may_fail(struct mdx_array *array, struct mdx_member *member)
{
	const struct mdx_personality *pers = array->pers;

	if (member->slot < 0 || !pers || !test_bit(MDX_MEMBER_F_IN_SYNC, &member->flags) ||
	    test_bit(MDX_MEMBER_F_REPLACEMENT, &member->flags))
		return true;
	if (!pers->can_fail || pers->can_fail(array, member))
		return true;
	return array->fail_last_dev;
}

/* Whoever recovers may have become in sync a moment ago. */
static bool has_company(const struct mdx_array *array)
{
	unsigned int slot, writable = 0;

	for (slot = 0; slot < mdx_array_positions(array); slot++)
		writable += mdx_member_writable(mdx_array_at(array, slot));
	return writable > 1;
}

void mdx_array_may_differ(struct mdx_array *array, sector_t sector)
{
	unsigned long irq;
	bool news, company;

	spin_lock_irqsave(&array->state_lock, irq);
	company = has_company(array);
	/* A resync that runs may have been there, however little of that is recorded. */
	if (company)
		array->differ_from = min(array->differ_from, sector);
	news = company && (array->bitmap || sector < array->resync_offset);
	if (news) {
		array->resync_offset = min(array->resync_offset, sector);
		array->sb_wanted++;
		if (array->bitmap)
			mdx_bitmap_need_from(array, sector);
	}
	spin_unlock_irqrestore(&array->state_lock, irq);
	if (news)
		queue_work(mdx_sb_wq, &array->sb_work);
}
MDX_EXPORT(mdx_array_may_differ);

static void mark_failed(struct mdx_array *array, struct mdx_member *member)
{
	set_bit(MDX_MEMBER_F_FAULTY, &member->flags);
	set_bit(MDX_MEMBER_F_BLOCKED, &member->flags);
	if (member->slot >= 0)
		array->degraded = mdx_array_count_degraded(array);
	array->sb_wanted++;
}

/*
 * A level without redundancy keeps the member, which still has what nobody else
 * has: reads may find what they want. But half of a write helps nobody.
 */
static int break_array(struct mdx_member *member, const char *why)
{
	struct mdx_array *array = member->array;

	if (test_and_set_bit(MDX_ARRAY_F_BROKEN, &array->flags))
		return -EBUSY;
	mdx_write_gate_close(array, MDX_GATE_BROKEN);
	pr_crit("md/%s:%s: Disk failure on %s detected (%s), failing array.\n",
		array->pers->name, array->name, member->name, why);
	mdx_sysfs_notify_state(array);
	mdx_event();
	return -EBUSY;
}

int mdx_member_fail(struct mdx_member *member, const char *why)
{
	struct mdx_array *array = member->array;
	unsigned int left = 0;
	unsigned long irq;
	int err = 0;

	if (array->pers && !array->pers->redundant && member->slot >= 0)
		return break_array(member, why);
	spin_lock_irqsave(&array->state_lock, irq);
	if (test_bit(MDX_MEMBER_F_FAULTY, &member->flags))
		goto out;
	if (!may_fail(array, member)) {
		err = -EBUSY;
		goto out;
	}
	mark_failed(array, member);
	left = array->raid_disks - array->degraded;
	spin_unlock_irqrestore(&array->state_lock, irq);

	mdx_sync_member_failed(array, member);
	if (array->pers)
		pr_crit("md/%s:%s: Disk failure on %s, disabling device (%s).\n"
			"md/%s:%s: Operation continuing on %u devices.\n",
			array->pers->name, array->name, member->name, why,
			array->pers->name, array->name, left);
	else
		pr_crit("md: %s: Disk failure on %s (%s).\n", array->name, member->name, why);
	queue_work(mdx_sb_wq, &array->sb_work);
	mdx_sysfs_notify_member(member);
	mdx_sysfs_notify_sync(array);
	mdx_array_kick(array);
	mdx_event();
	return 0;

out:
	spin_unlock_irqrestore(&array->state_lock, irq);
	return err;
}
MDX_EXPORT(mdx_member_fail);
