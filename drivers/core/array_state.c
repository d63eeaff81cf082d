// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of an array and the moves between them.
 *
 *   clear -> inactive -> {readonly, read-auto, clean}           array_run.c
 *   read-auto -> clean                                          first write
 *   clean -> write-pending -> active -> active-idle -> clean    writes, idling
 *   clean <-> readonly                                          on request
 *   any running -> broken                                       members lost
 *   any -> clear, inactive                                      array_stop.c
 *
 * DOC: "write-pending" means a write waits until the superblocks say that the
 * array is active (invariant I2). Levels without redundancy stay "clean": there
 * is nothing to resync after a crash.
 */
#include "core.h"
#include "disk.h"

static const struct mdx_state_info states[MDX_STATES] = {
	[MDX_STATE_CLEAR] = { .name = "clear", .clean = true },
	[MDX_STATE_INACTIVE] = { .name = "inactive", .clean = true },
	[MDX_STATE_READONLY] = { .name = "readonly", .running = true, .clean = true },
	[MDX_STATE_READ_AUTO] = {
		.name = "read-auto", .running = true, .writable = true, .clean = true,
	},
	[MDX_STATE_CLEAN] = {
		.name = "clean", .running = true, .writable = true, .clean = true,
	},
	[MDX_STATE_WRITE_PENDING] = {
		.name = "write-pending", .running = true, .writable = true,
	},
	[MDX_STATE_ACTIVE] = {
		.name = "active", .running = true, .writable = true, .open = true,
	},
	[MDX_STATE_ACTIVE_IDLE] = {
		.name = "active-idle", .running = true, .writable = true, .open = true,
	},
	[MDX_STATE_BROKEN] = { .name = "broken", .running = true, .writable = true },
};

const struct mdx_state_info *mdx_state_info(enum mdx_state state)
{
	return &states[state];
}

const char *mdx_state_name(enum mdx_state state)
{
	return states[state].name;
}
MDX_EXPORT(mdx_state_name);

void mdx_state_set(struct mdx_array *array, enum mdx_state state)
{
	lockdep_assert_held(&array->state_lock);

	if (array->state == state)
		return;
	/* What a write asked of an earlier life is not this one's first write. */
	if (state == MDX_STATE_READ_AUTO)
		clear_bit(MDX_ARRAY_F_LEAVE_AUTO, &array->flags);
	array->state = state;
	wake_up_all(&array->gate_wait);
	mdx_sysfs_notify_state(array);
}

enum mdx_state mdx_state_now(struct mdx_array *array)
{
	enum mdx_state state = READ_ONCE(array->state);

	if (test_bit(MDX_ARRAY_F_BROKEN, &array->flags) && states[state].writable &&
	    state != MDX_STATE_READ_AUTO)
		return MDX_STATE_BROKEN;
	return state;
}

/* What a write that found the gate closed has to do next. */
enum write_step {
	WRITE_LEAVE_AUTO,	/* was read-auto: open up and try again */
	WRITE_WAIT,		/* suspended, or a change is on its way */
	WRITE_WAIT_SUPER,	/* "active" is being recorded */
	WRITE_REFUSE,
};

static enum write_step write_step(struct mdx_array *array, bool nowait, u64 *super, int *err)
{
	enum write_step step = WRITE_WAIT;
	unsigned long irq;

	if (test_bit(MDX_ARRAY_F_BROKEN, &array->flags)) {
		*err = -EIO;
		return WRITE_REFUSE;
	}
	spin_lock_irqsave(&array->state_lock, irq);
	switch (array->state) {
	case MDX_STATE_READ_AUTO:
		/* Whoever moves the state opens the gate next: others wait for that. */
		if (nowait)
			set_bit(MDX_ARRAY_F_LEAVE_AUTO, &array->flags);
		else
			mdx_state_set(array, MDX_STATE_CLEAN);
		step = WRITE_LEAVE_AUTO;
		break;
	case MDX_STATE_CLEAN:
		if (!array->pers || !array->pers->redundant)
			break;
		/* It is about to be stopped or read-only, or held: stay clean for that. */
		if (READ_ONCE(array->write_closed) &
		    (MDX_GATE_STOPPED | MDX_GATE_READONLY | MDX_GATE_BLOCKED))
			break;
		mdx_state_set(array, MDX_STATE_WRITE_PENDING);
		*super = ++array->sb_wanted;
		step = WRITE_WAIT_SUPER;
		break;
	case MDX_STATE_WRITE_PENDING:
		*super = array->sb_wanted;
		step = WRITE_WAIT_SUPER;
		break;
	case MDX_STATE_ACTIVE:
	case MDX_STATE_ACTIVE_IDLE:
		break;
	case MDX_STATE_READONLY:
		*err = -EROFS;
		step = WRITE_REFUSE;
		break;
	default:
		*err = -EIO;
		step = WRITE_REFUSE;
	}
	spin_unlock_irqrestore(&array->state_lock, irq);
	return step;
}

