// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sync loop: windows out, checkpoint on, speed within limits.
 *
 * DOC: One thread for each sync, "mdN_resync". Per window it holds a read gate
 * reference and its fence units, so suspending an array waits for windows in
 * flight and holds back the next. The thread only issues; the level completes
 * windows in any context. It ends by itself or is told to stop, and is reaped
 * under array->lock, where the result is taken.
 */
#include <linux/kthread.h>
#include <linux/slab.h>
#include "core.h"
#include "sync_thread.h"

#define RESYNC_AGAIN (300 * HZ)	/* after it found what no member can read */
#define SAVE_EVERY_NS (10ull * NSEC_PER_SEC)	/* checkpoint on disk */
#define SMALLEST_WINDOW 128u
#define SMALLEST_STEP 8u		/* sync_max counts in these, or in larger blocks */
#define WINDOWS_PER_SECOND 16u			/* at least, so that slow limits are even */

static const char *const action_names[MDX_SYNC_ACTIONS] = {
	[MDX_SYNC_IDLE] = "idle",
	[MDX_SYNC_RESYNC] = "resync",
	[MDX_SYNC_RECOVER] = "recover",
	[MDX_SYNC_CHECK] = "check",
	[MDX_SYNC_REPAIR] = "repair",
	[MDX_SYNC_RESHAPE] = "reshape",
	[MDX_SYNC_FROZEN] = "frozen",
};

/* As md's log lines call them. */
static const char *const action_words[MDX_SYNC_ACTIONS] = {
	[MDX_SYNC_RESYNC] = "resync",
	[MDX_SYNC_RECOVER] = "recovery",
	[MDX_SYNC_CHECK] = "data-check",
	[MDX_SYNC_REPAIR] = "requested-resync",
};

const char *mdx_sync_action_name(enum mdx_sync_action action)
{
	return action_names[action];
}

const char *mdx_sync_action_words(enum mdx_sync_action action)
{
	return action_words[action];
}

unsigned int mdx_speed_min(const struct mdx_array *array)
{
	return READ_ONCE(array->speed_min) ?: max(1, READ_ONCE(mdx_speed_limit_min));
}

unsigned int mdx_speed_max(const struct mdx_array *array)
{
	return READ_ONCE(array->speed_max) ?: max(1, READ_ONCE(mdx_speed_limit_max));
}

/* ---- pace ---- */

static unsigned int window_sectors(struct mdx_sync *sync, unsigned int limit_kib)
{
	unsigned int most = mdx_sync_pace_window(&sync->pace, MDX_SYNC_WINDOW);
	u64 even = (u64)limit_kib * 2 / WINDOWS_PER_SECOND;
	unsigned int sectors;

	if (even < most)
		most = max_t(unsigned int, SMALLEST_WINDOW, round_down(even, SMALLEST_WINDOW));
	sectors = MDX_SYNC_WINDOW - (sync->pos & (MDX_SYNC_WINDOW - 1));
	sectors = min(sectors, most);
	return min_t(sector_t, sectors, sync->end - sync->pos);
}

static bool should_stop(struct mdx_sync *sync)
{
	return READ_ONCE(sync->stop);
}

/* ---- the checkpoint ---- */

static sector_t checkpoint_now(struct mdx_sync *sync)
{
	sector_t at;

	spin_lock_irq(&sync->lock);
	at = sync->checkpoint;
	spin_unlock_irq(&sync->lock);
	return at;
}

/* Where the array and its recovering members stand; state_lock held. */
static void note_progress(struct mdx_sync *sync, sector_t at)
{
	struct mdx_array *array = sync->array;
	unsigned int slot;

	if (sync->action == MDX_SYNC_RESYNC) {
		array->resync_offset = min(at, array->differ_from);
		return;
	}
	/* Where a resync is due nobody may go on from there: choose_targets(). */
	if (sync->action != MDX_SYNC_RECOVER || array->resync_offset != MDX_SECTOR_NONE)
		return;
	for (slot = 0; slot < mdx_array_positions(array) && slot < BITS_PER_LONG; slot++) {
		struct mdx_member *m = mdx_array_at(array, slot);

		if ((sync->targets & BIT(slot)) && mdx_member_writable(m) &&
		    !mdx_member_readable(m) && m->recovery_offset < at)
			m->recovery_offset = at;
	}
}

