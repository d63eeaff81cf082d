// SPDX-License-Identifier: GPL-2.0-only
/* ioctls that only ask. They read under state_lock: nothing can hang them. */
#include "ioctl_calls.h"

void mdx_info_version(mdu_version_t *info)
{
	info->major = MD_MAJOR_VERSION;
	info->minor = MD_MINOR_VERSION;
	info->patchlevel = MD_PATCHLEVEL_VERSION;
}

static void count_members(struct mdx_array *array, mdu_array_info_t *info)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link) {
		info->nr_disks++;
		if (mdx_member_test(m, MDX_MEMBER_F_FAULTY)) {
			info->failed_disks++;
			continue;
		}
		info->working_disks++;
		if (mdx_member_test(m, MDX_MEMBER_F_IN_SYNC))
			info->active_disks++;
		else
			info->spare_disks++;
	}
}

int mdx_info_layout(const struct mdx_array *array)
{
	/* A raid0 that does not record one. */
	return array->level == 0 && !array->layout ? -1 : array->layout;
}

void mdx_info_array(struct mdx_array *array, mdu_array_info_t *info)
{
	const sector_t kib = array->dev_sectors / 2;

	memset(info, 0, sizeof(*info));
	spin_lock_irq(&array->state_lock);
	count_members(array, info);
	info->major_version = array->major_version;
	info->minor_version = array->minor_version;
	info->patch_version = MD_PATCHLEVEL_VERSION;
	info->ctime = clamp_t(u64, array->ctime, 0, U32_MAX);
	info->utime = clamp_t(u64, array->utime, 0, U32_MAX);
	info->level = array->level;
	info->size = kib <= INT_MAX ? (int)kib : -1;
	info->raid_disks = array->raid_disks;
	info->md_minor = MINOR(array->unit);
	info->not_persistent = !test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
	if (mdx_array_running(array) && mdx_state_info(array->state)->clean)
		info->state = BIT(MD_SB_CLEAN);
	if (array->bitmap)
		info->state |= BIT(MD_SB_BITMAP_PRESENT);
	info->layout = mdx_info_layout(array);
	info->chunk_size = array->chunk_sectors << 9;
	spin_unlock_irq(&array->state_lock);
}

static struct mdx_member *numbered(struct mdx_array *array, int number)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->number == number)
			return m;
	return NULL;
}

static int disk_state(const struct mdx_member *m)
{
	int state = 0;

	if (mdx_member_test(m, MDX_MEMBER_F_FAULTY))
		state |= BIT(MD_DISK_FAULTY);
	else if (mdx_member_test(m, MDX_MEMBER_F_IN_SYNC))
		state |= BIT(MD_DISK_ACTIVE) | BIT(MD_DISK_SYNC);
	if (mdx_member_test(m, MDX_MEMBER_F_WRITE_MOSTLY))
		state |= BIT(MD_DISK_WRITEMOSTLY);
	if (mdx_member_test(m, MDX_MEMBER_F_FAILFAST))
		state |= BIT(MD_DISK_FAILFAST);
	return state;
}

void mdx_info_disk(struct mdx_array *array, mdu_disk_info_t *info)
{
	const struct mdx_member *m;

	spin_lock_irq(&array->state_lock);
	m = numbered(array, info->number);
	info->major = m ? MAJOR(m->dev) : 0;
	info->minor = m ? MINOR(m->dev) : 0;
	info->raid_disk = m ? m->slot : -1;
	info->state = m ? disk_state(m) : BIT(MD_DISK_REMOVED);
	spin_unlock_irq(&array->state_lock);
}
