// SPDX-License-Identifier: GPL-2.0-only
/*
 * Start of an array, as a list of steps that undo each other.
 *
 *   judge members -> take the set's configuration -> give out slots ->
 *   personality -> limits -> capacity -> state and gates -> sysfs, uevent
 *
 * Members that cannot be trusted are let go before anything is decided from
 * them (assemble_plan.c). Nothing is written to any member before the first
 * write or sync of the running array.
 */
#include <linux/random.h>
#include <linux/raid/md_p.h>
#include <linux/slab.h>
#include "core.h"
#include "array_run.h"
#include "assemble_plan.h"
#include "bitmap_format.h"
#include "disk.h"
#include "limits.h"

/* Features of a superblock that this driver keeps up while it writes. */
#define FEATURES_KNOWN (MD_FEATURE_RECOVERY_OFFSET | MD_FEATURE_RAID0_LAYOUT | \
			MD_FEATURE_BITMAP_OFFSET | MD_FEATURE_RECOVERY_BITMAP | \
			MD_FEATURE_BAD_BLOCKS | MD_FEATURE_REPLACEMENT)

struct judgement {
	unsigned int n;
	struct mdx_member **member;
	const struct mdx_super **super;
	enum mdx_member_verdict *verdict;
	s32 *slot;
	struct mdx_assembly assembly;
};

static void judgement_free(struct judgement *j)
{
	kvfree(j->member);
	kvfree(j->super);
	kvfree(j->verdict);
	kvfree(j->slot);
}

static int judgement_alloc(struct mdx_array *array, struct judgement *j)
{
	struct mdx_member *m;

	memset(j, 0, sizeof(*j));
	list_for_each_entry(m, &array->members, link)
		j->n++;
	j->member = kvcalloc(j->n, sizeof(*j->member), GFP_KERNEL);
	j->super = kvcalloc(j->n, sizeof(*j->super), GFP_KERNEL);
	j->verdict = kvcalloc(j->n, sizeof(*j->verdict), GFP_KERNEL);
	j->slot = kvcalloc(j->n, sizeof(*j->slot), GFP_KERNEL);
	if (!j->member || !j->super || !j->verdict || !j->slot) {
		judgement_free(j);
		return -ENOMEM;
	}
	j->n = 0;
	/* The list has the newest first: the first one added names the set. */
	list_for_each_entry_reverse(m, &array->members, link) {
		j->member[j->n] = m;
		j->super[j->n++] = m->super;
	}
	return 0;
}

static bool may_stay(enum mdx_member_verdict v)
{
	return v == MDX_MEMBER_ACTIVE || v == MDX_MEMBER_RECOVERING ||
	       v == MDX_MEMBER_SPARE;
}

static void let_go(struct mdx_array *array, struct judgement *j)
{
	unsigned int i;

	for (i = 0; i < j->n; i++) {
		if (may_stay(j->verdict[i]))
			continue;
		pr_warn("md: kicking non-fresh %s from array! (%s)\n", j->member[i]->name,
			mdx_member_verdict_text(j->verdict[i]));
		mdx_member_unbind(j->member[i]);
		j->member[i] = NULL;
	}
}

static void take_set(struct mdx_array *array, const struct mdx_super *sb)
{
	memcpy(array->uuid, sb->set_uuid, sizeof(array->uuid));
	strscpy(array->set_name, sb->set_name, sizeof(array->set_name));
	array->ctime = sb->ctime;
	array->ctime_us = sb->ctime_us;
	array->utime = sb->utime;
	array->level = sb->level;
	array->level_name[0] = '\0';	/* what the superblocks say, not what sysfs did */
	array->layout = sb->layout;
	array->chunk_sectors = sb->chunk_sectors;
	array->raid_disks = sb->raid_disks;
	array->dev_sectors = sb->size;
	array->events = sb->events;
	array->resync_offset = sb->resync_offset;
	array->feature_map = sb->feature_map & MD_FEATURE_RAID0_LAYOUT;
	array->bitmap_offset = sb->feature_map & MD_FEATURE_BITMAP_OFFSET ? sb->bitmap_offset : 0;
	mdx_bitmap_uuid(sb, array->bitmap_uuid);
	array->logical_block_size = sb->logical_block_size;
	array->major_version = sb->version == MDX_SB_0_90 ? 0 : 1;
	array->minor_version = sb->version == MDX_SB_0_90 ? 90 : sb->version - MDX_SB_1_0;
	array->max_disks = sb->version == MDX_SB_0_90 ? MDX_SB0_MAX_DEVS : MDX_SB1_MAX_DEVS;
	if (sb->version == MDX_SB_0_90)
		array->preferred_minor = sb->md_minor;
	set_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
}

