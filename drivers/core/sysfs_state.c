// SPDX-License-Identifier: GPL-2.0-only
/* sysfs md/: the state of an array, and what decides when it counts as clean. */
#include <linux/ctype.h>
#include "sysfs.h"

/* ---- array_state ---- */

static ssize_t array_state_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%s\n", mdx_state_name(mdx_state_now(array)));
}

static enum mdx_state parse_state(const char *page)
{
	enum mdx_state s;

	for (s = 0; s < MDX_STATES; s++)
		if (sysfs_streq(page, mdx_state_name(s)))
			break;
	return s;
}

/* Start with @how (an enum mdx_array_flag) asked for, or -1 for a normal start. */
static int run_as(struct mdx_array *array, int how)
{
	int err;

	if (how >= 0)
		set_bit(how, &array->flags);
	err = mdx_array_run(array);
	if (how >= 0)
		clear_bit(how, &array->flags);
	return err;
}

static int make_clean(struct mdx_array *array)
{
	int err;

	if (!mdx_array_running(array))
		return -EINVAL;
	err = mdx_array_make_writable(array);
	return err ?: mdx_array_make_clean(array, 0);
}

/* As md: to ask for what it is already is a mistake. */
static int enter_read_auto(struct mdx_array *array)
{
	if (!mdx_array_running(array))
		return run_as(array, MDX_ARRAY_F_RUN_READ_AUTO);
	if (READ_ONCE(array->state) == MDX_STATE_READ_AUTO)
		return -EINVAL;
	return mdx_array_set_read_auto(array);
}

static int enter_state(struct mdx_array *array, enum mdx_state want)
{
	const bool running = mdx_array_running(array);

	switch (want) {
	case MDX_STATE_CLEAR:
		return mdx_array_stop(array, 0, false);
	case MDX_STATE_INACTIVE:
		return running ? mdx_array_stop(array, 0, true) : 0;
	case MDX_STATE_READONLY:
		return running ? mdx_array_set_readonly(array, 0) :
				 run_as(array, MDX_ARRAY_F_RUN_READONLY);
	case MDX_STATE_READ_AUTO:
		return enter_read_auto(array);
	case MDX_STATE_CLEAN:
		return make_clean(array);
	case MDX_STATE_ACTIVE:
		return running ? mdx_array_make_writable(array) : run_as(array, -1);
	default:
		return -EINVAL;
	}
}

static ssize_t array_state_store(struct mdx_array *array, const char *page, size_t len)
{
	int err = enter_state(array, parse_state(page));

	if (err)
		return err;
	mdx_sysfs_notify_state(array);
	return len;
}

struct mdx_array_attr mdx_attr_array_state = {
	.attr = { .name = "array_state", .mode = 0644 },
	.show = array_state_show,
	.store = array_state_store,
};

/* ---- resync_start ---- */

static ssize_t resync_start_show(struct mdx_array *array, char *page)
{
	unsigned long irq;
	sector_t at;

	spin_lock_irqsave(&array->state_lock, irq);
	at = array->resync_offset;
	spin_unlock_irqrestore(&array->state_lock, irq);
	return mdx_show_sector(page, "none", at);
}

static ssize_t resync_start_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t at;
	int err = mdx_parse_sector(page, "none", &at);

	if (err)
		return err;
	if (mdx_array_running(array) &&
	    (array->sync || !test_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags)))
		return -EBUSY;
	spin_lock_irq(&array->state_lock);
	array->resync_offset = at;
	array->resync_failed = MDX_SECTOR_NONE;
	spin_unlock_irq(&array->state_lock);
	if (mdx_array_running(array))
		mdx_super_request(array);
	return len;
}

struct mdx_array_attr mdx_attr_resync_start = {
	.attr = { .name = "resync_start", .mode = 0644 },
	.show = resync_start_show,
	.store = resync_start_store,
};

/* ---- safe_mode_delay ---- */

/* "12", "0.204": seconds with at most milliseconds counted. */
static int parse_milliseconds(const char *page, unsigned int *ms)
{
	u64 value = 0;
	int decimals = -1;

	if (!isdigit(*page))
		return -EINVAL;
	for (; isdigit(*page) || (*page == '.' && decimals < 0); page++) {
		if (*page == '.') {
			decimals = 0;
		} else if (decimals < 3) {
			value = value * 10 + (*page - '0');
			if (decimals >= 0)
				decimals++;
			if (value > UINT_MAX)
				return -EINVAL;
		}
	}
	if (*page == '\n')
		page++;
	if (*page)
		return -EINVAL;
	for (decimals = max(decimals, 0); decimals < 3; decimals++)
		value *= 10;
	if (value > UINT_MAX / HZ)
		return -EINVAL;
	*ms = value;
	return 0;
}

static ssize_t safe_mode_delay_show(struct mdx_array *array, char *page)
{
	const unsigned int ms = jiffies_to_msecs(array->idle_delay);

	return sysfs_emit(page, "%u.%03u\n", ms / 1000, ms % 1000);
}

static ssize_t safe_mode_delay_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int ms;
	int err = parse_milliseconds(page, &ms);

	if (err)
		return err;
	WRITE_ONCE(array->idle_delay, ms ? max_t(unsigned long, ms * HZ / MSEC_PER_SEC, 1) : 0);
	/* A shorter delay counts from now on, not from the next write. */
	if (ms && mdx_array_running(array))
		mod_delayed_work(mdx_control_wq, &array->idle_work, array->idle_delay);
	return len;
}

struct mdx_array_attr mdx_attr_safe_mode_delay = {
	.attr = { .name = "safe_mode_delay", .mode = 0644 },
	.show = safe_mode_delay_show,
	.store = safe_mode_delay_store,
};
