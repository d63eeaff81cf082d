/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel versions, part one: small differences.
 *
 * Force-included into every object. The rest of the driver is written as if
 * only the newest kernel existed; what an older one lacks or spells another
 * way is given its new name here. Differences of type or of life cycle have
 * files of their own (bdev, disk, limits, region). Each line is explained in
 * docs/kernels.md.
 *
 * Nothing outside drivers/compat may look at the kernel's version.
 */
#ifndef _MDX_COMPAT_H
#define _MDX_COMPAT_H

#include <linux/version.h>

/* Only what is built and tested; docs/kernels.md says how to add one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0))
#error "mdx does not know this kernel: it supports 5.10, 6.1 to 6.4, and 6.12 or later"
#endif

#include <linux/bio.h>
#include <linux/blkdev.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
#include <linux/blk-crypto.h>
#include <linux/genhd.h>
#endif
#include <linux/highmem.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/part_stat.h>
#include <linux/sysctl.h>

/* ---- symbols for our own modules only ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define MDX_EXPORT(sym) EXPORT_SYMBOL_NS_GPL(sym, "MDX")
#define MDX_IMPORT MODULE_IMPORT_NS("MDX")
#else
#define MDX_EXPORT(sym) EXPORT_SYMBOL_NS_GPL(sym, MDX)
#define MDX_IMPORT MODULE_IMPORT_NS(MDX)
#endif

/* ---- what the kernel's own md offers, for the md face ---- */

#define MDX_FACE_ASYNC_DELETE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0))
#define MDX_FACE_CHECK_FEATURE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0))

/* ---- kobjects ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
#define kobject_init(kobj, ktype) kobject_init(kobj, (struct kobj_type *)(ktype))
#define kobject_init_and_add(kobj, ktype, ...) \
	kobject_init_and_add(kobj, (struct kobj_type *)(ktype), __VA_ARGS__)
#endif

/* ---- sysctl ---- */

/* What a proc_handler's table argument points to. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
typedef struct ctl_table mdx_ctl_table;
#else
typedef const struct ctl_table mdx_ctl_table;
#endif

/* Last entry of a table: older kernels count up to an empty one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define MDX_CTL_TABLE_END { }
#else
#define MDX_CTL_TABLE_END
#endif

/* ---- bios ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
typedef unsigned int blk_opf_t;
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)

#define BIO_MAX_VECS BIO_MAX_PAGES
#define REQ_ALLOC_CACHE 0u

static inline void mdx_compat_bio_aim(struct bio *bio, struct block_device *bdev, blk_opf_t opf)
{
	if (bdev)
		bio_set_dev(bio, bdev);
	bio->bi_opf = opf;
}

static inline void mdx_compat_bio_init(struct bio *bio, struct block_device *bdev,
				       struct bio_vec *vecs, unsigned short max, blk_opf_t opf)
{
	bio_init(bio, vecs, max);
	mdx_compat_bio_aim(bio, bdev, opf);
}

static inline struct bio *mdx_compat_bio_alloc(struct block_device *bdev, unsigned short vecs,
					       blk_opf_t opf, gfp_t gfp, struct bio_set *bs)
{
	struct bio *bio = bio_alloc_bioset(gfp, vecs, bs);

	if (bio)
		mdx_compat_bio_aim(bio, bdev, opf);
	return bio;
}

static inline struct bio *bio_alloc_clone(struct block_device *bdev, struct bio *src,
					  gfp_t gfp, struct bio_set *bs)
{
	struct bio *bio = bio_clone_fast(src, gfp, bs);

	if (bio && bdev)
		bio_set_dev(bio, bdev);
	return bio;
}

/* Like bio_alloc_clone() but into @bio; undone by bio_uninit(). Not 0: it could not. */
static inline int bio_init_clone(struct block_device *bdev, struct bio *bio,
				 struct bio *src, gfp_t gfp)
{
	bio_init(bio, NULL, 0);
	__bio_clone_fast(bio, src);
	if (bio_crypt_clone(bio, src, gfp) < 0 ||
	    (bio_integrity(src) && bio_integrity_clone(bio, src, gfp) < 0)) {
		bio_uninit(bio);
		return -ENOMEM;
	}
	bio_set_dev(bio, bdev);
	return 0;
}

