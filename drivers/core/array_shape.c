// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another number of slots, or another size of the members, while the array runs.
 *
 * DOC: What needs memory is done before I/O is held back: to free some, a write to this
 * very array may be needed. What changes does so suspended and in one step, and what
 * superblocks say follows. They agree at any moment with what is on the members:
 *
 *  - members only move to lower slots, in their order, and whose slot is free is nobody's;
 *    who reads superblocks of both shapes goes by the newest one's table of members;
 *  - what is added to the size is recorded, as not in sync, before anybody may write
 *    there, and what is taken away is not written to any more when that is recorded.
 */
#include <linux/slab.h>
#include "core.h"
#include "disk.h"

/* As md: nobody may be reading or writing superblocks' idea of the array as it was. */
static int check_idle(struct mdx_array *array)
{
	mdx_sync_reap(array);
	return array->sync ? -EBUSY : 0;
}

static int check_writable(struct mdx_array *array)
{
	const enum mdx_state state = READ_ONCE(array->state);

	if (!mdx_state_info(state)->writable || state == MDX_STATE_READ_AUTO)
		return -EROFS;
	return 0;
}

/* ---- the number of slots ---- */

static unsigned int members_in_slots(const struct mdx_array *array)
{
	unsigned int slot, n = 0;

	for (slot = 0; slot < array->raid_disks; slot++)
		n += !!array->slot[slot];
	return n;
}

static int check_disks(struct mdx_array *array, unsigned int disks)
{
	const struct mdx_personality *pers = array->pers;
	int err;

	if (!pers->slots_prepare)
		return -EINVAL;
	err = check_writable(array);
	if (err)
		return err;
	if (array->replacement) {
		pr_warn("md: %s: members are being replaced, their number stays\n", array->name);
		return -EBUSY;
	}
	if (!disks || (pers->max_members && disks > pers->max_members) ||
	    (array->max_disks && disks >= array->max_disks)) {
		pr_warn("md: %s: %s cannot have %u members here\n",
			array->name, pers->name, disks);
		return -EINVAL;
	}
	return check_idle(array);
}

struct slot_change {
	unsigned int disks;
	struct mdx_member **table;
	void *memory;			/* the level's */
};

static int change_prepare(struct mdx_array *array, struct slot_change *c)
{
	c->table = kvcalloc(c->disks, sizeof(*c->table), GFP_KERNEL);
	if (!c->table)
		return -ENOMEM;
	c->memory = array->pers->slots_prepare(array, c->disks);
	if (!IS_ERR(c->memory))
		return 0;
	kvfree(c->table);
	return PTR_ERR(c->memory);
}

/* Before I/O is held back: sysfs allocates under its locks. */
static void unlink_movers(struct mdx_array *array)
{
	unsigned int slot, to = 0;

	for (slot = 0; slot < array->raid_disks; slot++) {
		if (!array->slot[slot])
			continue;
		if (to++ != slot)
			mdx_sysfs_unlink_slot(array, array->slot[slot]);
	}
}

static void link_movers(struct mdx_array *array, const struct slot_change *before)
{
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++) {
		struct mdx_member *m = array->slot[slot];

		if (m && (slot >= before->disks || before->table[slot] != m))
			mdx_sysfs_link_slot(array, m);
	}
}

/* Suspended. The table that was is in @c afterwards, with @c->disks of its slots. */
static void move_down(struct mdx_array *array, struct slot_change *c)
{
	unsigned int slot, to = 0;
	struct mdx_member *m;

	array->pers->slots_take(array, c->disks, c->memory);
	spin_lock_irq(&array->state_lock);
	for (slot = 0; slot < array->raid_disks; slot++) {
		m = array->slot[slot];
		if (!m)
			continue;
		m->slot = to;
		m->saved_slot = to;
		c->table[to++] = m;
	}
	list_for_each_entry(m, &array->members, link)
		if (m->slot < 0 && m->saved_slot >= (int)c->disks)
			m->saved_slot = -1;
	swap(array->slot, c->table);
	swap(array->raid_disks, c->disks);
	array->degraded = mdx_array_count_degraded(array);
	spin_unlock_irq(&array->state_lock);
}

static int apply_disks(struct mdx_array *array, struct slot_change *c)
{
	int err = change_prepare(array, c);

	if (err)
		return err;
	unlink_movers(array);
	mdx_array_suspend(array);
	move_down(array, c);
	mdx_array_resume(array);
	/* Where stores may be seen late, somebody may still have found the old table. */
	synchronize_rcu();
	link_movers(array, c);
	kvfree(c->table);
	array->pers->slots_free(c->memory);
	return 0;
}

int mdx_array_set_disks(struct mdx_array *array, unsigned int disks)
{
	struct slot_change change = { .disks = disks };
	const unsigned int before = array->raid_disks;
	int err;

	lockdep_assert_held(&array->lock);

	err = check_disks(array, disks);
	if (err)
		return err;
	/*
	 * Who has failed is out of its slot, and of an earlier age, before its number in
	 * 0.90's table may become another's.
	 */
	err = mdx_super_wait(array);
	if (err)
		return err;
	mdx_control_clear_slots(array);
	if (members_in_slots(array) > disks)
		return -EBUSY;
	err = apply_disks(array, &change);
	if (err)
		return err;
	if (before != disks)
		pr_info("md: %s: %u members instead of %u\n", array->name, disks, before);
	array->recovery_blocked = 0;
	err = mdx_super_wait(array);
	mdx_array_kick(array);
	mdx_event();
	mdx_sysfs_notify_sync(array);
	return err;
}

