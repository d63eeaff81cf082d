/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which mirror serves a read: the arithmetic, without the kernel. Pure file.
 *
 * Two questions, asked in this order:
 *
 *  1. Does the read continue a stream? Then it stays on the stream's member,
 *     whose read-ahead and head are already there. A small table of stream
 *     ends answers that: a lower half for streams that have been continued at
 *     least once, an upper half for ends that are new, so that random reads,
 *     which only ever pass through the upper half, cannot push a real stream
 *     out.
 *  2. Otherwise, which member costs least? mdx_mirror_cost() gives each a number.
 *
 * The caller owns the memory and the exclusion (one table per CPU).
 */
#ifndef _MDX_MIRROR_BALANCE_H
#define _MDX_MIRROR_BALANCE_H

#include <mdx/pure.h>

MDX_EXTERN_C_BEGIN

#define MDX_MIRROR_STREAMS 4u
#define MDX_MIRROR_STREAMS_KEPT 2u		/* lower half; the rest is for new ones */

/* A rotational member this many reads deeper than the idlest is busy, however near its head. */
#define MDX_MIRROR_BUSY 8u

struct mdx_mirror_stream {
	__u64 next;			/* sector right behind its last read */
	__u32 slot;			/* where it is served */
};

struct mdx_mirror_streams {
	struct mdx_mirror_stream entry[MDX_MIRROR_STREAMS];
	__u8 kept_turn;			/* lower half: entry to be replaced next */
	__u8 new_turn;			/* upper half: likewise, counted from its start */
};

/* What is known about one member that may serve the read. */
struct mdx_mirror_candidate {
	bool write_mostly;
	bool rotational;
	__u32 load;			/* reads in flight, about */
	__u32 load_floor;		/* the least of all candidates' loads */
	__u64 distance;			/* sectors between its head and the read; rotational only */
	__u32 turn;			/* breaks ties; lower wins. Below 256 */
};

/* Forget every stream. */
void mdx_mirror_streams_init(struct mdx_mirror_streams *streams);

/* Index of the stream that @sector continues, or -1. */
static inline int mdx_mirror_stream_find(const struct mdx_mirror_streams *streams, __u64 sector)
{
	unsigned int i;

	/* Most reads continue none: this is half of what choosing costs them. */
#pragma GCC unroll 4
	for (i = 0; i < MDX_MIRROR_STREAMS; i++)
		if (streams->entry[i].next == sector)
			return (int)i;
	return -1;
}

/* Stream @index has been read up to @next; a new one moves to the kept ones. */
void mdx_mirror_stream_advance(struct mdx_mirror_streams *streams, unsigned int index, __u64 next);

/* Something new was read from @slot up to @next: maybe the start of a stream. */
static inline void mdx_mirror_stream_start(struct mdx_mirror_streams *streams, __u64 next,
					   __u32 slot)
{
	const unsigned int first = MDX_MIRROR_STREAMS_KEPT;
	struct mdx_mirror_stream *entry = &streams->entry[first + streams->new_turn];

	streams->new_turn = (streams->new_turn + 1) % (MDX_MIRROR_STREAMS - first);
	entry->next = next;
	entry->slot = slot;
}

/*
 * Cost of reading from @c; the candidate with the lowest one is taken. From
 * the strongest rule to the weakest:
 *   write-mostly members serve only when nothing else is left;
 *   solid-state members go before rotational ones;
 *   among solid-state: fewest reads in flight;
 *   among rotational: not busy (MDX_MIRROR_BUSY) before busy, then nearest head;
 *   then whose turn it is.
 */
__u64 mdx_mirror_cost(const struct mdx_mirror_candidate *c);

/* Distance between two sectors. */
static inline __u64 mdx_mirror_distance(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

MDX_EXTERN_C_END

#endif
