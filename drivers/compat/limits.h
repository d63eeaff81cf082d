/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue limits of an array: gathered from its members, trimmed by its level,
 * then given to the disk in one go.
 *
 *   mdx_limits_init -> mdx_limits_stack(each member) -> setters -> mdx_limits_apply
 */
#ifndef _MDX_LIMITS_H
#define _MDX_LIMITS_H

#include <linux/blkdev.h>
#include <linux/types.h>

struct mdx_array;
struct mdx_bdev;

struct mdx_limits {
	struct queue_limits lim;
	bool nowait;			/* every member takes REQ_NOWAIT */
	bool rotational;		/* a member is */
	bool stable_writes;		/* a member needs pages not to change under I/O */
	bool partial_stripes_expensive;
};

/* Nothing limited yet; what a disk that only passes bios on can do. */
void mdx_limits_init(struct mdx_limits *l);

/*
 * Tighten to what @member, whose data begins at sector @data_offset of it, can
 * do. A member that is not aligned to the others gets a log line.
 */
void mdx_limits_stack(struct mdx_limits *l, struct mdx_bdev *member, sector_t data_offset);

/* Setters for levels; bytes or sectors as named. */
void mdx_limits_set_io(struct mdx_limits *l, unsigned int io_min_bytes, unsigned int io_opt_bytes);
/* Bios that reach the level are cut to at most this (the block layer does it). */
void mdx_limits_set_max_sectors(struct mdx_limits *l, unsigned int sectors);
/* Bios are cut where they cross a multiple of this power of 2. */
void mdx_limits_set_chunk(struct mdx_limits *l, unsigned int sectors);
/* At most this per discard; 0: none. */
void mdx_limits_set_discard(struct mdx_limits *l, unsigned int sectors,
			    unsigned int granularity_bytes);
/* At most this per write-zeroes; 0: none. */
void mdx_limits_set_write_zeroes(struct mdx_limits *l, unsigned int sectors);
/* Raise the logical block size, never lower than the members'. */
void mdx_limits_set_block_size(struct mdx_limits *l, unsigned int bytes);
/* A write of less than io_opt costs reads. */
void mdx_limits_set_partial_stripes_expensive(struct mdx_limits *l);

/*
 * Give the disk these limits. No I/O may be in flight: @running is suspended
 * meanwhile (needs its lock); NULL while the array does not run yet. Always
 * advertised: volatile cache and FUA (a later member may have one). 0, or
 * -EINVAL when the members do not go together, -EBUSY when I/O does not end soon.
 */
int mdx_limits_apply(struct gendisk *disk, const struct mdx_limits *l, struct mdx_array *running);

#endif