/* What has come to differ since the sync began, it may have left behind. */
static sector_t differ_from(struct mdx_array *array)
{
	sector_t from;

	spin_lock_irq(&array->state_lock);
	from = array->differ_from;
	spin_unlock_irq(&array->state_lock);
	return from;
}

/* A resync has been through; what a write has left to be looked at meanwhile stays noted. */
static void synced_in_bitmap(struct mdx_array *array, sector_t from, sector_t to)
{
	sector_t differ;

	mdx_bitmap_synced(array, from, to);
	differ = differ_from(array);
	if (!array->bitmap || differ >= to)
		return;
	mdx_bitmap_need_from(array, differ);
	mdx_super_request(array);
}

/* A resync is through up to @at. */
static void note_in_bitmap(struct mdx_sync *sync, sector_t at)
{
	at = min(at, differ_from(sync->array));
	if (!sync->by_bitmap || sync->action != MDX_SYNC_RESYNC || at <= sync->noted)
		return;
	synced_in_bitmap(sync->array, sync->noted, at);
	sync->noted = at;
}

static void save_checkpoint(struct mdx_sync *sync, u64 now)
{
	struct mdx_array *array = sync->array;
	sector_t at = checkpoint_now(sync);

	mdx_sync_speed_mark(&sync->speed, now, mdx_sync_worked(sync));
	note_in_bitmap(sync, at);
	if (at == sync->saved || now - sync->saved_ns < SAVE_EVERY_NS)
		return;
	if (sync->action != MDX_SYNC_RESYNC && sync->action != MDX_SYNC_RECOVER)
		return;
	sync->saved = at;
	sync->saved_ns = now;
	spin_lock_irq(&array->state_lock);
	note_progress(sync, at);
	spin_unlock_irq(&array->state_lock);
	mdx_super_request(array);
	mdx_sysfs_notify_sync(array);
}

/* ---- the loop ---- */

static struct mdx_sync_window *window_try_get(struct mdx_sync *sync, unsigned int depth)
{
	struct mdx_sync_window *w = NULL;

	spin_lock_irq(&sync->lock);
	if (sync->in_flight < depth)
		w = list_first_entry_or_null(&sync->idle, struct mdx_sync_window, link);
	if (w)
		list_del_init(&w->link);
	spin_unlock_irq(&sync->lock);
	return w;
}

static void window_put_back(struct mdx_sync *sync, struct mdx_sync_window *w)
{
	spin_lock_irq(&sync->lock);
	list_add(&w->link, &sync->idle);
	spin_unlock_irq(&sync->lock);
}

static void window_prepare(struct mdx_sync *sync, struct mdx_sync_window *w,
			   unsigned int sectors)
{
	w->sector = sync->pos;
	w->sectors = sectors;
	w->targets = sync->targets;
	w->began_ns = ktime_get_ns();
	w->done = false;
	w->result = 0;
	w->failed_reads = 0;
	w->failed_writes = 0;
	atomic_set(&w->pending, 0);
}

static void window_launch(struct mdx_sync *sync, struct mdx_sync_window *w)
{
	spin_lock_irq(&sync->lock);
	list_add_tail(&w->link, &sync->flight);
	sync->in_flight++;
	sync->issued = sync->pos + w->sectors;
	spin_unlock_irq(&sync->lock);
}

/* False: the gates are shut for good. */
static bool window_issue(struct mdx_sync *sync, struct mdx_sync_window *w,
			 unsigned int sectors)
{
	struct mdx_array *array = sync->array;

	if (mdx_read_gate_open(array, false)) {
		window_put_back(sync, w);
		return false;
	}
	window_prepare(sync, w, sectors);
	mdx_sync_window_fence(w, mdx_fence_close);
	window_launch(sync, w);
	array->pers->sync_window(array, w);
	sync->pos += sectors;
	return true;
}

