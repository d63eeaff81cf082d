// SPDX-License-Identifier: GPL-2.0-only
/*
 * Member devices: open and check, bind to an array, let go.
 *
 * DOC: Opening claims the device for the array (as O_EXCL does), so nobody
 * else mounts or claims it from then on. A bound member holds a module
 * reference: a driver with members cannot be unloaded.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/raid/md_p.h>
#include "core.h"

/* Read MDX_SB_BYTES at @sector of the device into @page. */
static int read_super(struct mdx_member *m, sector_t sector, struct page *page)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, m->bdev.bdev, &vec, 1, REQ_OP_READ);
	bio.bi_iter.bi_sector = sector;
	__bio_add_page(&bio, page, MDX_SB_BYTES, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return err;
}

static void take_geometry(struct mdx_member *m)
{
	const struct mdx_super *sb = m->super;

	m->sb_start = sb->super_offset;
	m->data_offset = sb->data_offset;
	m->sectors = sb->data_size;
	m->events = sb->events;
	m->number = sb->dev_number;
	atomic_set(&m->corrected_errors, sb->cnt_corrected);
	if (sb->devflags & WriteMostly1)
		set_bit(MDX_MEMBER_F_WRITE_MOSTLY, &m->flags);
	if (sb->devflags & FailFast1)
		set_bit(MDX_MEMBER_F_FAILFAST, &m->flags);
	if (sb->role < MDX_ROLE_MAX)
		m->saved_slot = sb->role;
}

/* 0.90 keeps no data size: what is before the superblock is data. */
static void take_geometry_0_90(struct mdx_member *m)
{
	take_geometry(m);
	m->data_offset = 0;
	m->sectors = m->sb_start;
	m->number = m->super->sb0_this.number;
	if (m->super->sb0_this.state & (1u << MD_DISK_WRITEMOSTLY))
		set_bit(MDX_MEMBER_F_WRITE_MOSTLY, &m->flags);
}

static int load_super(struct mdx_member *m, int version)
{
	sector_t sector = mdx_sb_sector(version, m->dev_sectors);
	enum mdx_sb_error bad;
	int err;

	if (sector == MDX_SECTOR_NONE) {
		pr_warn("md: %s is too small for a %s superblock\n", m->name,
			mdx_sb_version_text(version));
		return -EINVAL;
	}
	err = read_super(m, sector, m->sb_page);
	if (err) {
		pr_warn("md: %s: superblock could not be read (%d)\n", m->name, err);
		return err;
	}
	m->super = kmalloc(sizeof(*m->super), GFP_KERNEL);
	if (!m->super)
		return -ENOMEM;
	bad = mdx_sb_decode(version, page_address(m->sb_page), m->dev_sectors, m->super);
	if (bad != MDX_SB_OK) {
		pr_warn("md: %s does not have a valid v%s superblock, not importing: %s\n",
			m->name, mdx_sb_version_text(version), mdx_sb_error_text(bad));
		return -EINVAL;
	}
	if (version == MDX_SB_0_90)
		take_geometry_0_90(m);
	else
		take_geometry(m);
	return mdx_bad_log_load(m);
}

static struct mdx_member *member_alloc(struct mdx_array *array, dev_t dev)
{
	struct mdx_member *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->array = array;
	m->dev = dev;
	m->slot = -1;
	m->saved_slot = -1;
	m->number = -1;
	INIT_LIST_HEAD(&m->link);
	m->inflight = alloc_percpu(unsigned int);
	m->sb_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!m->inflight || !m->sb_page) {
		free_percpu(m->inflight);
		if (m->sb_page)
			__free_page(m->sb_page);
		kfree(m);
		return NULL;
	}
	kobject_init(&m->kobj, &mdx_member_ktype);
	return m;
}

void mdx_member_kobj_release(struct kobject *kobj)
{
	struct mdx_member *m = container_of(kobj, struct mdx_member, kobj);

	free_percpu(m->inflight);
	__free_page(m->sb_page);
	mdx_bad_log_free(m);
	kfree(m->super);
	kfree(m);
}

void mdx_member_free(struct mdx_member *member)
{
	mdx_bdev_close(&member->bdev);
	kobject_put(&member->kobj);
}

void mdx_candidate_open(struct mdx_candidate *c, struct mdx_array *array, dev_t dev)
{
	struct mdx_member *m;
	int err;

	might_lock(&array->lock);

	c->dev = dev;
	c->member = ERR_PTR(-ENXIO);
	if (!dev)
		return;
	m = member_alloc(array, dev);
	c->member = m ?: ERR_PTR(-ENOMEM);
	if (!m)
		return;
	err = mdx_bdev_open(&m->bdev, dev, true, array);
	if (!err)
		return;
	mdx_member_free(m);
	c->member = ERR_PTR(err);
}

