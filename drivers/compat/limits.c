// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue limits on every kernel: from 6.11 features are part of the limits and
 * the queue takes both in one transaction; before, features are queue flags.
 */
#include <linux/blkdev.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#include <linux/backing-dev.h>
#endif
#include "../core/core.h"
#include "bdev.h"
#include "limits.h"

void mdx_limits_init(struct mdx_limits *l)
{
	memset(l, 0, sizeof(*l));
	blk_set_stacking_limits(&l->lim);
	l->nowait = true;
}

static void mdx_limits_stack_queue(struct mdx_limits *l, struct block_device *bdev,
				   sector_t data_offset)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	struct request_queue *q = bdev_get_queue(bdev);

	if (blk_stack_limits(&l->lim, &q->limits, get_start_sect(bdev) + data_offset))
		pr_notice("mdx: %pg is not aligned to the other members\n", bdev);
#else
	queue_limits_stack_bdev(&l->lim, bdev, data_offset, "mdx");
#endif
}

void mdx_limits_stack(struct mdx_limits *l, struct mdx_bdev *member, sector_t data_offset)
{
	struct block_device *bdev = member->bdev;

	mdx_limits_stack_queue(l, bdev, data_offset);
	l->nowait &= bdev_nowait(bdev);
	l->rotational |= bdev_rot(bdev);
	l->stable_writes |= bdev_stable_writes(bdev);
}

void mdx_limits_set_io(struct mdx_limits *l, unsigned int io_min_bytes, unsigned int io_opt_bytes)
{
	l->lim.io_min = io_min_bytes;
	l->lim.io_opt = io_opt_bytes;
}
MDX_EXPORT(mdx_limits_set_io);

void mdx_limits_set_max_sectors(struct mdx_limits *l, unsigned int sectors)
{
	l->lim.max_hw_sectors = min_not_zero(l->lim.max_hw_sectors, sectors);
	l->lim.max_sectors = min_not_zero(l->lim.max_sectors, sectors);
}
MDX_EXPORT(mdx_limits_set_max_sectors);

void mdx_limits_set_chunk(struct mdx_limits *l, unsigned int sectors)
{
	l->lim.chunk_sectors = sectors;
}
MDX_EXPORT(mdx_limits_set_chunk);

void mdx_limits_set_discard(struct mdx_limits *l, unsigned int sectors,
			    unsigned int granularity_bytes)
{
	l->lim.max_hw_discard_sectors = sectors;
	l->lim.max_discard_sectors = sectors;
	l->lim.discard_granularity = sectors ? granularity_bytes : 0;
}
MDX_EXPORT(mdx_limits_set_discard);

void mdx_limits_set_write_zeroes(struct mdx_limits *l, unsigned int sectors)
{
	l->lim.max_write_zeroes_sectors = sectors;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	/* Either the same or none: the queue refuses anything else. */
	if (l->lim.max_hw_wzeroes_unmap_sectors)
		l->lim.max_hw_wzeroes_unmap_sectors = sectors;
#endif
}
MDX_EXPORT(mdx_limits_set_write_zeroes);

void mdx_limits_set_block_size(struct mdx_limits *l, unsigned int bytes)
{
	l->lim.logical_block_size = max(l->lim.logical_block_size, bytes);
	l->lim.physical_block_size = max(l->lim.physical_block_size, l->lim.logical_block_size);
	l->lim.io_min = max(l->lim.io_min, l->lim.physical_block_size);
}
MDX_EXPORT(mdx_limits_set_block_size);

void mdx_limits_set_partial_stripes_expensive(struct mdx_limits *l)
{
	l->partial_stripes_expensive = true;
}
MDX_EXPORT(mdx_limits_set_partial_stripes_expensive);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)

static void mdx_limits_flag(struct request_queue *q, unsigned int flag, bool on)
{
	if (on)
		blk_queue_flag_set(flag, q);
	else
		blk_queue_flag_clear(flag, q);
}

static void mdx_limits_readahead(struct gendisk *disk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	blk_queue_update_readahead(disk->queue);
#else
	disk_update_readahead(disk);
#endif
}

int mdx_limits_apply(struct gendisk *disk, const struct mdx_limits *l, struct mdx_array *running)
{
	struct request_queue *q = disk->queue;

	/* The page cache of these kernels has no block larger than a page: it would oops. */
	if (l->lim.logical_block_size > PAGE_SIZE)
		return -EINVAL;
	if (running && mdx_array_suspend_soon(running))
		return -EBUSY;
	q->limits = l->lim;
	if (l->partial_stripes_expensive)
		q->limits.raid_partial_stripes_expensive = 1;
	mdx_limits_flag(q, QUEUE_FLAG_NOWAIT, l->nowait);
	mdx_limits_flag(q, QUEUE_FLAG_NONROT, !l->rotational);
	mdx_limits_flag(q, QUEUE_FLAG_STABLE_WRITES, l->stable_writes);
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	mdx_limits_flag(q, QUEUE_FLAG_DISCARD, l->lim.max_discard_sectors);
#endif
	blk_queue_write_cache(q, true, true);
	mdx_limits_readahead(disk);
	if (running)
		mdx_array_resume(running);
	return 0;
}

#else

int mdx_limits_apply(struct gendisk *disk, const struct mdx_limits *l, struct mdx_array *running)
{
	struct request_queue *q = disk->queue;
	struct queue_limits old = queue_limits_start_update(q);
	struct queue_limits lim = l->lim;
	int err;

	/* What the administrator has set stays. */
	lim.max_user_sectors = old.max_user_sectors;
	lim.max_user_discard_sectors = old.max_user_discard_sectors;
	lim.flags |= old.flags & BLK_FLAG_WRITE_CACHE_DISABLED;
	lim.features |= old.features & BLK_FEAT_IO_STAT;

	lim.features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (l->nowait)
		lim.features |= BLK_FEAT_NOWAIT;
	if (l->partial_stripes_expensive)
		lim.features |= BLK_FEAT_RAID_PARTIAL_STRIPES_EXPENSIVE;
	/* Not before: who has the limits in sysfs waits for the I/O that a suspended array holds. */
	if (running && mdx_array_suspend_soon(running)) {
		queue_limits_cancel_update(q);
		return -EBUSY;
	}
	err = queue_limits_commit_update(q, &lim);
	if (running)
		mdx_array_resume(running);
	return err;
}

#endif