static void wait_a_while(struct mdx_sync *sync, u64 ns)
{
	wait_event_idle_timeout(sync->wait, should_stop(sync),
				max(1ul, nsecs_to_jiffies(ns)));
}

/* Where it stops for now: sync_max may be any sector, members take whole blocks only. */
static sector_t sync_limit(const struct mdx_sync *sync)
{
	const struct mdx_array *array = sync->array;
	const unsigned int block = queue_logical_block_size(array->disk->queue) >> SECTOR_SHIFT;
	const sector_t max = READ_ONCE(array->sync_max);

	if (max >= sync->end)
		return MDX_SECTOR_NONE;
	return round_down(max, (sector_t)max_t(unsigned int, block, SMALLEST_STEP));
}

/* At sync_max the sync waits to be let on, or stopped. */
static bool held_at_max(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;

	if (sync->pos < sync_limit(sync))
		return false;
	wait_event_idle(sync->wait, !sync->in_flight || should_stop(sync));
	mdx_sysfs_notify_sync(array);
	wait_event_idle_timeout(sync->wait, should_stop(sync) ||
				sync->pos < sync_limit(sync), HZ);
	return true;
}

/* Nothing is to be done up to @to: that is as good as done when what is in flight is. */
static void pass_over(struct mdx_sync *sync, sector_t to)
{
	spin_lock_irq(&sync->lock);
	if (list_empty(&sync->flight) && sync->undone == MDX_SECTOR_NONE) {
		sync->skipped += to - sync->issued;
		sync->front = to;
		if (sync->failed == MDX_SECTOR_NONE)
			sync->checkpoint = to;
	}
	sync->issued = to;
	spin_unlock_irq(&sync->lock);
	sync->pos = to;
}

/* By the bitmap: on to the next sector that has to be looked at. Not farther than *@until then; true: it has moved. */
static bool passed_over(struct mdx_sync *sync, sector_t *until)
{
	sector_t next;

	*until = sync->end;
	if (!sync->by_bitmap)
		return false;
	next = mdx_bitmap_sync_next(sync->array, sync->action, sync->targets, sync->pos, sync->end,
				    until);
	/* Chunks may be smaller than the blocks of members. */
	*until = min_t(sector_t, sync->end, round_up(*until, SMALLEST_WINDOW));
	if (next < sync->end)
		next = round_down(next, (sector_t)SMALLEST_STEP);
	next = min(next, sync_limit(sync));
	if (next <= sync->pos)
		return false;
	pass_over(sync, next);
	return true;
}

/* A window's end wakes us; the checkpoint, and users, want a look now and then. */
static void wait_for_window(struct mdx_sync *sync, unsigned int depth)
{
	wait_event_idle_timeout(sync->wait, should_stop(sync) ||
				READ_ONCE(sync->in_flight) < depth, HZ);
}

/* May a window begin now? Else it has waited. */
static struct mdx_sync_window *next_window(struct mdx_sync *sync, u64 now)
{
	const unsigned int depth = mdx_sync_depth_now(sync);
	const u64 pause = depth ? mdx_sync_pause_now(sync, now) : MDX_PACE_LOOK_NS;
	struct mdx_sync_window *w;

	if (pause) {
		wait_a_while(sync, min_t(u64, pause, MDX_PACE_LOOK_NS));
		return NULL;
	}
	w = window_try_get(sync, depth);
	if (!w)
		wait_for_window(sync, depth);
	return w;
}

