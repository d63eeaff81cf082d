/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the RAID0 module among themselves. */
#ifndef _MDX_RAID0_H
#define _MDX_RAID0_H

#include <mdx/personality.h>
#include "raid0_map.h"

/*
 * Send io->bio, which spans chunks of one zone, as one bio per member. False:
 * no memory or too many pieces, nothing was sent.
 */
bool raid0_gather(struct mdx_io *io, const struct mdx_raid0_map *map,
		  const struct mdx_raid0_zone *zone);

/* The same for discards and write-zeroes: one range per member. */
void raid0_ranges(struct mdx_io *io, const struct mdx_raid0_map *map,
		  const struct mdx_raid0_zone *zone);

#endif
