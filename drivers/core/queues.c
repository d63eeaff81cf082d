// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues and pools.
 *
 * DOC: One WQ_MEM_RECLAIM queue for each level of waiting, so that a work item
 * never waits for one behind it on the same rescuer: submit waits at the gates,
 * that is for control; control waits for sync and io, io waits for superblocks,
 * superblocks wait for members only.
 */
#include "core.h"

#define IO_POOL_MIN 64
#define BIO_POOL_MIN 64

struct workqueue_struct *mdx_sb_wq, *mdx_io_wq, *mdx_sync_wq, *mdx_control_wq;
struct workqueue_struct *mdx_submit_wq, *mdx_delete_wq;
static struct kmem_cache *io_cache;

void mdx_queues_exit(void)
{
	struct workqueue_struct **const all[] = {
		&mdx_delete_wq, &mdx_submit_wq, &mdx_control_wq, &mdx_sync_wq,
		&mdx_io_wq, &mdx_sb_wq,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (*all[i])
			destroy_workqueue(*all[i]);
		*all[i] = NULL;
	}
	kmem_cache_destroy(io_cache);
	io_cache = NULL;
}

int mdx_queues_init(void)
{
	io_cache = KMEM_CACHE(mdx_io, SLAB_HWCACHE_ALIGN);
	mdx_sb_wq = alloc_workqueue("mdx_super", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	mdx_io_wq = alloc_workqueue("mdx_io", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_sync_wq = alloc_workqueue("mdx_sync", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_control_wq = alloc_workqueue("mdx_control", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_submit_wq = alloc_workqueue("mdx_submit", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_delete_wq = alloc_workqueue("mdx_delete", WQ_UNBOUND, 0);
	if (io_cache && mdx_sb_wq && mdx_io_wq && mdx_sync_wq && mdx_control_wq &&
	    mdx_submit_wq && mdx_delete_wq)
		return 0;
	mdx_queues_exit();
	return -ENOMEM;
}

int mdx_io_init(struct mdx_array *array)
{
	int err;

	err = mempool_init_slab_pool(&array->io_pool, IO_POOL_MIN, io_cache);
	if (err)
		return err;
	err = bioset_init(&array->bios, BIO_POOL_MIN, offsetof(struct mdx_leg, bio),
			  BIOSET_NEED_BVECS | BIOSET_NEED_RESCUER);
	if (err)
		goto err_pool;
	err = bioset_init(&array->split_bios, BIO_POOL_MIN, 0, BIOSET_NEED_RESCUER);
	if (err)
		goto err_bios;
	return 0;

err_bios:
	bioset_exit(&array->bios);
err_pool:
	mempool_exit(&array->io_pool);
	return err;
}

void mdx_io_exit(struct mdx_array *array)
{
	bioset_exit(&array->split_bios);
	bioset_exit(&array->bios);
	mempool_exit(&array->io_pool);
}
