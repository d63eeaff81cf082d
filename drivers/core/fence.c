// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fence between user writes and sync windows.
 *
 * DOC: A sync window reads old data and writes it elsewhere, so no user write
 * may run in its range meanwhile. The array is cut into units of 1 MiB,
 * hashed to buckets. A write is counted in its bucket; a window closes the
 * buckets of its units and waits for their counts to fall to zero. Writes that
 * meet a closed bucket are parked, not blocked, and go to the io work when it opens.
 *
 * Windows do not keep each other out: units share buckets by hash, and where
 * chunks are striped windows share units. A bucket is open when the last has left.
 *
 * No deadlock: a window waits only for writes that are inside, those wait for
 * members and superblocks only; a window in flight waits for nobody.
 */
#include <linux/hash.h>
#include "core.h"

#define FENCE_BITS 10

struct fence_bucket {
	spinlock_t lock;		/* the rest of the bucket */
	unsigned int writers;
	unsigned int closed;		/* windows that keep writes out */
	struct list_head parked;	/* struct mdx_io.link */
};

struct mdx_fence {
	wait_queue_head_t wait;
	struct fence_bucket bucket[1u << FENCE_BITS];
};

struct mdx_fence *mdx_fence_alloc(void)
{
	struct mdx_fence *fence = kvmalloc(sizeof(*fence), GFP_KERNEL);
	unsigned int i;

	if (!fence)
		return NULL;
	init_waitqueue_head(&fence->wait);
	for (i = 0; i < ARRAY_SIZE(fence->bucket); i++) {
		spin_lock_init(&fence->bucket[i].lock);
		fence->bucket[i].writers = 0;
		fence->bucket[i].closed = 0;
		INIT_LIST_HEAD(&fence->bucket[i].parked);
	}
	return fence;
}

void mdx_fence_free(struct mdx_fence *fence)
{
	kvfree(fence);
}

static struct fence_bucket *bucket_of(struct mdx_fence *fence, unsigned int unit)
{
	return &fence->bucket[hash_32(unit, FENCE_BITS)];
}

bool mdx_fence_enter(struct mdx_io *io)
{
	struct mdx_fence *fence = io->array->fence;
	const unsigned int unit = io->iter.bi_sector >> MDX_FENCE_SHIFT;
	struct fence_bucket *b = bucket_of(fence, unit);
	bool entered, wouldblock = false;
	unsigned long irq;

	spin_lock_irqsave(&b->lock, irq);
	entered = !b->closed;
	if (entered) {
		b->writers++;
		io->fence_unit = unit;
		io->flags |= MDX_IO_F_FENCED;
	} else if (io->opf & REQ_NOWAIT) {
		wouldblock = true;
	} else {
		io->flags &= ~MDX_IO_F_RETRY;
		list_add_tail(&io->link, &b->parked);
	}
	spin_unlock_irqrestore(&b->lock, irq);
	if (wouldblock) {
		io->status = BLK_STS_AGAIN;
		mdx_io_end(io);
	}
	return entered;
}
MDX_EXPORT(mdx_fence_enter);

void mdx_fence_leave(struct mdx_io *io)
{
	struct mdx_fence *fence = io->array->fence;
	struct fence_bucket *b = bucket_of(fence, io->fence_unit);
	unsigned long irq;
	bool last;

	io->flags &= ~MDX_IO_F_FENCED;
	spin_lock_irqsave(&b->lock, irq);
	last = !--b->writers && b->closed;
	spin_unlock_irqrestore(&b->lock, irq);
	if (last)
		wake_up_all(&fence->wait);
}

static bool fence_empty(struct fence_bucket *b)
{
	bool empty;

	spin_lock_irq(&b->lock);
	empty = !b->writers;
	spin_unlock_irq(&b->lock);
	return empty;
}

void mdx_fence_close(struct mdx_array *array, unsigned int unit)
{
	struct mdx_fence *fence = array->fence;
	struct fence_bucket *b = bucket_of(fence, unit);

	spin_lock_irq(&b->lock);
	b->closed++;
	spin_unlock_irq(&b->lock);
	wait_event(fence->wait, fence_empty(b));
}

void mdx_fence_open(struct mdx_array *array, unsigned int unit)
{
	struct mdx_fence *fence = array->fence;
	struct fence_bucket *b = bucket_of(fence, unit);
	LIST_HEAD(parked);
	unsigned long irq;

	spin_lock_irqsave(&b->lock, irq);
	if (!--b->closed)
		list_splice_init(&b->parked, &parked);
	spin_unlock_irqrestore(&b->lock, irq);
	if (list_empty(&parked))
		return;
	spin_lock_irqsave(&array->io_lock, irq);
	list_splice_tail(&parked, &array->retries);
	spin_unlock_irqrestore(&array->io_lock, irq);
	queue_work(mdx_io_wq, &array->io_work);
}
