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
