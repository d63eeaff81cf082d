/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array's gendisk and the block_device_operations behind it, which hand
 * on to the functions core.h lists under io_submit.c, ioctl.c and disk_ops.c.
 *
 * Life: alloc, add, (use), del, put. Everything sleeps.
 */
#ifndef _MDX_DISK_H
#define _MDX_DISK_H

#include <linux/blkdev.h>
#include <linux/types.h>

struct kobject;
struct mdx_array;

/* Minors of one array of the legacy partitionable major. */
#define MDX_MDP_SHIFT 6

/*
 * A disk for @array: numbers from array->unit, name from array->name, empty,
 * iostats on, not visible yet. NULL without memory.
 */
struct gendisk *mdx_disk_alloc(struct mdx_array *array, int node);

/* Make it visible: /dev, sysfs, uevent "add". 0 or an errno; put it then. */
int mdx_disk_add(struct gendisk *disk);

/* Take it away from view. Not from inside of open or release. */
void mdx_disk_del(struct gendisk *disk);

/* Drop it; the last opener's close frees it. */
void mdx_disk_put(struct gendisk *disk);

/*
 * Size in sectors. A visible disk whose size changes from one that is not 0 to
 * another sends the uevent "change" with RESIZE=1.
 */
void mdx_disk_set_capacity(struct gendisk *disk, sector_t sectors);

/* Read-only for its users or not; sends "change" with DISK_RO when it changes. */
void mdx_disk_set_ro(struct gendisk *disk, bool ro);

/* The disk in sysfs: parent of "md", sender of uevents. */
static inline struct kobject *mdx_disk_kobj(struct gendisk *disk)
{
	return &disk_to_dev(disk)->kobj;
}

#endif