static void take_slots(struct mdx_array *array, struct judgement *j)
{
	unsigned int i;

	for (i = 0; i < j->n; i++) {
		struct mdx_member *m = j->member[i];

		if (!m)
			continue;
		clear_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
		m->slot = j->verdict[i] == MDX_MEMBER_SPARE ? -1 : j->slot[i];
		m->saved_slot = m->slot;
		m->recovery_offset = 0;
		assign_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags,
			   m->slot >= 0 && (m->super->feature_map & MD_FEATURE_REPLACEMENT));
		if (j->verdict[i] == MDX_MEMBER_ACTIVE) {
			set_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
			m->recovery_offset = MDX_SECTOR_NONE;
		} else if (j->verdict[i] == MDX_MEMBER_RECOVERING &&
			   array->resync_offset == MDX_SECTOR_NONE) {
			/* After an unclean stop writes may have reached only one side. */
			m->recovery_offset = m->super->recovery_offset;
		}
		assign_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags,
			   j->verdict[i] == MDX_MEMBER_RECOVERING &&
			   (m->super->feature_map & MD_FEATURE_RECOVERY_BITMAP));
	}
}

/* What a superblock demands and this version does not do yet. */
static int refuse_features(struct mdx_array *array, const struct mdx_super *sb)
{
	u32 unknown = sb->feature_map & ~FEATURES_KNOWN;

	if (!unknown)
		return 0;
	if (unknown & MD_FEATURE_CLUSTERED)
		pr_warn("md: %s: is an array of a cluster, which mdx does not support: use the kernel's md\n",
			array->name);
	else if (unknown & MD_FEATURE_RESHAPE_ACTIVE)
		pr_warn("md: %s: is being reshaped, which this version of mdx cannot continue: use the kernel's md\n",
			array->name);
	else
		pr_warn("md: %s: superblock has features (%#x) that this version of mdx does not support: use the kernel's md\n",
			array->name, unknown);
	return -EINVAL;
}

static int configure_from_supers(struct mdx_array *array)
{
	struct judgement j;
	const struct mdx_super *fresh;
	unsigned int i;
	int err;

	err = judgement_alloc(array, &j);
	if (err)
		return err;
	mdx_assemble_plan(j.super, j.n, j.verdict, j.slot, &j.assembly);
	err = -EINVAL;
	if (j.assembly.freshest < 0) {
		pr_warn("md: %s: no member has a usable superblock\n", array->name);
		goto out;
	}
	fresh = j.super[j.assembly.freshest];
	for (i = 0; i < j.n; i++) {
		err = may_stay(j.verdict[i]) ? refuse_features(array, j.super[i]) : 0;
		if (err)
			goto out;
	}
	take_set(array, fresh);
	let_go(array, &j);
	take_slots(array, &j);
	err = 0;
out:
	judgement_free(&j);
	return err;
}

/* Data sectors of members that came without superblocks. */
static int size_bare_member(struct mdx_array *array, struct mdx_member *m)
{
	enum mdx_sb_version version = array->major_version ?
		MDX_SB_1_0 + array->minor_version : MDX_SB_0_90;

	if (!test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		return 0;
	if (version != MDX_SB_0_90) {
		pr_warn("md: %s: %s has no superblock\n", array->name, m->name);
		return -EINVAL;
	}
	m->super = kzalloc(sizeof(*m->super), GFP_KERNEL);
	if (!m->super)
		return -ENOMEM;
	m->super->version = version;
	m->sb_start = mdx_sb_sector(version, m->dev_sectors);
	if (m->sb_start == MDX_SECTOR_NONE) {
		pr_warn("md: %s: %s is too small\n", array->name, m->name);
		return -EINVAL;
	}
	m->data_offset = 0;
	m->sectors = m->sb_start;
	return 0;
}

static bool any_super(struct mdx_array *array)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->super)
			return true;
	return false;
}

