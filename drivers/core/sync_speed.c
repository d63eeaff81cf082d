// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast may a sync run? A token bucket over the speed limits.
 *
 * PURE, see sync_speed.h.
 */
#include "sync_speed.h"

#define NS_PER_SEC 1000000000u
#define NS_PER_MS 1000000u
#define WAIT_MAX_NS (100u * NS_PER_MS)
#define MARK_NS ((__u64)3 * NS_PER_SEC)

/* Credit is 1/20 s, which leaves as much again for one window under the 10%. */
#define CREDIT_PER_SEC 20u

/* Debt and windows stay below this, so that products of them fit 64 bits. */
#define TOKENS_MAX ((__s64)1 << 30)

static __u64 sectors_per_sec(__u32 limit_kib)
{
	return (__u64)limit_kib * 2;
}

static __s64 credit(__u32 limit_kib)
{
	__u64 cap = mdx_div(sectors_per_sec(limit_kib), CREDIT_PER_SEC);

	return (__s64)mdx_min_u64(cap, TOKENS_MAX);
}

/* @tokens sectors at @from are as much time as the result at @to. */
static __s64 rescale(__s64 tokens, __u32 from, __u32 to)
{
	if (tokens < 0)
		return -(__s64)mdx_min_u64(mdx_div((__u64)-tokens * to, from), TOKENS_MAX);
	return (__s64)mdx_min_u64(mdx_div((__u64)tokens * to, from), TOKENS_MAX);
}

static void refill(struct mdx_sync_speed *s, __u64 now_ns)
{
	__u64 rate = sectors_per_sec(s->limit_kib);
	__s64 cap = credit(s->limit_kib);
	__u64 room = (__u64)(cap - s->tokens);
	__u64 seconds, ns, gained;

	if (now_ns <= s->refill_ns)
		return;
	seconds = mdx_div_rem(now_ns - s->refill_ns, NS_PER_SEC, &ns);
	/* rate < 2^33 and ns < 2^30; whole seconds that fill the bucket need no product. */
	if (seconds > mdx_div(room, rate)) {
		s->tokens = cap;
		s->refill_ns = now_ns;
		return;
	}
	gained = seconds * rate + mdx_div(ns * rate, NS_PER_SEC);
	if (gained >= room) {
		s->tokens = cap;
		s->refill_ns = now_ns;
		return;
	}
	/* Only the time that made whole sectors is used up, or slow rates would starve. */
	s->tokens += (__s64)gained;
	s->refill_ns += seconds * NS_PER_SEC +
			mdx_div((gained - seconds * rate) * NS_PER_SEC + rate - 1, rate);
}

void mdx_sync_speed_init(struct mdx_sync_speed *s, __u64 now_ns)
{
	memset(s, 0, sizeof(*s));
	s->refill_ns = now_ns;
}

__u64 mdx_sync_speed_take(struct mdx_sync_speed *s, __u64 now_ns,
			  __u64 sectors, __u32 limit_kib)
{
	__u64 wait;

	/* The sysctls can be set to 0; that means crawl, not divide by it. */
	if (!limit_kib)
		limit_kib = 1;
	/* Time that passed counts at the limit it passed under. */
	if (s->limit_kib)
		refill(s, now_ns);
	if (s->limit_kib != limit_kib) {
		if (s->limit_kib)
			s->tokens = rescale(s->tokens, s->limit_kib, limit_kib);
		s->limit_kib = limit_kib;
		s->refill_ns = now_ns;
	}

	if (s->tokens >= 0) {
		s->tokens -= (__s64)mdx_min_u64(sectors, TOKENS_MAX);
		return 0;
	}
	wait = mdx_div((__u64)-s->tokens * NS_PER_SEC, sectors_per_sec(limit_kib)) + 1;
	return mdx_min_u64(wait, WAIT_MAX_NS);
}

__u32 mdx_sync_speed_window(__u32 limit_kib, __u32 max_sectors)
{
	__u64 window = mdx_div(sectors_per_sec(limit_kib), CREDIT_PER_SEC) & ~(__u64)7;

	if (window < 8)
		window = 8;
	return (__u32)mdx_min_u64(window, max_sectors);
}

void mdx_sync_speed_mark(struct mdx_sync_speed *s, __u64 now_ns, __u64 done)
{
	__u32 next;

	if (s->marks) {
		next = (s->mark + s->marks - 1) % MDX_SPEED_MARKS;
		if (now_ns < s->mark_ns[next] + MARK_NS)
			return;
	}
	next = (s->mark + s->marks) % MDX_SPEED_MARKS;
	if (s->marks == MDX_SPEED_MARKS)
		s->mark = (s->mark + 1) % MDX_SPEED_MARKS;
	else
		s->marks++;
	s->mark_ns[next] = now_ns;
	s->mark_sectors[next] = done;
}

__u64 mdx_sync_speed_average(const struct mdx_sync_speed *s, __u64 now_ns, __u64 done)
{
	__u64 ms, sectors;

	if (!s->marks || now_ns <= s->mark_ns[s->mark] || done <= s->mark_sectors[s->mark])
		return 0;
	ms = mdx_div(now_ns - s->mark_ns[s->mark], NS_PER_MS);
	if (!ms)
		return 0;
	/* Below 2^53 sectors the product is exact; no device is larger. */
	sectors = mdx_min_u64(done - s->mark_sectors[s->mark], (__u64)1 << 53);
	return mdx_div(sectors * 500, ms);
}
