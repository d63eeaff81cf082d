// SPDX-License-Identifier: GPL-2.0-only
/* gendisks and their operations on every kernel. */
#include <linux/blkdev.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <linux/hdreg.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include "../core/core.h"
#include "disk.h"

/* ---- operations: the same body, signatures of the time ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
static blk_qc_t mdx_fops_submit_bio(struct bio *bio)
{
	mdx_submit_bio(mdx_bio_disk(bio)->private_data, bio);
	return BLK_QC_T_NONE;
}
#else
static void mdx_fops_submit_bio(struct bio *bio)
{
	mdx_submit_bio(mdx_bio_disk(bio)->private_data, bio);
}
#endif

/* Every opener holds a reference to the array besides being counted in it. */
static int mdx_open(struct gendisk *disk, bool write)
{
	struct mdx_array *array = mdx_array_of_disk(disk);
	int err;

	if (!array)
		return -ENODEV;
	err = mdx_disk_open(array, write);
	if (err)
		mdx_array_put(array);
	return err;
}

static void mdx_release(struct gendisk *disk)
{
	struct mdx_array *array = disk->private_data;

	mdx_disk_release(array);
	mdx_array_put(array);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

#define MDX_OPEN_WRITE FMODE_WRITE
typedef fmode_t mdx_open_mode;

static int mdx_fops_open(struct block_device *bdev, fmode_t mode)
{
	int err = mdx_open(bdev->bd_disk, mode & FMODE_WRITE);

	if (!err)
		bdev_check_media_change(bdev);
	return err;
}

static void mdx_fops_release(struct gendisk *disk, fmode_t mode)
{
	mdx_release(disk);
}

#else

#define MDX_OPEN_WRITE BLK_OPEN_WRITE
typedef blk_mode_t mdx_open_mode;

static int mdx_fops_open(struct gendisk *disk, blk_mode_t mode)
{
	int err = mdx_open(disk, mode & BLK_OPEN_WRITE);

	if (!err)
		disk_check_media_change(disk);
	return err;
}

static void mdx_fops_release(struct gendisk *disk)
{
	mdx_release(disk);
}

#endif

static int mdx_fops_ioctl(struct block_device *bdev, mdx_open_mode mode,
			  unsigned int cmd, unsigned long arg)
{
	return mdx_ioctl(bdev->bd_disk->private_data, bdev, mode & MDX_OPEN_WRITE, cmd, arg);
}

#ifdef CONFIG_COMPAT
static int mdx_fops_compat_ioctl(struct block_device *bdev, mdx_open_mode mode,
				 unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case HOT_REMOVE_DISK:
	case HOT_ADD_DISK:
	case SET_DISK_FAULTY:
	case SET_BITMAP_FILE:
		break;		/* a number, not a pointer */
	default:
		arg = (unsigned long)compat_ptr(arg);
	}
	return mdx_fops_ioctl(bdev, mode, cmd, arg);
}
#endif

/* The one operation that comes without an opener: the array may be going away. */
static unsigned int mdx_fops_check_events(struct gendisk *disk, unsigned int clearing)
{
	struct mdx_array *array = mdx_array_of_disk(disk);
	bool changed;

	if (!array)
		return 0;
	changed = mdx_disk_media_changed(array);
	/* Never the last reference: taking the disk away waits for us. */
	mdx_array_put(array);
	return changed ? DISK_EVENT_MEDIA_CHANGE : 0;
}

static int mdx_fops_set_read_only(struct block_device *bdev, bool ro)
{
	return mdx_disk_set_read_only(bdev->bd_disk->private_data, ro);
}

