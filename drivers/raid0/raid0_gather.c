// SPDX-License-Identifier: GPL-2.0-only
/*
 * A large bio becomes one bio per member, gathered across chunks: inside a
 * zone the chunks of one member lie one behind the other on it, so their
 * pages can share a bio. 1 MiB over four members is four bios, not sixteen.
 * Places on the array are counted apart from those in memory, where pieces may
 * be less than a sector.
 */
#include "raid0.h"

#define GATHER_MEMBERS 32u	/* legs held at once; wider zones go chunk by chunk */

struct gather {
	const struct mdx_raid0_map *map;
	unsigned int members;
	u64 first_chunk;		/* chunk number in the array where the bio starts */
	struct mdx_leg *leg[GATHER_MEMBERS];
	u16 vecs[GATHER_MEMBERS];
};

/* Where we are in the user's memory. */
struct place {
	const struct bio_vec *vec;
	unsigned int done;		/* bytes of it */
};

static inline struct place start_of(const struct bio *bio)
{
	const struct bio_vec *vec = bio->bi_io_vec + bio->bi_iter.bi_idx;

	return (struct place) {
		.vec = vec,
		.done = mp_bvec_iter_offset(bio->bi_io_vec, bio->bi_iter) - vec->bv_offset,
	};
}

/* The next @left bytes, or what of them lies in one piece. */
static inline struct bio_vec take(struct place *at, unsigned int left)
{
	const struct bio_vec piece = {
		.bv_page = at->vec->bv_page,
		.bv_offset = at->vec->bv_offset + at->done,
		.bv_len = min(left, at->vec->bv_len - at->done),
	};

	at->done += piece.bv_len;
	if (at->done == at->vec->bv_len) {
		at->vec++;
		at->done = 0;
	}
	return piece;
}

static unsigned int leg_of(const struct gather *g, u64 sector)
{
	u64 chunk = mdx_div(sector, g->map->chunk_sectors);
	u64 rem;

	mdx_div_rem(chunk - g->first_chunk, g->members, &rem);
	return rem;
}

/* Of the @size bytes from @sector on, those in its chunk. */
static unsigned int chunk_bytes(const struct gather *g, u64 sector, unsigned int size)
{
	u64 in_chunk;
	u64 left;

	mdx_div_rem(sector, g->map->chunk_sectors, &in_chunk);
	left = (g->map->chunk_sectors - in_chunk) << SECTOR_SHIFT;
	return min_t(u64, left, size);
}

/* How many bvecs each member's bio needs. False: one needs too many. */
static bool count_vecs(struct gather *g, const struct bio *bio)
{
	struct place at = start_of(bio);
	unsigned int size = bio->bi_iter.bi_size;
	u64 sector = bio->bi_iter.bi_sector;

	while (size) {
		unsigned int leg = leg_of(g, sector);
		unsigned int left = chunk_bytes(g, sector, size);
		unsigned int vecs = g->vecs[leg];

		sector += left >> SECTOR_SHIFT;
		size -= left;
		for (; left; vecs++)
			left -= take(&at, left).bv_len;
		if (vecs > BIO_MAX_VECS)
			return false;
		g->vecs[leg] = vecs;
	}
	return true;
}

static void free_legs(struct gather *g)
{
	unsigned int i;

	for (i = 0; i < g->members; i++)
		if (g->leg[i])
			mdx_leg_free(g->leg[i]);
}

static bool alloc_legs(struct gather *g, struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	const unsigned int chunk_sectors = g->map->chunk_sectors;
	const u64 start = io->iter.bi_sector;
	gfp_t gfp = GFP_NOIO;
	unsigned int i;

	for (i = 0; i < g->members; i++) {
		u64 sector = i ? (g->first_chunk + i) * chunk_sectors : start;
		u64 dev_sector;
		u32 slot;

		if (!g->vecs[i])
			continue;
		mdx_raid0_map_sector(g->map, sector, &slot, &dev_sector);
		g->leg[i] = mdx_leg_alloc(io, array->slot[slot], slot, dev_sector,
					  g->vecs[i], io->opf, gfp);
		if (!g->leg[i]) {
			free_legs(g);
			return false;
		}
		/* Holding one and waiting for another could wait for ourselves. */
		gfp = GFP_NOWAIT | __GFP_NOWARN;
	}
	return true;
}

static void fill_legs(struct gather *g, const struct bio *bio)
{
	struct place at = start_of(bio);
	unsigned int size = bio->bi_iter.bi_size;
	u64 sector = bio->bi_iter.bi_sector;

	while (size) {
		struct bio *leg = &g->leg[leg_of(g, sector)]->bio;
		unsigned int left = chunk_bytes(g, sector, size);
		struct bio_vec *vec = leg->bi_io_vec + leg->bi_vcnt;

		leg->bi_iter.bi_size += left;
		sector += left >> SECTOR_SHIFT;
		size -= left;
		for (; left; vec++) {
			*vec = take(&at, left);
			left -= vec->bv_len;
		}
		leg->bi_vcnt = vec - leg->bi_io_vec;
	}
}

bool raid0_gather(struct mdx_io *io, const struct mdx_raid0_map *map,
		  const struct mdx_raid0_zone *zone)
{
	struct gather g = { .map = map, .members = zone->members };
	bool sent = false;
	unsigned int i;

	if (zone->members > GATHER_MEMBERS)
		return false;
	g.first_chunk = mdx_div(io->iter.bi_sector, map->chunk_sectors);
	if (!count_vecs(&g, io->bio))
		return false;
	mdx_io_get(io);
	if (alloc_legs(&g, io)) {
		fill_legs(&g, io->bio);
		for (i = 0; i < g.members; i++)
			if (g.leg[i])
				mdx_leg_submit(g.leg[i]);
		sent = true;
	}
	if (sent)
		mdx_io_put(io);
	else
		atomic_set(&io->pending, 0);
	return sent;
}

void raid0_ranges(struct mdx_io *io, const struct mdx_raid0_map *map,
		  const struct mdx_raid0_zone *zone)
{
	const unsigned int chunk_sectors = map->chunk_sectors;
	const u64 start = io->iter.bi_sector, end = start + bio_sectors(io->bio);
	const u64 first = mdx_div(start, chunk_sectors);
	const u64 last = mdx_div(end - 1, chunk_sectors);
	u64 chunk;

	mdx_io_get(io);
	for (chunk = first; chunk <= last && chunk < first + zone->members; chunk++) {
		u64 tail = chunk + mdx_div(last - chunk, zone->members) * zone->members;
		u64 from, to, rem;
		struct mdx_leg *leg;
		u32 slot;

		mdx_raid0_map_sector(map, max(chunk * chunk_sectors, start), &slot, &from);
		mdx_raid0_map_sector(map, max(tail * chunk_sectors, start), &slot, &to);
		mdx_div_rem(max(tail * chunk_sectors, start), chunk_sectors, &rem);
		to += min(end, (tail + 1) * chunk_sectors) - (tail * chunk_sectors + rem);
		leg = mdx_leg_alloc(io, io->array->slot[slot], slot, from, 0, io->opf, GFP_NOIO);
		leg->bio.bi_iter.bi_size = (to - from) << SECTOR_SHIFT;
		mdx_leg_submit(leg);
	}
	mdx_io_put(io);
}
