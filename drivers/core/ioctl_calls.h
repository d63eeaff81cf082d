/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ioctl.c hands its arguments to: ioctl_info.c answers, ioctl_setup.c
 * configures. Structures are the caller's copies in kernel memory.
 */
#ifndef _MDX_IOCTL_CALLS_H
#define _MDX_IOCTL_CALLS_H

#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>
#include "core.h"

/* Any context that may sleep; no lock needed. */
void mdx_info_version(mdu_version_t *info);
void mdx_info_array(struct mdx_array *array, mdu_array_info_t *info);
/* Of the member with info->number; one that does not exist reads as removed. */
void mdx_info_disk(struct mdx_array *array, mdu_disk_info_t *info);

/* These need array->lock. */
int mdx_setup_array(struct mdx_array *array, const mdu_array_info_t *info);
/* ADD_NEW_DISK; @c is the device that @info names. */
int mdx_setup_add_disk(struct mdx_array *array, const mdu_disk_info_t *info,
		       struct mdx_candidate *c);
/* HOT_ADD_DISK: a blank device to a running 0.90 array. */
int mdx_setup_hot_add(struct mdx_array *array, struct mdx_candidate *c);

#endif
