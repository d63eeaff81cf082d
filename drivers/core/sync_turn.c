// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may sync now: of arrays whose members share a disk one at a time, or both
 * would have its heads go back and forth.
 */
#include <linux/slab.h>
#include "core.h"
#include "sync_thread.h"

/* The syncs that go or wait, and which do: first come, first asked. */
static LIST_HEAD(turns);
static DEFINE_SPINLOCK(turns_lock);

int mdx_sync_turn_alloc(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;
	unsigned int slot;

	INIT_LIST_HEAD(&sync->turn);
	sync->disk = kcalloc(mdx_array_positions(array), sizeof(*sync->disk), GFP_KERNEL);
	if (!sync->disk)
		return -ENOMEM;
	for (slot = 0; slot < mdx_array_positions(array); slot++)
		if (mdx_member_writable(mdx_array_at(array, slot)))
			sync->disk[sync->disks++] = mdx_array_at(array, slot)->bdev.bdev->bd_disk;
	return 0;
}

void mdx_sync_turn_free(struct mdx_sync *sync)
{
	kfree(sync->disk);
}

static bool share_disk(const struct mdx_sync *a, const struct mdx_sync *b)
{
	unsigned int i, j;

	for (i = 0; i < a->disks; i++)
		for (j = 0; j < b->disks; j++)
			if (a->disk[i] == b->disk[j])
				return true;
	return false;
}

/* Whose end is to be waited for, or NULL; turns_lock held. */
static const struct mdx_sync *in_the_way_of(const struct mdx_sync *sync)
{
	const struct mdx_sync *other;

	if (READ_ONCE(sync->array->sync_parallel))
		return NULL;
	list_for_each_entry(other, &turns, turn)
		if (other->going && share_disk(sync, other))
			return other;
	return NULL;
}

static bool may_go(struct mdx_sync *sync)
{
	spin_lock(&turns_lock);
	sync->going = !in_the_way_of(sync);
	spin_unlock(&turns_lock);
	return sync->going;
}

/* True: it may go at once. */
static bool come(struct mdx_sync *sync)
{
	const struct mdx_sync *other;

	spin_lock(&turns_lock);
	list_add_tail(&sync->turn, &turns);
	other = in_the_way_of(sync);
	sync->going = !other;
	if (other)
		pr_info("md: delaying %s of %s until %s has finished (they share one or more physical units)\n",
			mdx_sync_action_words(sync->action), sync->array->name, other->array->name);
	spin_unlock(&turns_lock);
	return !other;
}

void mdx_sync_turn_wait(struct mdx_sync *sync)
{
	/* Where nothing is to be done nobody is in the way. */
	if (sync->pos >= sync->end || come(sync))
		return;
	WRITE_ONCE(sync->delayed, true);
	mdx_event();
	mdx_sysfs_notify_sync(sync->array);
	wait_event_idle(sync->wait, READ_ONCE(sync->stop) || may_go(sync));
	WRITE_ONCE(sync->delayed, false);
	mdx_event();
	mdx_sysfs_notify_sync(sync->array);
}

void mdx_sync_turn_end(struct mdx_sync *sync)
{
	struct mdx_sync *other;

	spin_lock(&turns_lock);
	list_del_init(&sync->turn);
	list_for_each_entry(other, &turns, turn)
		wake_up_all(&other->wait);
	spin_unlock(&turns_lock);
}
