// SPDX-License-Identifier: GPL-2.0-only
/*
 * Members come and go while the array runs.
 *
 * DOC: Slots change only while the array is suspended: whoever holds a gate
 * reference may use array->slot[] as it is. A failed member keeps its slot
 * until the others' superblocks say that it failed.
 */
#include <linux/sched/mm.h>
#include <linux/raid/md_p.h>
#include <linux/slab.h>
#include "core.h"

/*
 * Who else was there before is told no more by the bitmap what it lacks: bits go when
 * the slot's new member has what they are about. state_lock held.
 */
static void slot_taken(struct mdx_array *array, unsigned int slot, const struct mdx_member *by)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m != by && m->slot < 0 && m->saved_slot == (int)slot)
			clear_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags);
}

int mdx_slot_assign(struct mdx_array *array, struct mdx_member *member,
		    unsigned int slot)
{
	int err;

	if (!mdx_bitmap_fits_member(array, member))
		return -ENOSPC;
	err = mdx_array_suspend_soon(array);
	if (err)
		return err;
	err = mdx_bitmap_hold(array);
	if (err) {
		mdx_array_resume(array);
		return err;
	}
	err = array->pers->slot_fits ? array->pers->slot_fits(array, member, slot) : -EINVAL;
	/* All of it, before any write goes there. */
	if (!err)
		err = mdx_bitmap_copy_to(array, member);
	if (!err) {
		spin_lock_irq(&array->state_lock);
		member->slot = slot;
		member->recovery_offset = 0;
		/* While it waited another may have had the slot, and bits have gone. */
		if (member->saved_slot != (int)slot || !mdx_bitmap_covers(array, member->events))
			clear_bit(MDX_MEMBER_F_BY_BITMAP, &member->flags);
		clear_bit(MDX_MEMBER_F_IN_SYNC, &member->flags);
		array->slot[slot] = member;
		slot_taken(array, slot, member);
		spin_unlock_irq(&array->state_lock);
	}
	mdx_bitmap_let_go(array);
	mdx_array_resume(array);
	if (err)
		return err;
	mdx_sysfs_link_slot(array, member);
	mdx_sysfs_notify_member(member);
	return 0;
}

int mdx_slot_clear(struct mdx_array *array, struct mdx_member *member, bool record)
{
	int err;

	if (member->slot < 0)
		return 0;
	if (test_bit(MDX_MEMBER_F_REPLACEMENT, &member->flags))
		return mdx_replace_clear(array, member, record);
	/* Before: sysfs allocates under its locks, and memory may be freed by a write to this array. */
	mdx_sysfs_unlink_slot(array, member);
	err = mdx_array_suspend_soon(array);
	if (err) {
		mdx_sysfs_link_slot(array, member);
		return err;
	}
	spin_lock_irq(&array->state_lock);
	if (array->slot[member->slot] == member)
		array->slot[member->slot] = NULL;
	/* One that has never had all of it has nothing to come back to. */
	member->saved_slot = -1;
	if (test_bit(MDX_MEMBER_F_IN_SYNC, &member->flags) ||
	    test_bit(MDX_MEMBER_F_BY_BITMAP, &member->flags))
		member->saved_slot = member->slot;
	member->slot = -1;
	member->recovery_offset = 0;
	clear_bit(MDX_MEMBER_F_IN_SYNC, &member->flags);
	array->degraded = mdx_array_count_degraded(array);
	array->resync_failed = MDX_SECTOR_NONE;
	spin_unlock_irq(&array->state_lock);
	if (record)
		mdx_super_wait(array);
	mdx_array_resume(array);
	mdx_sysfs_notify_member(member);
	return 0;
}

static int check_blocks(struct mdx_array *array, struct mdx_member *m)
{
	if (bdev_logical_block_size(m->bdev.bdev) <= queue_logical_block_size(array->disk->queue))
		return 0;
	pr_warn("md: %s: %s has blocks of %u bytes, the array of %u\n",
		array->name, m->name, bdev_logical_block_size(m->bdev.bdev),
		queue_logical_block_size(array->disk->queue));
	return -EINVAL;
}

static int check_fits(struct mdx_array *array, struct mdx_member *m)
{
	if (!array->pers->redundant || !array->pers->slot_fits) {
		pr_warn("md: %s: level %s takes no spares, %s not added\n",
			array->name, array->pers->name, m->name);
		return -EINVAL;
	}
	if (m->sectors < array->dev_sectors) {
		pr_warn("md: %s: %s has %llu sectors, too small: %llu are needed\n",
			array->name, m->name, (unsigned long long)m->sectors,
			(unsigned long long)array->dev_sectors);
		return -ENOSPC;
	}
	if (mdx_member_has_bad(m) && !mdx_bad_may_be(array)) {
		pr_warn("md: %s: %s has bad blocks, which this version of mdx does not keep to with %s, not added\n",
			array->name, m->name, array->pers->name);
		return -EINVAL;
	}
	return check_blocks(array, m);
}