static void sync_step(struct mdx_sync *sync)
{
	const u64 now = ktime_get_ns();
	const unsigned int limit = mdx_speed_max(sync->array);
	struct mdx_sync_window *w;
	unsigned int sectors;
	sector_t until;
	u64 wait_ns;

	save_checkpoint(sync, now);
	mdx_sync_look_around(sync, now);
	if (held_at_max(sync) || passed_over(sync, &until))
		return;
	w = next_window(sync, now);
	if (!w)
		return;
	sectors = window_sectors(sync, limit);
	sectors = min_t(sector_t, sectors, min(until, sync_limit(sync)) - sync->pos);
	wait_ns = mdx_sync_speed_take(&sync->speed, now, sectors, limit);
	if (wait_ns) {
		window_put_back(sync, w);
		wait_a_while(sync, wait_ns);
		return;
	}
	if (!window_issue(sync, w, sectors))
		WRITE_ONCE(sync->stop, true);
}

/* What has passed until its turn came is not its time. */
static void clock_start(struct mdx_sync *sync)
{
	const u64 now = ktime_get_ns();

	spin_lock_irq(&sync->lock);
	sync->started_ns = now;
	mdx_sync_speed_init(&sync->speed, now);
	spin_unlock_irq(&sync->lock);
	sync->saved_ns = now;
	mdx_sync_pace_start(sync, now);
}

static int sync_main(void *data)
{
	struct mdx_sync *sync = data;
	struct mdx_array *array = sync->array;

	mdx_sync_turn_wait(sync);
	clock_start(sync);
	while (!should_stop(sync) && sync->pos < sync->end)
		sync_step(sync);
	wait_event_idle(sync->wait, !READ_ONCE(sync->in_flight));
	mdx_sync_turn_end(sync);
	WRITE_ONCE(sync->finished, true);
	wake_up_all(&sync->wait);
	mdx_array_kick(array);
	/* Stay until reaped: kthread_stop() wants a thread. */
	set_current_state(TASK_IDLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_IDLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* ---- start ---- */

static void choose_targets(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;
	sector_t from = MDX_SECTOR_NONE;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array) && slot < BITS_PER_LONG; slot++) {
		struct mdx_member *m = mdx_array_at(array, slot);

		if (!mdx_member_writable(m) || mdx_member_readable(m))
			continue;
		sync->targets |= BIT(slot);
		if (!test_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags))
			sync->by_bitmap = false;
		/*
		 * Where a resync is due the mirrors may differ: what a target has from
		 * another one than it gets the rest from is no mirror's data.
		 */
		if (array->resync_offset != MDX_SECTOR_NONE)
			m->recovery_offset = 0;
		if (m->recovery_offset < from)
			from = m->recovery_offset;
	}
	sync->start = from == MDX_SECTOR_NONE ? 0 : from;
}

static void choose_range(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;

	sync->end = array->pers->sync_sectors(array, sync->action);
	sync->by_bitmap = array->bitmap && (sync->action == MDX_SYNC_RESYNC ||
					    sync->action == MDX_SYNC_RECOVER);
	switch (sync->action) {
	/* Superblocks may name any sector; members take whole blocks only. */
	case MDX_SYNC_RESYNC:
		sync->start = round_down(array->resync_offset, MDX_SYNC_WINDOW);
		break;
	case MDX_SYNC_RECOVER:
		choose_targets(sync);
		sync->start = round_down(sync->start, MDX_SYNC_WINDOW);
		break;
	default:
		sync->start = array->sync_min;
	}
	if (sync->start > sync->end)
		sync->start = sync->end;
	sync->pos = sync->start;
	sync->front = sync->start;
	sync->checkpoint = sync->start;
	sync->issued = sync->start;
	sync->noted = sync->start;
	sync->saved = sync->start;
}

static struct mdx_sync *sync_alloc(struct mdx_array *array, enum mdx_sync_action action)
{
	struct mdx_sync *sync = kzalloc(sizeof(*sync), GFP_KERNEL);

