// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bio over several chunks becomes one bio per member: what a member has of it lies
 * in runs, chunk behind chunk, one for each region of far copies, so the chunks' pages
 * can share a bio. 1 MiB in chunks of 64 KiB, two copies on four members, is four
 * bios to write, not 32.
 *
 * The bio is cut into its chunks once; then each member's rows are walked, and what
 * lies there (mdx_raid10_unmap()) is put behind what came before. Bios go out one by
 * one, so each may wait for its memory.
 *
 * DOC: failures
 *
 *  io->failed has a bit per position for the whole bio (MDX_IO_F_COPIES), for reads too.
 *  What follows from it for each chunk is for retry to find out.
 */
#include "raid10.h"

#define GATHER_CHUNKS 24u		/* of a bio at a time; they are on the stack */

/* What a bio has of one chunk. */
struct piece {
	struct bvec_iter iter;
	u16 vecs;
	u8 copy;			/* reads: which one serves it */
};

struct gather {
	struct mdx_io *io;
	const struct mdx_raid10_map *map;
	blk_opf_t opf;
	bool read;
	u64 first;			/* the chunk of piece[0] */
	unsigned int pieces;
	struct piece piece[GATHER_CHUNKS];
};

/* Sectors that lie one behind the other on a member; empty: start == end. */
struct run {
	unsigned int pos, slot;		/* whose they are, and whose place that is */
	u64 start, end;
	unsigned int vecs;
	unsigned int n;			/* pieces, by .order; without data none */
	u8 order[GATHER_CHUNKS];
};

static void run_send(struct mdx_io *io, const struct gather *g, struct run *r)
{
	struct mdx_member *member = mdx_array_at(io->array, r->pos);
	struct mdx_leg *leg;
	unsigned int i;

	if (r->start == r->end)
		return;
	leg = mdx_leg_alloc(io, member, r->pos, r->start, r->vecs,
			    g ? g->opf : io->opf & ~REQ_NOWAIT, GFP_NOIO);
	leg->bio.bi_iter.bi_size = g ? 0 : (r->end - r->start) << SECTOR_SHIFT;
	for (i = 0; i < r->n; i++) {
		struct bvec_iter iter = g->piece[r->order[i]].iter;

		while (iter.bi_size) {
			struct bio_vec bv = mp_bvec_iter_bvec(io->bio->bi_io_vec, iter);

			__bio_add_page(&leg->bio, bv.bv_page, bv.bv_len, bv.bv_offset);
			bvec_iter_advance(io->bio->bi_io_vec, &iter, bv.bv_len);
		}
	}
	mdx_leg_submit(leg);
	r->start = r->end;
	r->vecs = 0;
	r->n = 0;
}

/* ---- with data ---- */

/* False: a piece has more vectors than a bio. */
static bool cut(struct gather *g, unsigned int left)
{
	struct bio *bio = g->io->bio;
	struct bvec_iter iter = bio->bi_iter;

	while (iter.bi_size) {
		struct piece *p = &g->piece[g->pieces++];
		unsigned int bytes = min(left << SECTOR_SHIFT, iter.bi_size);

		p->iter = iter;
		p->iter.bi_size = bytes;
		p->vecs = 0;
		while (bytes) {
			struct bio_vec bv = mp_bvec_iter_bvec(bio->bi_io_vec, iter);
			unsigned int len = min(bytes, bv.bv_len);

			if (++p->vecs > BIO_MAX_VECS)
				return false;
			bvec_iter_advance(bio->bi_io_vec, &iter, len);
			bytes -= len;
		}
		left = 1u << g->map->chunk_shift;
	}
	return true;
}

static void run_add(struct gather *g, struct run *r, unsigned int index, u64 sector)
{
	const struct piece *p = &g->piece[index];

	if (sector != r->end || r->vecs + p->vecs > BIO_MAX_VECS) {
		run_send(g->io, g, r);
		r->start = sector;
	}
	r->end = sector + (p->iter.bi_size >> SECTOR_SHIFT);
	r->vecs += p->vecs;
	r->order[r->n++] = index;
}

/* What @row of the run's member has of the bio. */
static void gather_row(struct gather *g, struct run *r, u64 row)
{
	const u64 at = row << g->map->chunk_shift;
	const u64 sector = mdx_raid10_unmap(g->map, r->slot, at);
	const u64 chunk = sector >> g->map->chunk_shift;
	const u64 in_chunk = g->io->iter.bi_sector & ((1u << g->map->chunk_shift) - 1);
	struct mdx_place place[MDX_RAID10_COPIES];
	const struct piece *p;

	if (sector == MDX_SECTOR_NONE || chunk < g->first || chunk >= g->first + g->pieces)
		return;
	p = &g->piece[chunk - g->first];
	if (g->read) {
		mdx_raid10_map_sector(g->map, sector, place);
		if (place[p->copy].slot != r->slot || place[p->copy].sector != at)
			return;
	}
	run_add(g, r, chunk - g->first, at + (chunk == g->first ? in_chunk : 0));
}

