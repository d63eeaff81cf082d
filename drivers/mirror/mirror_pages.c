// SPDX-License-Identifier: GPL-2.0-only
/* Moving pages of the user's, where they end at bad blocks, and comparing those of a sync. */
#include <linux/highmem.h>
#include <mdx/mirror.h>

void mdx_bio_to_page(struct page *page, struct bio *bio, struct bvec_iter *iter,
		     unsigned int len)
{
	char *to = page_address(page);

	while (len) {
		struct bio_vec vec = bio_iter_iovec(bio, *iter);
		unsigned int n = min(len, vec.bv_len);

		memcpy_from_page(to, vec.bv_page, vec.bv_offset, n);
		bvec_iter_advance(bio->bi_io_vec, iter, n);
		to += n;
		len -= n;
	}
}
MDX_EXPORT(mdx_bio_to_page);

void mdx_page_to_bio(struct bio *bio, struct bvec_iter *iter, struct page *page,
		     unsigned int len)
{
	const char *from = page_address(page);

	while (len) {
		struct bio_vec vec = bio_iter_iovec(bio, *iter);
		unsigned int n = min(len, vec.bv_len);

		memcpy_to_page(vec.bv_page, vec.bv_offset, from, n);
		bvec_iter_advance(bio->bi_io_vec, iter, n);
		from += n;
		len -= n;
	}
}
MDX_EXPORT(mdx_page_to_bio);

unsigned int mdx_bad_alike(const struct mdx_array *array, const struct mdx_member *member,
			   sector_t sector, unsigned int sectors)
{
	const unsigned int block = queue_logical_block_size(array->disk->queue) >> SECTOR_SHIFT;
	struct mdx_bad_part bad;
	unsigned int cut;

	if (likely(!member || !mdx_member_has_bad(member)) ||
	    !mdx_bad_find(member, sector, sectors, &bad))
		return sectors;
	cut = bad.sector > sector ? bad.sector - sector : bad.sectors;
	return cut % block ? sectors : cut;
}
MDX_EXPORT(mdx_bad_alike);

struct cursor {
	const struct bio_vec *vec;
	unsigned int offset;		/* in .vec */
};

static struct cursor cursor_at(const struct mdx_sync_buf *buf, unsigned int offset)
{
	struct cursor c = { .vec = buf->vec, .offset = offset };

	while (c.offset >= c.vec->bv_len) {
		c.offset -= c.vec->bv_len;
		c.vec++;
	}
	return c;
}

static void *cursor_data(const struct cursor *c, unsigned int *left)
{
	*left = c->vec->bv_len - c->offset;
	return page_address(c->vec->bv_page) + c->vec->bv_offset + c->offset;
}

static void cursor_advance(struct cursor *c, unsigned int bytes)
{
	c->offset += bytes;
	if (c->offset == c->vec->bv_len) {
		c->vec++;
		c->offset = 0;
	}
}

bool mdx_sync_same(const struct mdx_sync_buf *buf_a, const struct mdx_sync_buf *buf_b,
		   unsigned int offset, unsigned int bytes)
{
	struct cursor a = cursor_at(buf_a, offset), b = cursor_at(buf_b, offset);

	while (bytes) {
		unsigned int left_a, left_b, n;
		void *data_a = cursor_data(&a, &left_a);
		void *data_b = cursor_data(&b, &left_b);

		n = min3(bytes, left_a, left_b);
		if (memcmp(data_a, data_b, n))
			return false;
		cursor_advance(&a, n);
		cursor_advance(&b, n);
		bytes -= n;
	}
	return true;
}
MDX_EXPORT(mdx_sync_same);
