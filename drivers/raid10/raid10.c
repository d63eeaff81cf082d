// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID10: chunks striped over the members, each of them several times.
 *
 * DOC: contexts and locks
 *
 *  As RAID1's: submit runs in the submitter's context, end_* in interrupt context,
 *  retry in the array's io work, all with a gate reference, so slots do not change
 *  under them; member flags do. No locks of its own.
 */
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include "raid10.h"

unsigned long raid10_readable_slots(const struct mdx_array *array)
{
	unsigned long slots = 0;
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (mdx_member_readable(array->slot[slot]))
			slots |= BIT(slot);
	return slots;
}

/* ---- start and stop; array->lock held, no I/O ---- */

static void raid10_free(struct raid10 *conf)
{
	if (conf->io_page)
		__free_page(conf->io_page);
	mdx_balance_exit(&conf->balance);
	kfree(conf);
}

static struct raid10 *raid10_alloc(struct mdx_array *array, const struct mdx_raid10_map *map)
{
	struct raid10 *conf = kzalloc(sizeof(*conf), GFP_KERNEL);

	if (!conf)
		return NULL;
	conf->map = *map;
	/* Far copies are made to be read from the members' fast half, all at once. */
	conf->balance.outer = map->far > 1 && !map->offset;
	conf->repair.array = array;
	conf->repair.mend = raid10_mend;
	conf->io_page = alloc_page(GFP_KERNEL);
	if (!conf->io_page || mdx_balance_init(&conf->balance, array->raid_disks) ||
	    mdx_repair_init(&conf->repair, array->raid_disks)) {
		raid10_free(conf);
		return NULL;
	}
	return conf;
}

static int check_geometry(struct mdx_array *array, struct mdx_raid10_map *map)
{
	int err;

	if (array->chunk_sectors < PAGE_SIZE >> SECTOR_SHIFT ||
	    !mdx_is_pow2(array->chunk_sectors)) {
		pr_warn("md/raid10:%s: chunk size must be at least PAGE_SIZE(%lu) and be a power of 2.\n",
			array->name, PAGE_SIZE);
		return -EINVAL;
	}
	if (!array->dev_sectors) {
		pr_warn("md/raid10:%s: the members' size is not set, not started\n", array->name);
		return -EINVAL;
	}
	err = mdx_raid10_map_init(map, array->raid_disks, array->layout, array->chunk_sectors,
				  array->dev_sectors);
	if (!err)
		return 0;
	if (err == -E2BIG)
		pr_warn("md/raid10:%s: more than %u members or %u copies are not supported\n",
			array->name, MDX_RAID10_MEMBERS, MDX_RAID10_COPIES);
	else if (err == -EDOM)
		pr_warn("md/raid10:%s: layout 0x%x on %u members would put copies onto each other\n",
			array->name, array->layout, array->raid_disks);
	else if (err == -ENOSPC)
		pr_warn("md/raid10:%s: the members are too small for one chunk\n", array->name);
	else
		pr_warn("md/raid10:%s: unsupported raid10 layout: 0x%8x\n", array->name,
			array->layout);
	return -EINVAL;
}

static int raid10_start(struct mdx_array *array)
{
	unsigned long readable;
	struct mdx_raid10_map map;
	struct raid10 *conf;
	int err = check_geometry(array, &map);

	if (err)
		return err;
	readable = raid10_readable_slots(array);
	if (!mdx_raid10_has_copies(&map, readable, 1)) {
		pr_err("md/raid10:%s: not enough operational mirrors.\n", array->name);
		return -EIO;
	}
	conf = raid10_alloc(array, &map);
	if (!conf)
		return -ENOMEM;
	array->pers_data = conf;
	array->array_sectors = mdx_raid10_sectors(&map);
	array->dev_sectors = mdx_raid10_dev_sectors(&map);
	if (array->resync_offset != MDX_SECTOR_NONE)
		pr_notice("md/raid10:%s: not clean -- starting background reconstruction\n",
			  array->name);
	pr_info("md/raid10:%s: active with %u out of %u devices\n", array->name,
		(unsigned int)hweight_long(readable), array->raid_disks);
	return 0;
}

static void raid10_stop(struct mdx_array *array)
{
	struct raid10 *conf = array->pers_data;

	mdx_repair_exit(&conf->repair);
	raid10_free(conf);
	array->pers_data = NULL;
}

static void raid10_limits(struct mdx_array *array, struct mdx_limits *lim)
{
	const struct mdx_raid10_map *map = raid10_map(array);
	const unsigned int chunk = array->chunk_sectors << SECTOR_SHIFT;
	unsigned int row, columns = array->raid_disks;

	if (columns % map->near == 0)
		columns /= map->near;
	/* A row that no I/O can have is no size to advise. */
	if (check_mul_overflow(chunk, columns, &row))
		row = 0;
	mdx_limits_set_io(lim, chunk, row);
	/* Where one member zeroes and another only deallocates they would differ. */
	mdx_limits_set_write_zeroes(lim, 0);
}

