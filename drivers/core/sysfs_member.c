// SPDX-License-Identifier: GPL-2.0-only
/* sysfs md/dev-NAME/ and the rdN links. */
#include "sysfs.h"

#define member_of(_kobj) container_of(_kobj, struct mdx_member, kobj)

/* In a slot of a running array: its geometry carries data. */
static bool in_use(const struct mdx_member *member)
{
	return mdx_array_running(member->array) && member->slot >= 0;
}

static void set_flag(struct mdx_member *member, enum mdx_member_flag flag, bool on)
{
	spin_lock_irq(&member->array->state_lock);
	if (on)
		set_bit(flag, &member->flags);
	else
		clear_bit(flag, &member->flags);
	spin_unlock_irq(&member->array->state_lock);
}

/* ---- state ---- */

static const struct {
	enum mdx_member_flag flag;
	const char *word;
} state_words[] = {
	{ MDX_MEMBER_F_FAULTY, "faulty" },
	{ MDX_MEMBER_F_IN_SYNC, "in_sync" },
	{ MDX_MEMBER_F_WRITE_MOSTLY, "write_mostly" },
	{ MDX_MEMBER_F_BLOCKED, "blocked" },
	{ MDX_MEMBER_F_WRITE_ERROR, "write_error" },
	{ MDX_MEMBER_F_WANT_REPLACEMENT, "want_replacement" },
	{ MDX_MEMBER_F_REPLACEMENT, "replacement" },
	{ MDX_MEMBER_F_FAILFAST, "failfast" },
};

static ssize_t member_state_show(struct mdx_member *member, char *page)
{
	const unsigned long flags = READ_ONCE(member->flags);
	const unsigned long placed = BIT(MDX_MEMBER_F_FAULTY) | BIT(MDX_MEMBER_F_IN_SYNC);
	const bool blocked = !(flags & BIT(MDX_MEMBER_F_FAULTY)) &&
			     (mdx_bad_unrecorded(member) || (flags & BIT(MDX_MEMBER_F_HELD)));
	const char *comma = "";
	size_t i;
	int n = 0;

	for (i = 0; i < ARRAY_SIZE(state_words); i++) {
		/* md's order has "spare" before write_error */
		if (state_words[i].flag == MDX_MEMBER_F_WRITE_ERROR && !(flags & placed)) {
			n += sysfs_emit_at(page, n, "%sspare", comma);
			comma = ",";
		}
		if (!(flags & BIT(state_words[i].flag)) &&
		    !(state_words[i].flag == MDX_MEMBER_F_BLOCKED && blocked))
			continue;
		n += sysfs_emit_at(page, n, "%s%s", comma, state_words[i].word);
		comma = ",";
	}
	return n + sysfs_emit_at(page, n, "\n");
}

static int state_faulty(struct mdx_member *member)
{
	if (!mdx_array_running(member->array))
		return -EINVAL;
	return mdx_member_fail(member, "asked for in sysfs");
}

static int state_remove(struct mdx_member *member)
{
	struct mdx_array *array = member->array;

	if (mdx_array_running(array))
		return mdx_member_hot_remove(array, member);
	if (member->slot >= 0)
		return -EBUSY;
	mdx_member_unbind(member);
	mdx_array_configured(array);
	return 0;
}

static int set_recorded(struct mdx_member *member, enum mdx_member_flag flag, bool on)
{
	set_flag(member, flag, on);
	if (mdx_array_running(member->array))
		mdx_super_request(member->array);
	return 0;
}

static int state_write_mostly(struct mdx_member *member)
{
	return set_recorded(member, MDX_MEMBER_F_WRITE_MOSTLY, true);
}

static int state_not_write_mostly(struct mdx_member *member)
{
	return set_recorded(member, MDX_MEMBER_F_WRITE_MOSTLY, false);
}

static int state_failfast(struct mdx_member *member)
{
	return set_recorded(member, MDX_MEMBER_F_FAILFAST, true);
}

static int state_not_failfast(struct mdx_member *member)
{
	return set_recorded(member, MDX_MEMBER_F_FAILFAST, false);
}

