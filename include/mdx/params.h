/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Module parameters md has, shared by mdx.ko and the md face: the same
 * variables under two names in /sys/module.
 */
#ifndef _MDX_PARAMS_H
#define _MDX_PARAMS_H

#include <linux/types.h>

extern unsigned int mdx_start_ro;	/* not 0: arrays start auto-read-only */
extern int mdx_start_dirty_degraded;	/* not 0: dirty degraded parity arrays start */
extern bool mdx_create_on_open;		/* opening /dev/mdN makes the array */

/*
 * Handler of new_array: @name is "mdN" (a number up to the last minor) or
 * "md_NAME"; a newline at the end is ignored. 0, -EINVAL (neither), -E2BIG,
 * -EEXIST, -ENOMEM. Sleeps.
 */
int mdx_new_array(const char *name);

#endif