void mdx_array_drop_bare(struct mdx_array *array)
{
	struct mdx_member *m;

	lockdep_assert_held(&array->lock);

	if (!test_and_clear_bit(MDX_ARRAY_F_BARE, &array->flags))
		return;
	mutex_lock(&array->sb_mutex);
	list_for_each_entry(m, &array->members, link) {
		kfree(m->super);
		m->super = NULL;
	}
	mutex_unlock(&array->sb_mutex);
}

/* Members as SET_ARRAY_INFO and ADD_NEW_DISK described them. */
static int configure_bare(struct mdx_array *array)
{
	struct mdx_member *m;
	int err;

	if (test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		set_bit(MDX_ARRAY_F_BARE, &array->flags);
	list_for_each_entry(m, &array->members, link) {
		err = size_bare_member(array, m);
		if (err)
			return err;
		if (m->slot >= 0 && test_bit(MDX_MEMBER_F_IN_SYNC, &m->flags))
			m->recovery_offset = MDX_SECTOR_NONE;
	}
	if (test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags) &&
	    !memchr_inv(array->uuid, 0, sizeof(array->uuid)))
		get_random_bytes(array->uuid, sizeof(array->uuid));
	list_for_each_entry(m, &array->members, link) {
		if (!m->super)
			continue;
		memcpy(m->super->set_uuid, array->uuid, sizeof(array->uuid));
		mdx_bitmap_uuid(m->super, array->bitmap_uuid);
	}
	return 0;
}

static bool has_super0(const struct mdx_array *array)
{
	return test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags) && !array->major_version;
}

/* Levels whose members must be alike: how much of each is used. */
static int check_sizes(struct mdx_array *array)
{
	const bool sized = array->level > 0;
	struct mdx_member *m;
	sector_t smallest = MDX_SECTOR_NONE;

	list_for_each_entry(m, &array->members, link)
		if (m->slot >= 0 && m->sectors < smallest)
			smallest = m->sectors;
	if (!sized)
		return 0;
	if (!array->dev_sectors && smallest != MDX_SECTOR_NONE) {
		array->dev_sectors = smallest;
		if (array->chunk_sectors)
			array->dev_sectors -= smallest % array->chunk_sectors;
	}
	if (has_super0(array) && array->dev_sectors > MDX_SB0_MAX_SECTORS) {
		pr_warn("md: %s: superblocks of 0.90 count no more than 4 TiB of each member\n",
			array->name);
		return -EINVAL;
	}
	list_for_each_entry(m, &array->members, link) {
		if (m->slot < 0 || m->sectors >= array->dev_sectors)
			continue;
		pr_warn("md: %s: %s has %llu sectors, the array uses %llu of each member\n",
			array->name, m->name, (unsigned long long)m->sectors,
			(unsigned long long)array->dev_sectors);
		return -EINVAL;
	}
	return 0;
}

static int seat(struct mdx_array *array, struct mdx_member **slot, struct mdx_member *m)
{
	const bool beyond = (unsigned int)m->slot >= array->raid_disks;

	if (beyond || slot[m->slot]) {
		pr_warn("md: %s: slot %d of %s is %s\n", array->name, m->slot, m->name,
			beyond ? "beyond the array" : "taken");
		return -EINVAL;
	}
	slot[m->slot] = m;
	return 0;
}

/* Replacements last: where the one they replace is not there, the slot is theirs. */
static int seat_members(struct mdx_array *array, struct mdx_member **slot)
{
	struct mdx_member *m;
	int err;

	list_for_each_entry(m, &array->members, link) {
		if (m->slot < 0 || test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags))
			continue;
		err = seat(array, slot, m);
		if (err)
			return err;
	}
	list_for_each_entry(m, &array->members, link) {
		if (m->slot < 0 || !test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags))
			continue;
		if ((unsigned int)m->slot >= array->raid_disks)
			return -EINVAL;
		if (!mdx_replace_seat(array, slot, m))
			return -ENOMEM;
	}
	return 0;
}