static int state_write_error(struct mdx_member *member)
{
	set_flag(member, MDX_MEMBER_F_WRITE_ERROR, true);
	return 0;
}

static int state_not_write_error(struct mdx_member *member)
{
	set_flag(member, MDX_MEMBER_F_WRITE_ERROR, false);
	return 0;
}

static int state_in_sync(struct mdx_member *member)
{
	if (member->slot >= 0)
		return -EINVAL;
	set_flag(member, MDX_MEMBER_F_IN_SYNC, true);
	return 0;
}

static int state_not_in_sync(struct mdx_member *member)
{
	if (member->slot < 0 || mdx_array_running(member->array))
		return -EINVAL;
	set_flag(member, MDX_MEMBER_F_IN_SYNC, false);
	member->saved_slot = member->slot;
	member->slot = -1;
	return 0;
}

static int hold(struct mdx_member *member, bool on)
{
	set_flag(member, MDX_MEMBER_F_HELD, on);
	if (mdx_array_running(member->array))
		mdx_control_held(member->array);
	return 0;
}

static int state_blocked(struct mdx_member *member)
{
	return hold(member, true);
}

/*
 * What somebody has blocked. The driver itself unblocks a failed member as soon as
 * the others have it on record, and not before (invariant I4).
 */
static int state_not_blocked(struct mdx_member *member)
{
	return hold(member, false);
}

/* Of an array that runs, a spare becomes one, by itself or by its slot. */
static int set_replacement(struct mdx_member *member, bool on)
{
	if (mdx_array_running(member->array))
		return -EBUSY;
	set_flag(member, MDX_MEMBER_F_REPLACEMENT, on);
	return 0;
}

static int state_replacement(struct mdx_member *member)
{
	return set_replacement(member, true);
}

static int state_not_replacement(struct mdx_member *member)
{
	return set_replacement(member, false);
}

/* Nothing to a spare, or to who is a replacement already: no refusal, as md has it. */
static int state_want_replacement(struct mdx_member *member)
{
	struct mdx_array *array = member->array;

	if (mdx_array_running(array) && array->pers->redundant && !array->pers->max_replaced)
		return mdx_refuse(array, "a replacement");
	if (member->slot >= 0 && !mdx_member_test(member, MDX_MEMBER_F_REPLACEMENT))
		set_flag(member, MDX_MEMBER_F_WANT_REPLACEMENT, true);
	if (mdx_array_running(array)) {
		array->recovery_blocked = 0;
		mdx_array_kick(array);
	}
	return 0;
}

/* A replacement that is under way goes on. */
static int state_not_want_replacement(struct mdx_member *member)
{
	set_flag(member, MDX_MEMBER_F_WANT_REPLACEMENT, false);
	return 0;
}

/* What it missed nobody knows: it comes back as a spare, and is first for its slot as any other is. */
static int state_re_add(struct mdx_member *member)
{
	struct mdx_array *array = member->array;

	if (!mdx_array_running(array))
		return -EINVAL;
	return mdx_member_re_add(member->array, member);
}

static const struct {
	const char *word;
	int (*act)(struct mdx_member *member);
} state_actions[] = {
	{ "faulty", state_faulty },
	{ "remove", state_remove },
	{ "writemostly", state_write_mostly },
	{ "-writemostly", state_not_write_mostly },
	{ "blocked", state_blocked },
	{ "-blocked", state_not_blocked },
	{ "insync", state_in_sync },
	{ "-insync", state_not_in_sync },
	{ "write_error", state_write_error },
	{ "-write_error", state_not_write_error },
	{ "want_replacement", state_want_replacement },
	{ "-want_replacement", state_not_want_replacement },
	{ "replacement", state_replacement },
	{ "-replacement", state_not_replacement },
	{ "failfast", state_failfast },
	{ "-failfast", state_not_failfast },
	{ "re-add", state_re_add },
};

static ssize_t member_state_store(struct mdx_member *member, const char *page, size_t len)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(state_actions); i++) {
		if (!sysfs_streq(page, state_actions[i].word))
			continue;
		err = state_actions[i].act(member);
		if (!err)
			mdx_sysfs_notify_member(member);
		return err ?: len;
	}
	return -EINVAL;
}
MDX_ATTR_RW(member, state);

