// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID1: every member holds everything.
 *
 * DOC: contexts and locks
 *
 *  submit runs in the submitter's context, end_* in interrupt context, retry in
 *  the array's io work. All of them hold a gate reference of the array, so the
 *  slots do not change under them; member flags do. RAID1 has no lock of its
 *  own.
 */
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "raid1.h"

static unsigned int readable_members(const struct mdx_array *array)
{
	unsigned int slot, n = 0;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (mdx_member_readable(array->slot[slot]))
			n++;
	return n;
}

/* ---- start and stop; array->lock held, no I/O ---- */

static void raid1_free(struct raid1 *conf)
{
	if (conf->io_page)
		__free_page(conf->io_page);
	mdx_balance_exit(&conf->balance);
	kfree(conf);
}

static struct raid1 *raid1_alloc(struct mdx_array *array)
{
	struct raid1 *conf = kzalloc(sizeof(*conf), GFP_KERNEL);

	if (!conf)
		return NULL;
	conf->balance.sticks = true;
	conf->repair.array = array;
	conf->repair.mend = raid1_mend;
	conf->io_page = alloc_page(GFP_KERNEL);
	if (!conf->io_page || mdx_balance_init(&conf->balance, array->raid_disks) ||
	    mdx_repair_init(&conf->repair, array->raid_disks)) {
		raid1_free(conf);
		return NULL;
	}
	return conf;
}

static int raid1_start(struct mdx_array *array)
{
	unsigned int mirrors = readable_members(array);
	struct raid1 *conf;

	if (!array->raid_disks || array->raid_disks > RAID1_MAX_MEMBERS) {
		pr_warn("md/raid1:%s: %u mirrors are not supported, 1 to %u are\n",
			array->name, array->raid_disks, (unsigned int)RAID1_MAX_MEMBERS);
		return -EINVAL;
	}
	if (!mirrors) {
		pr_warn("md/raid1:%s: no mirror is in sync, not started\n", array->name);
		return -EINVAL;
	}
	if (!array->dev_sectors) {
		pr_warn("md/raid1:%s: the members' size is not set, not started\n", array->name);
		return -EINVAL;
	}
	conf = raid1_alloc(array);
	if (!conf)
		return -ENOMEM;
	array->pers_data = conf;
	array->array_sectors = array->dev_sectors;
	if (array->resync_offset != MDX_SECTOR_NONE)
		pr_info("md/raid1:%s: not clean -- starting background reconstruction\n",
			array->name);
	pr_info("md/raid1:%s: active with %u out of %u mirrors\n",
		array->name, mirrors, array->raid_disks);
	return 0;
}

static void raid1_stop(struct mdx_array *array)
{
	struct raid1 *conf = array->pers_data;

	mdx_repair_exit(&conf->repair);
	raid1_free(conf);
	array->pers_data = NULL;
}

/* ---- another shape ---- */

/* What is sized by the number of slots. */
struct raid1_slots {
	struct mdx_balance balance;
	time64_t *read_error_at;
};

static void raid1_slots_free(void *memory)
{
	struct raid1_slots *slots = memory;

	mdx_balance_exit(&slots->balance);
	kfree(slots->read_error_at);
	kfree(slots);
}

static void *raid1_slots_prepare(struct mdx_array *array, unsigned int raid_disks)
{
	struct raid1_slots *slots = kzalloc(sizeof(*slots), GFP_KERNEL);

	if (!slots)
		return ERR_PTR(-ENOMEM);
	slots->balance.sticks = true;
	slots->read_error_at = kcalloc(raid_disks, sizeof(*slots->read_error_at), GFP_KERNEL);
	if (slots->read_error_at && !mdx_balance_init(&slots->balance, raid_disks))
		return slots;
	pr_warn("md/raid1:%s: no memory for %u mirrors\n", array->name, raid_disks);
	raid1_slots_free(slots);
	return ERR_PTR(-ENOMEM);
}

