// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs md/: synchronisation. These attributes exist while an array of a
 * redundant level runs.
 */
#include <linux/ctype.h>
#include <linux/string.h>
#include "sysfs.h"

/* ---- what runs ---- */

static ssize_t array_sync_action_show(struct mdx_array *array, char *page)
{
	struct mdx_sync_status st;

	if (test_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags))
		return sysfs_emit(page, "frozen\n");
	mdx_sync_status(array, &st);
	return sysfs_emit(page, "%s\n",
			  mdx_sync_action_name(st.pending ? MDX_SYNC_IDLE : st.action));
}

static enum mdx_sync_action parse_action(const char *page)
{
	enum mdx_sync_action a;

	for (a = 0; a < MDX_SYNC_ACTIONS; a++)
		if (sysfs_streq(page, mdx_sync_action_name(a)))
			break;
	return a;
}

static void stop_sync(struct mdx_array *array, bool frozen)
{
	if (frozen)
		set_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags);
	array->wanted_action = MDX_SYNC_IDLE;
	if (array->sync)
		mdx_sync_stop(array);
	if (!frozen)
		clear_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags);
}

static int start_sync(struct mdx_array *array, enum mdx_sync_action action)
{
	mdx_sync_reap(array);
	if (array->sync)
		return -EBUSY;
	array->wanted_action = MDX_SYNC_IDLE;
	if (action == MDX_SYNC_CHECK || action == MDX_SYNC_REPAIR)
		array->wanted_action = action;
	if (action == MDX_SYNC_RECOVER)
		array->recovery_blocked = 0;
	if (action == MDX_SYNC_RESYNC)
		array->resync_failed = MDX_SECTOR_NONE;
	clear_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags);
	return 0;
}

static ssize_t array_sync_action_store(struct mdx_array *array, const char *page, size_t len)
{
	const enum mdx_sync_action action = parse_action(page);
	int err = 0;

	if (!mdx_array_running(array) || !array->pers->redundant)
		return -EINVAL;
	switch (action) {
	case MDX_SYNC_IDLE:
	case MDX_SYNC_FROZEN:
		stop_sync(array, action == MDX_SYNC_FROZEN);
		break;
	case MDX_SYNC_RESYNC:
	case MDX_SYNC_RECOVER:
	case MDX_SYNC_CHECK:
	case MDX_SYNC_REPAIR:
		err = start_sync(array, action);
		break;
	default:
		err = -EINVAL;
	}
	/* Whoever controls syncs means the array to be written to. */
	if (!err && mdx_state_now(array) == MDX_STATE_READ_AUTO)
		err = mdx_array_make_writable(array);
	if (err)
		return err;
	/* Not by the control work: who looks next must find it running, or done. */
	mdx_control_look(array);
	mdx_sysfs_notify_sync(array);
	return len;
}
MDX_ATTR_RW(array, sync_action);

static ssize_t array_last_sync_action_show(struct mdx_array *array, char *page)
{
	const enum mdx_sync_action last = READ_ONCE(array->last_action);

	/* md's older words for these two, where the kernel's md has them. */
	if (last == MDX_SYNC_IDLE)
		return sysfs_emit(page, "%s\n", MDX_LAST_ACTION_IDLE);
	if (last == MDX_SYNC_RECOVER)
		return sysfs_emit(page, "%s\n", MDX_LAST_ACTION_RECOVER);
	return sysfs_emit(page, "%s\n", mdx_sync_action_name(last));
}
MDX_ATTR_RO(array, last_sync_action);

static ssize_t array_mismatch_cnt_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%llu\n", (unsigned long long)atomic64_read(&array->mismatches));
}
MDX_ATTR_RO(array, mismatch_cnt);

static ssize_t array_degraded_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u\n", READ_ONCE(array->degraded));
}
MDX_ATTR_RO(array, degraded);