static bool write_gate_live(struct mdx_array *array)
{
	return !(READ_ONCE(array->write_closed));
}

static bool super_done(struct mdx_array *array, u64 want)
{
	return READ_ONCE(array->sb_done) >= want;
}

/* "active" could not be recorded anywhere: this write must not run. */
static bool super_failed(struct mdx_array *array, u64 want)
{
	unsigned long irq;
	bool failed;

	spin_lock_irqsave(&array->state_lock, irq);
	failed = array->sb_done >= want && array->sb_result &&
		 array->state != MDX_STATE_ACTIVE;
	spin_unlock_irqrestore(&array->state_lock, irq);
	return failed;
}

/* The state has left read-auto for clean; make the rest of the array follow. */
static void mdx_array_left_read_auto(struct mdx_array *array)
{
	mdx_write_gate_settle(array, MDX_GATE_READONLY);
	if (array->sb_skipped)
		mdx_super_request(array);
	mdx_array_kick(array);
	mdx_event();
}

void mdx_state_settle(struct mdx_array *array)
{
	enum mdx_state state;

	lockdep_assert_held(&array->lock);

	spin_lock_irq(&array->state_lock);
	if (test_and_clear_bit(MDX_ARRAY_F_LEAVE_AUTO, &array->flags) &&
	    array->state == MDX_STATE_READ_AUTO)
		mdx_state_set(array, MDX_STATE_CLEAN);
	state = array->state;
	spin_unlock_irq(&array->state_lock);
	if ((READ_ONCE(array->write_closed) & MDX_GATE_READONLY) &&
	    state != MDX_STATE_READONLY && state != MDX_STATE_READ_AUTO)
		mdx_array_left_read_auto(array);
}

int mdx_write_gate_open(struct mdx_array *array, bool nowait)
{
	enum write_step step;
	enum mdx_state seen;
	unsigned int closed;
	u64 super = 0;
	int err = 0;

	for (;;) {
		if (percpu_ref_tryget_live(&array->write_gate))
			return 0;
		seen = READ_ONCE(array->state);
		closed = READ_ONCE(array->write_closed);
		step = write_step(array, nowait, &super, &err);
		if (step == WRITE_REFUSE)
			return err;
		if (step == WRITE_WAIT_SUPER)
			queue_work(mdx_sb_wq, &array->sb_work);
		if (nowait) {
			if (step == WRITE_LEAVE_AUTO)
				mdx_array_kick(array);
			return -EAGAIN;
		}
		switch (step) {
		case WRITE_LEAVE_AUTO:
			mdx_array_left_read_auto(array);
			break;
		case WRITE_WAIT_SUPER:
			wait_event(array->gate_wait,
				   write_gate_live(array) || super_done(array, super));
			if (super_failed(array, super))
				return -EIO;
			break;
		default:
			wait_event(array->gate_wait, write_gate_live(array) ||
				   READ_ONCE(array->state) != seen ||
				   READ_ONCE(array->write_closed) != closed);
		}
	}
}

int mdx_read_gate_open(struct mdx_array *array, bool nowait)
{
	for (;;) {
		if (percpu_ref_tryget_live(&array->read_gate))
			return 0;
		if (READ_ONCE(array->read_closed) & MDX_GATE_STOPPED)
			return -EIO;
		if (nowait)
			return -EAGAIN;
		wait_event(array->gate_wait, !READ_ONCE(array->read_closed) ||
			   (READ_ONCE(array->read_closed) & MDX_GATE_STOPPED));
	}
}

/*
 * Enter @state, which is clean, if the gate is closed for @reasons and empty and
 * the array is in a state that @from accepts; else somebody was faster.
 */
static bool closed_move(struct mdx_array *array, unsigned int reasons,
			bool (*from)(const struct mdx_state_info *info),
			enum mdx_state state)
{
	bool moved;

	mutex_lock(&array->gate_mutex);
	spin_lock_irq(&array->state_lock);
	moved = (array->write_closed & reasons) == reasons &&
		percpu_ref_is_zero(&array->write_gate) &&
		from(mdx_state_info(array->state)) &&
		/* Read-only nothing is recorded any more. */
		(state != MDX_STATE_READONLY || array->sb_done >= array->sb_wanted);
	if (moved)
		mdx_state_set(array, state);
	spin_unlock_irq(&array->state_lock);
	mutex_unlock(&array->gate_mutex);
	return moved;
}

static bool from_open(const struct mdx_state_info *info)
{
	return info->open;
}

static bool from_dirty(const struct mdx_state_info *info)
{
	return !info->clean;
}

static bool from_clean(const struct mdx_state_info *info)
{
	return info->clean;
}