static ssize_t member_errors_show(struct mdx_member *member, char *page)
{
	return sysfs_emit(page, "%d\n", atomic_read(&member->corrected_errors));
}

static ssize_t member_errors_store(struct mdx_member *member, const char *page, size_t len)
{
	unsigned int n;
	int err;

	err = mdx_parse_uint(page, UINT_MAX, &n);
	if (err)
		return err;
	atomic_set(&member->corrected_errors, n);
	return len;
}
MDX_ATTR_RW(member, errors);

/* ---- slot ---- */

static ssize_t member_slot_show(struct mdx_member *member, char *page)
{
	const int slot = READ_ONCE(member->slot);

	if (slot < 0)
		return sysfs_emit(page, "none\n");
	return sysfs_emit(page, "%d\n", slot);
}

static int leave_slot(struct mdx_member *member)
{
	struct mdx_array *array = member->array;

	if (member->slot < 0)
		return -EEXIST;
	if (!array->pers->redundant)
		return -EINVAL;
	if (mdx_member_readable(member) || array->sync)
		return -EBUSY;
	/* It stays until the others know that it failed: writes ask for it by its slot. */
	if (!mdx_member_failure_recorded(member))
		return -EBUSY;
	/* No write may miss it before the superblocks do. */
	return mdx_slot_clear(array, member, true);
}

static int assign_slot(struct mdx_member *member, unsigned int slot)
{
	struct mdx_array *array = member->array;

	return array->slot[slot] ? mdx_replace_assign(array, member, slot) :
				   mdx_slot_assign(array, member, slot);
}

static int enter_slot(struct mdx_member *member, unsigned int slot)
{
	struct mdx_array *array = member->array;
	int err;

	if (member->slot >= 0 || array->sync)
		return -EBUSY;
	if (!array->pers->redundant)
		return -EINVAL;
	if (slot >= array->raid_disks)
		return -ENOSPC;
	set_flag(member, MDX_MEMBER_F_IN_SYNC, false);
	err = assign_slot(member, slot);
	/* Superblocks may have been under way. */
	if (err == -EBUSY && !mdx_super_wait(array))
		err = assign_slot(member, slot);
	if (err)
		return err;
	mdx_super_request(array);
	mdx_array_kick(array);
	return 0;
}

/* Before the start: take it for working. The start compares with the superblocks. */
static int claim_slot(struct mdx_member *member, int slot)
{
	struct mdx_array *array = member->array;

	if (slot >= 0 && slot >= array->raid_disks)
		return -ENOSPC;
	spin_lock_irq(&array->state_lock);
	member->slot = slot;
	if (slot >= 0) {
		clear_bit(MDX_MEMBER_F_FAULTY, &member->flags);
		clear_bit(MDX_MEMBER_F_WRITE_MOSTLY, &member->flags);
		set_bit(MDX_MEMBER_F_IN_SYNC, &member->flags);
	}
	spin_unlock_irq(&array->state_lock);
	return 0;
}

static ssize_t member_slot_store(struct mdx_member *member, const char *page, size_t len)
{
	unsigned int n;
	int slot = -1, err;

	if (!sysfs_streq(page, "none")) {
		err = mdx_parse_uint(page, UINT_MAX, &n);
		if (err)
			return err;
		if (n > INT_MAX)
			return -ENOSPC;
		slot = n;
	}
	if (!mdx_array_running(member->array))
		err = claim_slot(member, slot);
	else if (slot < 0)
		err = leave_slot(member);
	else
		err = enter_slot(member, slot);
	if (err)
		return err;
	mdx_sysfs_notify_member(member);
	return len;
}
MDX_ATTR_RW(member, slot);

/* ---- geometry ---- */

static ssize_t member_offset_show(struct mdx_member *member, char *page)
{
	return mdx_show_sector(page, NULL, member->data_offset);
}