static ssize_t array_sync_completed_show(struct mdx_array *array, char *page)
{
	struct mdx_sync_status st;

	mdx_sync_status(array, &st);
	if (st.action == MDX_SYNC_IDLE || st.pending)
		return sysfs_emit(page, "none\n");
	if (st.delayed)
		return sysfs_emit(page, "delayed\n");
	return sysfs_emit(page, "%llu / %llu\n", (unsigned long long)st.done,
			  (unsigned long long)st.total);
}
MDX_ATTR_RO(array, sync_completed);

/* "N" or "FIRST-LAST" at the start of @page; how long that is, 0: it is neither. */
static int parse_chunks(const char *page, u64 *first, u64 *last)
{
	int n = 0, more = 0;

	if (sscanf(page, "%llu%n", first, &n) < 1)
		return 0;
	*last = *first;
	if (page[n] == '-' && sscanf(page + n + 1, "%llu%n", last, &more) < 1)
		return 0;
	if (page[n] == '-')
		n += 1 + more;
	return !page[n] || isspace(page[n]) ? n : 0;
}

/* Any number of them, blanks between; up to the first word that is none. */
static ssize_t array_bitmap_set_bits_store(struct mdx_array *array, const char *page, size_t len)
{
	u64 first, last;
	int n, err;

	while (array->bitmap && *page) {
		n = parse_chunks(page, &first, &last);
		if (!n)
			break;
		err = mdx_bitmap_set_chunks(array, first, last);
		if (err)
			return err;
		page = skip_spaces(page + n);
	}
	return len;
}
MDX_ATTR_WO(array, bitmap_set_bits);

/* ---- how fast ---- */

static ssize_t array_sync_speed_show(struct mdx_array *array, char *page)
{
	struct mdx_sync_status st;

	mdx_sync_status(array, &st);
	if (st.action == MDX_SYNC_IDLE || st.pending)
		return sysfs_emit(page, "none\n");
	return sysfs_emit(page, "%llu\n", (unsigned long long)st.speed_kib);
}
MDX_ATTR_RO(array, sync_speed);

static ssize_t store_speed(struct mdx_array *array, unsigned int *limit,
			   const char *page, size_t len)
{
	unsigned int kib = 0;
	int err;

	if (!sysfs_streq(page, "system")) {
		err = mdx_parse_uint(page, INT_MAX, &kib);
		if (err || !kib)
			return err ?: -EINVAL;
	}
	WRITE_ONCE(*limit, kib);
	mdx_sync_wake(array);
	return len;
}

static ssize_t array_sync_speed_min_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u (%s)\n", mdx_speed_min(array),
			  READ_ONCE(array->speed_min) ? "local" : "system");
}

static ssize_t array_sync_speed_min_store(struct mdx_array *array, const char *page, size_t len)
{
	return store_speed(array, &array->speed_min, page, len);
}
MDX_ATTR_RW(array, sync_speed_min);

static ssize_t array_sync_speed_max_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u (%s)\n", mdx_speed_max(array),
			  READ_ONCE(array->speed_max) ? "local" : "system");
}

static ssize_t array_sync_speed_max_store(struct mdx_array *array, const char *page, size_t len)
{
	return store_speed(array, &array->speed_max, page, len);
}
MDX_ATTR_RW(array, sync_speed_max);

/* ---- where ---- */

static ssize_t array_sync_min_show(struct mdx_array *array, char *page)
{
	return mdx_show_sector(page, NULL, array->sync_min);
}

static ssize_t array_sync_min_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t min;
	int err = mdx_parse_sector(page, NULL, &min);

	if (err)
		return -EINVAL;
	if (min > array->sync_max)
		return -EINVAL;
	if (array->sync)
		return -EBUSY;
	/* 4 KiB is what every level can start at. */
	array->sync_min = round_down(min, 8);
	return len;
}
MDX_ATTR_RW(array, sync_min);

static ssize_t array_sync_max_show(struct mdx_array *array, char *page)
{
	return mdx_show_sector(page, "max", array->sync_max);
}

