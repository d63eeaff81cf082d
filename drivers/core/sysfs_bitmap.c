// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs md/bitmap/: every array has the directory. Without a bitmap its files
 * read as md's do then, and a change is refused.
 */
#include "sysfs.h"

static ssize_t bitmap_none_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "none\n");
}

static ssize_t bitmap_zero_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "0\n");
}

static ssize_t bitmap_metadata_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "internal\n");
}

static ssize_t bitmap_empty_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "\n");
}

static ssize_t bitmap_refuse_store(struct mdx_array *array, const char *page, size_t len)
{
	return mdx_refuse(array, "a bitmap");
}

/* "none" is what it already is. */
static ssize_t bitmap_location_store(struct mdx_array *array, const char *page, size_t len)
{
	return sysfs_streq(page, "none") ? len : mdx_refuse(array, "a bitmap");
}

#define BITMAP_ATTR(_name, _show, _store)				\
	static struct mdx_array_attr bitmap_##_name = {			\
		.attr = { .name = __stringify(_name), .mode = 0644 },	\
		.nolock = true,						\
		.show = _show,						\
		.store = _store,					\
	}

BITMAP_ATTR(location, bitmap_none_show, bitmap_location_store);
BITMAP_ATTR(space, bitmap_zero_show, bitmap_refuse_store);
BITMAP_ATTR(time_base, bitmap_zero_show, bitmap_refuse_store);
BITMAP_ATTR(backlog, bitmap_zero_show, bitmap_refuse_store);
BITMAP_ATTR(chunksize, bitmap_zero_show, bitmap_refuse_store);
BITMAP_ATTR(metadata, bitmap_metadata_show, bitmap_refuse_store);
BITMAP_ATTR(can_clear, bitmap_empty_show, bitmap_refuse_store);
BITMAP_ATTR(max_backlog_used, bitmap_zero_show, bitmap_refuse_store);

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
