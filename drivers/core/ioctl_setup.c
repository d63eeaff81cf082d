// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuring an array, for ioctl and sysfs: which format, which geometry,
 * which members. Everything here needs array->lock.
 *
 * DOC: three ways to become an array
 *
 *  by superblocks   SET_ARRAY_INFO with a version and nothing else, then
 *                   ADD_NEW_DISK by device number. Geometry is the
 *                   superblocks' word. All of 1.x, and assembly of 0.90.
 *  described        SET_ARRAY_INFO with the whole geometry, then ADD_NEW_DISK
 *                   with number, slot and state. Creation of 0.90, and arrays
 *                   without superblocks.
 *  attribute-wise   sysfs level, raid_disks, ... and new_dev.
 */
#include <linux/ktime.h>
#include <linux/random.h>
#include "ioctl_calls.h"

int mdx_version_of(int major, int minor)
{
	if (major == 0)
		return MDX_SB_0_90;
	if (major == 1 && minor >= 0 && minor <= 2)
		return MDX_SB_1_0 + minor;
	return -1;
}

void mdx_array_configured(struct mdx_array *array)
{
	const bool any = array->raid_disks || array->dev_sectors || !list_empty(&array->members);

	spin_lock_irq(&array->state_lock);
	if (any && array->state == MDX_STATE_CLEAR)
		mdx_state_set(array, MDX_STATE_INACTIVE);
	else if (!any && array->state == MDX_STATE_INACTIVE)
		mdx_state_set(array, MDX_STATE_CLEAR);
	spin_unlock_irq(&array->state_lock);
	mdx_event();
}

static bool has_super(const struct mdx_array *array)
{
	return test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
}

/* The format superblocks of this array are in, or -1: it has none. */
static int array_version(const struct mdx_array *array)
{
	return has_super(array) ? mdx_version_of(array->major_version, array->minor_version) : -1;
}

/* ---- SET_ARRAY_INFO ---- */

static int set_version(struct mdx_array *array, const mdu_array_info_t *info)
{
	if (mdx_version_of(info->major_version, info->minor_version) < 0) {
		pr_info("md: %s: superblock version %d.%d is unknown\n", array->name,
			info->major_version, info->minor_version);
		return -EINVAL;
	}
	array->major_version = info->major_version;
	array->minor_version = info->major_version ? info->minor_version : MD_MINOR_VERSION;
	array->patch_version = info->patch_version;
	assign_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags, !info->not_persistent);
	array->ctime = ktime_get_real_seconds();
	return 0;
}

static bool shape_sane(const mdu_array_info_t *info)
{
	const int most = info->not_persistent ? MDX_SB1_MAX_DEVS : MDX_SB0_MAX_DEVS;

	return info->raid_disks > 0 && info->raid_disks <= most &&
	       info->size >= 0 && info->chunk_size >= 0 && !(info->chunk_size & 511);
}

static int set_described(struct mdx_array *array, const mdu_array_info_t *info)
{
	if (!shape_sane(info)) {
		pr_info("md: %s: impossible geometry: %d members, %d KiB each, chunk %d\n",
			array->name, info->raid_disks, info->size, info->chunk_size);
		return -EINVAL;
	}
	array->major_version = MD_MAJOR_VERSION;
	array->minor_version = MD_MINOR_VERSION;
	array->patch_version = MD_PATCHLEVEL_VERSION;
	assign_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags, !info->not_persistent);
	array->ctime = ktime_get_real_seconds();
	array->dev_sectors = (sector_t)info->size * 2;
	array->chunk_sectors = info->chunk_size >> 9;
	/* 0.90 cannot say which of its layouts a raid0 has: unset. */
	array->layout = info->level == 0 ? 0 : info->layout;
	array->max_disks = MDX_SB0_MAX_DEVS;
	array->preferred_minor = MINOR(array->unit);
	get_random_bytes(array->uuid, sizeof(array->uuid));
	array->bitmap_offset = info->state & BIT(MD_SB_BITMAP_PRESENT) ? MD_SB_SECTORS : 0;

	spin_lock_irq(&array->state_lock);
	array->level = info->level;
	array->level_name[0] = '\0';
	array->raid_disks = info->raid_disks;
	array->resync_offset = info->state & BIT(MD_SB_CLEAN) ? MDX_SECTOR_NONE : 0;
	spin_unlock_irq(&array->state_lock);
	mdx_array_configured(array);
	return 0;
}