/* A superblock of our own for a device that came without one (0.90 hot add). */
static int give_super(struct mdx_array *array, struct mdx_member *m)
{
	enum mdx_sb_version version = array->major_version ?
		MDX_SB_1_0 + array->minor_version : MDX_SB_0_90;

	if (m->super || !test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		return 0;
	m->super = kzalloc(sizeof(*m->super), GFP_KERNEL);
	if (!m->super)
		return -ENOMEM;
	m->super->version = version;
	m->sb_start = mdx_sb_sector(version, m->dev_sectors);
	if (m->sb_start == MDX_SECTOR_NONE)
		return -EINVAL;
	if (version == MDX_SB_0_90)
		m->sectors = m->sb_start;
	return 0;
}

static bool same_set(const struct mdx_array *array, const struct mdx_member *m)
{
	return !m->super || !memcmp(m->super->set_uuid, array->uuid, sizeof(array->uuid));
}

/*
 * Those who are in sync now were so when the superblock of @m was written? Else somebody has used it without
 * them, and they have no bits of what was written then.
 */
static bool knows_others(const struct mdx_array *array, const struct mdx_member *m)
{
	const struct mdx_super *sb = m->super;
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++) {
		const struct mdx_member *other = array->slot[slot];

		if (!mdx_member_readable(other))
			continue;
		if (other->number < 0 || (u32)other->number >= sb->max_dev ||
		    sb->roles[other->number] != slot)
			return false;
	}
	return true;
}

/*
 * It left from a slot that is free, with all that was written until then: is what it missed since in the bitmap?
 * One that is ahead of the array has been written to by somebody else.
 */
static bool may_return(struct mdx_array *array, const struct mdx_member *m)
{
	const struct mdx_super *sb = m->super;

	return sb && same_set(array, m) && sb->role < array->raid_disks &&
	       (int)sb->role == m->saved_slot && !array->slot[sb->role] &&
	       (!(sb->feature_map & MD_FEATURE_RECOVERY_OFFSET) ||
		(sb->feature_map & MD_FEATURE_RECOVERY_BITMAP)) &&
	       sb->events <= array->events && knows_others(array, m) &&
	       mdx_bitmap_covers(array, sb->events);
}

int mdx_member_hot_add(struct mdx_array *array, struct mdx_member *m, bool want_in_sync)
{
	int err;

	lockdep_assert_held(&array->lock);

	/* If it is not known what it missed it can only be a spare; whoever asked asks for that then. */
	if (want_in_sync && !may_return(array, m))
		return -EINVAL;
	if (m->super && !same_set(array, m)) {
		pr_warn("md: %s: superblock of %s belongs to another array, not added\n",
			array->name, m->name);
		return -EINVAL;
	}
	err = give_super(array, m);
	if (err)
		return err;
	err = check_fits(array, m);
	if (err)
		return err;
	if (!mdx_bitmap_fits_member(array, m))
		return -EINVAL;
	assign_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags, want_in_sync);
	m->slot = -1;
	clear_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
	if (m->number >= 0 && mdx_member_by_number(array, m->number))
		m->number = -1;
	err = mdx_member_bind(array, m);
	if (err)
		return err;
	mdx_array_update_limits(array, true);
	array->recovery_blocked = 0;
	array->resync_failed = MDX_SECTOR_NONE;
	mdx_super_wait(array);
	mdx_array_kick(array);
	return 0;
}

/* A failed member that was not removed: as if it had been, and had come again. */
int mdx_member_re_add(struct mdx_array *array, struct mdx_member *m)
{
	bool by_bitmap;

	lockdep_assert_held(&array->lock);

	if (!test_bit(MDX_MEMBER_F_FAULTY, &m->flags) || m->slot >= 0 || m->saved_slot < 0 ||
	    !array->pers->redundant || !m->super || !mdx_member_failure_recorded(m))
		return -EBUSY;
	/* Its superblock is of when it failed: of a slot, or of a spare, which knows of no slot. */
	by_bitmap = may_return(array, m);
	spin_lock_irq(&array->state_lock);
	clear_bit(MDX_MEMBER_F_FAULTY, &m->flags);
	clear_bit(MDX_MEMBER_F_WRITE_ERROR, &m->flags);
	clear_bit(MDX_MEMBER_F_WANT_REPLACEMENT, &m->flags);
	clear_bit(MDX_MEMBER_F_BLOCKED, &m->flags);
	/* Bits stay only while its slot is free. */
	assign_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags, by_bitmap && !array->slot[m->saved_slot]);
	m->events = m->super->events;
	spin_unlock_irq(&array->state_lock);
	atomic_set(&m->read_errors, 0);
	array->recovery_blocked = 0;
	array->resync_failed = MDX_SECTOR_NONE;
	mdx_super_wait(array);
	mdx_array_kick(array);
	return 0;
}

