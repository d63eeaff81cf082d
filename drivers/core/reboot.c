// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine goes down: leave every array as if it had been idle for long.
 *
 * Runs before any driver of a real disk is told. Arrays are taken newest
 * first, so one that is made of others lets go of them before their turn. The
 * work is done by a work item for each array, because what it waits for (a
 * lock, a member that does not answer) may never come and the machine has to
 * go down all the same. Nor may it keep the others from their turn: once
 * waiting in order has taken SHUTDOWN_IN_ORDER, the rest is done side by side.
 */
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include "core.h"

#define SHUTDOWN_TOTAL (4 * HZ)
#define SHUTDOWN_IN_ORDER (2 * HZ)	/* of it, waiting for one before the next begins */
#define SHUTDOWN_SYNC (HZ / 2)		/* windows of a sync in flight get */
#define SHUTDOWN_WRITES (HZ / 2)	/* writes in flight get */

struct shutdown_job {
	struct list_head link;		/* the notifier's list */
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
		if (mdx_sync_halt(array, SHUTDOWN_SYNC))
			mdx_super_request(array);
		job->result = mdx_array_make_clean(array, SHUTDOWN_WRITES);
		mdx_super_settle(array);
		set_bit(MDX_ARRAY_F_RECORDED, &array->flags);
	}
	mutex_unlock(&array->lock);
	complete_all(&job->done);	/* the notifier waits twice, and looks then */
	kref_put(&job->ref, shutdown_job_release);
}

static struct shutdown_job *shutdown_begin(struct mdx_array *array)
{
	struct shutdown_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	set_bit(MDX_ARRAY_F_SHUTDOWN, &array->flags);
	if (!job) {
		pr_warn("mdx: %s: no memory to stop it, going down as it is\n", array->name);
		return NULL;
	}
	kref_init(&job->ref);
	kref_get(&job->ref);
	INIT_WORK(&job->work, shutdown_job_work);
	init_completion(&job->done);
	mdx_array_get(array);
	job->array = array;
	queue_work(mdx_control_wq, &job->work);
	return job;
}

static void wait_until(struct shutdown_job *job, unsigned long deadline)
{
	if (time_before(jiffies, deadline))
		wait_for_completion_timeout(&job->done, deadline - jiffies);
}

static void shutdown_report(struct shutdown_job *job)
{
	if (!completion_done(&job->done))
		pr_warn("mdx: %s is busy, going down without waiting for it\n", job->array->name);
	else if (job->result)
		pr_info("mdx: %s is still being written, going down as it is\n", job->array->name);
}

static int reboot_notify(struct notifier_block *nb, unsigned long code, void *unused)
{
	const unsigned long begin = jiffies;
	struct shutdown_job *job, *next;
	struct mdx_array *array = NULL;
	LIST_HEAD(jobs);

	while ((array = mdx_array_next(array)) != NULL) {
		job = shutdown_begin(array);
		if (!job)
			continue;
		list_add_tail(&job->link, &jobs);
		wait_until(job, begin + SHUTDOWN_IN_ORDER);
	}
	list_for_each_entry_safe(job, next, &jobs, link) {
		wait_until(job, begin + SHUTDOWN_TOTAL);
		shutdown_report(job);
		list_del(&job->link);
		kref_put(&job->ref, shutdown_job_release);
	}
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
