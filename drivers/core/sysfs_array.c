// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs md/: what an array is. State is in sysfs_state.c, sync in
 * sysfs_sync.c, members in sysfs_member.c.
 */
#include <linux/ctype.h>
#include "sysfs.h"

#define array_of(_kobj) container_of(_kobj, struct mdx_array, kobj)

/* Layout and chunk of a running array: no level that there is can change them. */
static ssize_t keep_geometry(struct mdx_array *array, unsigned int now, unsigned int want,
			     const char *what, size_t len)
{
	if (now == want)
		return len;
	pr_info("md: %s: %s cannot have another %s\n", array->name, array->pers->name, what);
	return array->pers->redundant ? -EINVAL : -EBUSY;
}

/* ---- level ---- */

/* The name of what runs, else what was asked for by name; false: neither. */
static bool level_name(struct mdx_array *array, char *name, size_t size)
{
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	strscpy(name, array->pers ? array->pers->name : array->level_name, size);
	spin_unlock_irqrestore(&array->state_lock, irq);
	return name[0];
}

static ssize_t array_level_show(struct mdx_array *array, char *page)
{
	char name[32];
	const int level = READ_ONCE(array->level);

	if (level_name(array, name, sizeof(name)))
		return sysfs_emit(page, "%s\n", name);
	if (level != MDX_LEVEL_NONE)
		return sysfs_emit(page, "%d\n", level);
	return 0;
}

static ssize_t array_level_store(struct mdx_array *array, const char *page, size_t len)
{
	char name[sizeof(array->level_name)];
	size_t n = len;
	int level;

	if (n && page[n - 1] == '\n')
		n--;
	if (len >= sizeof(name) || strnlen(page, n) != n)
		return -EINVAL;
	memcpy(name, page, n);
	name[n] = '\0';

	if (mdx_array_running(array)) {
		if (!strcmp(name, array->pers->name) ||
		    (!kstrtoint(name, 10, &level) && level == array->level))
			return len;
		pr_info("md: %s: %s cannot become %s while it runs\n",
			array->name, array->pers->name, name);
		return -EINVAL;
	}
	if (!kstrtoint(name, 10, &level))
		name[0] = '\0';
	else
		level = MDX_LEVEL_NONE;
	spin_lock_irq(&array->state_lock);
	strscpy(array->level_name, name, sizeof(array->level_name));
	array->level = level;
	spin_unlock_irq(&array->state_lock);
	return len;
}
MDX_ATTR_RW(array, level);

/* ---- geometry ---- */

static ssize_t array_layout_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%d\n", mdx_info_layout(array));
}

static ssize_t array_layout_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int n;
	int err;

	err = mdx_parse_uint(page, UINT_MAX, &n);
	if (err)
		return err;
	if (mdx_array_running(array))
		return keep_geometry(array, array->layout, n, "layout", len);
	array->layout = n;
	return len;
}
MDX_ATTR_RW(array, layout);

static ssize_t array_chunk_size_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%u\n", array->chunk_sectors << 9);
}

static ssize_t array_chunk_size_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int n;
	int err;

	err = mdx_parse_uint(page, INT_MAX, &n);
	if (err)
		return err;
	if (mdx_array_running(array))
		return keep_geometry(array, array->chunk_sectors, n >> 9, "chunk size", len);
	array->chunk_sectors = n >> 9;
	return len;
}
MDX_ATTR_RW(array, chunk_size);

static ssize_t array_raid_disks_show(struct mdx_array *array, char *page)
{
	const unsigned int n = READ_ONCE(array->raid_disks);

	return n ? sysfs_emit(page, "%u\n", n) : 0;
}

static ssize_t array_raid_disks_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int n;
	int err;

	err = mdx_parse_uint(page, MDX_SB1_MAX_DEVS, &n);
	if (err)
		return err;
	/* As many as there are is nothing to be refused, whatever goes on; older md's do. */
	if (mdx_array_running(array))
		return n == array->raid_disks ? len : mdx_array_set_disks(array, n) ?: len;
	array->raid_disks = n;
	mdx_array_configured(array);
	return len;
}
MDX_ATTR_RW(array, raid_disks);

static ssize_t array_component_size_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%llu\n", (unsigned long long)array->dev_sectors / 2);
}

static ssize_t array_component_size_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t sectors;
	int err = mdx_parse_kib(page, &sectors);

	if (err)
		return err;
	if (mdx_array_running(array))
		return mdx_array_set_size(array, sectors) ?: len;
	if (array->dev_sectors && sectors > array->dev_sectors)
		return -ENOSPC;
	array->dev_sectors = sectors;
	mdx_array_configured(array);
	return len;
}
MDX_ATTR_RW(array, component_size);

static ssize_t array_array_size_show(struct mdx_array *array, char *page)
{
	if (!array->external_size)
		return sysfs_emit(page, "default\n");
	return sysfs_emit(page, "%llu\n", (unsigned long long)array->external_size / 2);
}