#define blkdev_issue_flush(bdev) blkdev_issue_flush(bdev, GFP_NOIO)
#define bio_init mdx_compat_bio_init
#define bio_alloc_bioset mdx_compat_bio_alloc

#endif

/* ERR_PTR when it cannot be done, as from 6.13; NULL before. */
static inline struct bio *mdx_bio_split(struct bio *bio, int sectors, gfp_t gfp,
					struct bio_set *bs)
{
	struct bio *front = bio_split(bio, sectors, gfp, bs);

	return front ?: ERR_PTR(-ENOMEM);
}

/* The disk @bio is aimed at. */
static inline struct gendisk *mdx_bio_disk(const struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	return bio->bi_disk;
#else
	return bio->bi_bdev->bd_disk;
#endif
}

/*
 * Where @bio is aimed at, disk or partition, to be given back with
 * mdx_bio_restore_bdev() when it has been sent elsewhere meanwhile. Good for
 * nothing else: before 5.12 a bio knows no block device, and this is NULL.
 */
static inline struct block_device *mdx_bio_bdev(const struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	return NULL;
#else
	return bio->bi_bdev;
#endif
}

/*
 * Aim @bio where mdx_bio_bdev() said it was, on @disk. Any context; the sector
 * is the caller's to restore.
 */
static inline void mdx_bio_restore_bdev(struct bio *bio, struct block_device *bdev,
					struct gendisk *disk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	bio->bi_disk = disk;
	bio->bi_partno = 0;
#else
	bio->bi_bdev = bdev;
	/* The sector we saw was one of the whole disk: never add the partition's start again. */
	bio_set_flag(bio, BIO_REMAPPED);
#endif
}

/* ---- what a block device says about itself ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)

static inline sector_t bdev_nr_sectors(struct block_device *bdev)
{
	return i_size_read(bdev->bd_inode) >> SECTOR_SHIFT;
}

static inline unsigned int bdev_max_discard_sectors(struct block_device *bdev)
{
	struct request_queue *q = bdev_get_queue(bdev);

	return blk_queue_discard(q) ? q->limits.max_discard_sectors : 0;
}

static inline bool bdev_nonrot(struct block_device *bdev)
{
	return blk_queue_nonrot(bdev_get_queue(bdev));
}

static inline bool bdev_stable_writes(struct block_device *bdev)
{
	return blk_queue_stable_writes(bdev_get_queue(bdev));
}

static inline bool bdev_nowait(struct block_device *bdev)
{
	return blk_queue_nowait(bdev_get_queue(bdev));
}

#define bdev_kobj(bdev) (&part_to_dev((bdev)->bd_part)->kobj)

#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
static inline bool bdev_rot(struct block_device *bdev)
{
	return !bdev_nonrot(bdev);
}
#endif

/* A bio that a device could not take as it is; kernels that have no such status never say so. */
#ifdef BLK_STS_INVAL
#define MDX_STS_INVAL BLK_STS_INVAL
#else
#define MDX_STS_INVAL ((__force blk_status_t)0xff)
#endif

/* ---- accounting (/proc/diskstats, sysfs stat) of a bio-based disk ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#define mdx_acct_part(bio) (&(bio)->bi_disk->part0)	/* remapped before we see it */
#define mdx_acct_whole(bio) NULL
#define mdx_part_stats(part) ((part)->dkstats)
#define mdx_part_stamp(part) ((part)->stamp)
#else
#define mdx_acct_part(bio) ((bio)->bi_bdev)
#define mdx_acct_whole(bio) \
	(bdev_is_partition((bio)->bi_bdev) ? bdev_whole((bio)->bi_bdev) : NULL)
#define mdx_part_stats(part) ((part)->bd_stats)
#define mdx_part_stamp(part) ((part)->bd_stamp)
#endif

/* Does md of that kernel call a broken array so in /proc/mdstat, too? */
#define MDX_MDSTAT_TELLS_BROKEN (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0))

/* What md of that kernel says in last_sync_action. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define MDX_LAST_ACTION_IDLE "none"
#define MDX_LAST_ACTION_RECOVER "recovery"
#else
#define MDX_LAST_ACTION_IDLE "idle"
#define MDX_LAST_ACTION_RECOVER "recover"
#endif

/*
 * A bio that another driver has been through is ours again: what that driver's
 * queue has noted in it is done with. Some 6.16 and 6.17 look no further than
 * these flags when the bio ends for the second time.
 */
