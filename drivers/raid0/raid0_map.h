/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID0 geometry, zones included.
 *
 * PURE. Members of different sizes form zones: the first zone stripes over
 * all members up to the smallest, the next over those that are larger, and so
 * on. Sectors are 512 bytes. Two historic layouts differ in how a chunk of a
 * later zone finds its member (see DESIGN of md's raid0 "layout"): ORIGINAL
 * counts chunks from the start of the array, ALTERNATE from the start of the
 * zone. They agree in the first zone.
 */
#ifndef _MDX_RAID0_MAP_H
#define _MDX_RAID0_MAP_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_RAID0_LAYOUT_UNSET 0u
#define MDX_RAID0_LAYOUT_ORIGINAL 1u
#define MDX_RAID0_LAYOUT_ALTERNATE 2u

struct mdx_raid0_zone {
	__u64 start;		/* first array sector of the zone */
	__u64 end;		/* first array sector behind it */
	__u64 dev_start;	/* sector in the members' data areas where the zone starts */
	__u32 members;		/* members striped over */
	__u32 first;		/* index of this zone's members in raid0_map.slots */
};

struct mdx_raid0_map {
	__u32 chunk_sectors;
	__u32 layout;
	__u32 members;
	__u32 zones;
	__u64 array_sectors;
	struct mdx_raid0_zone *zone;	/* room for .members entries */
	__u32 *slots;			/* member slots zone by zone; room for members * (members + 1) / 2 */
};

/*
 * Fill @map for @members data areas of @sectors[] each, rounded down to whole
 * chunks. map->zone and map->slots point to caller-owned room (see above).
 * Errors: -EINVAL (no members, chunk_sectors 0, a member smaller than a chunk,
 * layout unknown), -ENOTUNIQ (more than one zone with more than one member in a later
 * zone and layout unset: both layouts are possible, refuse to guess).
 */
int mdx_raid0_map_init(struct mdx_raid0_map *map, __u32 members,
		       const __u64 *sectors, __u32 chunk_sectors, __u32 layout);

/*
 * Sectors of the array as md counts them: the sum over the members of their
 * whole chunks in sectors, with the bits of chunk_sectors - 1 cleared in each
 * summand. That is map->array_sectors where the chunk is a power of two, and up
 * to a few chunks less where it is not. A file system made on one driver must
 * find its last block on the other.
 */
__u64 mdx_raid0_capacity(__u32 members, const __u64 *sectors, __u32 chunk_sectors);

/*
 * The zone that holds @sector; for gathering: inside one zone, chunk
 * c and chunk c + zone->members are neighbours on the same member.
 */
static inline const struct mdx_raid0_zone *mdx_raid0_zone_of(const struct mdx_raid0_map *map,
							     __u64 sector)
{
	const struct mdx_raid0_zone *zone = map->zone;
	const struct mdx_raid0_zone *last = zone + map->zones - 1;

	while (zone < last && sector >= zone->end)
		zone++;
	return zone;
}

/*
 * Map array sector @sector (< array_sectors) to *@slot and *@dev_sector
 * (sector inside that member's data area). Returns how many sectors from
 * there on are contiguous on that member (to the end of the chunk).
 */
static inline __u32 mdx_raid0_map_sector(const struct mdx_raid0_map *map, __u64 sector,
					 __u32 *slot, __u64 *dev_sector)
{
	const struct mdx_raid0_zone *zone = mdx_raid0_zone_of(map, sector);
	__u64 in_chunk, member, row, chunk;

	/* A zone starts on a chunk boundary, so both counts share the offset in the chunk. */
	chunk = mdx_div_rem(sector - zone->start, map->chunk_sectors, &in_chunk);
	row = mdx_div_rem(chunk, zone->members, &member);
	if (map->layout == MDX_RAID0_LAYOUT_ORIGINAL && zone != map->zone)
		mdx_div_rem(mdx_div(sector, map->chunk_sectors), zone->members, &member);

	*slot = map->slots[zone->first + (__u32)member];
	*dev_sector = zone->dev_start + row * map->chunk_sectors + in_chunk;
	return map->chunk_sectors - (__u32)in_chunk;
}

MDX_EXTERN_C_END

#endif
