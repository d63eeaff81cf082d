// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which copy serves a read.
 *
 * DOC: Per CPU and without shared writes: a table of streams (mirror_balance.h) and
 * a count of reads in flight per member. That count is exact when it is summed
 * over all CPUs, which happens once in TRUST picks; in between each pick adds to
 * the CPU's own copy of it. Only the head of a rotational member is shared.
 *
 * A stream is known by the array's sectors and stays with the index of its copy,
 * so where chunks are striped it goes from member to member. There it does so on
 * rotational members only: on solid-state ones it would leave half of them idle.
 */
#include <mdx/mirror.h>
#include "mirror_balance.h"

#define TRUST 16u

#define SERVING_MASK (BIT(MDX_MEMBER_F_IN_SYNC) | BIT(MDX_MEMBER_F_FAULTY) | \
		      BIT(MDX_MEMBER_F_WRITE_MOSTLY))

/* Balancing state of one CPU. */
struct mdx_mirror_cpu {
	struct mdx_mirror_streams streams;
	unsigned int turn;		/* the copy the next tie is decided from */
	unsigned int trust;		/* picks left until the loads are counted again */
	unsigned int slots;
	struct mdx_mirror_load {
		u32 reads;		/* in flight, about */
		u32 rotational;		/* U32_MAX, else 0; when the loads were counted */
	} load[];			/* per slot */
};

int mdx_first_readable(const struct mdx_array *array, unsigned long without)
{
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (!(without & BIT(slot)) && mdx_member_readable(array->slot[slot]))
			return slot;
	return -1;
}
MDX_EXPORT(mdx_first_readable);

int mdx_first_good(const struct mdx_array *array, unsigned long without, sector_t sector,
		   sector_t sectors)
{
	unsigned int slot;

	for (slot = 0; slot < array->raid_disks; slot++)
		if (!(without & BIT(slot)) && mdx_member_readable(array->slot[slot]) &&
		    !mdx_bad_overlaps(array->slot[slot], sector, sectors))
			return slot;
	return -1;
}
MDX_EXPORT(mdx_first_good);

int mdx_balance_init(struct mdx_balance *b, unsigned int raid_disks)
{
	int cpu;

	b->cpu = __alloc_percpu(struct_size((struct mdx_mirror_cpu *)NULL, load, raid_disks),
				SMP_CACHE_BYTES);
	if (!b->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct mdx_mirror_cpu *c = per_cpu_ptr(b->cpu, cpu);

		mdx_mirror_streams_init(&c->streams);
		c->slots = raid_disks;
	}
	return 0;
}
MDX_EXPORT(mdx_balance_init);

void mdx_balance_exit(struct mdx_balance *b)
{
	free_percpu(b->cpu);
	b->cpu = NULL;
}
MDX_EXPORT(mdx_balance_exit);

/* Readable, and not just as the last resort. */
static inline bool serving(const struct mdx_member *member)
{
	return member &&
	       (READ_ONCE(member->flags) & SERVING_MASK) == BIT(MDX_MEMBER_F_IN_SYNC);
}

/* ... and does a stream stay with it? */
static inline bool keeps_stream(const struct mdx_balance *b, const struct mdx_member *member)
{
	return serving(member) && (b->sticks || bdev_rot(member->bdev.bdev));
}

static inline unsigned int slot_of(const struct mdx_place *place, unsigned int copy)
{
	return place ? place[copy].slot : copy;
}

/* ---- preemption off ---- */

static noinline void count_loads(const struct mdx_array *array, struct mdx_mirror_cpu *c)
{
	unsigned int slot;
	int cpu;

	for (slot = 0; slot < c->slots; slot++) {
		const struct mdx_member *member = array->slot[slot];
		u32 load = 0;

		if (!member)
			continue;
		for_each_possible_cpu(cpu)
			load += READ_ONCE(*per_cpu_ptr(member->inflight, cpu));
		c->load[slot].reads = load;
		c->load[slot].rotational = bdev_rot(member->bdev.bdev) ? U32_MAX : 0;
	}
	c->trust = TRUST;
}

