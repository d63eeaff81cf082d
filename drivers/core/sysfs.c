// SPDX-License-Identifier: GPL-2.0-only
/* The sysfs face's foundation: stepping out of attributes, parsing, notes to pollers. */
#include <linux/rcupdate.h>
#include "sysfs.h"

int mdx_store_begin(struct mdx_array *array, struct kobject *kobj,
		    struct attribute *attr, struct kernfs_node **kn)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	/* Nothing else keeps the module while the attribute can be removed. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	/* While the attribute is still ours: a member does not hold its array. */
	mdx_array_get(array);
	*kn = sysfs_break_active_protection(kobj, attr);
	if (!*kn) {
		mdx_array_put(array);
		module_put(THIS_MODULE);
		return -ENODEV;
	}
	return 0;
}

void mdx_store_end(struct mdx_array *array, struct kernfs_node *kn)
{
	/* Nothing may be configured any more, and nobody need have it open. */
	mdx_array_delete_if_idle(array);
	mdx_array_put(array);
	sysfs_unbreak_active_protection(kn);
	module_put(THIS_MODULE);
}

int mdx_parse_uint(const char *page, unsigned int most, unsigned int *n)
{
	int err = kstrtouint(page, 10, n);

	return err ?: *n > most ? -EINVAL : 0;
}

int mdx_parse_sector(const char *page, const char *none, sector_t *sector)
{
	unsigned long long n;
	int err;

	if (none && sysfs_streq(page, none)) {
		*sector = MDX_SECTOR_NONE;
		return 0;
	}
	err = kstrtoull(page, 10, &n);
	if (!err)
		*sector = n;
	return err;
}

ssize_t mdx_show_sector(char *page, const char *none, sector_t sector)
{
	if (none && sector == MDX_SECTOR_NONE)
		return sysfs_emit(page, "%s\n", none);
	return sysfs_emit(page, "%llu\n", (unsigned long long)sector);
}

int mdx_parse_kib(const char *page, sector_t *sectors)
{
	unsigned long long kib;

	if (kstrtoull(page, 10, &kib) || kib > (MDX_SECTOR_NONE >> 1))
		return -EINVAL;
	*sectors = kib * 2;
	return 0;
}

int mdx_parse_flag(const char *page, bool *flag)
{
	unsigned int n;

	if (kstrtouint(page, 10, &n) || n > 1)
		return -EINVAL;
	*flag = n;
	return 0;
}

int mdx_refuse(struct mdx_array *array, const char *what)
{
	pr_warn("md: %s: %s is not supported\n", array->name, what);
	return -EOPNOTSUPP;
}

/*
 * Nodes are looked up once, since notes are sent from any context; whoever
 * takes one away waits for those that are just sending a note through it.
 */
static void notify_node(struct kernfs_node *const *slot)
{
	struct kernfs_node *kn;

	rcu_read_lock();
	kn = READ_ONCE(*slot);
	if (kn)
		sysfs_notify_dirent(kn);
	rcu_read_unlock();
}

void mdx_sysfs_find_node(struct kobject *kobj, const char *name, struct kernfs_node **slot)
{
	WRITE_ONCE(*slot, sysfs_get_dirent(kobj->sd, name));
}

void mdx_sysfs_drop_nodes(struct kernfs_node **const *slots, unsigned int n)
{
	struct kernfs_node *old[4];
	unsigned int i;

	if (WARN_ON(n > ARRAY_SIZE(old)))
		return;
	for (i = 0; i < n; i++)
		old[i] = xchg(slots[i], NULL);
	synchronize_rcu();
	for (i = 0; i < n; i++)
		sysfs_put(old[i]);
}

void mdx_sysfs_notify_state(struct mdx_array *array)
{
	notify_node(&array->kn_state);
}

void mdx_sysfs_notify_sync(struct mdx_array *array)
{
	notify_node(&array->kn_action);
	notify_node(&array->kn_completed);
	notify_node(&array->kn_degraded);
}

void mdx_sysfs_notify_member(struct mdx_member *member)
{
	notify_node(&member->kn_state);
}

void mdx_sysfs_notify_bad(struct mdx_member *member)
{
	notify_node(&member->kn_bad);
	notify_node(&member->kn_unacknowledged);
	notify_node(&member->kn_state);
}