static bool whole_chunks(const struct mdx_array *array, sector_t sectors)
{
	u64 rest = 0;

	if (array->chunk_sectors)
		mdx_div_rem(sectors, array->chunk_sectors, &rest);
	return !rest;
}

static ssize_t array_sync_max_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t max;
	int err = mdx_parse_sector(page, "max", &max);

	if (err)
		return -EINVAL;
	if (max < array->sync_min)
		return -EINVAL;
	if (array->sync && max < array->sync_max &&
	    mdx_state_info(mdx_state_now(array))->writable)
		return -EBUSY;
	if (max != MDX_SECTOR_NONE && !whole_chunks(array, max))
		return -EINVAL;
	WRITE_ONCE(array->sync_max, max);
	mdx_sync_wake(array);
	return len;
}
MDX_ATTR_RW(array, sync_max);

static ssize_t array_sync_force_parallel_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%d\n", array->sync_parallel);
}

static ssize_t array_sync_force_parallel_store(struct mdx_array *array,
					       const char *page, size_t len)
{
	bool on;
	int err = mdx_parse_flag(page, &on);

	if (err)
		return err;
	WRITE_ONCE(array->sync_parallel, on);
	if (array->sync)
		mdx_sync_wake(array);
	return len;
}
MDX_ATTR_RW(array, sync_force_parallel);

/* ---- a range that writes stay out of ---- */

static ssize_t array_suspend_lo_show(struct mdx_array *array, char *page)
{
	return mdx_show_sector(page, NULL, READ_ONCE(array->held_lo));
}

static ssize_t array_suspend_hi_show(struct mdx_array *array, char *page)
{
	return mdx_show_sector(page, NULL, READ_ONCE(array->held_hi));
}

/* Whoever is inside is let out first, and who waits looks again. */
static ssize_t store_held(struct mdx_array *array, sector_t *end, const char *page, size_t len)
{
	sector_t at;
	int err = mdx_parse_sector(page, NULL, &at);

	if (err)
		return err;
	mdx_array_suspend(array);
	WRITE_ONCE(*end, at);
	mdx_array_resume(array);
	return len;
}

static ssize_t array_suspend_lo_store(struct mdx_array *array, const char *page, size_t len)
{
	return store_held(array, &array->held_lo, page, len);
}

static ssize_t array_suspend_hi_store(struct mdx_array *array, const char *page, size_t len)
{
	return store_held(array, &array->held_hi, page, len);
}
MDX_ATTR_RW(array, suspend_lo);
MDX_ATTR_RW(array, suspend_hi);

static struct attribute *sync_attrs[] = {
	&array_sync_action.attr,
	&array_last_sync_action.attr,
	&array_mismatch_cnt.attr,
	&array_sync_speed_min.attr,
	&array_sync_speed_max.attr,
	&array_sync_speed.attr,
	&array_sync_force_parallel.attr,
	&array_sync_completed.attr,
	&array_sync_min.attr,
	&array_sync_max.attr,
	&array_suspend_lo.attr,
	&array_suspend_hi.attr,
	&array_bitmap_set_bits.attr,
	&array_degraded.attr,
	NULL,
};

static const struct attribute_group sync_group = { .attrs = sync_attrs };

int mdx_sysfs_add_sync(struct mdx_array *array)
{
	int err;

	err = sysfs_create_group(&array->kobj, &sync_group);
	if (err)
		return err;
	mdx_sysfs_find_node(&array->kobj, "sync_action", &array->kn_action);
	mdx_sysfs_find_node(&array->kobj, "sync_completed", &array->kn_completed);
	mdx_sysfs_find_node(&array->kobj, "degraded", &array->kn_degraded);
	return 0;
}

void mdx_sysfs_remove_sync(struct mdx_array *array)
{
	struct kernfs_node **const nodes[] = {
		&array->kn_action, &array->kn_completed, &array->kn_degraded,
	};

	if (!array->kn_action)
		return;
	sysfs_remove_group(&array->kobj, &sync_group);
	mdx_sysfs_drop_nodes(nodes, ARRAY_SIZE(nodes));
}