static noinline_for_stack void gather_member(struct gather *g, unsigned int pos,
					     const struct mdx_raid10_rows *rows)
{
	const struct mdx_raid10_map *map = g->map;
	const unsigned int regions = map->offset ? 1 : map->far;
	const unsigned int each = map->offset ? map->far : 1;
	struct run r = { .pos = pos, .slot = pos % map->disks };
	unsigned int region;
	u64 row;

	for (region = 0; region < regions; region++)
		for (row = rows->first * each; row < (rows->last + 1) * each; row++)
			gather_row(g, &r, region * map->stride + row);
	run_send(g->io, g, &r);
}

/* Positions that get a part; marks in io->failed those that should but cannot. */
static noinline_for_stack unsigned long write_positions(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long positions = 0;
	unsigned int pos;

	for (pos = 0; pos < mdx_array_positions(array); pos++) {
		struct mdx_member *member = mdx_array_at(array, pos);

		if (!member)
			continue;
		if (likely(mdx_member_writable(member)))
			positions |= BIT(pos);
		else if (mdx_member_failure_unrecorded(array, member))
			set_bit(pos, &io->failed);
	}
	return positions;
}

/* Has one of them bad blocks anywhere? Who goes around them goes chunk by chunk. */
static noinline_for_stack bool any_bad(const struct mdx_array *array, unsigned long positions)
{
	unsigned int pos;

	for_each_set_bit(pos, &positions, BITS_PER_LONG)
		if (unlikely(mdx_member_has_bad(mdx_array_at(array, pos))))
			return true;
	return false;
}

/*
 * Which copy of each piece makes the longest runs: the same of all, here @all. With offset
 * copies that would be every other row of the members; there as many neighbours as there
 * are copies are read from one member, whose rows have one of each.
 */
static unsigned int best_copy(const struct mdx_raid10_map *map, const struct mdx_place *place,
			      unsigned int all)
{
	if (!map->offset || map->near > 1)
		return all;
	return map->far - 1 - (place[0].slot + all) % map->far;
}

/* That one, unless its member cannot be read, or is write-mostly and another is not. */
static int read_copy(const struct mdx_array *array, const struct mdx_place *place,
		     unsigned int all)
{
	const struct mdx_raid10_map *map = raid10_map(array);
	const unsigned int copies = map->copies, best = best_copy(map, place, all);
	unsigned int i;

	for (i = 0; i < copies; i++) {
		const unsigned int copy = (best + i) % copies;
		const struct mdx_member *member = array->slot[place[copy].slot];

		if (mdx_member_readable(member) &&
		    !mdx_member_test(member, MDX_MEMBER_F_WRITE_MOSTLY))
			return copy;
	}
	return raid10_first_copy(array, place, copies, 0);
}

/* Has the member that is to read piece @i, from @place, bad blocks there? */
static bool piece_is_bad(const struct gather *g, unsigned int i, const struct mdx_place *place)
{
	const sector_t in_chunk = i ? 0 : g->io->iter.bi_sector & ((1u << g->map->chunk_shift) - 1);

	return mdx_bad_overlaps(g->io->array->slot[place->slot], place->sector + in_chunk,
				g->piece[i].iter.bi_size >> SECTOR_SHIFT);
}

/* Whom each piece is read from; slots that are. None where a piece cannot be read, or has bad blocks in it. */
static noinline_for_stack unsigned long read_slots(struct gather *g)
{
	struct mdx_array *array = g->io->array;
	struct raid10 *conf = array->pers_data;
	const sector_t sector = g->io->iter.bi_sector;
	const sector_t end = sector + (g->io->iter.bi_size >> SECTOR_SHIFT);
	const bool may_differ = raid10_may_differ(array, end);
	struct mdx_place place[MDX_RAID10_COPIES];
	unsigned long slots = 0;
	unsigned int i;
	int all = 0, copy;

	for (i = 0; i < g->pieces; i++) {
		mdx_raid10_map_sector(g->map, (g->first + i) << g->map->chunk_shift, place);
		if (!i && !may_differ)
			all = mdx_balance_pick(&conf->balance, array, sector, end, place,
					       g->map->copies);
		copy = may_differ ? raid10_first_copy(array, place, g->map->copies, 0) :
				    read_copy(array, place, max(all, 0));
		if (copy < 0 || piece_is_bad(g, i, &place[copy]))
			return 0;
		g->piece[i].copy = copy;
		slots |= BIT(place[copy].slot);
	}
	return slots;
}

/* Degraded: is there a piece that no member in sync has? */
static noinline_for_stack bool any_lost(const struct gather *g)
{
	struct mdx_array *array = g->io->array;
	struct mdx_place place[MDX_RAID10_COPIES];
	unsigned int i;

	if (likely(READ_ONCE(array->degraded) < g->map->copies))
		return false;
	for (i = 0; i < g->pieces; i++) {
		mdx_raid10_map_sector(g->map, (g->first + i) << g->map->chunk_shift, place);
		if (raid10_first_copy(array, place, g->map->copies, 0) < 0)
			return true;
	}
	return false;
}

