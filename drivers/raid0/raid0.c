// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID0: chunks striped over the members.
 *
 * A bio inside one chunk goes to its member in place; a larger one is gathered
 * into one bio per member (raid0_gather.c); where that cannot be, it is cut
 * chunk by chunk.
 */
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "raid0.h"

static unsigned int default_layout;
module_param(default_layout, uint, 0644);
MODULE_PARM_DESC(default_layout,
		 "layout of multi-zone arrays that do not record one: 1 original, 2 alternate, 0 refuse them");

static void raid0_free(struct mdx_raid0_map *map)
{
	if (map) {
		kvfree(map->zone);
		kvfree(map->slots);
	}
	kfree(map);
}

static struct mdx_raid0_map *raid0_alloc(unsigned int members)
{
	struct mdx_raid0_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return NULL;
	map->zone = kvcalloc(members, sizeof(*map->zone), GFP_KERNEL);
	map->slots = kvcalloc((size_t)members * (members + 1) / 2, sizeof(*map->slots),
			      GFP_KERNEL);
	if (map->zone && map->slots)
		return map;
	raid0_free(map);
	return NULL;
}

/* The superblock's layout, or the administrator's word where it has none. */
static unsigned int layout_of(const struct mdx_array *array)
{
	if (array->layout == MDX_RAID0_LAYOUT_ORIGINAL ||
	    array->layout == MDX_RAID0_LAYOUT_ALTERNATE)
		return array->layout;
	return default_layout;
}

static int refuse(struct mdx_array *array, int err)
{
	if (err == -ENOTUNIQ) {
		pr_warn("md/raid0:%s: cannot assemble multi-zone RAID0 with default_layout setting\n"
			"md/raid0: please set mdx_raid0.default_layout (or raid0.default_layout) to 1 or 2\n",
			array->name);
		return -EOPNOTSUPP;
	}
	pr_warn("md/raid0:%s: chunk of %u KiB and these members make no array\n",
		array->name, array->chunk_sectors / 2);
	return err;
}

static int raid0_start(struct mdx_array *array)
{
	struct mdx_raid0_map *map;
	unsigned int slot;
	u64 *sectors;
	int err;

	if (!array->chunk_sectors) {
		pr_warn("md/raid0:%s: chunk size must be set.\n", array->name);
		return -EINVAL;
	}
	map = raid0_alloc(array->raid_disks);
	sectors = kvcalloc(array->raid_disks, sizeof(*sectors), GFP_KERNEL);
	err = -ENOMEM;
	if (!map || !sectors)
		goto out;
	for (slot = 0; slot < array->raid_disks; slot++)
		sectors[slot] = array->slot[slot]->sectors;
	err = mdx_raid0_map_init(map, array->raid_disks, sectors, array->chunk_sectors,
				 layout_of(array));
	if (err) {
		err = refuse(array, err);
		goto out;
	}
	array->pers_data = map;
	array->array_sectors = mdx_raid0_capacity(array->raid_disks, sectors, array->chunk_sectors);
	pr_info("md/raid0:%s: %u members, %u zones, %llu sectors\n", array->name,
		map->members, map->zones, (unsigned long long)array->array_sectors);
	map = NULL;
out:
	raid0_free(map);
	kvfree(sectors);
	return err;
}

static void raid0_stop(struct mdx_array *array)
{
	raid0_free(array->pers_data);
	array->pers_data = NULL;
}

static void raid0_limits(struct mdx_array *array, struct mdx_limits *lim)
{
	const unsigned int chunk = array->chunk_sectors << SECTOR_SHIFT;
	unsigned int row;

	/* A row that no I/O can have is no size to advise. */
	if (check_mul_overflow(chunk, array->raid_disks, &row))
		row = 0;
	mdx_limits_set_io(lim, chunk, row);
}

static bool without_data(const struct mdx_io *io)
{
	switch (io->opf & REQ_OP_MASK) {
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return true;
	default:
		return false;
	}
}

static void raid0_submit(struct mdx_io *io)
{
	const struct mdx_raid0_map *map = io->array->pers_data;
	const struct mdx_raid0_zone *zone;
	u64 sector;
	u32 left, slot;

	left = mdx_raid0_map_sector(map, io->iter.bi_sector, &slot, &sector);
	if (unlikely(bio_sectors(io->bio) > left)) {
		zone = mdx_raid0_zone_of(map, io->iter.bi_sector);
		mdx_io_trim(io, min_t(u64, zone->end - io->iter.bi_sector,
				      bio_sectors(io->bio)));
		if (without_data(io)) {
			raid0_ranges(io, map, zone);
			return;
		}
		if (raid0_gather(io, map, zone))
			return;
		mdx_io_trim(io, left);
	}
	mdx_io_in_place(io, io->array->slot[slot], slot, sector);
}

static struct mdx_aim raid0_pass(const struct mdx_array *array, const struct bio *bio)
{
	u64 sector;
	u32 left, slot;

	left = mdx_raid0_map_sector(array->pers_data, bio->bi_iter.bi_sector, &slot, &sector);
	if (unlikely(bio_sectors(bio) > left))
		return (struct mdx_aim) { };
	return (struct mdx_aim) { .member = array->slot[slot], .sector = sector };
}

static void raid0_status(struct seq_file *seq, struct mdx_array *array)
{
	seq_printf(seq, " %uk chunks", array->chunk_sectors / 2);
}

static struct mdx_personality raid0_personality = {
	.api = MDX_PERSONALITY_API,
	.name = "raid0",
	.level = 0,
	.owner = THIS_MODULE,
	.start = raid0_start,
	.stop = raid0_stop,
	.limits = raid0_limits,
	.submit = raid0_submit,
	.pass = raid0_pass,
	.status = raid0_status,
};

static int __init raid0_init(void)
{
	return mdx_personality_register(&raid0_personality);
}

static void __exit raid0_exit(void)
{
	mdx_personality_unregister(&raid0_personality);
}

module_init(raid0_init);
module_exit(raid0_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("mdx RAID0: chunks striped over the members");
MODULE_ALIAS("mdx-level-0");
MODULE_ALIAS("mdx-raid0");
MDX_IMPORT;