/* With a superblock, that is what says where the data is. */
static ssize_t member_offset_store(struct mdx_member *member, const char *page, size_t len)
{
	sector_t offset;
	int err = mdx_parse_sector(page, NULL, &offset);

	if (err)
		return -EINVAL;
	if (in_use(member))
		return -EBUSY;
	if (offset == member->data_offset)
		return len;
	if (test_bit(MDX_ARRAY_F_HAS_SUPER, &member->array->flags))
		return -EBUSY;
	if (offset > member->dev_sectors || member->sectors > member->dev_sectors - offset)
		return -EINVAL;
	member->data_offset = offset;
	return len;
}
MDX_ATTR_RW(member, offset);

static ssize_t member_new_offset_store(struct mdx_member *member, const char *page, size_t len)
{
	sector_t offset;
	int err = mdx_parse_sector(page, NULL, &offset);

	if (err)
		return -EINVAL;
	return offset == member->data_offset ? len : mdx_refuse(member->array, "a reshape");
}
MDX_ATTR(member, new_offset, 0644, member_offset_show, member_new_offset_store);

static ssize_t member_size_show(struct mdx_member *member, char *page)
{
	return sysfs_emit(page, "%llu\n", (unsigned long long)member->sectors / 2);
}

static ssize_t member_size_store(struct mdx_member *member, const char *page, size_t len)
{
	sector_t sectors;
	int err = mdx_parse_kib(page, &sectors);

	return err ?: mdx_member_set_size(member, sectors) ?: len;
}
MDX_ATTR_RW(member, size);

static ssize_t member_recovery_start_show(struct mdx_member *member, char *page)
{
	if (mdx_member_test(member, MDX_MEMBER_F_IN_SYNC))
		return sysfs_emit(page, "none\n");
	return mdx_show_sector(page, "none", READ_ONCE(member->recovery_offset));
}

static ssize_t member_recovery_start_store(struct mdx_member *member, const char *page, size_t len)
{
	sector_t at;
	int err = mdx_parse_sector(page, "none", &at);

	if (err)
		return -EINVAL;
	if (in_use(member))
		return -EBUSY;
	member->recovery_offset = at;
	set_flag(member, MDX_MEMBER_F_IN_SYNC, at == MDX_SECTOR_NONE);
	return len;
}
MDX_ATTR_RW(member, recovery_start);

/* ---- bad blocks, in sectors of the device ---- */

static ssize_t member_bad_blocks_show(struct mdx_member *member, char *page)
{
	return mdx_bad_log_show(member, page, false);
}

static ssize_t member_unacknowledged_show(struct mdx_member *member, char *page)
{
	return mdx_bad_log_show(member, page, true);
}

static int add_bad(struct mdx_member *member, const char *page)
{
	unsigned long long sector;
	int sectors;
	char end = '\n';

	if (sscanf(page, "%llu %9d%c", &sector, &sectors, &end) < 2 ||
	    end != '\n' || sectors <= 0 || sector + sectors < sector)
		return -EINVAL;
	return mdx_bad_log_add(member, sector, sectors);
}

static ssize_t member_bad_blocks_store(struct mdx_member *member, const char *page, size_t len)
{
	int err = add_bad(member, page);

	if (err)
		return err;
	/* Acknowledged is what is on the member: it is once this returns, or fails for it. */
	if (mdx_array_running(member->array))
		mdx_super_wait(member->array);
	mdx_sysfs_notify_bad(member);
	return len;
}
MDX_ATTR_RW(member, bad_blocks);

/* Nothing asks for it to be recorded but the next thing that is. */
static ssize_t member_unacknowledged_store(struct mdx_member *member, const char *page, size_t len)
{
	int err = add_bad(member, page);

	if (err)
		return err;
	mdx_sysfs_notify_bad(member);
	return len;
}
MDX_ATTR(member, unacknowledged_bad_blocks, 0644, member_unacknowledged_show,
	 member_unacknowledged_store);

/* ---- PPL: no member has one ---- */

static ssize_t member_ppl_show(struct mdx_member *member, char *page)
{
	return sysfs_emit(page, "0\n");
}

