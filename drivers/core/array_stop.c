// SPDX-License-Identifier: GPL-2.0-only
/*
 * End of an array: no openers, no sync, no I/O, clean superblocks, no level,
 * no members, no trace.
 */
#include "core.h"
#include "array_run.h"
#include "disk.h"

/*
 * All writes are in and the gate stays closed; record clean. Nothing makes the
 * array active again: with the gate stopped no write asks for it.
 */
static void record_clean(struct mdx_array *array)
{
	bool dirty;

	spin_lock_irq(&array->state_lock);
	dirty = mdx_state_info(array->state)->running &&
		!mdx_state_info(array->state)->clean;
	if (dirty)
		mdx_state_set(array, MDX_STATE_CLEAN);
	/* Failures, checkpoints and spares that still wait to be written. */
	dirty |= array->sb_done < array->sb_wanted;
	spin_unlock_irq(&array->state_lock);
	if (dirty)
		mdx_super_wait(array);
}

static void stop_running(struct mdx_array *array)
{
	struct mdx_member *m;

	mdx_sync_stop(array);
	cancel_delayed_work_sync(&array->idle_work);
	/* What waits for the range to be let go is refused with the rest. */
	WRITE_ONCE(array->held_lo, 0);
	WRITE_ONCE(array->held_hi, 0);
	mdx_write_gate_close(array, MDX_GATE_STOPPED);
	mdx_write_gate_drain(array, MAX_SCHEDULE_TIMEOUT);
	/* A write that came meanwhile has made the array active and queued it again. */
	cancel_delayed_work_sync(&array->idle_work);
	mdx_bitmap_idle(array);
	record_clean(array);
	mdx_read_gate_close(array, MDX_GATE_STOPPED);
	mdx_read_gate_drain(array, MAX_SCHEDULE_TIMEOUT);
	wake_up_all(&array->gate_wait);

	spin_lock_irq(&array->state_lock);
	mdx_state_set(array, MDX_STATE_INACTIVE);
	spin_unlock_irq(&array->state_lock);
	/* Whoever waited at the gates is refused now. */
	flush_work(&array->submit_work);
	flush_work(&array->sb_work);
	flush_work(&array->io_work);

	if (array->pers->redundant)
		mdx_sysfs_remove_sync(array);
	list_for_each_entry(m, &array->members, link)
		if (m->slot >= 0 && !test_bit(MDX_MEMBER_F_REPLACEMENT, &m->flags))
			mdx_sysfs_unlink_slot(array, m);
	/* Inactive, it still has a level with a name. */
	strscpy(array->level_name, array->pers->name, sizeof(array->level_name));
	mdx_array_drop_personality(array);
	/* The next run decides anew which reasons keep the write gate closed. */
	mdx_write_gate_reopen(array, MDX_GATE_CLEAN | MDX_GATE_READONLY | MDX_GATE_BROKEN |
			      MDX_GATE_BLOCKED);
	array->array_sectors = 0;
	mdx_disk_set_capacity(array->disk, 0);
	mdx_disk_set_ro(array->disk, false);
}

void mdx_array_unbind_all(struct mdx_array *array)
{
	struct mdx_member *m, *next;

	list_for_each_entry_safe(m, next, &array->members, link) {
		m->slot = -1;
		mdx_member_unbind(m);
	}
}

void mdx_array_reset(struct mdx_array *array)
{
	array->level = MDX_LEVEL_NONE;
	array->level_name[0] = '\0';
	array->layout = 0;
	array->chunk_sectors = 0;
	array->raid_disks = 0;
	array->dev_sectors = 0;
	array->external_size = 0;
	array->major_version = 0;
	array->minor_version = 0;
	array->patch_version = 0;
	memset(array->uuid, 0, sizeof(array->uuid));
	array->set_name[0] = '\0';
	array->ctime = 0;
	array->ctime_us = 0;
	array->utime = 0;
	array->max_disks = 0;
	array->feature_map = 0;
	array->bitmap_offset = 0;
	memset(&array->bitmap_info, 0, sizeof(array->bitmap_info));
	array->logical_block_size = 0;
	array->events = 0;
	array->degraded = 0;
	array->resync_offset = 0;
	array->sync_min = 0;
	array->sync_max = MDX_SECTOR_NONE;
	array->speed_min = 0;
	array->speed_max = 0;
	array->wanted_action = MDX_SYNC_IDLE;
	array->last_action = MDX_SYNC_IDLE;
	array->recovery_blocked = 0;
	array->resync_failed = MDX_SECTOR_NONE;
	array->sync_parallel = false;
	array->sb_skipped = false;
	array->fail_last_dev = false;
	array->idle_delay = 0;
	array->max_read_errors = 0;
	atomic64_set(&array->mismatches, 0);
	clear_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
	clear_bit(MDX_ARRAY_F_EXTERNAL, &array->flags);
	clear_bit(MDX_ARRAY_F_BROKEN, &array->flags);
	clear_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags);
	clear_bit(MDX_ARRAY_F_RUN_READONLY, &array->flags);
	clear_bit(MDX_ARRAY_F_RUN_READ_AUTO, &array->flags);
	spin_lock_irq(&array->state_lock);
	mdx_state_set(array, MDX_STATE_CLEAR);
	spin_unlock_irq(&array->state_lock);
}

int mdx_array_stop(struct mdx_array *array, int openers_allowed, bool keep_inactive)
{
	lockdep_assert_held(&array->lock);

	/* See disk_ops.c: either the opener sees the flag or we see the opener. */
	set_bit(MDX_ARRAY_F_STOPPING, &array->flags);
	smp_mb__after_atomic();	/* pairs with mdx_disk_open() */
	/* Of an array that does not run nobody can be using more than its name. */
	if (mdx_array_running(array) && atomic_read(&array->openers) > openers_allowed) {
		clear_bit(MDX_ARRAY_F_STOPPING, &array->flags);
		return -EBUSY;
	}
	if (mdx_array_running(array)) {
		stop_running(array);
		if (!keep_inactive)
			pr_info("md: %s stopped.\n", array->name);
	}
	mdx_array_drop_bare(array);
	if (!keep_inactive) {
		mdx_array_unbind_all(array);
		/* Before it is empty: new_array may want it to stay from then on. */
		clear_bit(MDX_ARRAY_F_HOLD, &array->flags);
		mdx_array_reset(array);
	}
	clear_bit(MDX_ARRAY_F_STOPPING, &array->flags);
	mdx_event();
	return 0;
}