bool raid10_gather(struct mdx_io *io)
{
	const struct mdx_raid10_map *map = raid10_map(io->array);
	const unsigned int chunk = 1u << map->chunk_shift;
	const unsigned int left = chunk - (io->iter.bi_sector & (chunk - 1));
	struct gather g;
	struct mdx_raid10_rows rows;
	unsigned long positions;
	unsigned int pos;

	mdx_io_trim(io, left + (GATHER_CHUNKS - 1) * chunk);
	g.io = io;
	g.map = map;
	g.opf = io->opf;
	g.read = !(io->flags & MDX_IO_F_WRITE);
	g.first = io->iter.bi_sector >> map->chunk_shift;
	g.pieces = 0;
	if (!cut(&g, left) || (!g.read && any_lost(&g)))
		return false;
	positions = g.read ? read_slots(&g) : write_positions(io);
	if (!positions || (!g.read && any_bad(io->array, positions)))
		return false;
	if (!g.read)
		g.opf &= ~REQ_NOWAIT;
	mdx_raid10_rows_of(map, io->iter.bi_sector,
			   io->iter.bi_sector + (io->iter.bi_size >> SECTOR_SHIFT), &rows);
	io->flags |= MDX_IO_F_COPIES;
	mdx_io_get(io);
	for_each_set_bit(pos, &positions, BITS_PER_LONG)
		gather_member(&g, pos, &rows);
	mdx_io_put(io);
	return true;
}

/* ---- without ---- */

static void run_extend(struct mdx_io *io, struct run *r, u64 start, u64 end)
{
	if (start != r->end) {
		run_send(io, NULL, r);
		r->start = start;
	}
	r->end = end;
}

/* What rows @from to @to of the run's member have of the io. */
static void range_rows(struct mdx_io *io, struct run *r, u64 from, u64 to)
{
	const struct mdx_raid10_map *map = raid10_map(io->array);
	const sector_t start = io->iter.bi_sector;
	const sector_t end = start + (io->iter.bi_size >> SECTOR_SHIFT);
	u64 row;

	for (row = from; row < to; row++) {
		const u64 at = row << map->chunk_shift;
		const u64 sector = mdx_raid10_unmap(map, r->slot, at);
		u64 first, last;

		if (sector == MDX_SECTOR_NONE)
			continue;
		first = max_t(u64, sector, start);
		last = min_t(u64, sector + (1u << map->chunk_shift), end);
		if (first < last)
			run_extend(io, r, at + first - sector, at + last - sector);
	}
}

/*
 * Near copies of the first and the last chunk may straddle two rows; the rows between
 * those are in it from end to end.
 */
static void range_member(struct mdx_io *io, unsigned int pos, const struct mdx_raid10_rows *rows)
{
	const struct mdx_raid10_map *map = raid10_map(io->array);
	const unsigned int regions = map->offset ? 1 : map->far;
	const unsigned int each = map->offset ? map->far : 1;
	const u64 end = rows->last + 1;
	const u64 head = min(rows->first + 2, end), tail = max(head, end - min_t(u64, end, 2));
	struct run r = { .pos = pos, .slot = pos % map->disks };
	unsigned int region;

	for (region = 0; region < regions; region++) {
		const u64 base = region * map->stride;

		range_rows(io, &r, base + rows->first * each, base + head * each);
		if (tail > head)
			run_extend(io, &r, (base + head * each) << map->chunk_shift,
				   (base + tail * each) << map->chunk_shift);
		range_rows(io, &r, base + tail * each, base + end * each);
	}
	run_send(io, NULL, &r);
}

void raid10_ranges(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	struct mdx_raid10_rows rows;
	unsigned long positions = write_positions(io), able = 0;
	unsigned int pos;
	bool lost;

	for_each_set_bit(pos, &positions, BITS_PER_LONG)
		if (raid10_takes_op(mdx_array_at(array, pos), io))
			able |= BIT(pos);
	lost = !mdx_raid10_has_copies(raid10_map(array), raid10_readable_slots(array), 1);
	if (unlikely(!able || lost)) {
		io->status = lost ? BLK_STS_IOERR : BLK_STS_NOTSUPP;
		mdx_io_end(io);
		return;
	}
	mdx_raid10_rows_of(raid10_map(array), io->iter.bi_sector,
			   io->iter.bi_sector + (io->iter.bi_size >> SECTOR_SHIFT), &rows);
	io->flags |= MDX_IO_F_COPIES;
	mdx_io_get(io);
	for_each_set_bit(pos, &able, BITS_PER_LONG)
		range_member(io, pos, &rows);
	mdx_io_put(io);
}