static ssize_t member_ppl_store(struct mdx_member *member, const char *page, size_t len)
{
	sector_t n;
	int err = mdx_parse_sector(page, NULL, &n);

	return err ? -EINVAL : mdx_refuse(member->array, "a partial parity log");
}
MDX_ATTR(member, ppl_sector, 0644, member_ppl_show, member_ppl_store);
MDX_ATTR(member, ppl_size, 0644, member_ppl_show, member_ppl_store);

static struct attribute *member_attrs[] = {
	&member_state.attr,
	&member_errors.attr,
	&member_slot.attr,
	&member_offset.attr,
	&member_new_offset.attr,
	&member_size.attr,
	&member_recovery_start.attr,
	&member_bad_blocks.attr,
	&member_unacknowledged_bad_blocks.attr,
	&member_ppl_sector.attr,
	&member_ppl_size.attr,
	NULL,
};

static const struct attribute_group member_group = { .attrs = member_attrs };
static const struct attribute_group *member_groups[] = { &member_group, NULL };

/* ---- the directory ---- */

static ssize_t member_attr_show(struct kobject *kobj, struct attribute *attr, char *page)
{
	const struct mdx_member_attr *a = container_of(attr, struct mdx_member_attr, attr);

	return a->show ? a->show(member_of(kobj), page) : -EIO;
}

static ssize_t member_attr_store(struct kobject *kobj, struct attribute *attr,
				 const char *page, size_t len)
{
	const struct mdx_member_attr *a = container_of(attr, struct mdx_member_attr, attr);
	struct mdx_member *member = member_of(kobj);
	struct mdx_array *array = member->array;
	struct kernfs_node *kn;
	ssize_t done;

	if (!a->store)
		return -EIO;
	done = mdx_store_begin(array, kobj, attr, &kn);
	if (done)
		return done;
	done = mdx_array_lock(array);
	if (!done) {
		/* It may have been removed while this waited for the lock. */
		if (mdx_member_find(array, member->dev) == member)
			done = a->store(member, page, len);
		else
			done = -ENODEV;
		mdx_array_unlock(array);
	}
	mdx_store_end(array, kn);
	return done;
}

static const struct sysfs_ops member_sysfs_ops = {
	.show = member_attr_show,
	.store = member_attr_store,
};

const struct kobj_type mdx_member_ktype = {
	.release = mdx_member_kobj_release,
	.sysfs_ops = &member_sysfs_ops,
	.default_groups = member_groups,
};

int mdx_sysfs_add_member(struct mdx_member *member)
{
	int err;

	err = kobject_add(&member->kobj, &member->array->kobj, "dev-%s", member->name);
	if (err)
		return err;
	err = sysfs_create_link(&member->kobj, bdev_kobj(member->bdev.bdev), "block");
	if (err) {
		kobject_del(&member->kobj);
		return err;
	}
	mdx_sysfs_find_node(&member->kobj, "state", &member->kn_state);
	mdx_sysfs_find_node(&member->kobj, "bad_blocks", &member->kn_bad);
	mdx_sysfs_find_node(&member->kobj, "unacknowledged_bad_blocks",
			    &member->kn_unacknowledged);
	return 0;
}

void mdx_sysfs_remove_member(struct mdx_member *member)
{
	struct kernfs_node **const nodes[] = {
		&member->kn_state, &member->kn_bad, &member->kn_unacknowledged,
	};

	sysfs_remove_link(&member->kobj, "block");
	kobject_del(&member->kobj);
	mdx_sysfs_drop_nodes(nodes, ARRAY_SIZE(nodes));
}

/* ---- rdN ---- */

#define LINK_NAME_LEN 16

int mdx_sysfs_link_slot(struct mdx_array *array, struct mdx_member *member)
{
	char name[LINK_NAME_LEN];

	snprintf(name, sizeof(name), "rd%d", member->slot);
	return sysfs_create_link(&array->kobj, &member->kobj, name);
}

void mdx_sysfs_unlink_slot(struct mdx_array *array, struct mdx_member *member)
{
	char name[LINK_NAME_LEN];

	snprintf(name, sizeof(name), "rd%d", member->slot);
	sysfs_remove_link(&array->kobj, name);
}
