// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thread context for bios that cannot go on where they are: errors to be
 * mended, data behind a flush, writes that waited for a sync window.
 *
 * DOC: Everything on array->retries holds a gate reference, so this work must
 * never wait at a gate or for a suspend. It may wait for the superblock
 * writer, which needs neither.
 */
#include "core.h"

static void io_queue(struct mdx_io *io)
{
	struct mdx_array *array = io->array;
	unsigned long irq;

	/* Once it can be taken from the list it may end, and with it what keeps the array. */
	spin_lock_irqsave(&array->io_lock, irq);
	list_add_tail(&io->link, &array->retries);
	queue_work(mdx_io_wq, &array->io_work);
	spin_unlock_irqrestore(&array->io_lock, irq);
}

void mdx_io_retry(struct mdx_io *io)
{
	io->flags |= MDX_IO_F_RETRY;
	io_queue(io);
}
MDX_EXPORT(mdx_io_retry);

void mdx_io_punt(struct mdx_io *io)
{
	io->flags &= ~MDX_IO_F_RETRY;
	io_queue(io);
}

void mdx_io_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, io_work);
	struct mdx_io *io;

	for (;;) {
		spin_lock_irq(&array->io_lock);
		io = list_first_entry_or_null(&array->retries, struct mdx_io, link);
		if (io)
			list_del(&io->link);
		spin_unlock_irq(&array->io_lock);
		if (!io)
			return;
		if (io->flags & MDX_IO_F_RETRY)
			array->pers->retry(io);
		else
			array->pers->submit(io);
	}
}

int mdx_member_rw_page(struct mdx_member *member, sector_t sector,
		       struct page *page, unsigned int len, blk_opf_t opf)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, member->bdev.bdev, &vec, 1, opf);
	bio.bi_iter.bi_sector = member->data_offset + sector;
	__bio_add_page(&bio, page, len, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err ? -EIO : 0;
}
MDX_EXPORT(mdx_member_rw_page);

int mdx_member_flush(struct mdx_member *member)
{
	struct bio bio;
	int err;

	bio_init(&bio, member->bdev.bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err ? -EIO : 0;
}
MDX_EXPORT(mdx_member_flush);
