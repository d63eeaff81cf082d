// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine goes down: leave every array as if it had been idle for long.
 *
 * Runs before any driver of a real disk is told. Arrays are taken newest
 * first, so one that is made of others lets go of them before their turn. The
 * work is done by a work item for each array, because what it waits for (a
 * lock, a member that does not answer) may never come and the machine has to
 * go down all the same.
 */
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include "core.h"

#define SHUTDOWN_TOTAL (4 * HZ)
#define SHUTDOWN_ARRAY (2 * HZ)		/* of it, one array gets at most */
#define SHUTDOWN_SYNC (HZ / 2)		/* of it, windows of a sync in flight get */
#define SHUTDOWN_WRITES (HZ / 2)	/* of it, writes in flight get */

struct shutdown_job {
	struct kref ref;		/* the notifier's and the work's */
	struct work_struct work;
	struct completion done;
	struct mdx_array *array;
	int result;
};

static void shutdown_job_release(struct kref *ref)
{
	struct shutdown_job *job = container_of(ref, struct shutdown_job, ref);

	mdx_array_put(job->array);
	kfree(job);
}

static void shutdown_job_work(struct work_struct *work)
{
	struct shutdown_job *job = container_of(work, struct shutdown_job, work);
	struct mdx_array *array = job->array;

	mutex_lock(&array->lock);
	if (mdx_array_running(array)) {
		/* A checkpoint is true whether or not what is behind it ends. */
		mdx_sync_stop_within(array, SHUTDOWN_SYNC);
		job->result = mdx_array_make_clean(array, SHUTDOWN_WRITES);
		mdx_super_settle(array);
	}
	mutex_unlock(&array->lock);
	complete(&job->done);
	kref_put(&job->ref, shutdown_job_release);
}

/* One array, until @deadline (jiffies) at the latest. */
static void shutdown_array(struct mdx_array *array, unsigned long deadline)
{
	unsigned long left = time_before(jiffies, deadline) ? deadline - jiffies : 0;
	struct shutdown_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	set_bit(MDX_ARRAY_F_SHUTDOWN, &array->flags);
	if (!job) {
		pr_warn("mdx: %s: no memory to stop it, going down as it is\n", array->name);
		return;
	}
	kref_init(&job->ref);
	kref_get(&job->ref);
	INIT_WORK(&job->work, shutdown_job_work);
	init_completion(&job->done);
	mdx_array_get(array);
	job->array = array;
	queue_work(mdx_control_wq, &job->work);

	if (!wait_for_completion_timeout(&job->done, min_t(unsigned long, left, SHUTDOWN_ARRAY)))
		pr_warn("mdx: %s is busy, going down without waiting for it\n", array->name);
	else if (job->result)
		pr_info("mdx: %s is still being written, going down as it is\n", array->name);
	kref_put(&job->ref, shutdown_job_release);
}

static int reboot_notify(struct notifier_block *nb, unsigned long code, void *unused)
{
	unsigned long deadline = jiffies + SHUTDOWN_TOTAL;
	struct mdx_array *array = NULL;

	while ((array = mdx_array_next(array)) != NULL)
		shutdown_array(array, deadline);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call	= reboot_notify,
	.priority	= INT_MAX,
};

int mdx_reboot_init(void)
{
	return register_reboot_notifier(&reboot_notifier);
}

void mdx_reboot_exit(void)
{
	unregister_reboot_notifier(&reboot_notifier);
}