static inline void mdx_bio_forget_queue(struct bio *bio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
	bio_clear_flag(bio, BIO_TRACKED);
#else
	bio_clear_flag(bio, BIO_QOS_THROTTLED);
	bio_clear_flag(bio, BIO_QOS_MERGED);
#endif
}

#define mdx_acct_count_to(part, group, length) \
	do { \
		this_cpu_inc(mdx_part_stats(part)->ios[group]); \
		this_cpu_add(mdx_part_stats(part)->sectors[group], length); \
	} while (0)

/* Count @bio, of that group, and its sectors, without the time it takes. Any context. */
static inline void mdx_acct_count(struct bio *bio, int group)
{
	typeof(mdx_acct_part(bio)) whole = mdx_acct_whole(bio);

	mdx_acct_count_to(mdx_acct_part(bio), group, bio_sectors(bio));
	if (unlikely(whole))
		mdx_acct_count_to(whole, group, bio_sectors(bio));
}

/* Does the kernel count a bio and its sectors when it starts, or when it ends? Then that call is not told them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
#define MDX_ACCT_COUNTS_STARTS true
#else
#define MDX_ACCT_COUNTS_STARTS \
	__builtin_types_compatible_p(typeof(bdev_start_io_acct), \
				     unsigned long(struct block_device *, unsigned int, \
						   enum req_op, unsigned long))
#endif

/*
 * Would the kernel's accounting of @bio at jiffy @now only count, because the disk
 * has been busy in this jiffy already? Then we do that here, which is cheaper than
 * the call. Partitions, with their second set of counters, are left to the kernel.
 */
static inline bool mdx_acct_only_counts(struct bio *bio, unsigned long now)
{
	return likely(READ_ONCE(mdx_part_stamp(mdx_acct_part(bio))) == now) &&
	       likely(!mdx_acct_whole(bio));
}

/* part_stat_get() would look for the CPU's number first. */
static inline void mdx_acct_in_flight(struct bio *bio, int change)
{
	part_stat_lock();
	local_add(change, this_cpu_ptr(&mdx_part_stats(mdx_acct_part(bio))
				       ->in_flight[op_is_write(bio_op(bio))]));
	part_stat_unlock();
}

/* Count what mdx_acct_only_counts(): no partition's. */
static inline void mdx_acct_count_whole(struct bio *bio)
{
	mdx_acct_count_to(mdx_acct_part(bio), op_stat_group(bio_op(bio)), bio_sectors(bio));
}

/*
 * Account @bio, just submitted to our disk or a partition of it. Returns what
 * mdx_acct_end() wants back; 0: not accounted, iostats are off. Any context
 * that may submit bios.
 */
static inline unsigned long mdx_acct_start(struct bio *bio)
{
	const unsigned long now = READ_ONCE(jiffies);

	if (!blk_queue_io_stat(mdx_bio_disk(bio)->queue))
		return 0;
	if (unlikely(!mdx_acct_only_counts(bio, now)))
		return bio_start_io_acct(bio) ?: 1;
	mdx_acct_in_flight(bio, 1);
	if (MDX_ACCT_COUNTS_STARTS)
		mdx_acct_count_whole(bio);
	return now ?: 1;
}

/*
 * The end of what mdx_acct_start() returned @start for, which is not 0. @bio is as
 * it was submitted: target, op and length. Any context.
 */
static inline void mdx_acct_end(struct bio *bio, unsigned long start)
{
	if (start != READ_ONCE(jiffies) || unlikely(!mdx_acct_only_counts(bio, start))) {
		bio_end_io_acct(bio, start);
		return;
	}
	mdx_acct_in_flight(bio, -1);
	if (!MDX_ACCT_COUNTS_STARTS)
		mdx_acct_count_whole(bio);
}

/*
 * Beside mdx_acct_end(): @count more bios, counted by mdx_acct_count(), took as
 * long as @bio has since @start. Any context.
 */
static inline void mdx_acct_time(struct bio *bio, unsigned long start, unsigned int count)
{
	part_stat_lock();
	part_stat_add(mdx_acct_part(bio), nsecs[op_stat_group(bio_op(bio))],
		      (u64)count * jiffies_to_nsecs(jiffies - start));
	part_stat_unlock();
}

#endif