static ssize_t array_array_size_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t sectors = 0;
	int err;

	if (!sysfs_streq(page, "default")) {
		err = mdx_parse_kib(page, &sectors);
		if (err)
			return err;
		if (!sectors)
			return -EINVAL;
		if (mdx_array_running(array) && sectors > array->array_sectors)
			return -E2BIG;
	}
	array->external_size = sectors;
	if (mdx_array_running(array))
		mdx_array_update_capacity(array);
	return len;
}
MDX_ATTR_RW(array, array_size);

/* ---- identity ---- */

static ssize_t array_uuid_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%pU\n", array->uuid);
}
MDX_ATTR_RO(array, uuid);

static ssize_t array_metadata_version_show(struct mdx_array *array, char *page)
{
	if (!test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		return sysfs_emit(page, "none\n");
	return sysfs_emit(page, "%d.%d\n", array->major_version, array->minor_version);
}

static ssize_t array_metadata_version_store(struct mdx_array *array, const char *page, size_t len)
{
	int major, minor;
	char end;

	if (!list_empty(&array->members))
		return -EBUSY;
	if (sysfs_streq(page, "none")) {
		clear_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
		array->major_version = 0;
		array->minor_version = 90;
		return len;
	}
	if (!strncmp(page, "external:", 9))
		return mdx_refuse(array, "external metadata");
	if (!isdigit(page[0]))
		return -EINVAL;
	switch (sscanf(page, "%9d.%9d%c", &major, &minor, &end)) {
	case 2:
		break;
	case 3:
		if (end == '\n')
			break;
		fallthrough;
	default:
		return -EINVAL;
	}
	if (mdx_version_of(major, minor) < 0 || (!major && minor != 90))
		return -ENOENT;
	array->major_version = major;
	array->minor_version = minor;
	set_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags);
	return len;
}
MDX_ATTR_RW(array, metadata_version);

static ssize_t array_new_dev_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int major, minor;
	struct mdx_candidate candidate;
	char end = '\n';
	int err;

	if (!isdigit(page[0]) || sscanf(page, "%9u:%9u%c", &major, &minor, &end) < 2 || end != '\n')
		return -EINVAL;
	if (major != MAJOR(MKDEV(major, minor)) || minor != MINOR(MKDEV(major, minor)))
		return -EOVERFLOW;
	mdx_candidate_open(&candidate, array, MKDEV(major, minor));
	err = mdx_array_lock(array);
	if (!err) {
		err = mdx_setup_new_dev(array, &candidate);
		mdx_array_unlock(array);
	}
	mdx_candidate_close(&candidate);
	return err ?: len;
}

static struct mdx_array_attr array_new_dev = {
	.attr = { .name = "new_dev", .mode = 0200 },
	.locks = true,
	.store = array_new_dev_store,
};

/* ---- shape changes, which come later ---- */

static ssize_t array_reshape_position_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "none\n");
}

static ssize_t array_reshape_position_store(struct mdx_array *array, const char *page, size_t len)
{
	sector_t sector;
	int err = mdx_parse_sector(page, NULL, &sector);

	if (err)
		return err;
	return mdx_array_running(array) ? -EBUSY : mdx_refuse(array, "a reshape");
}
MDX_ATTR_RW(array, reshape_position);

static ssize_t array_reshape_direction_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "forwards\n");
}

static ssize_t array_reshape_direction_store(struct mdx_array *array, const char *page, size_t len)
{
	if (sysfs_streq(page, "forwards"))
		return len;
	return sysfs_streq(page, "backwards") ? mdx_refuse(array, "a reshape") : -EINVAL;
}
MDX_ATTR_RW(array, reshape_direction);

/* ---- policies ---- */

static ssize_t array_consistency_policy_show(struct mdx_array *array, char *page)
{
	const char *word = "unknown";
	unsigned long irq;

	spin_lock_irqsave(&array->state_lock, irq);
	if (array->pers)
		word = array->bitmap ? "bitmap" : array->pers->redundant ? "resync" : "none";
	spin_unlock_irqrestore(&array->state_lock, irq);
	return sysfs_emit(page, "%s\n", word);
}

static ssize_t array_consistency_policy_store(struct mdx_array *array, const char *page, size_t len)
{
	return mdx_array_running(array) ? -EBUSY : -EINVAL;
}
MDX_ATTR_RW(array, consistency_policy);

static ssize_t array_max_read_errors_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%d\n", array->max_read_errors);
}

static ssize_t array_max_read_errors_store(struct mdx_array *array, const char *page, size_t len)
{
	unsigned int n;
	int err;

	err = mdx_parse_uint(page, INT_MAX, &n);
	if (err)
		return err;
	array->max_read_errors = n;
	return len;
}
MDX_ATTR_RW(array, max_read_errors);