	if (!sync)
		return NULL;
	sync->array = array;
	sync->action = action;
	sync->failed = MDX_SECTOR_NONE;
	sync->undone = MDX_SECTOR_NONE;
	init_waitqueue_head(&sync->wait);
	spin_lock_init(&sync->lock);
	INIT_LIST_HEAD(&sync->flight);
	INIT_LIST_HEAD(&sync->idle);
	clock_start(sync);
	choose_range(sync);
	if (mdx_sync_turn_alloc(sync) || mdx_sync_windows_alloc(sync)) {
		mdx_sync_turn_free(sync);
		kfree(sync);
		return NULL;
	}
	return sync;
}

static void sync_free(struct mdx_sync *sync)
{
	mdx_sync_windows_free(sync);
	mdx_sync_turn_free(sync);
	kfree(sync);
}

/* While it is set every write goes through the fence. Suspended. */
static void set_sync(struct mdx_array *array, struct mdx_sync *sync, struct mdx_fence *fence)
{
	spin_lock_irq(&array->state_lock);
	array->sync = sync;
	array->fence = fence;
	spin_unlock_irq(&array->state_lock);
}

static struct task_struct *thread_make(struct mdx_array *array, struct mdx_sync *sync)
{
	struct task_struct *task = kthread_create(sync_main, sync, "%s_resync", array->name);

	if (!IS_ERR(task))
		get_task_struct(task);
	return task;
}

/* A thread that has not run yet. */
static void thread_drop(struct mdx_sync *sync)
{
	kthread_stop(sync->task);
	put_task_struct(sync->task);
}

int mdx_sync_start(struct mdx_array *array, enum mdx_sync_action action)
{
	struct mdx_fence *fence;
	struct mdx_sync *sync;

	lockdep_assert_held(&array->lock);

	if (array->sync)
		return -EBUSY;
	/* Before it is decided where to start. */
	spin_lock_irq(&array->state_lock);
	array->differ_from = MDX_SECTOR_NONE;
	spin_unlock_irq(&array->state_lock);
	/* What is needed must be in the bitmap, or it would be passed over. */
	if (array->bitmap && action == MDX_SYNC_RESYNC)
		mdx_super_settle(array);
	fence = mdx_fence_alloc();
	sync = sync_alloc(array, action);
	if (!fence || !sync)
		goto err_mem;
	sync->task = thread_make(array, sync);
	if (IS_ERR(sync->task))
		goto err_mem;
	if (mdx_array_suspend_soon(array))
		goto err_busy;
	if (action != MDX_SYNC_RECOVER)
		atomic64_set(&array->mismatches, 0);
	array->last_action = action;
	set_sync(array, sync, fence);
	mdx_array_resume(array);
	pr_info("md: %s of RAID array %s\n", action_words[action], array->name);
	wake_up_process(sync->task);
	mdx_event();
	mdx_sysfs_notify_sync(array);
	return 0;

err_busy:
	thread_drop(sync);
	mdx_fence_free(fence);
	sync_free(sync);
	return -EBUSY;
err_mem:
	pr_warn("md: %s: no memory to start %s\n", array->name, action_words[action]);
	mdx_fence_free(fence);
	if (sync)
		sync_free(sync);
	return -ENOMEM;
}

/* ---- end ---- */

/* Every target that is still there holds all data now; state_lock held. */
static void finish_targets(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array) && slot < BITS_PER_LONG; slot++) {
		struct mdx_member *m = mdx_array_at(array, slot);

		if (!(sync->targets & BIT(slot)) || !mdx_member_writable(m))
			continue;
		m->recovery_offset = MDX_SECTOR_NONE;
		m->saved_slot = m->slot;
		set_bit(MDX_MEMBER_F_IN_SYNC, &m->flags);
		clear_bit(MDX_MEMBER_F_BY_BITMAP, &m->flags);
	}
	array->degraded = mdx_array_count_degraded(array);
}

/* A recovery that ended early: is there still somebody it was for? */
static bool targets_remain(const struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;
	unsigned int slot;

	for (slot = 0; slot < mdx_array_positions(array) && slot < BITS_PER_LONG; slot++)
		if ((sync->targets & BIT(slot)) &&
		    mdx_member_writable(mdx_array_at(array, slot)) &&
		    !mdx_member_readable(mdx_array_at(array, slot)))
			return true;
	return false;
}

