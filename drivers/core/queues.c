// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work queues, and the pools of an array.
 *
 * DOC: One WQ_MEM_RECLAIM queue for each level of waiting, so that a work item
 * never waits for one behind it on the same rescuer: submit waits at the gates,
 * that is for control; control waits for sync and io, io waits for superblocks,
 * superblocks for the bitmap, and the bitmap for members only. Arrays on arrays share them, see ARCHITECTURE.md.
 */
#include "core.h"

#define BIO_POOL_MIN 64

struct workqueue_struct *mdx_bitmap_wq, *mdx_sb_wq, *mdx_io_wq, *mdx_sync_wq;
struct workqueue_struct *mdx_control_wq, *mdx_submit_wq, *mdx_delete_wq;

void mdx_queues_exit(void)
{
	struct workqueue_struct **const all[] = {
		&mdx_delete_wq, &mdx_submit_wq, &mdx_control_wq, &mdx_sync_wq,
		&mdx_io_wq, &mdx_sb_wq, &mdx_bitmap_wq,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (*all[i])
			destroy_workqueue(*all[i]);
		*all[i] = NULL;
	}
	mdx_io_cache_exit();
}

int mdx_queues_init(void)
{
	mdx_bitmap_wq = alloc_workqueue("mdx_bitmap", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	mdx_sb_wq = alloc_workqueue("mdx_super", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	mdx_io_wq = alloc_workqueue("mdx_io", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_sync_wq = alloc_workqueue("mdx_sync", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_control_wq = alloc_workqueue("mdx_control", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_submit_wq = alloc_workqueue("mdx_submit", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	mdx_delete_wq = alloc_workqueue("mdx_delete", WQ_UNBOUND, 0);
	if (!mdx_io_cache_init() && mdx_bitmap_wq && mdx_sb_wq && mdx_io_wq && mdx_sync_wq &&
	    mdx_control_wq && mdx_submit_wq && mdx_delete_wq)
		return 0;
	mdx_queues_exit();
	return -ENOMEM;
}

int mdx_io_init(struct mdx_array *array)
{
	int err;

	err = mdx_io_pool_init(array);
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
	mdx_io_pool_exit(array);
	return err;
}

void mdx_io_exit(struct mdx_array *array)
{
	bioset_exit(&array->split_bios);
	bioset_exit(&array->bios);
	mdx_io_pool_exit(array);
}
