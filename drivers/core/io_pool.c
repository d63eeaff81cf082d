// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where struct mdx_io comes from: a small stock on each CPU in front of a
 * mempool.
 *
 * DOC: The slab's own fast path costs more instructions than the rest of our
 * submission together, so objects that come back are kept. The mempool's
 * promise, that somebody who waits gets what others give back, must not end in
 * a stock: while the pool's reserve is not full, objects go there. Taking from the
 * stock and giving back are in core.h, a call costs half as much as they do.
 */
#include <linux/percpu.h>
#include "core.h"

#define IO_POOL_MIN 64

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
