// SPDX-License-Identifier: GPL-2.0-only
/* See sync_plan.h. PURE. */
#include "sync_plan.h"

static bool resync_due(const struct mdx_sync_situation *s)
{
	return s->resync_offset != MDX_SECTOR_NONE && s->source;
}

static enum mdx_plan_action next_action(const struct mdx_sync_situation *s)
{
	if (s->source && !s->recovery_blocked) {
		if (s->free_slots && s->spares)
			return MDX_PLAN_PLACE_SPARE;
		if (s->lost_slots && s->spares)
			return MDX_PLAN_NOTHING;
		if (s->recovering)
			return MDX_PLAN_RECOVER;
	}
	if (resync_due(s) && !s->resync_blocked)
		return MDX_PLAN_RESYNC;
	if (s->source && !s->recovery_blocked && s->to_replace && s->spares)
		return MDX_PLAN_PLACE_REPLACEMENT;
	if (s->want_repair && s->source)
		return MDX_PLAN_REPAIR;
	if (s->want_check && s->source)
		return MDX_PLAN_CHECK;
	return MDX_PLAN_NOTHING;
}

struct mdx_sync_plan mdx_sync_plan(const struct mdx_sync_situation *s)
{
	struct mdx_sync_plan plan = { MDX_PLAN_NOTHING, false };

	if (!s->redundant || s->running)
		return plan;
	if (s->read_auto) {
		plan.pending = resync_due(s) || (s->recovering && s->source);
		return plan;
	}
	if (!s->writable || s->frozen)
		return plan;
	plan.action = next_action(s);
	return plan;
}