/* ---- a bio's way ---- */

static void raid10_submit(struct mdx_io *io)
{
	if (io->flags & MDX_IO_F_WRITE)
		raid10_write(io);
	else
		raid10_read(io);
}

static bool raid10_end_in_place(struct mdx_io *io)
{
	switch (io->status) {
	/* Reading elsewhere, or again, would make no difference. */
	case BLK_STS_AGAIN:
	case BLK_STS_NOTSUPP:
		return false;
	default:
		if (io->opf & REQ_RAHEAD)
			return false;
		mdx_io_retry(io);
		return true;
	}
}

static bool raid10_end_copies(struct mdx_io *io)
{
	/* Of a gathered read nobody waits for; it can be asked for again. */
	if (io->opf & REQ_RAHEAD) {
		io->status = BLK_STS_IOERR;
		return false;
	}
	mdx_io_retry(io);
	return true;
}

static void raid10_retry(struct mdx_io *io)
{
	/* Flushes without data are no writes to the gates. */
	if (io->flags & (MDX_IO_F_WRITE | MDX_IO_F_FLUSHING))
		raid10_write_retry(io);
	else
		raid10_read_retry(io);
}

/* ---- members ---- */

static bool raid10_can_fail(struct mdx_array *array, struct mdx_member *member)
{
	const unsigned long left = raid10_readable_slots(array) & ~BIT(member->slot);

	if (array->fail_last_dev || !mdx_member_readable(member))
		return true;
	return mdx_raid10_has_copies(raid10_map(array), left, 1);
}

static bool raid10_whole(const struct mdx_array *array)
{
	return READ_ONCE(array->degraded) < raid10_map(array)->copies ||
	       mdx_raid10_has_copies(raid10_map(array), raid10_readable_slots(array), 1);
}

static int raid10_slot_fits(struct mdx_array *array, struct mdx_member *member,
			    unsigned int slot)
{
	if (slot >= array->raid_disks || array->slot[slot])
		return -EEXIST;
	return member->sectors < array->dev_sectors ? -ENOSPC : 0;
}

static sector_t raid10_bitmap_sectors(const struct mdx_array *array)
{
	return array->array_sectors;
}

static void raid10_status(struct seq_file *seq, struct mdx_array *array)
{
	const struct mdx_raid10_map *map = raid10_map(array);
	unsigned int slot;

	/* Where every member has everything chunks make no difference. */
	if (map->near < map->disks)
		seq_printf(seq, " %uK chunks", array->chunk_sectors / 2);
	if (map->near > 1)
		seq_printf(seq, " %u near-copies", map->near);
	if (map->far > 1)
		seq_printf(seq, " %u %s-copies", map->far, map->offset ? "offset" : "far");
	if (map->set_disks != map->disks)
		seq_printf(seq, " %u devices per set", map->set_disks);
	seq_printf(seq, " [%u/%u] [", array->raid_disks, array->raid_disks - array->degraded);
	for (slot = 0; slot < array->raid_disks; slot++)
		seq_putc(seq, mdx_member_readable(array->slot[slot]) ? 'U' : '_');
	seq_putc(seq, ']');
}

static struct mdx_personality raid10_personality = {
	.api = MDX_PERSONALITY_API,
	.name = "raid10",
	.level = 10,
	.owner = THIS_MODULE,
	.redundant = true,
	.bitmaps = true,
	.max_members = MDX_RAID10_MEMBERS,
	.max_replaced = MDX_RAID10_MEMBERS / 2,
	.bad_blocks = true,
	.start = raid10_start,
	.stop = raid10_stop,
	.limits = raid10_limits,
	.submit = raid10_submit,
	.end_in_place = raid10_end_in_place,
	.end_copies = raid10_end_copies,
	.retry = raid10_retry,
	.can_fail = raid10_can_fail,
	.whole = raid10_whole,
	.slot_fits = raid10_slot_fits,
	.sync_sectors = raid10_sync_sectors,
	.bitmap_sectors = raid10_bitmap_sectors,
	.sync_wanted = raid10_sync_wanted,
	.sync_bufs = raid10_sync_bufs,
	.sync_bios = raid10_sync_bios,
	.sync_range = raid10_sync_range,
	.sync_window = raid10_sync_window,
	.status = raid10_status,
};

static int __init raid10_init(void)
{
	return mdx_personality_register(&raid10_personality);
}

static void __exit raid10_exit(void)
{
	mdx_personality_unregister(&raid10_personality);
}

module_init(raid10_init);
module_exit(raid10_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("mdx RAID10: chunks striped and copied");
MODULE_ALIAS("mdx-level-10");
MODULE_ALIAS("mdx-raid10");
MDX_IMPORT;
