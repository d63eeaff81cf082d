// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sync beside the users' I/O: what sync_pace_plan.c is told, and what it says.
 *
 * DOC: While an array has a sync, each user bio is timed from its gate to its end
 * (mdx_sync_pace_begin(), mdx_sync_pace_end()), in sums per CPU. The thread takes a look
 * at them every MDX_PACE_LOOK_NS or so.
 */
#include "core.h"
#include "sync_thread.h"

struct user_sums {
	u64 begun, ended, ended_ns;
};

static void sum_users(struct mdx_array *array, struct user_sums *sums)
{
	int cpu;

	memset(sums, 0, sizeof(*sums));
	for_each_possible_cpu(cpu) {
		const struct mdx_cpu *c = per_cpu_ptr(array->cpu, cpu);

		sums->begun += READ_ONCE(c->timed);
		sums->ended += READ_ONCE(c->timed_ended);
		sums->ended_ns += READ_ONCE(c->timed_ns);
	}
}

void mdx_sync_pace_start(struct mdx_sync *sync, u64 now)
{
	struct user_sums sums;

	sum_users(sync->array, &sums);
	sync->users_ended = sums.ended;
	sync->users_ended_ns = sums.ended_ns;
	sync->looked_pos = sync->pos;
	mdx_sync_pace_init(&sync->pace, now, sync->windows * MDX_SYNC_WINDOW);
}

void mdx_sync_look_around(struct mdx_sync *sync, u64 now)
{
	struct mdx_sync_pace_seen look;
	struct user_sums sums;

	if (!mdx_sync_pace_due(&sync->pace, now))
		return;
	sum_users(sync->array, &sums);
	look.now_ns = now;
	/* The sums are not of one moment. */
	look.ios = max_t(s64, sums.ended - sync->users_ended, 0);
	look.ios_ns = max_t(s64, sums.ended_ns - sync->users_ended_ns, 0);
	look.waiting = !look.ios && sums.begun > sums.ended;
	look.sectors = sync->pos - sync->looked_pos;
	look.under_way = READ_ONCE(sync->in_flight);
	look.min_kib = mdx_speed_min(sync->array);
	sync->users_ended = sums.ended;
	sync->users_ended_ns = sums.ended_ns;
	sync->looked_pos = sync->pos;
	mdx_sync_pace_look(&sync->pace, &look);
}

unsigned int mdx_sync_depth_now(const struct mdx_sync *sync)
{
	return min(sync->windows, mdx_sync_pace_depth(&sync->pace, MDX_SYNC_WINDOW));
}

u64 mdx_sync_pause_now(struct mdx_sync *sync, u64 now)
{
	u64 until = 0;

	spin_lock_irq(&sync->lock);
	if (!sync->in_flight)
		until = sync->quiet_ns + mdx_sync_pace_gap(&sync->pace, sync->took_ns);
	spin_unlock_irq(&sync->lock);
	return until > now ? until - now : 0;
}