static bool sync_through(const struct mdx_sync *sync)
{
	return sync->front >= sync->end;
}

static bool sync_complete(const struct mdx_sync *sync)
{
	return sync_through(sync) && sync->failed == MDX_SECTOR_NONE;
}

/*
 * No resync is due any more, but of what came to differ meanwhile; state_lock held.
 * Whoever recovers has been left out of it, and may have what it has from a member
 * that was overwritten by another.
 */
static void all_alike(struct mdx_array *array)
{
	unsigned int slot;

	array->resync_offset = array->differ_from;
	array->resync_failed = MDX_SECTOR_NONE;
	for (slot = 0; slot < mdx_array_positions(array); slot++) {
		struct mdx_member *m = mdx_array_at(array, slot);

		if (mdx_member_writable(m) && !mdx_member_readable(m))
			m->recovery_offset = 0;
	}
}

/* A resync passed over what no member could read: it stays due from there. state_lock held. */
static void note_unreadable(struct mdx_sync *sync)
{
	struct mdx_array *array = sync->array;
	const bool known = array->resync_failed != MDX_SECTOR_NONE;

	array->resync_failed = MDX_SECTOR_NONE;
	/* One that ended before it was through goes on where it was, not there alone. */
	if (sync->failed == MDX_SECTOR_NONE || !(known || sync_through(sync)))
		return;
	array->resync_failed = sync->failed;
	array->resync_again = jiffies + RESYNC_AGAIN;
	pr_warn("md: %s: the resync is not done: no mirror can read what is at sector %llu; it is tried again in %u s\n",
		array->name, (unsigned long long)sync->failed, RESYNC_AGAIN / HZ);
}

static void take_result(struct mdx_sync *sync, bool complete)
{
	struct mdx_array *array = sync->array;

	spin_lock_irq(&array->state_lock);
	note_progress(sync, sync->checkpoint);
	if (complete && sync->action == MDX_SYNC_RECOVER)
		finish_targets(sync);
	/* A resync, or a repair of everything, leaves all members alike. */
	if (complete && (sync->action == MDX_SYNC_RESYNC ||
			 (sync->action == MDX_SYNC_REPAIR && !sync->start)))
		all_alike(array);
	if (sync->action == MDX_SYNC_RESYNC)
		note_unreadable(sync);
	spin_unlock_irq(&array->state_lock);
	note_in_bitmap(sync, sync->checkpoint);
	if (complete && (sync->action == MDX_SYNC_RESYNC || sync->action == MDX_SYNC_REPAIR))
		synced_in_bitmap(array, sync->start, differ_from(array));
	/* A check that was interrupted goes on from there when it is asked for again. */
	if (sync->action == MDX_SYNC_CHECK || sync->action == MDX_SYNC_REPAIR) {
		array->sync_min = sync_through(sync) ? 0 : sync->front;
		if (sync_through(sync))
			array->sync_max = MDX_SECTOR_NONE;
	}
	/* Where the targets themselves are lost, the next spare may do better. */
	if (sync->action == MDX_SYNC_RECOVER && sync->failed != MDX_SECTOR_NONE &&
	    targets_remain(sync))
		array->recovery_blocked = 1;
}

/* The thread is through. Suspended, which ends here. */
static void sync_end(struct mdx_array *array)
{
	struct mdx_sync *sync = array->sync;
	struct mdx_fence *fence = array->fence;
	bool complete;

	kthread_stop(sync->task);
	put_task_struct(sync->task);
	complete = sync_complete(sync);
	/* Before it is seen to have ended, what it has done is to be seen. */
	take_result(sync, complete);
	set_sync(array, NULL, NULL);
	mdx_array_resume(array);
	mdx_fence_free(fence);
	pr_info("md: %s: %s %s.\n", array->name, action_words[sync->action],
		complete ? "done" : "interrupted");
	/* A member that is already gone would be recorded as failed on the others. */
	if (sync->action != MDX_SYNC_CHECK && !test_bit(MDX_ARRAY_F_RECORDED, &array->flags))
		mdx_super_request(array);
	sync_free(sync);
	mdx_event();
	mdx_sysfs_notify_sync(array);
}

