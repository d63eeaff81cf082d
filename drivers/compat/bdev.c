// SPDX-License-Identifier: GPL-2.0-only
/* Opening members on every kernel. */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/fs.h>
#include "bdev.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

static fmode_t mdx_bdev_mode(const struct mdx_bdev *b)
{
	return FMODE_READ | (b->write ? FMODE_WRITE : 0) | (b->holder ? FMODE_EXCL : 0);
}

static int mdx_bdev_get(struct mdx_bdev *b, dev_t dev)
{
	struct block_device *bdev = blkdev_get_by_dev(dev, mdx_bdev_mode(b), b->holder);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	b->bdev = bdev;
	return 0;
}

static void mdx_bdev_put(struct mdx_bdev *b)
{
	blkdev_put(b->bdev, mdx_bdev_mode(b));
}

#else /* from 6.9 */

static int mdx_bdev_get(struct mdx_bdev *b, dev_t dev)
{
	blk_mode_t mode = BLK_OPEN_READ | (b->write ? BLK_OPEN_WRITE : 0);
	/* A vanished member shows in failing I/O: no holder operations. */
	struct file *file = bdev_file_open_by_dev(dev, mode, b->holder, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	b->file = file;
	b->bdev = file_bdev(file);
	return 0;
}

static void mdx_bdev_put(struct mdx_bdev *b)
{
	/* Unlike fput() the claim ends here and now: the next user may come at once. */
	bdev_fput(b->file);
}

#endif

int mdx_bdev_open(struct mdx_bdev *b, dev_t dev, bool write, void *holder)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->write = write;
	b->holder = holder;
	err = mdx_bdev_get(b, dev);
	if (err)
		memset(b, 0, sizeof(*b));
	return err;
}

void mdx_bdev_close(struct mdx_bdev *b)
{
	if (!b->bdev)
		return;
	mdx_bdev_put(b);
	memset(b, 0, sizeof(*b));
}

void mdx_bdev_link(struct mdx_bdev *b, struct gendisk *disk)
{
	b->linked = !bd_link_disk_holder(b->bdev, disk);
}

void mdx_bdev_unlink(struct mdx_bdev *b, struct gendisk *disk)
{
	if (b->linked)
		bd_unlink_disk_holder(b->bdev, disk);
	b->linked = false;
}
