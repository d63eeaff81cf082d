// SPDX-License-Identifier: GPL-2.0-only
/* See badblocks_format.h. PURE. */
#include "badblocks_format.h"
#include "super_fields.h"

#define WORD_COUNT_BITS 10
#define WORD_COUNT_MASK (((__u64)1 << WORD_COUNT_BITS) - 1)
#define WORD_END (~(__u64)0)
#define BLOCKS_END ((__u64)1 << (64 - WORD_COUNT_BITS))	/* a word can name none from here on */

/* Blocks that @sectors sectors from @sector lie in; the end is not one of them. */
struct blocks {
	__u64 start;
	__u64 end;
};

static struct blocks outward(const struct mdx_bad_list *list, __u64 sector, __u64 sectors)
{
	struct blocks b = { sector >> list->shift, ((sector + sectors - 1) >> list->shift) + 1 };

	return b;
}

/* Those that lie in it as a whole; there may be none. */
static struct blocks inward(const struct mdx_bad_list *list, __u64 sector, __u64 sectors)
{
	const __u64 mask = ((__u64)1 << list->shift) - 1;
	struct blocks b = { sector >> list->shift, (sector + sectors) >> list->shift };

	if (sector & mask)
		b.start++;
	return b;
}

static __u64 end_of(const struct mdx_bad_range *r)
{
	return r->start + r->blocks;
}

bool mdx_bad_list_find(const struct mdx_bad_list *list, __u64 sector, __u64 sectors,
		       struct mdx_bad_hit *hit)
{
	const struct blocks asked = outward(list, sector, sectors);
	__u32 low = 0, high = list->n;
	const struct mdx_bad_range *r;
	__u64 start, end;

	/* The first range that does not end before. */
	while (low < high) {
		__u32 middle = low + (high - low) / 2;

		if (end_of(&list->range[middle]) <= asked.start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->n || list->range[low].start >= asked.end)
		return false;
	r = &list->range[low];
	start = r->start > asked.start ? r->start << list->shift : sector;
	end = end_of(r) < asked.end ? end_of(r) << list->shift : sector + sectors;
	hit->sector = start;
	hit->sectors = end - start;
	hit->acked = r->acked;
	return true;
}

/* ---- changes: the new list is made beside the old one ---- */

struct draft {
	struct mdx_bad_range *range;
	__u32 n;
	bool full;
};

static void put(struct draft *d, __u64 start, __u64 end, bool acked)
{
	struct mdx_bad_range *last = d->n ? &d->range[d->n - 1] : NULL;

	if (start >= end)
		return;
	if (last && end_of(last) == start && last->acked == acked) {
		last->blocks += end - start;
		return;
	}
	if (d->n == MDX_BAD_RANGES) {
		d->full = true;
		return;
	}
	d->range[d->n].start = start;
	d->range[d->n].blocks = end - start;
	d->range[d->n].acked = acked;
	d->n++;
}

static __u64 words_of(__u64 blocks)
{
	return (blocks + MDX_BAD_WORD_BLOCKS - 1) / MDX_BAD_WORD_BLOCKS;
}

/* The draft becomes the list if the log has room for it. */
static bool accept(struct mdx_bad_list *list, const struct draft *d)
{
	struct mdx_bad_range *old = list->range;
	__u64 words = 0;
	__u32 i;

	if (d->full)
		return false;
	for (i = 0; i < d->n; i++)
		words += words_of(d->range[i].blocks);
	if (words > list->words)
		return false;
	list->range = list->scratch;
	list->scratch = old;
	list->n = d->n;
	return true;
}

static bool add_blocks(struct mdx_bad_list *list, struct blocks add, bool acked)
{
	struct draft d = { list->scratch, 0, false };
	__u64 left = add.start;		/* of what is added, not put yet */
	__u32 i;

	for (i = 0; i < list->n; i++) {
		const struct mdx_bad_range *r = &list->range[i];
		__u64 from = r->start > add.start ? r->start : add.start;
		__u64 to = mdx_min_u64(end_of(r), add.end);

		if (from >= to) {
			if (r->start >= add.end) {
				put(&d, left, add.end, acked);
				left = add.end;
			}
			put(&d, r->start, end_of(r), r->acked);
			continue;
		}
		put(&d, r->start, from, r->acked);
		put(&d, left, from, acked);
		put(&d, from, to, acked || r->acked);
		left = to;
		put(&d, to, end_of(r), r->acked);
	}
	put(&d, left, add.end, acked);
	return accept(list, &d);
}

bool mdx_bad_list_add(struct mdx_bad_list *list, __u64 sector, __u64 sectors, bool acked)
{
	const struct blocks add = outward(list, sector, sectors);

	return add.end <= BLOCKS_END && add_blocks(list, add, acked);
}

bool mdx_bad_list_remove(struct mdx_bad_list *list, __u64 sector, __u64 sectors)
{
	const struct blocks gone = inward(list, sector, sectors);
	struct draft d = { list->scratch, 0, false };
	__u32 i;

	if (gone.start >= gone.end)
		return true;
	for (i = 0; i < list->n; i++) {
		const struct mdx_bad_range *r = &list->range[i];

		put(&d, r->start, mdx_min_u64(end_of(r), gone.start), r->acked);
		put(&d, r->start > gone.end ? r->start : gone.end, end_of(r), r->acked);
	}
	return accept(list, &d);
}

void mdx_bad_list_ack(struct mdx_bad_list *list)
{
	struct draft d = { list->scratch, 0, false };
	__u32 i;

	for (i = 0; i < list->n; i++)
		put(&d, list->range[i].start, end_of(&list->range[i]), true);
	/* Fewer and longer ranges take no more words. */
	accept(list, &d);
}

bool mdx_bad_list_unacked(const struct mdx_bad_list *list)
{
	__u32 i;

	for (i = 0; i < list->n; i++)
		if (!list->range[i].acked)
			return true;
	return false;
}

/* ---- the medium ---- */

bool mdx_bad_log_decode(struct mdx_bad_list *list, const void *buf, __u64 dev_sectors)
{
	const __u64 dev_blocks = dev_sectors ? ((dev_sectors - 1) >> list->shift) + 1 : 0;
	__u32 i;

	for (i = 0; i < list->words; i++) {
		const __u64 word = mdx_get_le64(buf, i * sizeof(word));
		struct blocks b;

		if (word == WORD_END)
			break;
		b.start = word >> WORD_COUNT_BITS;
		b.end = b.start + (word & WORD_COUNT_MASK);
		b.end = mdx_min_u64(b.end, mdx_min_u64(dev_blocks, BLOCKS_END));
		if (b.start < b.end && !add_blocks(list, b, true))
			return false;
	}
	return true;
}

void mdx_bad_log_encode(const struct mdx_bad_list *list, void *buf)
{
	__u32 i, word = 0;

	memset(buf, 0xff, list->words * sizeof(__u64));
	for (i = 0; i < list->n; i++) {
		__u64 start = list->range[i].start;
		__u64 left = list->range[i].blocks;

		while (left && word < list->words) {
			const __u64 n = mdx_min_u64(left, MDX_BAD_WORD_BLOCKS);

			mdx_put_le64(buf, word++ * sizeof(__u64), start << WORD_COUNT_BITS | n);
			start += n;
			left -= n;
		}
	}
}
