// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mirror serves a read: stream table and cost. Pure file.
 */
#include "mirror_balance.h"

#define COST_WRITE_MOSTLY (1ULL << 63)
#define COST_ROTATIONAL (1ULL << 62)
#define COST_BUSY (1ULL << 61)
#define COST_TURN_BITS 8
#define COST_WEIGHT_MAX ((1ULL << (61 - COST_TURN_BITS)) - 1)

void mdx_mirror_streams_init(struct mdx_mirror_streams *streams)
{
	unsigned int i;

	memset(streams, 0, sizeof(*streams));
	for (i = 0; i < MDX_MIRROR_STREAMS; i++)
		streams->entry[i].next = MDX_SECTOR_NONE;
}

void mdx_mirror_stream_advance(struct mdx_mirror_streams *streams, unsigned int index, __u64 next)
{
	struct mdx_mirror_stream moved;
	unsigned int kept;

	streams->entry[index].next = next;
	if (index < MDX_MIRROR_STREAMS_KEPT)
		return;
	kept = streams->kept_turn;
	streams->kept_turn = (kept + 1) % MDX_MIRROR_STREAMS_KEPT;
	moved = streams->entry[index];
	streams->entry[index] = streams->entry[kept];
	streams->entry[kept] = moved;
}

__u64 mdx_mirror_cost(const struct mdx_mirror_candidate *c)
{
	__u64 weight = c->load;
	__u64 cost = 0;

	if (c->write_mostly)
		cost |= COST_WRITE_MOSTLY;
	if (c->rotational) {
		cost |= COST_ROTATIONAL;
		if (c->load - c->load_floor > MDX_MIRROR_BUSY)
			cost |= COST_BUSY;
		weight = mdx_min_u64(c->distance, COST_WEIGHT_MAX);
	}
	return cost | weight << COST_TURN_BITS | (c->turn & ((1u << COST_TURN_BITS) - 1));
}
