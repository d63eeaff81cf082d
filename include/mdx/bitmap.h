/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write-intent bitmap, as levels see it.
 *
 * A level that keeps copies asks before it sends a write out; mdx_io_end() tells
 * the bitmap that the write is over. array->bitmap changes only while the array
 * is suspended: who holds a gate may look at it as it is.
 */
#ifndef _MDX_BITMAP_H
#define _MDX_BITMAP_H

#include <mdx/io.h>

/*
 * Only with array->bitmap, after the fence, before the first leg. True: the bits
 * of io's sectors (of the array) are on disk, and stay until it ends. False: it
 * has been parked until they are and will be handed to pers->submit again, or,
 * with REQ_NOWAIT, has ended. May cut the bio (mdx_io_trim()). Context of submit.
 */
bool mdx_bitmap_write_start(struct mdx_io *io);

/*
 * With array->bitmap: has @action (MDX_SYNC_RESYNC, or MDX_SYNC_RECOVER by bitmap) to look at any of @sectors at
 * @sector of the array? Any context while a sync runs.
 */
bool mdx_bitmap_wants(struct mdx_array *array, enum mdx_sync_action action, sector_t sector,
		      sector_t sectors);

#endif