int mdx_array_make_clean(struct mdx_array *array, unsigned long wait)
{
	if (!mdx_state_info(READ_ONCE(array->state))->open)
		return 0;
	mdx_write_gate_close_exact(array, MDX_GATE_CLEAN);
	if (!mdx_write_gate_drain(array, wait)) {
		mdx_write_gate_settle(array, MDX_GATE_CLEAN);
		return -EBUSY;
	}
	if (!closed_move(array, MDX_GATE_CLEAN, from_open, MDX_STATE_CLEAN))
		return mdx_state_info(READ_ONCE(array->state))->open ? -EBUSY : 0;
	mdx_super_request(array);
	return 0;
}

static unsigned long writes_seen(struct mdx_array *array)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(array->cpu, cpu)->writes;
	return sum;
}

/*
 * Runs every idle_delay while the array is active: no write since the last
 * look and none in flight makes it clean.
 */
void mdx_idle_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, idle_work.work);
	unsigned long delay = array->idle_delay;
	unsigned long seen = writes_seen(array);

	if (test_bit(MDX_ARRAY_F_SHUTDOWN, &array->flags))
		delay = 1;
	if (!delay || !mdx_state_info(READ_ONCE(array->state))->open)
		return;
	if (seen == array->idle_seen && !mdx_array_make_clean(array, HZ / 50))
		return;
	array->idle_seen = seen;
	queue_delayed_work(mdx_control_wq, &array->idle_work, delay);
}

/* The superblocks say active: let the writes in and watch for idling. */
void mdx_state_activated(struct mdx_array *array)
{
	unsigned long delay = array->idle_delay;

	mdx_write_gate_settle(array, MDX_GATE_CLEAN);
	if (test_bit(MDX_ARRAY_F_SHUTDOWN, &array->flags))
		delay = 1;
	array->idle_seen = writes_seen(array);
	if (delay)
		queue_delayed_work(mdx_control_wq, &array->idle_work, delay);
}

int mdx_array_set_readonly(struct mdx_array *array, int openers_allowed)
{
	unsigned int reasons = MDX_GATE_READONLY;

	lockdep_assert_held(&array->lock);

	if (!mdx_array_running(array))
		return -ENXIO;
	if (array->state == MDX_STATE_READONLY)
		return 0;
	if (atomic_read(&array->openers) > openers_allowed)
		return -EBUSY;
	mdx_sync_stop(array);
	/* Back in read-write it starts out clean: the first write asks. */
	if (array->pers->redundant)
		reasons |= MDX_GATE_CLEAN;
	do {
		mdx_write_gate_close(array, reasons);
		mdx_write_gate_drain(array, MAX_SCHEDULE_TIMEOUT);
		/* While it is clean and not read-only yet the superblocks can be written. */
		if (closed_move(array, reasons, from_dirty, MDX_STATE_CLEAN))
			mdx_super_request(array);
		mdx_super_settle(array);
	} while (!closed_move(array, reasons, from_clean, MDX_STATE_READONLY));
	mdx_disk_set_ro(array->disk, true);
	mdx_event();
	return 0;
}

/*
 * To @state from read-only or read-auto. False: it is in neither, a write may have
 * left read-auto by itself just now and be in flight.
 */
static bool leave_readonly(struct mdx_array *array, enum mdx_state state)
{
	bool left;

	lockdep_assert_held(&array->lock);

	spin_lock_irq(&array->state_lock);
	left = array->state == MDX_STATE_READONLY || array->state == MDX_STATE_READ_AUTO;
	if (left)
		mdx_state_set(array, state);
	spin_unlock_irq(&array->state_lock);
	return left;
}

int mdx_array_set_readwrite(struct mdx_array *array)
{
	if (!mdx_array_running(array))
		return -ENXIO;
	if (!leave_readonly(array, MDX_STATE_CLEAN))
		return -EBUSY;
	/* Writes may be waiting for it already, those of whoever reclaims memory for us, too. */
	mdx_array_left_read_auto(array);
	mdx_disk_set_ro(array->disk, false);
	return 0;
}

int mdx_array_make_writable(struct mdx_array *array)
{
	int err = mdx_array_set_readwrite(array);

	return err == -EBUSY ? 0 : err;
}

int mdx_array_set_read_auto(struct mdx_array *array)
{
	int err;

	if (!mdx_array_running(array))
		return -ENXIO;
	if (READ_ONCE(array->state) == MDX_STATE_READ_AUTO)
		return 0;
	/* By way of read-only, where writes are refused: of whoever has it open. */
	err = mdx_array_set_readonly(array, 0);
	if (err)
		return err;
	leave_readonly(array, MDX_STATE_READ_AUTO);
	mdx_disk_set_ro(array->disk, false);
	mdx_event();
	return 0;
}
