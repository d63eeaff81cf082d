// SPDX-License-Identifier: GPL-2.0-only
/* Linear: members one behind the other. Every bio goes to its member in place. */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <mdx/personality.h>
#include "linear_map.h"

static void linear_free(struct mdx_linear_map *map)
{
	if (map)
		kvfree(map->end);
	kfree(map);
}

/* Of the members, and @next behind them, if there is one. */
static struct mdx_linear_map *linear_map_of(const struct mdx_array *array,
					    const struct mdx_member *next)
{
	const unsigned int members = array->raid_disks + !!next;
	struct mdx_linear_map *map = kzalloc(sizeof(*map), GFP_KERNEL);
	u64 *sectors = kvcalloc(members, sizeof(*sectors), GFP_KERNEL);
	unsigned int slot;
	int err = -ENOMEM;

	if (!map || !sectors)
		goto out;
	map->end = kvcalloc(members, sizeof(*map->end), GFP_KERNEL);
	if (!map->end)
		goto out;
	for (slot = 0; slot < array->raid_disks; slot++)
		sectors[slot] = array->slot[slot]->sectors;
	if (next)
		sectors[slot] = next->sectors;
	err = mdx_linear_map_init(map, members, sectors, array->chunk_sectors);
	if (err)
		pr_warn("md/linear:%s: a member is too small for the rounding of %u KiB\n",
			array->name, array->chunk_sectors / 2);
out:
	kvfree(sectors);
	if (!err)
		return map;
	linear_free(map);
	return ERR_PTR(err);
}

static int linear_start(struct mdx_array *array)
{
	struct mdx_linear_map *map = linear_map_of(array, NULL);

	if (IS_ERR(map))
		return PTR_ERR(map);
	array->pers_data = map;
	array->array_sectors = map->array_sectors;
	return 0;
}

static int linear_grow(struct mdx_array *array, struct mdx_member *next)
{
	struct mdx_linear_map *map = linear_map_of(array, next);
	struct mdx_linear_map *old = array->pers_data;

	if (IS_ERR(map))
		return PTR_ERR(map);
	array->pers_data = map;
	array->array_sectors = map->array_sectors;
	/* Whoever finds the gates open again finds this map. */
	synchronize_rcu();
	linear_free(old);
	return 0;
}

static void linear_stop(struct mdx_array *array)
{
	linear_free(array->pers_data);
	array->pers_data = NULL;
}

static void linear_submit(struct mdx_io *io)
{
	const struct mdx_linear_map *map = io->array->pers_data;
	u64 sector, left;
	u32 slot;

	left = mdx_linear_map_sector(map, io->iter.bi_sector, &slot, &sector);
	if (unlikely(bio_sectors(io->bio) > left))
		mdx_io_trim(io, left);
	mdx_io_in_place(io, io->array->slot[slot], slot, sector);
}

static struct mdx_aim linear_pass(const struct mdx_array *array, const struct bio *bio)
{
	u64 sector, left;
	u32 slot;

	left = mdx_linear_map_sector(array->pers_data, bio->bi_iter.bi_sector, &slot, &sector);
	if (unlikely(bio_sectors(bio) > left))
		return (struct mdx_aim) { };
	return (struct mdx_aim) { .member = array->slot[slot], .sector = sector };
}

static void linear_status(struct seq_file *seq, struct mdx_array *array)
{
	seq_printf(seq, " %uk rounding", array->chunk_sectors / 2);
}

static struct mdx_personality linear_personality = {
	.api = MDX_PERSONALITY_API,
	.name = "linear",
	.level = -1,
	.owner = THIS_MODULE,
	.start = linear_start,
	.grow = linear_grow,
	.stop = linear_stop,
	.submit = linear_submit,
	.pass = linear_pass,
	.status = linear_status,
};

static int __init linear_init(void)
{
	return mdx_personality_register(&linear_personality);
}

static void __exit linear_exit(void)
{
	mdx_personality_unregister(&linear_personality);
}

module_init(linear_init);
module_exit(linear_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("mdx linear: members one behind the other");
MODULE_ALIAS("mdx-level--1");
MODULE_ALIAS("mdx-linear");
MDX_IMPORT;
