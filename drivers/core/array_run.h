/* SPDX-License-Identifier: GPL-2.0-only */
/* Between array_run.c and array_stop.c. */
#ifndef _MDX_ARRAY_RUN_H
#define _MDX_ARRAY_RUN_H

struct mdx_array;

/* Unbind the level (if one is bound) and drop the slot table. Needs lock; no I/O is in flight. */
void mdx_array_drop_personality(struct mdx_array *array);

#endif
