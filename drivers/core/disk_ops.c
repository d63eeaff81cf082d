// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk as a file: open, close, media change, read-only.
 *
 * DOC: Open against stop. An opener is counted first and looks for the flag
 * afterwards; whoever stops sets the flag first and looks at the count
 * afterwards. Both steps are full barriers, so at least one of the two sees
 * the other and nobody works on an array that goes away. Deletion looks at the
 * count under the lock that counting takes, too, and lets the array be.
 */
#include "core.h"

int mdx_disk_open(struct mdx_array *array, bool write)
{
	if (!mdx_array_enter(array))
		return -ENODEV;
	smp_mb();	/* pairs with mdx_array_stop() */
	if (test_bit(MDX_ARRAY_F_STOPPING, &array->flags)) {
		mdx_disk_release(array);
		return -ENODEV;
	}
	return 0;
}

void mdx_disk_release(struct mdx_array *array)
{
	/* The caller's reference keeps the array for the question. */
	if (atomic_dec_and_test(&array->openers))
		mdx_array_delete_if_idle(array);
}

bool mdx_disk_media_changed(struct mdx_array *array)
{
	return test_and_clear_bit(MDX_ARRAY_F_MEDIA_CHANGED, &array->flags);
}

/*
 * BLKROSET. The block layer keeps the disk's own flag. Making a read-only
 * array writable lets the first write start it; an array that is already
 * writable, or not running, has nothing to do.
 */
int mdx_disk_set_read_only(struct mdx_array *array, bool ro)
{
	int err;

	if (ro)
		return 0;
	err = mdx_array_lock(array);
	if (err)
		return err;
	if (mdx_state_now(array) == MDX_STATE_READONLY)
		err = mdx_array_set_read_auto(array);
	mdx_array_unlock(array);
	return err;
}
