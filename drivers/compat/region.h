/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block majors 9 "md" and "mdp": owning them, and hearing of an open of a
 * number that has no disk yet.
 */
#ifndef _MDX_REGION_H
#define _MDX_REGION_H

/* Own both majors; nothing is heard yet. -EBUSY: md_mod has them (one log line). */
int mdx_region_claim(void);
void mdx_region_release(void);

/* From now on opens create arrays through mdx_array_probe(). 0 or an errno. */
int mdx_region_open(void);
/* No more; waits for probes under way. */
void mdx_region_close(void);

#endif