void mdx_candidate_close(struct mdx_candidate *c)
{
	if (!IS_ERR_OR_NULL(c->member))
		mdx_member_free(c->member);
	c->member = NULL;
}

static int load(struct mdx_member *m, int version)
{
	snprintf(m->name, sizeof(m->name), "%pg", m->bdev.bdev);
	m->dev_sectors = bdev_nr_sectors(m->bdev.bdev);
	m->sectors = m->dev_sectors;
	if (!m->dev_sectors) {
		pr_warn("md: %s has zero or unknown size, marking faulty!\n", m->name);
		return -EINVAL;
	}
	if (bdev_is_zoned(m->bdev.bdev)) {
		pr_warn("md: %s is a zoned device, which cannot be a member\n", m->name);
		return -EINVAL;
	}
	return version >= 0 ? load_super(m, version) : 0;
}

struct mdx_member *mdx_candidate_take(struct mdx_candidate *c, struct mdx_array *array,
				      int version)
{
	struct mdx_member *m = c->member;
	int err;

	lockdep_assert_held(&array->lock);

	/* Our own claim let it pass. */
	if (mdx_member_find(array, c->dev)) {
		pr_info("md: %s: %u:%u is a member already\n",
			array->name, MAJOR(c->dev), MINOR(c->dev));
		return ERR_PTR(-EBUSY);
	}
	if (IS_ERR(m)) {
		pr_warn("md: could not open device %u:%u (%ld)\n",
			MAJOR(c->dev), MINOR(c->dev), PTR_ERR(m));
		return m;
	}
	if (mdx_disk_stands_on(m->bdev.bdev->bd_disk, array)) {
		pr_warn("md: %s: %pg stands on this very array\n", array->name, m->bdev.bdev);
		return ERR_PTR(-EINVAL);
	}
	err = load(m, version);
	if (err)
		return ERR_PTR(err);
	c->member = NULL;
	return m;
}

struct mdx_member *mdx_member_find(struct mdx_array *array, dev_t dev)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->dev == dev)
			return m;
	return NULL;
}

struct mdx_member *mdx_member_by_number(struct mdx_array *array, int number)
{
	struct mdx_member *m;

	list_for_each_entry(m, &array->members, link)
		if (m->number == number)
			return m;
	return NULL;
}

int mdx_member_free_number(struct mdx_array *array)
{
	int max = array->max_disks ?: MDX_SB1_MAX_DEVS;
	int number = array->pers ? array->raid_disks : 0;

	for (; number < max; number++)
		if (!mdx_member_by_number(array, number))
			return number;
	return -ENOSPC;
}

/* What bind has done, but for the claim and the module. */
static void member_leave(struct mdx_member *m)
{
	struct mdx_array *array = m->array;

	mutex_lock(&array->sb_mutex);
	spin_lock_irq(&array->state_lock);
	list_del_init(&m->link);
	spin_unlock_irq(&array->state_lock);
	mutex_unlock(&array->sb_mutex);
	mdx_bdev_unlink(&m->bdev, array->disk);
	mdx_sysfs_remove_member(m);
}

int mdx_member_bind(struct mdx_array *array, struct mdx_member *m)
{
	int err;

	lockdep_assert_held(&array->lock);

	if (mdx_member_find(array, m->dev))
		return -EEXIST;
	if (m->number < 0) {
		m->number = mdx_member_free_number(array);
		if (m->number < 0)
			return m->number;
	} else if (mdx_member_by_number(array, m->number)) {
		return -EBUSY;
	}
	if (array->max_disks && m->number >= array->max_disks) {
		pr_warn("md: %s: array is limited to %d devices\n", array->name,
			array->max_disks);
		return -EBUSY;
	}
	err = mdx_sysfs_add_member(m);
	if (err)
		return err;
	mdx_bdev_link(&m->bdev, array->disk);
	mutex_lock(&array->sb_mutex);
	spin_lock_irq(&array->state_lock);
	list_add(&m->link, &array->members);
	spin_unlock_irq(&array->state_lock);
	mutex_unlock(&array->sb_mutex);
	__module_get(THIS_MODULE);
	/* Two arrays that each take the other at once both passed mdx_candidate_take(). */
	if (mdx_disk_stands_on(m->bdev.bdev->bd_disk, array)) {
		pr_warn("md: %s: %pg stands on this very array\n", array->name, m->bdev.bdev);
		member_leave(m);
		module_put(THIS_MODULE);
		return -EINVAL;
	}
	mdx_event();
	return 0;
}

void mdx_member_unbind(struct mdx_member *m)
{
	struct mdx_array *array = m->array;

	lockdep_assert_held(&array->lock);
	WARN_ON_ONCE(m->slot >= 0 && array->slot);

	member_leave(m);
	mdx_member_free(m);
	module_put(THIS_MODULE);
	mdx_event();
}