/* The shape md reports, so that partition tables come out the same. */
static int mdx_disk_geometry(struct gendisk *disk, struct hd_geometry *geo)
{
	geo->heads = 2;
	geo->sectors = 4;
	geo->cylinders = get_capacity(disk) / 8;
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
static int mdx_fops_getgeo(struct block_device *bdev, struct hd_geometry *geo)
{
	return mdx_disk_geometry(bdev->bd_disk, geo);
}
#else
static int mdx_fops_getgeo(struct gendisk *disk, struct hd_geometry *geo)
{
	return mdx_disk_geometry(disk, geo);
}
#endif

static const struct block_device_operations mdx_fops = {
	.owner		= THIS_MODULE,
	.submit_bio	= mdx_fops_submit_bio,
	.open		= mdx_fops_open,
	.release	= mdx_fops_release,
	.ioctl		= mdx_fops_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= mdx_fops_compat_ioctl,
#endif
	.getgeo		= mdx_fops_getgeo,
	.check_events	= mdx_fops_check_events,
	.set_read_only	= mdx_fops_set_read_only,
};

/* ---- life ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)

static struct gendisk *mdx_disk_make(int node)
{
	struct gendisk *disk = alloc_disk_node(1, node);

	if (!disk)
		return NULL;
	disk->queue = blk_alloc_queue(node);
	if (!disk->queue) {
		put_disk(disk);
		return NULL;
	}
	blk_set_stacking_limits(&disk->queue->limits);
	blk_queue_flag_set(QUEUE_FLAG_IO_STAT, disk->queue);
	/* Partitions get numbers of the extended major, as they always do later on. */
	disk->flags |= GENHD_FL_EXT_DEVT;
	return disk;
}

int mdx_disk_add(struct gendisk *disk)
{
	add_disk(disk);
	return 0;
}

void mdx_disk_del(struct gendisk *disk)
{
	del_gendisk(disk);
	blk_cleanup_queue(disk->queue);
}

void mdx_disk_put(struct gendisk *disk)
{
	struct request_queue *q = disk->queue;

	/*
	 * Adding takes a reference to the queue, which the disk's release drops.
	 * A disk that was never added must not drop what it has not got.
	 */
	if (!blk_queue_dying(q)) {
		disk->queue = NULL;
		blk_cleanup_queue(q);
	}
	put_disk(disk);
}

#else

static struct gendisk *mdx_disk_make(int node)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	struct gendisk *disk = blk_alloc_disk(node);

	if (!disk)
		return NULL;
	blk_set_stacking_limits(&disk->queue->limits);
	blk_queue_flag_set(QUEUE_FLAG_IO_STAT, disk->queue);
	return disk;
#else
	/* Limits that stack are only valid once members have been stacked on them. */
	struct queue_limits lim = {
		.features = BLK_FEAT_IO_STAT | BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA,
	};
	struct gendisk *disk;

	disk = blk_alloc_disk(&lim, node);
	return IS_ERR(disk) ? NULL : disk;
#endif
}

int mdx_disk_add(struct gendisk *disk)
{
	return add_disk(disk);
}

void mdx_disk_del(struct gendisk *disk)
{
	del_gendisk(disk);
}

void mdx_disk_put(struct gendisk *disk)
{
	put_disk(disk);
}

#endif

struct gendisk *mdx_disk_alloc(struct mdx_array *array, int node)
{
	struct gendisk *disk = mdx_disk_make(node);

	if (!disk)
		return NULL;
	disk->major = MAJOR(array->unit);
	disk->first_minor = MINOR(array->unit);
	disk->minors = disk->major == MD_MAJOR ? 1 : 1 << MDX_MDP_SHIFT;
	strscpy(disk->disk_name, array->name, sizeof(disk->disk_name));
	disk->fops = &mdx_fops;
	disk->private_data = array;
	/* Not polled: partitions are looked for at the first open after a start. */
	disk->events |= DISK_EVENT_MEDIA_CHANGE;
	return disk;
}

void mdx_disk_set_capacity(struct gendisk *disk, sector_t sectors)
{
	set_capacity_and_notify(disk, sectors);
}

void mdx_disk_set_ro(struct gendisk *disk, bool ro)
{
	set_disk_ro(disk, ro);
}
