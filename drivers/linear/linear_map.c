// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linear geometry: members one behind the other.
 *
 * PURE, see linear_map.h.
 */
#include "linear_map.h"

int mdx_linear_map_init(struct mdx_linear_map *map, __u32 members,
			const __u64 *sectors, __u32 chunk_sectors)
{
	__u64 total = 0;
	__u64 len, rem;
	__u32 i;

	if (!members)
		return -EINVAL;
	for (i = 0; i < members; i++) {
		len = sectors[i];
		if (chunk_sectors) {
			mdx_div_rem(len, chunk_sectors, &rem);
			len -= rem;
		}
		if (!len || total + len < total)
			return -EINVAL;
		total += len;
		map->end[i] = total;
	}
	map->members = members;
	map->array_sectors = total;
	return 0;
}

__u64 mdx_linear_map_sector(const struct mdx_linear_map *map, __u64 sector,
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