bool mdx_sync_reap(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (!array->sync || !READ_ONCE(array->sync->finished) || mdx_array_suspend_soon(array))
		return false;
	sync_end(array);
	return true;
}

static bool halt_within(struct mdx_sync *sync, unsigned long timeout)
{
	WRITE_ONCE(sync->stop, true);
	wake_up_all(&sync->wait);
	return wait_event_timeout(sync->wait, READ_ONCE(sync->finished), timeout);
}

bool mdx_sync_halt(struct mdx_array *array, unsigned long timeout)
{
	struct mdx_sync *sync = array->sync;

	lockdep_assert_held(&array->lock);

	if (!sync || !halt_within(sync, timeout))
		return false;
	take_result(sync, sync_complete(sync));
	return sync->action != MDX_SYNC_CHECK;
}

void mdx_sync_stop(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (!array->sync)
		return;
	halt_within(array->sync, MAX_SCHEDULE_TIMEOUT);
	mdx_array_suspend(array);
	sync_end(array);
}

/* ---- from outside ---- */

void mdx_sync_member_failed(struct mdx_array *array, struct mdx_member *member)
{
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	if (array->sync && member->slot >= 0) {
		WRITE_ONCE(array->sync->stop, true);
		wake_up_all(&array->sync->wait);
	}
	spin_unlock_irqrestore(&array->state_lock, irq);
}

void mdx_sync_wake(struct mdx_array *array)
{
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	if (array->sync)
		wake_up_all(&array->sync->wait);
	spin_unlock_irqrestore(&array->state_lock, irq);
}

void mdx_sync_limits_changed(void)
{
	struct mdx_array *array = NULL;

	while ((array = mdx_array_next(array)) != NULL)
		mdx_sync_wake(array);
}

sector_t mdx_sync_checkpoint(const struct mdx_array *array)
{
	const struct mdx_sync *sync = array->sync;

	if (sync && sync->action == MDX_SYNC_RESYNC)
		return min(READ_ONCE(sync->checkpoint), READ_ONCE(array->differ_from));
	return READ_ONCE(array->resync_offset);
}
MDX_EXPORT(mdx_sync_checkpoint);

void mdx_sync_status(struct mdx_array *array, struct mdx_sync_status *st)
{
	struct mdx_sync *sync;
	unsigned int slot;

	memset(st, 0, sizeof(*st));
	spin_lock_irq(&array->state_lock);
	sync = array->sync;
	if (sync) {
		spin_lock(&sync->lock);
		st->action = sync->action;
		st->total = sync->end;
		st->checkpoint = sync->checkpoint;
		st->done = sync->front;
		st->delayed = READ_ONCE(sync->delayed);
		st->speed_kib = mdx_sync_speed_average(&sync->speed, ktime_get_ns(),
						       mdx_sync_worked(sync));
		spin_unlock(&sync->lock);
	} else if (array->wanted_action != MDX_SYNC_IDLE &&
		   mdx_state_info(array->state)->writable && array->state != MDX_STATE_READ_AUTO) {
		/* It could not begin yet: I/O did not end. */
		st->action = array->wanted_action;
		st->delayed = true;
	} else if (array->state == MDX_STATE_READ_AUTO && array->pers->redundant) {
		st->pending = array->resync_offset != MDX_SECTOR_NONE;
		for (slot = 0; array->slot && slot < mdx_array_positions(array); slot++)
			st->pending |= mdx_member_writable(mdx_array_at(array, slot)) &&
				       !mdx_member_readable(mdx_array_at(array, slot));
	}
	spin_unlock_irq(&array->state_lock);
}