/* May @m be the next member of an array that only grows? Its superblock must say so. */
static int check_next(struct mdx_array *array, struct mdx_member *m)
{
	if (test_bit(MDX_ARRAY_F_BROKEN, &array->flags)) {
		pr_warn("md: %s: has failed, %s not added\n", array->name, m->name);
		return -EIO;
	}
	if (!m->super || !same_set(array, m) || m->super->role != array->raid_disks ||
	    m->super->events + 1 < array->events || m->super->events > array->events) {
		pr_warn("md: %s: superblock of %s does not make it member %u of this array, not added\n",
			array->name, m->name, array->raid_disks);
		return -EINVAL;
	}
	return check_blocks(array, m);
}

/* A new age for all superblocks, their shape as it is. */
static int age(struct mdx_array *array)
{
	spin_lock_irq(&array->state_lock);
	array->events++;
	spin_unlock_irq(&array->state_lock);
	return mdx_super_wait(array);
}

/*
 * Before anything of the shape changes: every member takes superblocks, the new
 * one too, and all are of one age. What cannot be recorded then is not begun.
 *
 * That age is two ahead of what it was, so whatever an earlier growth that was
 * broken off has left, with the same place in its superblock, is stale for good.
 */
static int prove_supers(struct mdx_array *array, struct mdx_member *m)
{
	int err = age(array) ?: age(array);

	if (err)
		return err;
	/* mdadm may have copied one that power had kept from hearing of the last growth. */
	m->super->raid_disks = array->raid_disks;
	m->super->events = array->events;
	mdx_sb_encode(m->super, page_address(m->sb_page));
	err = mdx_super_rewrite(m);
	if (err)
		pr_warn("md: %s: the superblock of %s cannot be written (%d), not added\n",
			array->name, m->name, err);
	return err;
}

/* From here on @m is a member, for the superblocks too. Suspended. */
static int publish_slot(struct mdx_array *array, struct mdx_member *m, struct mdx_member ***table)
{
	int err;

	/* No round may fail it meanwhile. */
	mutex_lock(&array->sb_mutex);
	err = -EIO;
	if (!test_bit(MDX_MEMBER_F_FAULTY, &m->flags) &&
	    !test_bit(MDX_ARRAY_F_BROKEN, &array->flags))
		err = array->pers->grow(array, m);
	if (!err) {
		spin_lock_irq(&array->state_lock);
		swap(array->slot, *table);
		m->slot = array->raid_disks++;
		m->recovery_offset = MDX_SECTOR_NONE;
		set_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
		/* Superblocks of another shape are newer ones. */
		array->events++;
		spin_unlock_irq(&array->state_lock);
	}
	mutex_unlock(&array->sb_mutex);
	return err;
}

/* One slot more, with @m in it. */
static int add_slot(struct mdx_array *array, struct mdx_member *m)
{
	struct mdx_member **table;
	unsigned int noio;
	int err;

	table = kvcalloc(array->raid_disks + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, array->slot, array->raid_disks * sizeof(*table));
	table[array->raid_disks] = m;
	/* Memory may be freed by a write to this array. */
	noio = memalloc_noio_save();
	mdx_array_suspend(array);
	err = publish_slot(array, m, &table);
	mdx_array_resume(array);
	memalloc_noio_restore(noio);
	/* Where stores may be seen late, somebody may still have found the old one. */
	synchronize_rcu();
	kvfree(table);
	return err;
}

int mdx_member_append(struct mdx_array *array, struct mdx_member *m)
{
	int err;

	lockdep_assert_held(&array->lock);

	err = check_next(array, m);
	if (!err)
		err = prove_supers(array, m);
	if (!err)
		err = mdx_member_bind(array, m);
	if (err) {
		mdx_member_free(m);
		return err;
	}
	err = mdx_array_update_limits(array, true);
	if (!err)
		err = add_slot(array, m);
	if (err) {
		mdx_member_unbind(m);
		mdx_array_update_limits(array, true);
		return err;
	}
	mdx_sysfs_link_slot(array, m);
	/* What is written there must be found again: the superblocks first. */
	err = mdx_super_wait(array);
	if (err)
		pr_warn("md: %s: %s is a member, but that cannot be recorded (%d): the size stays\n",
			array->name, m->name, err);
	else
		mdx_array_update_capacity(array);
	mdx_event();
	return err;
}

bool mdx_member_failure_recorded(struct mdx_member *m)
{
	struct mdx_array *array = m->array;

	if (!test_bit(MDX_MEMBER_F_BLOCKED, &m->flags))
		return true;
	return !mdx_super_wait(array) && !READ_ONCE(array->sb_skipped);
}

int mdx_member_hot_remove(struct mdx_array *array, struct mdx_member *m)
{
	lockdep_assert_held(&array->lock);

	if (m->slot >= 0) {
		if (!test_bit(MDX_MEMBER_F_FAULTY, &m->flags) ||
		    !array->pers || !array->pers->redundant)
			return -EBUSY;
		/* It stays until the others know that it failed. */
		if (!mdx_member_failure_recorded(m) || mdx_slot_clear(array, m, false))
			return -EBUSY;
	}
	mdx_member_unbind(m);
	mdx_super_request(array);
	mdx_array_kick(array);
	return 0;
}