/* Is anything different that can never change, or that cannot change with the rest? */
static bool same_array(const struct mdx_array *array, const mdu_array_info_t *info)
{
	return info->major_version == array->major_version &&
	       info->minor_version == array->minor_version &&
	       info->ctime == (unsigned int)clamp_t(u64, array->ctime, 0, U32_MAX) &&
	       info->level == array->level &&
	       !info->not_persistent == has_super(array) &&
	       info->chunk_size == (int)(array->chunk_sectors << 9) &&
	       !(info->state & 0xfffffe00);
}

static int refuse_change(const struct mdx_array *array, const char *what, int err)
{
	pr_info("md: %s: %s cannot have %s\n", array->name, array->pers->name, what);
	return err;
}

/* Where md expects one that is added without saying where: behind 0.90 superblocks, in the page of 1.x ones. */
static int toggle_bitmap(struct mdx_array *array)
{
	if (array->bitmap)
		return mdx_bitmap_remove(array);
	if (!has_super(array))
		return -EINVAL;
	return mdx_bitmap_add(array, array->major_version ? 2 : MD_SB_SECTORS);
}

static int update_array(struct mdx_array *array, const mdu_array_info_t *info)
{
	const bool size = info->size >= 0 && (sector_t)info->size != array->dev_sectors / 2;
	const bool disks = info->raid_disks != array->raid_disks;
	const bool layout = info->layout != mdx_info_layout(array);
	const bool bitmap = !(info->state & BIT(MD_SB_BITMAP_PRESENT)) != !array->bitmap;

	if (!same_array(array, info) || size + disks + layout + bitmap > 1)
		return -EINVAL;
	if (layout)
		return refuse_change(array, "another layout", -EINVAL);
	if (size)
		return mdx_array_set_size(array, (sector_t)info->size * 2);
	if (disks)
		return mdx_array_set_disks(array, info->raid_disks);
	return bitmap ? toggle_bitmap(array) : 0;
}

int mdx_setup_array(struct mdx_array *array, const mdu_array_info_t *info)
{
	if (mdx_array_running(array))
		return update_array(array, info);
	if (!list_empty(&array->members) || array->raid_disks) {
		pr_info("md: %s: is configured already\n", array->name);
		return -EBUSY;
	}
	return info->raid_disks ? set_described(array, info) : set_version(array, info);
}

/* ---- members ---- */

static void set_choices(struct mdx_member *member, int state)
{
	spin_lock_irq(&member->array->state_lock);
	assign_bit(MDX_MEMBER_F_WRITE_MOSTLY, &member->flags, state & BIT(MD_DISK_WRITEMOSTLY));
	assign_bit(MDX_MEMBER_F_FAILFAST, &member->flags, state & BIT(MD_DISK_FAILFAST));
	spin_unlock_irq(&member->array->state_lock);
}

static int bind_or_free(struct mdx_array *array, struct mdx_member *member)
{
	const sector_t sectors = member->sectors;
	int err = mdx_member_bind(array, member);

	if (err) {
		mdx_member_free(member);
		return err;
	}
	/* What each member has room for: until superblocks, if there are any, say more. */
	if (!array->dev_sectors || sectors < array->dev_sectors)
		array->dev_sectors = sectors;
	mdx_array_configured(array);
	return 0;
}

static bool belongs(struct mdx_array *array, const struct mdx_member *member)
{
	const struct mdx_member *first;

	first = list_first_entry_or_null(&array->members, struct mdx_member, link);
	if (!first || !first->super || !member->super ||
	    mdx_sb_same_set(first->super, member->super))
		return true;
	pr_warn("md: %s: %s has different UUID to %s\n",
		array->name, member->name, first->name);
	return false;
}

/* The superblock on the device says everything. */
static int add_by_super(struct mdx_array *array, struct mdx_candidate *c)
{
	struct mdx_member *member;

	member = mdx_candidate_take(c, array, array_version(array));
	if (IS_ERR(member))
		return PTR_ERR(member);
	if (!belongs(array, member)) {
		mdx_member_free(member);
		return -EINVAL;
	}
	return bind_or_free(array, member);
}

/* Where 0.90 puts things on a device that has no superblock yet. */
static int place_blank(struct mdx_array *array, struct mdx_member *member)
{
	sector_t end = member->dev_sectors;

	if (has_super(array)) {
		end = mdx_sb_sector(MDX_SB_0_90, member->dev_sectors);
		if (end == MDX_SECTOR_NONE || !end) {
			pr_warn("md: %s: %s is too small\n", array->name, member->name);
			return -EINVAL;
		}
	}
	member->data_offset = 0;
	member->sb_start = end;
	member->sectors = end;
	return 0;
}