static int fill_slot_table(struct mdx_array *array)
{
	const unsigned int most = has_super0(array) ? MDX_SB0_MAX_DEVS : MDX_SB1_MAX_DEVS;
	struct mdx_member **slot;
	int err;

	if (!array->raid_disks || array->raid_disks > most) {
		pr_warn("md: %s: %u devices cannot be\n", array->name, array->raid_disks);
		return -EINVAL;
	}
	slot = kvcalloc(array->raid_disks, sizeof(*slot), GFP_KERNEL);
	if (!slot)
		return -ENOMEM;
	err = seat_members(array, slot);
	if (err) {
		mdx_replace_drop(array);
		kvfree(slot);
		return err;
	}
	spin_lock_irq(&array->state_lock);
	array->slot = slot;
	array->degraded = mdx_array_count_degraded(array);
	spin_unlock_irq(&array->state_lock);
	return 0;
}

static void drop_slot_table(struct mdx_array *array)
{
	struct mdx_member **slot;

	mdx_replace_drop(array);
	spin_lock_irq(&array->state_lock);
	slot = array->slot;
	array->slot = NULL;
	spin_unlock_irq(&array->state_lock);
	kvfree(slot);
}

/* Levels without redundancy need every member. */
static int check_complete(struct mdx_array *array, const struct mdx_personality *pers)
{
	if (pers->redundant || !array->degraded)
		return 0;
	pr_warn("md: %s: %u of %u members are missing, %s cannot start without them\n",
		array->name, array->degraded, array->raid_disks, pers->name);
	return -EINVAL;
}

/* What @pers would not keep to, members may not have. */
static int check_bad_blocks(struct mdx_array *array, const struct mdx_personality *pers)
{
	const struct mdx_member *m;

	if (!pers->redundant || pers->bad_blocks)
		return 0;
	list_for_each_entry(m, &array->members, link) {
		if (!mdx_member_has_bad(m))
			continue;
		pr_warn("md: %s: %s has bad blocks, which this version of mdx does not keep to with %s: use the kernel's md\n",
			array->name, m->name, pers->name);
		return -EINVAL;
	}
	return 0;
}

static int start_personality(struct mdx_array *array)
{
	const struct mdx_personality *pers;
	int err;

	pers = mdx_personality_get(array->level, array->level_name);
	if (IS_ERR(pers))
		return PTR_ERR(pers);
	if (array->level != pers->level)
		array->level = pers->level;
	err = check_complete(array, pers);
	if (!err && array->replacement && array->raid_disks > pers->max_replaced) {
		pr_warn("md: %s: a member is being replaced, which this version of mdx cannot go on with here: use the kernel's md\n",
			array->name);
		err = -EINVAL;
	}
	if (!err)
		err = check_bad_blocks(array, pers);
	if (!err)
		err = pers->start(array);
	if (err) {
		mdx_personality_put(pers);
		return err;
	}
	spin_lock_irq(&array->state_lock);
	array->pers = pers;
	array->passes = pers->pass;
	spin_unlock_irq(&array->state_lock);
	return 0;
}

void mdx_array_drop_personality(struct mdx_array *array)
{
	const struct mdx_personality *pers = array->pers;

	mdx_bitmap_drop(array);
	if (pers) {
		pers->stop(array);
		spin_lock_irq(&array->state_lock);
		array->pers = NULL;
		array->passes = false;
		spin_unlock_irq(&array->state_lock);
		mdx_personality_put(pers);
	}
	drop_slot_table(array);
}