/* ---- the size ---- */

static bool is_sb0(const struct mdx_array *array)
{
	return test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags) && !array->major_version;
}

/* What all members have room for; all of it, if @sectors is 0. */
static int fit_members(struct mdx_array *array, sector_t *sectors)
{
	const unsigned int block = queue_logical_block_size(array->disk->queue) >> SECTOR_SHIFT;
	sector_t room = MDX_SECTOR_NONE;
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		room = min(room, m->sectors);
	if (is_sb0(array))
		room = min_t(sector_t, room, MDX_SB0_MAX_SECTORS);
	if (!*sectors)
		*sectors = room;
	if (*sectors > room)
		return -ENOSPC;
	*sectors = round_down(*sectors, (sector_t)block);
	return *sectors ? 0 : -EINVAL;
}

/* Suspended. What is new may differ from member to member. */
static void take_size(struct mdx_array *array, sector_t sectors, sector_t array_sectors)
{
	spin_lock_irq(&array->state_lock);
	if (sectors > array->dev_sectors && array->resync_offset > array->dev_sectors)
		array->resync_offset = array->dev_sectors;
	array->resync_failed = MDX_SECTOR_NONE;
	array->dev_sectors = sectors;
	array->array_sectors = array_sectors;
	spin_unlock_irq(&array->state_lock);
	if (array->pers->resized)
		array->pers->resized(array);
}

int mdx_array_set_size(struct mdx_array *array, sector_t sectors)
{
	sector_t array_sectors;
	int err;

	lockdep_assert_held(&array->lock);

	if (!array->pers->sectors_with)
		return -EINVAL;
	if (array->bitmap) {
		/* Its bits are about the size that it was made for. */
		pr_warn("md: %s: its bitmap has to be removed before its size is changed\n",
			array->name);
		return -EBUSY;
	}
	err = check_idle(array);
	if (!err)
		err = check_writable(array);
	if (!err)
		err = fit_members(array, &sectors);
	if (err)
		return err;
	array_sectors = array->pers->sectors_with(array, &sectors);
	if (!array_sectors || array->external_size > array_sectors)
		return -EINVAL;
	if (array_sectors < array->array_sectors)
		mdx_disk_set_capacity(array->disk, array->external_size ?: array_sectors);
	mdx_array_suspend(array);
	take_size(array, sectors, array_sectors);
	mdx_array_resume(array);
	/* What is written there must be found again: the superblocks first. */
	err = mdx_super_wait(array);
	if (err)
		pr_warn("md: %s: another size cannot be recorded (%d), none is shown\n",
			array->name, err);
	else
		mdx_array_update_capacity(array);
	mdx_array_kick(array);
	mdx_event();
	return err;
}

/* ---- the room on a member ---- */

/*
 * Where the superblock of @m goes and how many sectors of data there may be, on its
 * device as large as that is now. 0, or -EBUSY: the device has become too small.
 */
static int measure(struct mdx_array *array, struct mdx_member *m, sector_t *sb_start,
		   sector_t *room)
{
	const sector_t size = bdev_nr_sectors(m->bdev.bdev);

	*sb_start = m->sb_start;
	*room = size > m->data_offset ? size - m->data_offset : 0;
	if (!test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags) || !m->super)
		return 0;
	*sb_start = mdx_sb_sector(m->super->version, size);
	if (*sb_start == MDX_SECTOR_NONE)
		return -EBUSY;
	*room = mdx_sb_room(m->super->version, size, m->data_offset);
	return *room ? 0 : -EBUSY;
}

/* No superblock is being written meanwhile; the next one goes to the new place. */
static void take_room(struct mdx_array *array, struct mdx_member *m, sector_t sb_start,
		      sector_t sectors)
{
	mutex_lock(&array->sb_mutex);
	spin_lock_irq(&array->state_lock);
	m->dev_sectors = bdev_nr_sectors(m->bdev.bdev);
	m->sb_start = sb_start;
	m->sectors = sectors;
	spin_unlock_irq(&array->state_lock);
	mutex_unlock(&array->sb_mutex);
}

int mdx_member_set_size(struct mdx_member *m, sector_t sectors)
{
	struct mdx_array *array = m->array;
	const bool kept = mdx_array_running(array) && m->slot >= 0;
	sector_t room, sb_start;
	int err;

	lockdep_assert_held(&array->lock);

	if (kept && !array->pers->sectors_with)
		return -EINVAL;
	/* Whatever has no slot is asked for in numbers, as md wants it. */
	if (!kept && sectors < array->dev_sectors)
		return -EINVAL;
	err = measure(array, m, &sb_start, &room);
	if (err)
		return err;
	/* What has its place by the superblock's would have to move with it. */
	if (sb_start != m->sb_start && (array->bitmap || mdx_member_has_bad(m)))
		return -EBUSY;
	if (kept && sectors && sectors < array->dev_sectors &&
	    test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		return -EBUSY;
	if (!sectors || sectors > room)
		sectors = room;
	if (sectors < array->dev_sectors)
		return -EINVAL;
	if (!kept)
		sb_start = m->sb_start;
	take_room(array, m, sb_start, sectors);
	return kept ? mdx_super_wait(array) : 0;
}
