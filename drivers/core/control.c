// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control work: one look at an array, whatever has changed.
 *
 * Takes failed members out of their slots once that is recorded, collects the
 * result of a finished sync, and starts what sync_plan.c says is next. Every
 * change kicks it; it is idempotent, so a kick too many costs a look.
 */
#include "core.h"
#include "sync_plan.h"

#define START_AGAIN (5 * HZ)	/* a sync there was no memory for */

void mdx_array_kick(struct mdx_array *array)
{
	mod_delayed_work(mdx_control_wq, &array->control_work, 0);
}
MDX_EXPORT(mdx_array_kick);

static bool slot_is_lost(const struct mdx_member *m)
{
	return m->slot >= 0 && test_bit(MDX_MEMBER_F_FAULTY, &m->flags) &&
	       !test_bit(MDX_MEMBER_F_BLOCKED, &m->flags);
}

/* Only levels with redundancy let go of a slot: the others are broken anyway. */
void mdx_control_clear_slots(struct mdx_array *array)
{
	struct mdx_member *m;

	if (!array->pers->redundant)
		return;
	list_for_each_entry(m, &array->members, link)
		if (slot_is_lost(m) && mdx_slot_clear(array, m, false))
			return;
}

static bool held(const struct mdx_array *array)
{
	const struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->slot >= 0 && test_bit(MDX_MEMBER_F_HELD, &m->flags) &&
		    !test_bit(MDX_MEMBER_F_FAULTY, &m->flags))
			return true;
	return false;
}

/* To levels without redundancy it is a word only, as to md's. */
void mdx_control_held(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (array->pers->redundant && held(array))
		mdx_write_gate_close(array, MDX_GATE_BLOCKED);
	else if (READ_ONCE(array->write_closed) & MDX_GATE_BLOCKED)
		mdx_write_gate_reopen(array, MDX_GATE_BLOCKED);
}

static bool usable_spare(struct mdx_array *array, const struct mdx_member *m)
{
	return m->slot < 0 && !test_bit(MDX_MEMBER_F_FAULTY, &m->flags) &&
	       m->sectors >= array->dev_sectors;
}

static void describe(struct mdx_array *array, struct mdx_sync_situation *s)
{
	const struct mdx_state_info *info = mdx_state_info(array->state);
	struct mdx_member *m;
	bool recording = mdx_super_due(array);
	unsigned int slot;

	memset(s, 0, sizeof(*s));
	s->redundant = array->pers->redundant && array->pers->sync_window;
	s->read_auto = array->state == MDX_STATE_READ_AUTO;
	s->writable = info->writable && !s->read_auto;
	s->frozen = test_bit(MDX_ARRAY_F_SYNC_FROZEN, &array->flags) ||
		    test_bit(MDX_ARRAY_F_SHUTDOWN, &array->flags);
	s->running = array->sync;
	s->recovery_blocked = array->recovery_blocked;
	s->resync_offset = array->resync_offset;
	s->resync_blocked = array->resync_failed != MDX_SECTOR_NONE &&
			    time_before(jiffies, array->resync_again);
	s->want_check = array->wanted_action == MDX_SYNC_CHECK;
	s->want_repair = array->wanted_action == MDX_SYNC_REPAIR;
	for (slot = 0; slot < array->raid_disks; slot++) {
		m = array->slot[slot];
		if (!m)
			s->free_slots++;
		else if (mdx_member_readable(m))
			s->in_sync++;
		else if (mdx_member_writable(m))
			s->recovering++;
		else if (recording || slot_is_lost(m))
			s->lost_slots++;
	}
	for (slot = 0; slot < array->raid_disks; slot++) {
		m = array->replacement ? array->replacement[slot] : NULL;
		s->recovering += mdx_member_writable(m) && !mdx_member_readable(m);
		s->to_replace += mdx_replace_due(array, slot);
	}
	s->source = s->in_sync;
	list_for_each_entry(m, &array->members, link)
		if (usable_spare(array, m))
			s->spares++;
}

/* Where it was, what the bitmap says it missed is all it lacks. */
static int place_back(struct mdx_array *array, struct mdx_member *m)
{
	if (!mdx_member_test(m, MDX_MEMBER_F_BY_BITMAP) || m->saved_slot < 0 ||
	    (unsigned int)m->saved_slot >= array->raid_disks || array->slot[m->saved_slot] ||
	    !mdx_bitmap_covers(array, m->events))
		return -ENOENT;
	return mdx_slot_assign(array, m, m->saved_slot);
}