int mdx_array_update_limits(struct mdx_array *array, bool running)
{
	struct mdx_limits *lim;
	struct mdx_member *m;
	int err;

	lim = kzalloc(sizeof(*lim), GFP_KERNEL);
	if (!lim)
		return -ENOMEM;
	mdx_limits_init(lim);
	list_for_each_entry(m, &array->members, link)
		if (!test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
			mdx_limits_stack(lim, &m->bdev, m->data_offset);
	if (array->logical_block_size)
		mdx_limits_set_block_size(lim, array->logical_block_size);
	if (array->pers->limits)
		array->pers->limits(array, lim);
	err = mdx_limits_apply(array->disk, lim, running ? array : NULL);
	kfree(lim);
	array->limits_due = err == -EBUSY;
	if (err && !array->limits_due)
		pr_warn("md: %s: %s (%d)\n", array->name,
			array->logical_block_size > PAGE_SIZE ?
			"its logical blocks are larger than this kernel's can be" :
			"the members' limits do not go together", err);
	return err;
}

void mdx_array_update_capacity(struct mdx_array *array)
{
	sector_t sectors = array->array_sectors;

	if (array->external_size)
		sectors = min(sectors, array->external_size);

	if (!mdx_array_running(array))
		sectors = 0;
	mdx_disk_set_capacity(array->disk, sectors);
}

static enum mdx_state first_state(struct mdx_array *array)
{
	if (test_and_clear_bit(MDX_ARRAY_F_RUN_READONLY, &array->flags))
		return MDX_STATE_READONLY;
	/* Without redundancy nothing is written at a start that could be put off. */
	if ((test_and_clear_bit(MDX_ARRAY_F_RUN_READ_AUTO, &array->flags) || mdx_start_ro) &&
	    array->pers->redundant)
		return MDX_STATE_READ_AUTO;
	return MDX_STATE_CLEAN;
}

static void open_for_business(struct mdx_array *array)
{
	enum mdx_state state = first_state(array);

	if (array->pers->redundant)
		mdx_write_gate_close(array, MDX_GATE_CLEAN);
	mdx_control_held(array);
	if (state != MDX_STATE_CLEAN)
		mdx_write_gate_close(array, MDX_GATE_READONLY);
	spin_lock_irq(&array->state_lock);
	mdx_state_set(array, state);
	spin_unlock_irq(&array->state_lock);
	mdx_disk_set_ro(array->disk, state == MDX_STATE_READONLY);
	mdx_read_gate_reopen(array, MDX_GATE_STOPPED);
	mdx_write_gate_reopen(array, MDX_GATE_STOPPED);
}

static void show_running(struct mdx_array *array)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->slot >= 0 && !test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags))
			mdx_sysfs_link_slot(array, m);
	if (array->pers->redundant)
		mdx_sysfs_add_sync(array);
	set_bit(MDX_ARRAY_F_MEDIA_CHANGED, &array->flags);
	mdx_array_update_capacity(array);
	kobject_uevent(mdx_disk_kobj(array->disk), KOBJ_CHANGE);
	mdx_event();
}

/* What the members say, or what was said of them: size, slots, level. */
static int assemble(struct mdx_array *array, bool bare)
{
	int err;

	err = bare ? configure_bare(array) : configure_from_supers(array);
	if (!err)
		err = check_sizes(array);
	if (!err)
		err = fill_slot_table(array);
	if (err)
		return err;
	err = start_personality(array);
	if (!err && array->external_size > array->array_sectors) {
		pr_warn("md: %s: array_size is set to %llu sectors, the members hold %llu\n",
			array->name, (unsigned long long)array->external_size,
			(unsigned long long)array->array_sectors);
		err = -EINVAL;
	}
	if (!err)
		err = mdx_array_update_limits(array, false);
	if (!err)
		err = mdx_bitmap_load(array);
	if (err)
		mdx_array_drop_personality(array);
	return err;
}

int mdx_array_run(struct mdx_array *array)
{
	const bool bare = !any_super(array);
	int err;

	lockdep_assert_held(&array->lock);

	if (mdx_array_running(array))
		return -EBUSY;
	if (list_empty(&array->members))
		return -EINVAL;
	if (test_bit(MDX_ARRAY_F_EXTERNAL, &array->flags)) {
		pr_warn("md: %s: externally managed metadata is not supported by this version of mdx\n",
			array->name);
		return -EINVAL;
	}
	err = assemble(array, bare);
	if (err) {
		mdx_array_drop_bare(array);
		return err;
	}
	array->recovery_blocked = 0;
	array->resync_failed = MDX_SECTOR_NONE;
	array->idle_delay = msecs_to_jiffies(MDX_IDLE_DELAY_MS);
	array->max_read_errors = MDX_MAX_READ_ERRORS;
	clear_bit(MDX_ARRAY_F_BROKEN, &array->flags);
	open_for_business(array);
	show_running(array);
	/* Described, not read: it has no superblocks yet. */
	if (bare && test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		mdx_super_request(array);
	mdx_array_kick(array);
	return 0;
}
