/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A member's block device, opened. What opening returns and what closing
 * wants has changed with almost every kernel.
 */
#ifndef _MDX_BDEV_H
#define _MDX_BDEV_H

#include <linux/types.h>

struct block_device;
struct file;
struct gendisk;

struct mdx_bdev {
	struct block_device *bdev;	/* NULL: not open */
	struct file *file;		/* from 6.9: what is open; before: NULL */
	void *holder;			/* claims the device; NULL: it is shared */
	bool write;
	bool linked;			/* by mdx_bdev_link() */
};

/*
 * Open @dev for reading, and writing if @write. @holder claims it as O_EXCL
 * does: -EBUSY while mounted, swapped on, or claimed by another holder (its
 * partitions and its whole disk count). The same holder may claim a device
 * twice. Sleeps. 0 or the errno of the open (-ENXIO, -EROFS, -EACCES, ...);
 * @b is then not open.
 */
int mdx_bdev_open(struct mdx_bdev *b, dev_t dev, bool write, void *holder);

/* Close what is open; nothing is fine. Sleeps. */
void mdx_bdev_close(struct mdx_bdev *b);

/*
 * The holders/ and slaves/ links in sysfs between @b, which must be claimed,
 * and @disk, which must have been added. They are for people: where they cannot
 * be made they are missing.
 */
void mdx_bdev_link(struct mdx_bdev *b, struct gendisk *disk);
void mdx_bdev_unlink(struct mdx_bdev *b, struct gendisk *disk);

#endif
