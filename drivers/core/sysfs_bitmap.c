// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs md/bitmap/: every array has the directory. Without a bitmap its files
 * keep what was said for one to come, as md's do.
 */
#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/raid/md_p.h>
#include "bitmap_format.h"
#include "sysfs.h"

#define FRACTION 10000u			/* time_base is read to that part of a second */

/* A word or number of the array's, under the lock that it changes under. */
static bool has_bitmap(struct mdx_array *array, s32 *offset)
{
	unsigned long irq;
	bool has;

	spin_lock_irqsave(&array->state_lock, irq);
	has = array->bitmap;
	*offset = array->bitmap_offset;
	spin_unlock_irqrestore(&array->state_lock, irq);
	return has;
}

/* ---- location ---- */

static ssize_t bitmap_location_show(struct mdx_array *array, char *page)
{
	s32 offset;

	has_bitmap(array, &offset);
	if (!offset)
		return sysfs_emit(page, "none\n");
	return sysfs_emit(page, "%+d\n", offset);
}

static int parse_location(const char *page, s32 *offset)
{
	if (*page == '+')
		page++;
	if (kstrtos32(page, 10, offset) || !*offset)
		return -EINVAL;
	return 0;
}

static int take_location(struct mdx_array *array, const char *page)
{
	s32 offset;

	if (!strncmp(page, "file:", 5))
		return -EINVAL;
	if (parse_location(page, &offset))
		return -EINVAL;
	if (!array->major_version && offset != MD_SB_SECTORS)
		return -EINVAL;
	return mdx_bitmap_add(array, offset);
}

static ssize_t bitmap_location_store(struct mdx_array *array, const char *page, size_t len)
{
	int err;

	if (array->bitmap) {
		if (!sysfs_streq(page, "none"))
			return -EBUSY;
		err = mdx_bitmap_remove(array);
		return err ?: len;
	}
	if (sysfs_streq(page, "none"))
		return len;
	if (!test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		return mdx_refuse(array, "a bitmap without superblocks");
	err = take_location(array, page);
	return err ?: len;
}

/* ---- numbers ---- */

static ssize_t bitmap_space_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u\n", array->bitmap_info.space);
}

static ssize_t bitmap_space_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int sectors;
	int err = mdx_parse_uint(page, UINT_MAX, &sectors);

	if (err)
		return err;
	if (!sectors)
		return -EINVAL;
	if (array->bitmap && sectors < array->bitmap_info.space)
		return -EFBIG;
	array->bitmap_info.space = sectors;
	return len;
}

static ssize_t bitmap_chunksize_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u\n", array->bitmap_info.chunk_bytes);
}

static ssize_t bitmap_chunksize_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int bytes;
	int err;

	if (array->bitmap)
		return -EBUSY;
	err = mdx_parse_uint(page, UINT_MAX, &bytes);
	if (err)
		return err;
	if (bytes < MDX_BITMAP_CHUNK_MIN || !is_power_of_2(bytes))
		return -EINVAL;
	array->bitmap_info.chunk_bytes = bytes;
	return len;
}

static ssize_t bitmap_time_base_show(struct mdx_array *array, char *page)
{
	const u32 ms = array->bitmap_info.sleep_ms;

	if (ms % 1000)
		return sysfs_emit(page, "%u.%03u\n", ms / 1000, ms % 1000);
	return sysfs_emit(page, "%u\n", ms / 1000);
}

/* Seconds with a fraction, in parts of FRACTION. */
static int parse_seconds(const char *page, u64 *parts)
{
	unsigned int unit = FRACTION;
	bool any = false;

	*parts = 0;
	for (; isdigit(*page); page++, any = true) {
		*parts = *parts * 10 + (*page - '0') * FRACTION;
		if (*parts > (u64)UINT_MAX * FRACTION)
			return -EINVAL;
	}
	if (*page == '.')
		for (page++; isdigit(*page); page++, any = true) {
			unit /= 10;
			*parts += (*page - '0') * unit;
		}
	if (*page == '\n')
		page++;
	return any && !*page ? 0 : -EINVAL;
}