static int place_described(struct mdx_array *array, struct mdx_member *member,
			   const mdu_disk_info_t *info)
{
	const bool slotted = info->raid_disk >= 0 && info->raid_disk < array->raid_disks;
	const bool in_sync = slotted && (info->state & BIT(MD_DISK_SYNC));
	const struct mdx_member *m;

	if (info->number < 0 || (has_super(array) && info->number >= MDX_SB0_MAX_DEVS))
		return -EINVAL;
	list_for_each_entry(m, &array->members, link)
		if (m->number == info->number || (slotted && m->slot == info->raid_disk))
			return -EBUSY;
	member->number = info->number;
	member->slot = slotted ? info->raid_disk : -1;
	member->recovery_offset = in_sync ? MDX_SECTOR_NONE : 0;
	if (in_sync)
		set_bit(MDX_MEMBER_F_IN_SYNC, &member->flags);
	return place_blank(array, member);
}

static int add_described(struct mdx_array *array, const mdu_disk_info_t *info,
			 struct mdx_candidate *c)
{
	struct mdx_member *member;
	int err;

	/* A place in the table that stays empty. */
	if (info->state & BIT(MD_DISK_FAULTY))
		return 0;
	member = mdx_candidate_take(c, array, -1);
	if (IS_ERR(member))
		return PTR_ERR(member);
	err = place_described(array, member, info);
	if (err) {
		mdx_member_free(member);
		return err;
	}
	set_choices(member, info->state);
	return bind_or_free(array, member);
}

/* Spares, or, with @next, what makes it larger. */
static int takes_members(struct mdx_array *array, bool next)
{
	if (array->pers->redundant || (next && array->pers->grow))
		return 0;
	pr_warn("md: %s: %s takes no members while it runs\n", array->name, array->pers->name);
	return -EINVAL;
}

static int hot_add(struct mdx_array *array, struct mdx_member *member, bool in_sync)
{
	int err = mdx_member_hot_add(array, member, in_sync);

	if (err)
		mdx_member_free(member);
	return err;
}

/*
 * With the SYNC bit the caller says: it belongs into that slot and is up to
 * date. Where its superblock knows better it is refused; the caller then tries
 * again with a spare.
 */
static int add_to_running(struct mdx_array *array, const mdu_disk_info_t *info,
			  struct mdx_candidate *c)
{
	const bool in_sync = info->state & BIT(MD_DISK_SYNC);
	struct mdx_member *member;
	int err = takes_members(array, in_sync);

	if (err)
		return err;
	member = mdx_candidate_take(c, array, array_version(array));
	if (IS_ERR(member))
		return PTR_ERR(member);
	if (in_sync && (!member->super || info->raid_disk < 0 ||
			member->super->role != info->raid_disk)) {
		mdx_member_free(member);
		return -EINVAL;
	}
	if (!array->pers->redundant)
		return mdx_member_append(array, member);
	if (!member->super) {
		err = place_blank(array, member);
		if (err) {
			mdx_member_free(member);
			return err;
		}
	}
	set_choices(member, info->state);
	return hot_add(array, member, in_sync);
}

/* Superblocks describe the members of this array, now or once it runs. */
static bool by_super(const struct mdx_array *array)
{
	return has_super(array) && (!array->raid_disks || array->major_version == 1);
}

int mdx_setup_add_disk(struct mdx_array *array, const mdu_disk_info_t *info,
		       struct mdx_candidate *c)
{
	if (mdx_array_running(array))
		return add_to_running(array, info, c);
	if (by_super(array))
		return add_by_super(array, c);
	return add_described(array, info, c);
}

int mdx_setup_hot_add(struct mdx_array *array, struct mdx_candidate *c)
{
	struct mdx_member *member;
	int err;

	if (!mdx_array_running(array))
		return -ENODEV;
	if (array->major_version) {
		pr_warn("md: %s: HOT_ADD_DISK is for superblock 0.90 only\n", array->name);
		return -EINVAL;
	}
	err = takes_members(array, false);
	if (err)
		return err;
	member = mdx_candidate_take(c, array, -1);
	if (IS_ERR(member))
		return -EINVAL;
	err = place_blank(array, member);
	if (err) {
		mdx_member_free(member);
		return err;
	}
	return hot_add(array, member, false);
}

int mdx_setup_new_dev(struct mdx_array *array, struct mdx_candidate *c)
{
	const mdu_disk_info_t blank = {
		.major = MAJOR(c->dev), .minor = MINOR(c->dev), .raid_disk = -1,
	};
	struct mdx_member *member;
	int err;

	if (mdx_array_running(array))
		return add_to_running(array, &blank, c);
	if (has_super(array))
		return add_by_super(array, c);
	member = mdx_candidate_take(c, array, -1);
	if (IS_ERR(member))
		return PTR_ERR(member);
	err = place_blank(array, member);
	if (err) {
		mdx_member_free(member);
		return err;
	}
	return bind_or_free(array, member);
}
