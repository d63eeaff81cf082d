// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID10 geometry.
 *
 * PURE, see raid10_map.h.
 */
#include "raid10_map.h"

static int check_layout(__u32 disks, __u32 layout)
{
	const __u32 near = MDX_RAID10_NEAR(layout), far = MDX_RAID10_FAR(layout);

	if (!near || !far || near * far > disks || near * far < 2 || layout >> 19 ||
	    MDX_RAID10_SETS(layout) > MDX_RAID10_SETS_TIGHT)
		return -EINVAL;
	return disks > MDX_RAID10_MEMBERS || near * far > MDX_RAID10_COPIES ? -E2BIG : 0;
}

static void init_sets(struct mdx_raid10_map *map, enum mdx_raid10_sets sets)
{
	switch (sets) {
	case MDX_RAID10_SETS_WIDE:
		map->set_disks = map->disks / map->far;
		break;
	case MDX_RAID10_SETS_TIGHT:
		map->set_disks = map->near * map->far;
		break;
	default:
		map->set_disks = map->disks;
	}
	map->last_set = (map->disks / map->set_disks - 1) * map->set_disks;
}

/*
 * Some words of what would be layouts put two copies of a chunk onto one member, or
 * copies of two chunks into one place: near copies that go on in the next row do that in
 * md where far copies follow row by row, or rotate in wide sets.
 */
static bool copies_get_on(const struct mdx_raid10_map *map, enum mdx_raid10_sets sets)
{
	__u64 near_straddles = map->near > 1 && map->far > 1 && map->disks % map->near;

	if (near_straddles && (map->offset || sets == MDX_RAID10_SETS_WIDE))
		return false;
	/* Far copies rotate by .near each, so that many times .far must fit a set. */
	return map->far == 1 || map->set_disks >= map->copies;
}

int mdx_raid10_map_init(struct mdx_raid10_map *map, __u32 disks, __u32 layout,
			__u32 chunk_sectors, __u64 dev_sectors)
{
	int err = check_layout(disks, layout);

	if (err)
		return err;
	if (!mdx_is_pow2(chunk_sectors))
		return -EINVAL;
	map->chunk_shift = 0;
	while (1u << map->chunk_shift < chunk_sectors)
		map->chunk_shift++;
	map->disks = disks;
	map->near = MDX_RAID10_NEAR(layout);
	map->far = MDX_RAID10_FAR(layout);
	map->copies = map->near * map->far;
	map->offset = MDX_RAID10_OFFSET(layout);
	init_sets(map, (enum mdx_raid10_sets)MDX_RAID10_SETS(layout));
	map->rows = mdx_div(dev_sectors >> map->chunk_shift, map->far);
	map->stride = map->rows;
	map->chunks = mdx_div(map->rows * disks, map->near);
	if (!copies_get_on(map, (enum mdx_raid10_sets)MDX_RAID10_SETS(layout)))
		return -EDOM;
	return map->chunks ? 0 : -ENOSPC;
}

/* The member @by places on from @disk, round its far set. */
static __u32 rotate(const struct mdx_raid10_map *map, __u32 disk, __u32 by, bool back)
{
	__u32 first = map->last_set, size = map->disks - map->last_set;
	__u32 at;

	if (disk < map->last_set) {
		size = map->set_disks;
		first = disk - disk % size;
	}
	by %= size;
	at = disk - first + (back ? size - by : by);
	return first + (at >= size ? at - size : at);
}

static __u64 member_row(const struct mdx_raid10_map *map, __u64 row, __u32 far)
{
	return map->offset ? row * map->far + far : row + far * map->stride;
}

__u32 mdx_raid10_map_sector(const struct mdx_raid10_map *map, __u64 sector,
			    struct mdx_place *place)
{
	const __u32 in_chunk = sector & ((1u << map->chunk_shift) - 1);
	__u32 near, far, disk;
	__u64 row, rem;

	row = mdx_div_rem((sector >> map->chunk_shift) * map->near, map->disks, &rem);
	disk = (__u32)rem;
	for (near = 0; near < map->near; near++) {
		for (far = 0; far < map->far; far++) {
			struct mdx_place *p = &place[far * map->near + near];

			p->slot = far ? rotate(map, disk, far * map->near, false) : disk;
			p->sector = (member_row(map, row, far) << map->chunk_shift) + in_chunk;
		}
		if (++disk == map->disks) {
			disk = 0;
			row++;
		}
	}
	return (1u << map->chunk_shift) - in_chunk;
}

__u64 mdx_raid10_unmap(const struct mdx_raid10_map *map, __u32 slot, __u64 sector)
{
	const __u64 in_chunk = sector & ((1u << map->chunk_shift) - 1);
	__u64 row = sector >> map->chunk_shift;
	__u64 far = 0, chunk;

	if (map->offset)
		row = mdx_div_rem(row, map->far, &far);
	else if (map->far > 1)
		far = mdx_div_rem(row, map->stride, &row);
	if (far >= map->far || row >= map->rows)
		return MDX_SECTOR_NONE;
	if (far)
		slot = rotate(map, slot, (__u32)far * map->near, true);
	chunk = mdx_div(row * map->disks + slot, map->near);
	if (chunk >= map->chunks)
		return MDX_SECTOR_NONE;
	return (chunk << map->chunk_shift) + in_chunk;
}

void mdx_raid10_rows_of(const struct mdx_raid10_map *map, __u64 start, __u64 end,
			struct mdx_raid10_rows *rows)
{
	const __u64 first = start >> map->chunk_shift, last = (end - 1) >> map->chunk_shift;

	rows->first = mdx_div(first * map->near, map->disks);
	rows->last = mdx_div(last * map->near + map->near - 1, map->disks);
}

static __u32 copies_on(const struct mdx_raid10_map *map, __u64 chunk, __u64 slots)
{
	struct mdx_place place[MDX_RAID10_COPIES];
	__u32 i, n = 0;

	mdx_raid10_map_sector(map, chunk << map->chunk_shift, place);
	for (i = 0; i < map->copies; i++)
		n += slots >> place[i].slot & 1;
	return n;
}

/* As many chunks as members have every combination of slots there is. */
bool mdx_raid10_has_copies(const struct mdx_raid10_map *map, __u64 slots, __u32 copies)
{
	__u64 chunk;

	for (chunk = 0; chunk < map->disks && chunk < map->chunks; chunk++)
		if (copies_on(map, chunk, slots) < copies)
			return false;
	return true;
}

bool mdx_raid10_has_twins(const struct mdx_raid10_map *map, __u64 slots)
{
	__u64 chunk;

	for (chunk = 0; chunk < map->disks && chunk < map->chunks; chunk++)
		if (copies_on(map, chunk, slots) > 1)
			return true;
	return false;
}
