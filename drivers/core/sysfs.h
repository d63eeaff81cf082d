/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the sysfs face share: attribute types and parsing.
 *
 * DOC: attributes and array->lock
 *
 * Removing an attribute waits for every task inside it, and members and sync
 * attributes are removed under array->lock. So nobody may wait for that lock
 * from inside: a show reads without it (under state_lock where it must), and a
 * store steps out of its attribute with sysfs_break_active_protection() before
 * it takes the lock. The step holds a reference on the kobject, so what the
 * store works on stays allocated, even if the store is what removes it.
 */
#ifndef _MDX_SYSFS_H
#define _MDX_SYSFS_H

#include <linux/sysfs.h>
#include "core.h"

/*
 * Both callbacks return bytes or an errno; store runs with array->lock held,
 * except with @locks: it takes the lock itself when it wants to. @grouped: in a
 * named directory, which goes with the array's and so never under array->lock;
 * there is no stepping out of those.
 */
struct mdx_array_attr {
	struct attribute attr;
	bool grouped, locks;
	ssize_t (*show)(struct mdx_array *array, char *page);
	ssize_t (*store)(struct mdx_array *array, const char *page, size_t len);
};

struct mdx_member_attr {
	struct attribute attr;
	ssize_t (*show)(struct mdx_member *member, char *page);
	ssize_t (*store)(struct mdx_member *member, const char *page, size_t len);
};

#define MDX_ATTR(kind, _name, _mode, _show, _store)			\
	static struct mdx_##kind##_attr kind##_##_name = {		\
		.attr = { .name = __stringify(_name), .mode = _mode },	\
		.show = _show,						\
		.store = _store,					\
	}
#define MDX_ATTR_RW(kind, _name)					\
	MDX_ATTR(kind, _name, 0644, kind##_##_name##_show, kind##_##_name##_store)
#define MDX_ATTR_RO(kind, _name)					\
	MDX_ATTR(kind, _name, 0444, kind##_##_name##_show, NULL)
#define MDX_ATTR_WO(kind, _name)					\
	MDX_ATTR(kind, _name, 0200, NULL, kind##_##_name##_store)

/*
 * Step out of attribute @attr of @kobj: @array's lock may be taken then. 0, or
 * an errno with nothing held. End with mdx_store_end(), the lock released.
 */
int mdx_store_begin(struct mdx_array *array, struct kobject *kobj,
		    struct attribute *attr, struct kernfs_node **kn);
void mdx_store_end(struct mdx_array *array, struct kernfs_node *kn);

/*
 * Numbers. -EINVAL for what is none and, as in md, -ERANGE for what is too big
 * for the plain ones.
 */
int mdx_parse_uint(const char *page, unsigned int most, unsigned int *n);
/* A position in sectors; @none is the word that stands for MDX_SECTOR_NONE. */
int mdx_parse_sector(const char *page, const char *none, sector_t *sector);
ssize_t mdx_show_sector(char *page, const char *none, sector_t sector);
/* KiB to sectors, refused where that overflows. */
int mdx_parse_kib(const char *page, sector_t *sectors);
/* "0" or "1" as a number, nothing else. */
int mdx_parse_flag(const char *page, bool *flag);

/* Look a node up for notes to its pollers; forget @n (at most 4) of them. */
void mdx_sysfs_find_node(struct kobject *kobj, const char *name, struct kernfs_node **slot);
void mdx_sysfs_drop_nodes(struct kernfs_node **const *slots, unsigned int n);

/* sysfs_state.c */
extern struct mdx_array_attr mdx_attr_array_state, mdx_attr_resync_start, mdx_attr_safe_mode_delay;

/* sysfs_bitmap.c: the directory "bitmap". */
extern const struct attribute_group mdx_bitmap_group;

/* "Not in this version of the driver": a log line and -EOPNOTSUPP. */
int mdx_refuse(struct mdx_array *array, const char *what);

#endif
