// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two gates of an array; see DOC in <mdx/array.h>.
 *
 * DOC: A gate is a percpu_ref that is live while no reason to be closed is
 * left. Reasons are kept as bits under gate_mutex, so suspend, read-only and
 * "recorded clean" close and open it without knowing of each other. The mutex
 * is a leaf: nobody waits for I/O under it.
 *
 * READONLY and CLEAN belong to the state. A state that needs them is entered
 * under the mutex, with the gate closed for them and empty (array_state.c), and
 * they are taken away by mdx_write_gate_settle(), which looks at the state.
 * So whoever comes late, with a decision of before, opens nothing.
 */
#include "core.h"

static void gate_emptied(struct mdx_array *array)
{
	wake_up_all(&array->gate_wait);
}

static void read_gate_release(struct percpu_ref *ref)
{
	gate_emptied(container_of(ref, struct mdx_array, read_gate));
}

static void write_gate_release(struct percpu_ref *ref)
{
	gate_emptied(container_of(ref, struct mdx_array, write_gate));
}

int mdx_gates_init(struct mdx_array *array)
{
	const unsigned int flags = PERCPU_REF_INIT_DEAD | PERCPU_REF_ALLOW_REINIT;
	int err;

	mutex_init(&array->gate_mutex);
	init_waitqueue_head(&array->gate_wait);
	array->read_closed = MDX_GATE_STOPPED;
	array->write_closed = MDX_GATE_STOPPED;
	err = percpu_ref_init(&array->read_gate, read_gate_release, flags, GFP_KERNEL);
	if (err)
		return err;
	err = percpu_ref_init(&array->write_gate, write_gate_release, flags, GFP_KERNEL);
	if (err)
		percpu_ref_exit(&array->read_gate);
	return err;
}

void mdx_gates_exit(struct mdx_array *array)
{
	percpu_ref_exit(&array->write_gate);
	percpu_ref_exit(&array->read_gate);
}

static void gate_close(struct mdx_array *array, struct percpu_ref *gate,
		       unsigned int *closed, unsigned int reason)
{
	mutex_lock(&array->gate_mutex);
	if (!*closed)
		percpu_ref_kill(gate);
	*closed |= reason;
	mutex_unlock(&array->gate_mutex);
}

/* gate_mutex held. */
static void gate_reopen_locked(struct percpu_ref *gate, unsigned int *closed,
			       unsigned int reason)
{
	if (*closed && !(*closed & ~reason))
		percpu_ref_resurrect(gate);
	*closed &= ~reason;
}

static void gate_reopen(struct mdx_array *array, struct percpu_ref *gate,
			unsigned int *closed, unsigned int reason)
{
	mutex_lock(&array->gate_mutex);
	gate_reopen_locked(gate, closed, reason);
	mutex_unlock(&array->gate_mutex);
	wake_up_all(&array->gate_wait);
}

void mdx_read_gate_close(struct mdx_array *array, unsigned int reason)
{
	gate_close(array, &array->read_gate, &array->read_closed, reason);
}

void mdx_write_gate_close(struct mdx_array *array, unsigned int reason)
{
	gate_close(array, &array->write_gate, &array->write_closed, reason);
}

void mdx_write_gate_close_exact(struct mdx_array *array, unsigned int reason)
{
	mutex_lock(&array->gate_mutex);
	if (!array->write_closed) {
		percpu_ref_switch_to_atomic_sync(&array->write_gate);
		percpu_ref_kill(&array->write_gate);
		/* Takes effect when it is opened again. */
		percpu_ref_switch_to_percpu(&array->write_gate);
	}
	array->write_closed |= reason;
	mutex_unlock(&array->gate_mutex);
	/* The grace period was before the kill; io_pass.c would need one behind it. */
	WARN_ON_ONCE(array->passes);
}

void mdx_read_gate_reopen(struct mdx_array *array, unsigned int reason)
{
	gate_reopen(array, &array->read_gate, &array->read_closed, reason);
}

void mdx_write_gate_reopen(struct mdx_array *array, unsigned int reason)
{
	gate_reopen(array, &array->write_gate, &array->write_closed, reason);
}

static unsigned int reasons_of_state(struct mdx_array *array)
{
	const struct mdx_state_info *info;
	unsigned int reasons = 0;

	spin_lock_irq(&array->state_lock);
	info = mdx_state_info(array->state);
	if (!info->open)
		reasons |= MDX_GATE_CLEAN;
	if (!info->writable || array->state == MDX_STATE_READ_AUTO)
		reasons |= MDX_GATE_READONLY;
	spin_unlock_irq(&array->state_lock);
	return reasons;
}

void mdx_write_gate_settle(struct mdx_array *array, unsigned int reasons)
{
	mutex_lock(&array->gate_mutex);
	reasons &= ~reasons_of_state(array);
	gate_reopen_locked(&array->write_gate, &array->write_closed, reasons);
	mutex_unlock(&array->gate_mutex);
	wake_up_all(&array->gate_wait);
}

bool mdx_write_gate_drain(struct mdx_array *array, unsigned long timeout)
{
	return wait_event_timeout(array->gate_wait,
				  percpu_ref_is_zero(&array->write_gate), timeout);
}

bool mdx_read_gate_drain(struct mdx_array *array, unsigned long timeout)
{
	return wait_event_timeout(array->gate_wait,
				  percpu_ref_is_zero(&array->read_gate), timeout);
}

static bool gates_empty(struct mdx_array *array)
{
	return percpu_ref_is_zero(&array->write_gate) &&
	       percpu_ref_is_zero(&array->read_gate);
}

void mdx_array_suspend(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (array->suspended++)
		return;
	mdx_write_gate_close(array, MDX_GATE_SUSPENDED);
	mdx_read_gate_close(array, MDX_GATE_SUSPENDED);
	wait_event(array->gate_wait, gates_empty(array));
}
MDX_EXPORT(mdx_array_suspend);

#define PATIENCE_LEAST HZ
#define PATIENCE_MOST (8 * HZ)
#define PATIENCE_PAUSE 4	/* times as long users are left alone */

/* It has not come to it: longer next time, but not at once. */
static void lose_patience(struct mdx_array *array)
{
	const unsigned long waited = array->patience ?: PATIENCE_LEAST;

	array->patience = min_t(unsigned long, waited * 2, PATIENCE_MOST);
	array->suspend_again = jiffies + waited * PATIENCE_PAUSE;
}

int mdx_array_suspend_soon(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (array->suspended) {
		array->suspended++;
		return 0;
	}
	if (array->patience && time_before(jiffies, array->suspend_again))
		goto later;
	array->suspended = 1;
	mdx_write_gate_close(array, MDX_GATE_SUSPENDED);
	mdx_read_gate_close(array, MDX_GATE_SUSPENDED);
	if (wait_event_timeout(array->gate_wait, gates_empty(array),
			       array->patience ?: PATIENCE_LEAST)) {
		array->patience = 0;
		return 0;
	}
	mdx_array_resume(array);
	lose_patience(array);
later:
	queue_delayed_work(mdx_control_wq, &array->control_work,
			   array->suspend_again - jiffies);
	return -EBUSY;
}
MDX_EXPORT(mdx_array_suspend_soon);

void mdx_array_resume(struct mdx_array *array)
{
	lockdep_assert_held(&array->lock);

	if (--array->suspended)
		return;
	mdx_read_gate_reopen(array, MDX_GATE_SUSPENDED);
	mdx_write_gate_reopen(array, MDX_GATE_SUSPENDED);
}
MDX_EXPORT(mdx_array_resume);