static void raid1_slots_take(struct mdx_array *array, unsigned int raid_disks, void *memory)
{
	struct raid1 *conf = array->pers_data;
	struct raid1_slots *slots = memory;
	unsigned int slot, to = 0;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (array->slot[slot])
			slots->read_error_at[to++] = conf->repair.read_error_at[slot];
	swap(conf->balance, slots->balance);
	swap(conf->repair.read_error_at, slots->read_error_at);
	mdx_repair_forget(&conf->repair);
}

static sector_t raid1_sectors_with(const struct mdx_array *array, sector_t *dev_sectors)
{
	return *dev_sectors;
}

static void raid1_limits(struct mdx_array *array, struct mdx_limits *lim)
{
	/* Where one member zeroes and another only deallocates they would differ. */
	mdx_limits_set_write_zeroes(lim, 0);
}

/* ---- a bio's way ---- */

static void raid1_submit(struct mdx_io *io)
{
	if (io->flags & MDX_IO_F_WRITE)
		raid1_write(io);
	else
		raid1_read(io);
}

/* Would reading elsewhere, or again, make a difference? */
static bool worth_retrying(const struct mdx_io *io)
{
	switch (io->status) {
	case BLK_STS_AGAIN:
	case BLK_STS_NOTSUPP:
		return false;
	default:
		return !(io->opf & REQ_RAHEAD);
	}
}

static bool raid1_end_in_place(struct mdx_io *io)
{
	if (!worth_retrying(io))
		return false;
	mdx_io_retry(io);
	return true;
}

static bool raid1_end_copies(struct mdx_io *io)
{
	mdx_io_retry(io);
	return true;
}

static void raid1_retry(struct mdx_io *io)
{
	/* Flushes without data are no writes to the gates, but every mirror got them. */
	if (io->flags & (MDX_IO_F_WRITE | MDX_IO_F_COPIES))
		raid1_write_retry(io);
	else
		raid1_read_retry(io);
}

/* ---- members ---- */

static bool raid1_can_fail(struct mdx_array *array, struct mdx_member *member)
{
	if (array->fail_last_dev || !mdx_member_readable(member))
		return true;
	return readable_members(array) > 1;
}

static int raid1_slot_fits(struct mdx_array *array, struct mdx_member *member,
			   unsigned int slot)
{
	if (slot >= array->raid_disks || array->slot[slot])
		return -EEXIST;
	return member->sectors < array->dev_sectors ? -ENOSPC : 0;
}

static void raid1_status(struct seq_file *seq, struct mdx_array *array)
{
	unsigned int slot;

	seq_printf(seq, " [%u/%u] [", array->raid_disks, readable_members(array));
	for (slot = 0; slot < array->raid_disks; slot++)
		seq_putc(seq, mdx_member_readable(array->slot[slot]) ? 'U' : '_');
	seq_putc(seq, ']');
}

static struct mdx_personality raid1_personality = {
	.api = MDX_PERSONALITY_API,
	.name = "raid1",
	.level = 1,
	.owner = THIS_MODULE,
	.redundant = true,
	.flush_in_write = true,
	.bitmaps = true,
	.max_members = RAID1_MAX_MEMBERS,
	.max_replaced = RAID1_MAX_MEMBERS / 2,
	.bad_blocks = true,
	.start = raid1_start,
	.stop = raid1_stop,
	.limits = raid1_limits,
	.submit = raid1_submit,
	.end_in_place = raid1_end_in_place,
	.end_copies = raid1_end_copies,
	.retry = raid1_retry,
	.can_fail = raid1_can_fail,
	.slot_fits = raid1_slot_fits,
	.sync_sectors = raid1_sync_sectors,
	.sync_bufs = raid1_sync_bufs,
	.sync_window = raid1_sync_window,
	.slots_prepare = raid1_slots_prepare,
	.slots_take = raid1_slots_take,
	.slots_free = raid1_slots_free,
	.sectors_with = raid1_sectors_with,
	.status = raid1_status,
};

static int __init raid1_init(void)
{
	return mdx_personality_register(&raid1_personality);
}

static void __exit raid1_exit(void)
{
	mdx_personality_unregister(&raid1_personality);
}

module_init(raid1_init);
module_exit(raid1_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("mdx RAID1: mirrors");
MODULE_ALIAS("mdx-level-1");
MODULE_ALIAS("mdx-raid1");
MDX_IMPORT;