static int place_in_slot(struct mdx_array *array, struct mdx_member *m)
{
	unsigned int slot;
	int err = -ENOENT;

	for (slot = 0; slot < array->raid_disks; slot++) {
		if (array->slot[slot])
			continue;
		err = mdx_slot_assign(array, m, slot);
		if (!err || err == -EBUSY)
			break;
	}
	return err;
}

static int place_as_replacement(struct mdx_array *array, struct mdx_member *m)
{
	unsigned int slot;
	int err = -ENOENT;

	for (slot = 0; slot < array->raid_disks; slot++) {
		if (!mdx_replace_due(array, slot))
			continue;
		err = mdx_replace_assign(array, m, slot);
		if (!err || err == -EBUSY)
			break;
	}
	return err;
}

/* 0; -EBUSY: it has to be put off; else no spare fits. */
static int place_one(struct mdx_array *array,
		     int (*place)(struct mdx_array *array, struct mdx_member *m))
{
	struct mdx_member *m;
	int err;

	/* The list has the newest first; the oldest spare is to be used first. */
	list_for_each_entry_reverse(m, &array->members, link) {
		if (!usable_spare(array, m))
			continue;
		err = place(array, m);
		if (!err || err == -EBUSY)
			return err;
	}
	return -ENOENT;
}

/*
 * One spare into one slot; who can be brought up to date by the bitmap first. Or beside who is replaced.
 * False: it has to be put off.
 */
static bool place_spare(struct mdx_array *array, bool replaces)
{
	int err = place_one(array, replaces ? place_as_replacement : place_back);

	if (err && err != -EBUSY && !replaces)
		err = place_one(array, place_in_slot);
	if (err == -EBUSY)
		return false;
	if (!err) {
		mdx_super_request(array);
		mdx_event();
		return true;
	}
	/* None fits, after all. */
	array->recovery_blocked = 1;
	return true;
}

/* Every look takes the last one's appointment away. */
static void look_again(struct mdx_array *array, const struct mdx_sync_situation *s)
{
	if (s->resync_blocked)
		queue_delayed_work(mdx_control_wq, &array->control_work,
				   array->resync_again - jiffies);
}

static void follow_plan(struct mdx_array *array)
{
	static const enum mdx_sync_action actions[] = {
		[MDX_PLAN_RECOVER] = MDX_SYNC_RECOVER,
		[MDX_PLAN_RESYNC] = MDX_SYNC_RESYNC,
		[MDX_PLAN_CHECK] = MDX_SYNC_CHECK,
		[MDX_PLAN_REPAIR] = MDX_SYNC_REPAIR,
	};
	struct mdx_sync_situation s;
	struct mdx_sync_plan plan;

	for (;;) {
		describe(array, &s);
		plan = mdx_sync_plan(&s);
		if (plan.action == MDX_PLAN_NOTHING) {
			look_again(array, &s);
			return;
		}
		if (plan.action == MDX_PLAN_PLACE_SPARE ||
		    plan.action == MDX_PLAN_PLACE_REPLACEMENT) {
			if (!place_spare(array, plan.action == MDX_PLAN_PLACE_REPLACEMENT))
				return;
			continue;
		}
		if (mdx_sync_start(array, actions[plan.action]))
			queue_delayed_work(mdx_control_wq, &array->control_work, START_AGAIN);
		else
			array->wanted_action = MDX_SYNC_IDLE;
		return;
	}
}

void mdx_control_look(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (!mdx_array_running(array))
		return;
	mdx_state_settle(array);
	mdx_sync_reap(array);
	/* One that uses the slots ends when a member fails, and then this is looked at again. */
	if (!array->sync)
		mdx_control_clear_slots(array);
	if (array->limits_due)
		mdx_array_update_limits(array, true);
	mdx_replace_settle(array);
	mdx_control_held(array);
	follow_plan(array);
}

void mdx_control_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, control_work.work);

	mutex_lock(&array->lock);
	mdx_control_look(array);
	mutex_unlock(&array->lock);
}
