/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID10 geometry: where the copies of a chunk are, and back.
 *
 * PURE. Sectors are 512 bytes, chunks are numbered from 0 on the array and on
 * each member. Every chunk has near * far copies. The near ones of all chunks
 * in turn fill the rows of the members:
 *
 *   near 2 on 4     near 2 on 3     Row r of the array is row r of the members, and
 *   A A B B         A A B           its next copy, every chunk on another member,
 *   C C D D         B C C           lies where the layout says:
 *                                   far     one stride (1/far of a member) behind
 *                                   offset  in the members' next row
 *
 * A far copy is rotated by as many members as there are near copies, among all
 * members or, with the far-set layouts, among those of its set. The last set takes
 * the members that are left over as well.
 */
#ifndef _MDX_RAID10_MAP_H
#define _MDX_RAID10_MAP_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_RAID10_COPIES 16u		/* of a chunk, at most */
#define MDX_RAID10_MEMBERS (8u * (unsigned int)sizeof(unsigned long)) /* slots are bits of a word */

/* The layout word of superblocks. */
#define MDX_RAID10_NEAR(layout) ((layout) & 0xff)
#define MDX_RAID10_FAR(layout) (((layout) >> 8) & 0xff)
#define MDX_RAID10_OFFSET(layout) (((layout) >> 16) & 1)
#define MDX_RAID10_SETS(layout) (((layout) >> 17) & 3)

/* How far copies rotate. */
enum mdx_raid10_sets {
	MDX_RAID10_SETS_NONE,		/* among all members */
	MDX_RAID10_SETS_WIDE,		/* in sets of members / far, of kernels 3.9 to 4.2 */
	MDX_RAID10_SETS_TIGHT,		/* in sets of near * far */
};

struct mdx_raid10_map {
	__u32 chunk_shift;		/* of sectors */
	__u32 disks;
	__u32 near, far;
	__u32 copies;			/* near * far */
	bool offset;			/* far copies in the next row */
	__u32 set_disks;		/* members of a far set */
	__u32 last_set;			/* first member of the last one */
	__u64 stride;			/* chunks from a copy to the next far one; not with .offset */
	__u64 rows;			/* of the array */
	__u64 chunks;			/* of the array */
};

/*
 * Geometry for @disks members that hold @dev_sectors each. -EINVAL: the
 * layout, chunk (a power of 2) or number of members cannot be; -EDOM: by that layout
 * copies would be on one member, or over each other; -E2BIG: more members or copies
 * than are supported; -ENOSPC: not one chunk fits.
 */
int mdx_raid10_map_init(struct mdx_raid10_map *map, __u32 disks, __u32 layout,
			__u32 chunk_sectors, __u64 dev_sectors);

static inline __u64 mdx_raid10_sectors(const struct mdx_raid10_map *map)
{
	return map->chunks << map->chunk_shift;
}

/* What is used of each member. */
static inline __u64 mdx_raid10_dev_sectors(const struct mdx_raid10_map *map)
{
	return (map->rows * map->far) << map->chunk_shift;
}

/*
 * Where @sector of the array is: map->copies entries of @place. Returns how many
 * sectors from there on lie one behind the other at each.
 */
__u32 mdx_raid10_map_sector(const struct mdx_raid10_map *map, __u64 sector,
			    struct mdx_place *place);

/* The array's sector at @sector of @slot, or MDX_SECTOR_NONE: nothing is there. */
__u64 mdx_raid10_unmap(const struct mdx_raid10_map *map, __u32 slot, __u64 sector);

/* Rows of the members that hold something of the array's sectors @start to @end. */
struct mdx_raid10_rows {
	__u64 first, last;		/* of the first copies, and so of each region */
};

void mdx_raid10_rows_of(const struct mdx_raid10_map *map, __u64 start, __u64 end,
			struct mdx_raid10_rows *rows);

/* Has every chunk at least @copies copies on @slots (bit per slot)? */
bool mdx_raid10_has_copies(const struct mdx_raid10_map *map, __u64 slots, __u32 copies);

/* Has any chunk two copies or more there? */
bool mdx_raid10_has_twins(const struct mdx_raid10_map *map, __u64 slots);

MDX_EXTERN_C_END

#endif
