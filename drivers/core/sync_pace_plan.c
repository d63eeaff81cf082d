// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a sync may be under way beside the users' I/O?
 *
 * PURE, see sync_pace_plan.h.
 */
#include "sync_pace_plan.h"

#define MS 1000000ull
#define QUIET_NS (100 * MS)		/* after that the users are gone */
#define PROBE_NS (60 * MS)		/* longest probe */
#define PROBE_EVERY_NS (5000 * MS)
#define JUDGE_NS (100 * MS)		/* longest between two changes of the amount */
#define ENOUGH 16u			/* I/Os to know by... */
#define LEAST_IOS 4u			/* ... and fewer than these say nothing */
#define SLACK_NS 20000u			/* differences below are noise */
#define LEAST 8u			/* sectors: 1/16 of the time */
#define STEP 64u
#define BEHIND_MS 250			/* the minimum is kept over this time */

void mdx_sync_pace_init(struct mdx_sync_pace *p, __u64 now_ns, __u32 most)
{
	memset(p, 0, sizeof(*p));
	p->most = most > MDX_PACE_SMALL ? most : MDX_PACE_SMALL;
	p->budget = p->most;
	p->look_ns = now_ns;
}

bool mdx_sync_pace_due(const struct mdx_sync_pace *p, __u64 now_ns)
{
	return now_ns >= p->look_ns + MDX_PACE_LOOK_NS;
}

static void count_anew(struct mdx_sync_pace *p, __u64 now_ns)
{
	p->ios = 0;
	p->ios_ns = 0;
	p->judged_ns = now_ns;
}

static void probe_begin(struct mdx_sync_pace *p, __u64 now_ns)
{
	p->probing = true;
	p->probed_ns = now_ns;
	count_anew(p, now_ns);
}

/* Probes are short: what one says counts half, unless users have become other ones. */
static void probe_learn(struct mdx_sync_pace *p)
{
	const __u64 mean = mdx_div(p->ios_ns, p->ios);

	if (mean / 2 <= p->alone_ns && p->alone_ns / 2 <= mean)
		p->alone_ns = (p->alone_ns + mean) / 2;
	else
		p->alone_ns = mean;
}

static void probe_go_on(struct mdx_sync_pace *p, const struct mdx_sync_pace_seen *look)
{
	/* What of the sync is still under way belongs to the time before. */
	if (look->under_way) {
		probe_begin(p, look->now_ns);
		return;
	}
	p->ios += look->ios;
	p->ios_ns += look->ios_ns;
	if (p->ios < ENOUGH && look->now_ns - p->probed_ns < PROBE_NS)
		return;
	p->probing = false;
	if (p->ios >= LEAST_IOS)
		probe_learn(p);
	count_anew(p, look->now_ns);
}

static void users_come(struct mdx_sync_pace *p, __u64 now_ns)
{
	p->users = true;
	p->alone_ns = 0;
	p->behind = 0;
	p->doubt = p->most;
	p->budget = MDX_PACE_SMALL;
	probe_begin(p, now_ns);
}

/* The users have been gone for a while: no one to look after. */
static void users_gone(struct mdx_sync_pace *p)
{
	p->users = false;
	p->probing = false;
	p->budget = p->most;
}

static void count_behind(struct mdx_sync_pace *p, const struct mdx_sync_pace_seen *look)
{
	const __s64 most = (__s64)mdx_div((__u64)look->min_kib * 2 * BEHIND_MS, 1000);
	const __u64 us = mdx_div(mdx_min_u64(look->now_ns - p->look_ns, 1000 * MS), 1000);

	p->behind += (__s64)mdx_div((__u64)look->min_kib * 2 * us, 1000000);
	p->behind -= (__s64)mdx_min_u64(look->sectors, (__u64)1 << 40);
	if (p->behind > most)
		p->behind = most;
	if (p->behind < -most)
		p->behind = -most;
}

static void grow(struct mdx_sync_pace *p, bool fast)
{
	const __u32 step = p->budget < STEP ? p->budget : STEP;
	const __u32 by = fast ? p->budget : step;

	p->budget = p->most - p->budget > by ? p->budget + by : p->most;
}

static void shrink(struct mdx_sync_pace *p)
{
	p->budget = p->budget / 2 > LEAST ? p->budget / 2 : LEAST;
	p->doubt = p->budget;
}

/* Are there enough of the users' to tell? */
static bool may_judge(const struct mdx_sync_pace *p, __u64 now_ns)
{
	return p->ios >= ENOUGH || now_ns - p->judged_ns >= JUDGE_NS;
}

static void adapt(struct mdx_sync_pace *p, const struct mdx_sync_pace_seen *look)
{
	const __u64 near = p->alone_ns + (p->alone_ns >> 2) + SLACK_NS;
	const __u64 far = p->alone_ns + (p->alone_ns >> 1) + SLACK_NS;
	__u64 mean;

	p->ios += look->ios;
	p->ios_ns += look->ios_ns;
	mean = p->ios ? mdx_div(p->ios_ns, p->ios) : 0;
	if (p->behind > 0)
		grow(p, true);
	else if (look->waiting)
		shrink(p);
	else if (!may_judge(p, look->now_ns))
		return;
	else if (p->alone_ns && mean > far)
		shrink(p);
	else if (!p->alone_ns || mean <= near)
		grow(p, p->budget < p->doubt);
	count_anew(p, look->now_ns);
}

void mdx_sync_pace_look(struct mdx_sync_pace *p, const struct mdx_sync_pace_seen *look)
{
	const bool seen = look->ios || look->waiting;

	if (seen)
		p->seen_ns = look->now_ns;
	if (!p->users) {
		if (seen)
			users_come(p, look->now_ns);
	} else if (!seen && look->now_ns - p->seen_ns >= QUIET_NS) {
		users_gone(p);
	} else {
		count_behind(p, look);
		if (p->probing)
			probe_go_on(p, look);
		else if (look->now_ns - p->probed_ns >= PROBE_EVERY_NS)
			probe_begin(p, look->now_ns);
		else if (seen)
			adapt(p, look);
	}
	p->look_ns = look->now_ns;
}

__u32 mdx_sync_pace_window(const struct mdx_sync_pace *p, __u32 max)
{
	const __u32 large = p->users && max > MDX_PACE_LARGE ? MDX_PACE_LARGE : max;
	__u32 window = MDX_PACE_SMALL;

	while (window * 2 <= large && window * 4 <= p->budget)
		window *= 2;
	return window < max ? window : max;
}

__u32 mdx_sync_pace_depth(const struct mdx_sync_pace *p, __u32 max)
{
	const __u32 depth = p->budget / mdx_sync_pace_window(p, max);

	if (p->probing)
		return 0;
	return depth ? depth : 1;
}

__u64 mdx_sync_pace_gap(const struct mdx_sync_pace *p, __u64 took_ns)
{
	if (p->budget >= MDX_PACE_SMALL)
		return 0;
	return mdx_div(mdx_min_u64(took_ns, 1000 * MS) * (MDX_PACE_SMALL - p->budget), p->budget);
}
