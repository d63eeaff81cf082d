// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where struct mdx_io comes from: a small stock on each CPU in front of a
 * mempool.
 *
 * DOC: The slab's own fast path costs more instructions than the rest of our
 * submission together, so objects that come back are kept. The mempool's
 * promise, that somebody who waits gets what others give back, must not end in
 * a stock: while the pool's reserve is not full, objects go there.
 */
#include <linux/percpu.h>
#include "core.h"

#define IO_POOL_MIN 64
/* Each CPU, each array. KASAN only sees objects that are really freed. */
#define IO_STOCK_MAX (IS_ENABLED(CONFIG_KASAN) ? 0 : 64)

static struct kmem_cache *io_cache;

int mdx_io_cache_init(void)
{
	io_cache = KMEM_CACHE(mdx_io, SLAB_HWCACHE_ALIGN);
	return io_cache ? 0 : -ENOMEM;
}

void mdx_io_cache_exit(void)
{
	kmem_cache_destroy(io_cache);
	io_cache = NULL;
}

int mdx_io_pool_init(struct mdx_array *array)
{
	int err;

	array->cpu = alloc_percpu(struct mdx_cpu);
	if (!array->cpu)
		return -ENOMEM;
	err = mempool_init_slab_pool(&array->io_pool, IO_POOL_MIN, io_cache);
	if (err)
		free_percpu(array->cpu);
	return err;
}

void mdx_io_pool_exit(struct mdx_array *array)
{
	struct mdx_io *io;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct mdx_cpu *stock = per_cpu_ptr(array->cpu, cpu);

		while ((io = stock->ios) != NULL) {
			stock->ios = io->next;
			kmem_cache_free(io_cache, io);
		}
	}
	mempool_exit(&array->io_pool);
	free_percpu(array->cpu);
}

struct mdx_io *mdx_io_alloc(struct mdx_array *array, gfp_t gfp)
{
	struct mdx_cpu *stock;
	struct mdx_io *io;
	unsigned long irq;

	local_irq_save(irq);
	stock = this_cpu_ptr(array->cpu);
	io = stock->ios;
	if (likely(io)) {
		stock->ios = io->next;
		stock->stocked--;
	}
	local_irq_restore(irq);
	return likely(io) ? io : mempool_alloc(&array->io_pool, gfp);
}

static bool reserve_is_full(mempool_t *pool)
{
	/* Whoever took this object from the reserve is seen to have: as in mempool_free(). */
	smp_rmb();
	return READ_ONCE(pool->curr_nr) >= pool->min_nr;
}

void mdx_io_free(struct mdx_array *array, struct mdx_io *io)
{
	struct mdx_cpu *stock;
	unsigned long irq;

	if (likely(reserve_is_full(&array->io_pool))) {
		local_irq_save(irq);
		stock = this_cpu_ptr(array->cpu);
		if (likely(stock->stocked < IO_STOCK_MAX)) {
			io->next = stock->ios;
			stock->ios = io;
			stock->stocked++;
			io = NULL;
		}
		local_irq_restore(irq);
		if (!io)
			return;
	}
	mempool_free(io, &array->io_pool);
}
