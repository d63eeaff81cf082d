/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linear geometry: members one behind the other.
 *
 * PURE. Sectors are 512 bytes.
 */
#ifndef _MDX_LINEAR_MAP_H
#define _MDX_LINEAR_MAP_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

struct mdx_linear_map {
	__u32 members;
	__u64 array_sectors;
	__u64 *end;	/* room for .members: first array sector behind member i */
};

/*
 * @chunk_sectors: rounding, 0 for none; each member is rounded down to it.
 * Errors: -EINVAL (no members, an empty member, sum overflows).
 */
int mdx_linear_map_init(struct mdx_linear_map *map, __u32 members,
			const __u64 *sectors, __u32 chunk_sectors);

/*
 * Member slot of @sector (< array_sectors) by binary search; *@dev_sector is
 * the sector in its data area, the return value how many sectors are left on it.
 */
static inline __u64 mdx_linear_map_sector(const struct mdx_linear_map *map, __u64 sector,
					  __u32 *slot, __u64 *dev_sector)
{
	__u32 lo = 0;
	__u32 hi = map->members - 1;
	__u32 mid;

	/* The first member whose end lies behind the sector. */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (sector < map->end[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	*slot = lo;
	*dev_sector = lo ? sector - map->end[lo - 1] : sector;
	return map->end[lo] - sector;
}

MDX_EXTERN_C_END

#endif