/* What mdx_mirror_cost() comes to where it is cheap to tell: serving solid-state members. -1: none. */
static __always_inline int idlest(const struct mdx_array *array, const struct mdx_mirror_cpu *c,
				  const struct mdx_place *place, unsigned int copies)
{
	unsigned int i, copy = c->turn;
	u32 least = U32_MAX;
	int best = -1;

	for (i = 0; i < copies; i++) {
		const unsigned int slot = slot_of(place, copy);
		const struct mdx_member *member = array->slot[slot];

		const u32 load = c->load[slot].reads | c->load[slot].rotational;

		if (likely(serving(member)) && load < least) {
			least = load;
			best = copy;
		}
		if (++copy >= copies)
			copy = 0;
	}
	return best;
}

static u32 least_load(const struct mdx_array *array, const struct mdx_mirror_cpu *c,
		      const struct mdx_place *place, unsigned int copies)
{
	unsigned int copy;
	u32 least = U32_MAX;

	for (copy = 0; copy < copies; copy++) {
		const unsigned int slot = slot_of(place, copy);

		if (mdx_member_readable(array->slot[slot]))
			least = min(least, c->load[slot].reads);
	}
	return least;
}

static noinline int cheapest(const struct mdx_balance *b, const struct mdx_array *array,
			     const struct mdx_mirror_cpu *c, sector_t sector,
			     const struct mdx_place *place, unsigned int copies)
{
	struct mdx_mirror_candidate candidate;
	u64 best_cost = U64_MAX;
	unsigned int copy;
	int best = -1;

	candidate.load_floor = least_load(array, c, place, copies);
	for (copy = 0; copy < copies; copy++) {
		const unsigned int slot = slot_of(place, copy);
		const struct mdx_member *member = array->slot[slot];
		const sector_t at = place ? place[copy].sector : sector;
		u64 cost;

		if (!mdx_member_readable(member))
			continue;
		candidate.write_mostly = mdx_member_test(member, MDX_MEMBER_F_WRITE_MOSTLY);
		candidate.rotational = bdev_rot(member->bdev.bdev);
		candidate.load = c->load[slot].reads;
		candidate.distance = b->outer ? at :
				     mdx_mirror_distance(READ_ONCE(member->head), at);
		candidate.turn = copy >= c->turn ? copy - c->turn : copy + copies - c->turn;
		cost = mdx_mirror_cost(&candidate);
		if (cost < best_cost) {
			best_cost = cost;
			best = copy;
		}
	}
	return best;
}

static __always_inline int pick(const struct mdx_balance *b, const struct mdx_array *array,
				struct mdx_mirror_cpu *c, sector_t sector,
				const struct mdx_place *place, unsigned int copies)
{
	int copy;

	if (!c->trust)
		count_loads(array, c);
	c->trust--;
	copy = idlest(array, c, place, copies);
	if (unlikely(copy < 0))
		copy = cheapest(b, array, c, sector, place, copies);
	if (copy >= 0) {
		c->load[slot_of(place, copy)].reads++;
		c->turn = copy + 1 < copies ? copy + 1 : 0;
	}
	return copy;
}

/* Made twice, because what is asked about @place costs much of what a pick does. */
static __always_inline int balance_pick(struct mdx_balance *b, const struct mdx_array *array,
					sector_t sector, sector_t end,
					const struct mdx_place *place, unsigned int copies)
{
	struct mdx_mirror_cpu *c = get_cpu_ptr(b->cpu);
	int index = mdx_mirror_stream_find(&c->streams, sector);
	int copy;

	if (index >= 0) {
		copy = c->streams.entry[index].slot;
		if (likely(keeps_stream(b, array->slot[slot_of(place, copy)]))) {
			mdx_mirror_stream_advance(&c->streams, index, end);
			goto out;
		}
	}
	copy = pick(b, array, c, sector, place, copies);
	if (copy >= 0)
		mdx_mirror_stream_start(&c->streams, end, copy);
out:
	put_cpu_ptr(b->cpu);
	return copy;
}

int mdx_balance_pick(struct mdx_balance *b, const struct mdx_array *array, sector_t sector,
		     sector_t end, const struct mdx_place *place, unsigned int copies)
{
	return balance_pick(b, array, sector, end, place, copies);
}
MDX_EXPORT(mdx_balance_pick);

int mdx_balance_pick_slot(struct mdx_balance *b, const struct mdx_array *array, sector_t sector,
			  sector_t end)
{
	return balance_pick(b, array, sector, end, NULL, array->raid_disks);
}
MDX_EXPORT(mdx_balance_pick_slot);