static ssize_t bitmap_time_base_store(struct mdx_array *array, const char *page, size_t len)
{
	u64 parts, ms;

	if (parse_seconds(page, &parts))
		return -EINVAL;
	ms = mdx_div(parts, FRACTION / 1000);
	if (ms > UINT_MAX)
		return -EINVAL;
	array->bitmap_info.sleep_ms = max_t(u64, ms, jiffies_to_msecs(1));
	mdx_bitmap_retune(array);
	return len;
}

static ssize_t bitmap_backlog_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u\n", array->bitmap_info.write_behind);
}

static ssize_t bitmap_backlog_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int n;
	int err = mdx_parse_uint(page, UINT_MAX, &n);

	if (err)
		return err;
	if (n > MDX_BITMAP_BEHIND_MAX)
		return -EINVAL;
	array->bitmap_info.write_behind = n;
	mdx_bitmap_retune(array);
	return len;
}

/* No write is ever behind. */
static ssize_t bitmap_max_backlog_used_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "0\n");
}

static ssize_t bitmap_max_backlog_used_store(struct mdx_array *array, const char *page, size_t len)
{
	return len;
}

/* ---- words ---- */

static ssize_t bitmap_metadata_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "internal\n");
}

static ssize_t bitmap_metadata_store(struct mdx_array *array, const char *page, size_t len)
{
	if (array->bitmap || array->bitmap_offset)
		return -EBUSY;
	if (sysfs_streq(page, "internal"))
		return len;
	if (sysfs_streq(page, "external") || sysfs_streq(page, "clustered"))
		return mdx_refuse(array, "such a bitmap");
	return -EINVAL;
}

/* Who holds clearing back: nobody but the array itself. */
static ssize_t bitmap_can_clear_show(struct mdx_array *array, char *page)
{
	s32 offset;

	if (!has_bitmap(array, &offset))
		return sysfs_emit(page, "\n");
	return sysfs_emit(page, "%s\n", READ_ONCE(array->bitmap_info.hold) ? "false" : "true");
}

static ssize_t bitmap_can_clear_store(struct mdx_array *array, const char *page, size_t len)
{
	if (!array->bitmap)
		return -ENOENT;
	if (sysfs_streq(page, "false")) {
		WRITE_ONCE(array->bitmap_info.hold, true);
	} else if (sysfs_streq(page, "true")) {
		if (array->degraded)
			return -EBUSY;
		WRITE_ONCE(array->bitmap_info.hold, false);
	} else {
		return -EINVAL;
	}
	return len;
}

#define BITMAP_ATTR(_name)						\
	static struct mdx_array_attr bitmap_##_name = {			\
		.attr = { .name = __stringify(_name), .mode = 0644 },	\
		.grouped = true,					\
		.show = bitmap_##_name##_show,				\
		.store = bitmap_##_name##_store,			\
	}

BITMAP_ATTR(location);
BITMAP_ATTR(space);
BITMAP_ATTR(time_base);
BITMAP_ATTR(backlog);
BITMAP_ATTR(chunksize);
BITMAP_ATTR(metadata);
BITMAP_ATTR(can_clear);
BITMAP_ATTR(max_backlog_used);

static struct attribute *bitmap_attrs[] = {
	&bitmap_location.attr,
	&bitmap_space.attr,
	&bitmap_time_base.attr,
	&bitmap_backlog.attr,
	&bitmap_chunksize.attr,
	&bitmap_metadata.attr,
	&bitmap_can_clear.attr,
	&bitmap_max_backlog_used.attr,
	NULL,
};

const struct attribute_group mdx_bitmap_group = {
	.name = "bitmap",
	.attrs = bitmap_attrs,
};
