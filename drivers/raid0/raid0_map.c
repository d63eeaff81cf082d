// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID0 geometry, zones included.
 *
 * PURE, see raid0_map.h.
 */
#include "raid0_map.h"

static __u64 whole_chunks(__u64 sectors, __u32 chunk_sectors)
{
	__u64 rem;

	mdx_div_rem(sectors, chunk_sectors, &rem);
	return sectors - rem;
}

/*
 * The zone that starts at @dev_start of the members: its members go to @slots
 * in slot order, its depth is what the smallest of them has left.
 */
static __u64 fill_zone(struct mdx_raid0_zone *zone, __u32 *slots, __u32 members,
		       const __u64 *sectors, __u32 chunk_sectors, __u64 dev_start)
{
	__u64 depth = MDX_SECTOR_NONE;
	__u64 len;
	__u32 i;

	zone->dev_start = dev_start;
	zone->members = 0;
	for (i = 0; i < members; i++) {
		len = whole_chunks(sectors[i], chunk_sectors);
		if (len <= dev_start)
			continue;
		slots[zone->members++] = i;
		depth = mdx_min_u64(depth, len - dev_start);
	}
	return zone->members ? depth : 0;
}

/* Both layouts agree in the first zone, and where a zone has one member. */
static int choose_layout(struct mdx_raid0_map *map, __u32 layout)
{
	if (layout > MDX_RAID0_LAYOUT_ALTERNATE)
		return -EINVAL;
	if (layout == MDX_RAID0_LAYOUT_UNSET) {
		if (map->zones > 1 && map->zone[1].members > 1)
			return -ENOTUNIQ;
		layout = MDX_RAID0_LAYOUT_ORIGINAL;
	}
	map->layout = layout;
	return 0;
}

int mdx_raid0_map_init(struct mdx_raid0_map *map, __u32 members,
		       const __u64 *sectors, __u32 chunk_sectors, __u32 layout)
{
	struct mdx_raid0_zone *zone;
	__u64 dev_start = 0, start = 0;
	__u64 depth, rem;
	__u32 first = 0;
	__u32 i;

	if (!members || !chunk_sectors)
		return -EINVAL;
	for (i = 0; i < members; i++) {
		if (sectors[i] < chunk_sectors)
			return -EINVAL;
	}

	map->chunk_sectors = chunk_sectors;
	map->members = members;
	map->zones = 0;
	/* Each zone leaves at least its smallest member behind: at most one per member. */
	while (map->zones < members) {
		zone = &map->zone[map->zones];
		depth = fill_zone(zone, map->slots + first, members, sectors,
				  chunk_sectors, dev_start);
		if (!depth)
			break;
		if (depth > mdx_div_rem(MDX_SECTOR_NONE - start, zone->members, &rem))
			return -EINVAL;
		zone->first = first;
		zone->start = start;
		zone->end = start + depth * zone->members;
		start = zone->end;
		dev_start += depth;
		first += zone->members;
		map->zones++;
	}
	map->array_sectors = start;
	return choose_layout(map, layout);
}

__u64 mdx_raid0_capacity(__u32 members, const __u64 *sectors, __u32 chunk_sectors)
{
	__u64 capacity = 0;
	__u32 i;

	for (i = 0; i < members; i++)
		capacity += whole_chunks(sectors[i], chunk_sectors) & ~((__u64)chunk_sectors - 1);
	return capacity;
}