static ssize_t array_fail_last_dev_show(struct mdx_array *array, char *page)
{
	return sysfs_emit(page, "%d\n", array->fail_last_dev);
}

static ssize_t array_fail_last_dev_store(struct mdx_array *array, const char *page, size_t len)
{
	bool on;

	if (kstrtobool(page, &on))
		return -EINVAL;
	array->fail_last_dev = on;
	return len;
}
MDX_ATTR_RW(array, fail_last_dev);

/* Writes that overlap and are in flight at once have no order at the members, as md's without it. */
static ssize_t array_serialize_policy_show(struct mdx_array *array, char *page)
{
	char name[32];

	if (mdx_array_running(array) && level_name(array, name, sizeof(name)) &&
	    !strcmp(name, "raid1"))
		return sysfs_emit(page, "0\n");
	return sysfs_emit(page, "n/a\n");
}

static ssize_t array_serialize_policy_store(struct mdx_array *array, const char *page, size_t len)
{
	bool on;

	if (kstrtobool(page, &on))
		return -EINVAL;
	if (!on)
		return len;
	if (!mdx_array_running(array) || array->pers->level != 1) {
		pr_info("md: %s: serialize_policy is for raid1 only\n", array->name);
		return -EINVAL;
	}
	return mdx_refuse(array, "serialize_policy");
}
MDX_ATTR_RW(array, serialize_policy);

static struct attribute *array_attrs[] = {
	&array_level.attr,
	&array_layout.attr,
	&array_raid_disks.attr,
	&array_uuid.attr,
	&array_chunk_size.attr,
	&array_component_size.attr,
	&mdx_attr_resync_start.attr,
	&array_metadata_version.attr,
	&array_new_dev.attr,
	&mdx_attr_safe_mode_delay.attr,
	&mdx_attr_array_state.attr,
	&array_reshape_position.attr,
	&array_reshape_direction.attr,
	&array_array_size.attr,
	&array_max_read_errors.attr,
	&array_consistency_policy.attr,
	&array_fail_last_dev.attr,
	&array_serialize_policy.attr,
	NULL,
};

static const struct attribute_group array_group = { .attrs = array_attrs };

static const struct attribute_group *array_groups[] = {
	&array_group,
	&mdx_bitmap_group,
	NULL,
};

/* ---- the directory ---- */

static ssize_t array_attr_show(struct kobject *kobj, struct attribute *attr, char *page)
{
	const struct mdx_array_attr *a = container_of(attr, struct mdx_array_attr, attr);

	return a->show ? a->show(array_of(kobj), page) : -EIO;
}

static ssize_t store_locked(const struct mdx_array_attr *a, struct mdx_array *array,
			    const char *page, size_t len)
{
	ssize_t done = mdx_array_lock(array);

	if (done)
		return done;
	done = a->store(array, page, len);
	mdx_array_unlock(array);
	return done;
}

static ssize_t store_grouped(const struct mdx_array_attr *a, struct mdx_array *array,
			     const char *page, size_t len)
{
	ssize_t done;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	/* As long as we are in here the directory stays, and with it the array. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	done = store_locked(a, array, page, len);
	module_put(THIS_MODULE);
	return done;
}

static ssize_t array_attr_store(struct kobject *kobj, struct attribute *attr,
				const char *page, size_t len)
{
	const struct mdx_array_attr *a = container_of(attr, struct mdx_array_attr, attr);
	struct mdx_array *array = array_of(kobj);
	struct kernfs_node *kn;
	ssize_t done;

	if (!a->store)
		return -EIO;
	if (a->grouped)
		return store_grouped(a, array, page, len);
	done = mdx_store_begin(array, kobj, attr, &kn);
	if (done)
		return done;
	done = a->locks ? a->store(array, page, len) : store_locked(a, array, page, len);
	mdx_store_end(array, kn);
	return done;
}

static const struct sysfs_ops array_sysfs_ops = {
	.show = array_attr_show,
	.store = array_attr_store,
};

const struct kobj_type mdx_array_ktype = {
	.release = mdx_array_kobj_release,
	.sysfs_ops = &array_sysfs_ops,
	.default_groups = array_groups,
};

int mdx_sysfs_add_array(struct mdx_array *array)
{
	int err;

	err = kobject_add(&array->kobj, &disk_to_dev(array->disk)->kobj, "md");
	if (err)
		return err;
	mdx_sysfs_find_node(&array->kobj, "array_state", &array->kn_state);
	mdx_sysfs_find_node(&array->kobj, "level", &array->kn_level);
	return 0;
}

void mdx_sysfs_remove_array(struct mdx_array *array)
{
	struct kernfs_node **const nodes[] = { &array->kn_state, &array->kn_level };

	/* It may have had no memory for the directory. */
	if (!array->kobj.state_in_sysfs)
		return;
	kobject_del(&array->kobj);
	mdx_sysfs_drop_nodes(nodes, ARRAY_SIZE(nodes));
}
