// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of arrays: birth, lookup and death of array objects.
 *
 * DOC: An array object exists from the first open of its node (or from
 * new_array) to the last close after it has nothing configured any more.
 * Its kobject counts references; openers hold one each. Death is a work item,
 * because the last close runs under locks that del_gendisk takes. A dead array
 * keeps its place in the table until its disk is gone, and births of the same
 * unit or name wait for that: a node that was just stopped can be created again
 * at once.
 */
#include <linux/major.h>
#include <linux/module.h>
#include "core.h"
#include "disk.h"

#define MDX_NAMED_FIRST_MINOR 512	/* md_NAME arrays, out of the way of mdN */

static DEFINE_MUTEX(arrays_lock);
static LIST_HEAD(arrays);
static u64 births;
static DECLARE_WAIT_QUEUE_HEAD(arrays_gone);

static void array_delete_work(struct work_struct *work);

static struct mdx_array *find_locked(dev_t unit)
{
	struct mdx_array *array;

	list_for_each_entry(array, &arrays, link)
		if (array->unit == unit)
			return array;
	return NULL;
}

struct mdx_array *mdx_array_find(dev_t unit)
{
	struct mdx_array *array;

	mutex_lock(&arrays_lock);
	array = find_locked(unit);
	if (array && test_bit(MDX_ARRAY_F_DEAD, &array->flags))
		array = NULL;
	if (array)
		mdx_array_get(array);
	mutex_unlock(&arrays_lock);
	return array;
}

struct mdx_array *mdx_array_of_disk(struct gendisk *disk)
{
	struct mdx_array *array;

	mutex_lock(&arrays_lock);
	array = disk->private_data;
	if (array)
		mdx_array_get(array);
	mutex_unlock(&arrays_lock);
	return array;
}

/* Mark the arrays that are members of @array; are there more marked now? arrays_lock held. */
static bool mark_below(struct mdx_array *array)
{
	struct mdx_member *m;
	struct mdx_array *a;
	bool more = false;

	spin_lock_irq(&array->state_lock);
	list_for_each_entry(m, &array->members, link)
		list_for_each_entry(a, &arrays, link) {
			if (a->marked || a->disk != m->bdev.bdev->bd_disk)
				continue;
			a->marked = true;
			more = true;
		}
	spin_unlock_irq(&array->state_lock);
	return more;
}

bool mdx_disk_stands_on(const struct gendisk *disk, const struct mdx_array *array)
{
	struct mdx_array *a;
	bool more, stands;

	mutex_lock(&arrays_lock);
	list_for_each_entry(a, &arrays, link)
		a->marked = a->disk == disk;
	do {
		more = false;
		list_for_each_entry(a, &arrays, link)
			if (a->marked)
				more |= mark_below(a);
	} while (more);
	stands = array->marked;
	mutex_unlock(&arrays_lock);
	return stands;
}

bool mdx_array_enter(struct mdx_array *array)
{
	bool alive;

	mutex_lock(&arrays_lock);
	alive = !test_bit(MDX_ARRAY_F_DEAD, &array->flags);
	if (alive)
		atomic_inc(&array->openers);
	mutex_unlock(&arrays_lock);
	return alive;
}

struct mdx_array *mdx_array_next(struct mdx_array *prev)
{
	struct mdx_array *array, *next = NULL;

	mutex_lock(&arrays_lock);
	/* By age: @prev may have left the list meanwhile. */
	list_for_each_entry(array, &arrays, link) {
		if ((prev && array->born >= prev->born) ||
		    test_bit(MDX_ARRAY_F_DEAD, &array->flags))
			continue;
		next = array;
		mdx_array_get(next);
		break;
	}
	mutex_unlock(&arrays_lock);
	if (prev)
		mdx_array_put(prev);
	return next;
}

static void array_init_fields(struct mdx_array *array, dev_t unit)
{
	array->unit = unit;
	array->level = MDX_LEVEL_NONE;
	array->state = MDX_STATE_CLEAR;
	array->sync_max = MDX_SECTOR_NONE;
	array->resync_failed = MDX_SECTOR_NONE;
	array->preferred_minor = MINOR(unit);
	INIT_LIST_HEAD(&array->link);
	INIT_LIST_HEAD(&array->members);
	INIT_LIST_HEAD(&array->retries);
	mutex_init(&array->lock);
	mutex_init(&array->sb_mutex);
	spin_lock_init(&array->state_lock);
	spin_lock_init(&array->io_lock);
	bio_list_init(&array->punted);
	init_waitqueue_head(&array->sb_wait);
	INIT_WORK(&array->delete_work, array_delete_work);
	INIT_WORK(&array->sb_work, mdx_super_work);
	INIT_DELAYED_WORK(&array->control_work, mdx_control_work);
	INIT_WORK(&array->io_work, mdx_io_work);
	INIT_WORK(&array->submit_work, mdx_submit_work);
	INIT_DELAYED_WORK(&array->idle_work, mdx_idle_work);
}

static void array_free(struct mdx_array *array)
{
	if (array->disk)
		mdx_disk_put(array->disk);
	mdx_gates_exit(array);
	mdx_io_exit(array);
	kfree(array);
}

void mdx_array_kobj_release(struct kobject *kobj)
{
	array_free(container_of(kobj, struct mdx_array, kobj));
}

static struct mdx_array *array_alloc(dev_t unit)
{
	struct mdx_array *array = kzalloc(sizeof(*array), GFP_KERNEL);

	if (!array)
		return ERR_PTR(-ENOMEM);
	array_init_fields(array, unit);
	if (mdx_io_init(array))
		goto err_free;
	if (mdx_gates_init(array))
		goto err_io;
	return array;

err_io:
	mdx_io_exit(array);
err_free:
	kfree(array);
	return ERR_PTR(-ENOMEM);
}

/* What the disk's node is called: mdN, md_dN, or the name asked for. */
static void array_name(struct mdx_array *array, const char *name)
{
	if (name)
		strscpy(array->name, name, sizeof(array->name));
	else if (MAJOR(array->unit) == MD_MAJOR)
		snprintf(array->name, sizeof(array->name), "md%u", MINOR(array->unit));
	else
		snprintf(array->name, sizeof(array->name), "md_d%u",
			 MINOR(array->unit) >> MDX_MDP_SHIFT);
}

/*
 * Make the disk and its "md" directory. The array is in the list already.
 * @seen: the disk is there, whatever became of the rest.
 */
static int array_show(struct mdx_array *array, bool *seen)
{
	int err;

	array->disk = mdx_disk_alloc(array, NUMA_NO_NODE);
	if (IS_ERR_OR_NULL(array->disk)) {
		err = array->disk ? PTR_ERR(array->disk) : -ENOMEM;
		array->disk = NULL;
		return err;
	}
	err = mdx_disk_add(array->disk);
	if (err)
		return err;
	*seen = true;
	return mdx_sysfs_add_array(array);
}

static dev_t free_named_unit(void)
{
	unsigned int minor = MDX_NAMED_FIRST_MINOR;

	while (find_locked(MKDEV(MD_MAJOR, minor)))
		minor++;
	return MKDEV(MD_MAJOR, minor);
}

static struct mdx_array *find_named(const char *name)
{
	struct mdx_array *array;

	list_for_each_entry(array, &arrays, link)
		if (!strcmp(array->name, name))
			return array;
	return NULL;
}

static bool leaving(const struct mdx_array *array)
{
	return test_bit(MDX_ARRAY_F_DOOMED, &array->flags) ||
	       test_bit(MDX_ARRAY_F_DEAD, &array->flags);
}

/* Nothing but somebody's open node keeps @array: it goes with the last close. arrays_lock held. */
static bool passing(const struct mdx_array *array)
{
	return array->state == MDX_STATE_CLEAR && list_empty(&array->members) &&
	       !test_bit(MDX_ARRAY_F_HOLD, &array->flags);
}

/*
 * One of @unit, if it is not 0, or @name, or NULL with the table locked. One that is leaving is
 * waited for: its disk still has the name. With @hold one that is passing stays,
 * and *@held says so.
 */
static struct mdx_array *find_or_lock(dev_t unit, const char *name, bool hold, bool *held)
{
	struct mdx_array *old;

	for (;;) {
		mutex_lock(&arrays_lock);
		old = unit ? find_locked(unit) : NULL;
		/* A unit's name may have been asked for as a name. */
		if (!old)
			old = find_named(name);
		if (!old)
			return NULL;
		mdx_array_get(old);
		*held = hold && !leaving(old) && passing(old);
		if (*held)
			set_bit(MDX_ARRAY_F_HOLD, &old->flags);
		mutex_unlock(&arrays_lock);
		if (!leaving(old))
			return old;
		wait_event(arrays_gone, list_empty_careful(&old->link) || !leaving(old));
		mdx_array_put(old);
	}
}

/* Out of the table: its unit and its name are free. */
static void array_leave(struct mdx_array *array)
{
	mutex_lock(&arrays_lock);
	list_del_init(&array->link);
	mutex_unlock(&arrays_lock);
	wake_up_all(&arrays_gone);
}

/* Nobody finds @array any more, by unit or by disk. arrays_lock held. */
static void array_die(struct mdx_array *array)
{
	set_bit(MDX_ARRAY_F_DEAD, &array->flags);
	if (array->disk)
		array->disk->private_data = NULL;
}

int mdx_array_create(dev_t unit, const char *name, bool hold)
{
	struct mdx_array *array, *old;
	bool seen = false, held = false;
	int err;

	array = array_alloc(unit);
	if (IS_ERR(array))
		return PTR_ERR(array);
	kobject_init(&array->kobj, &mdx_array_ktype);
	if (hold)
		set_bit(MDX_ARRAY_F_HOLD, &array->flags);
	array_name(array, name);

	old = find_or_lock(unit, array->name, hold, &held);
	if (old) {
		mdx_array_put(old);
		mdx_array_put(array);
		return held ? 0 : -EEXIST;
	}
	if (name)
		array->unit = free_named_unit();
	array->born = ++births;
	list_add(&array->link, &arrays);
	mutex_unlock(&arrays_lock);

	/* Nobody configures an array whose disk is not there yet. */
	mutex_lock(&array->lock);
	err = array_show(array, &seen);
	mutex_unlock(&array->lock);
	if (err && seen) {
		/* Somebody may have it open already. It goes as all do. */
		clear_bit(MDX_ARRAY_F_HOLD, &array->flags);
		mdx_array_delete_if_idle(array);
	} else if (err) {
		mutex_lock(&arrays_lock);
		array_die(array);
		mutex_unlock(&arrays_lock);
		array_leave(array);
		mdx_array_put(array);
	}
	return err;
}

void mdx_array_probe(dev_t dev)
{
	dev_t unit = dev;
	int err;

	if (!mdx_create_on_open)
		return;
	if (MAJOR(dev) == mdx_mdp_major)
		unit = MKDEV(mdx_mdp_major, MINOR(dev) & ~((1u << MDX_MDP_SHIFT) - 1));
	err = mdx_array_create(unit, NULL, false);
	if (err && err != -EEXIST)
		pr_warn("mdx: cannot create the array of %u:%u: %pe\n",
			MAJOR(dev), MINOR(dev), ERR_PTR(err));
}

static bool array_idle(struct mdx_array *array)
{
	return !atomic_read(&array->openers) && passing(array);
}

void mdx_array_delete_if_idle(struct mdx_array *array)
{
	mutex_lock(&arrays_lock);
	if (array_idle(array) && !test_bit(MDX_ARRAY_F_DEAD, &array->flags) &&
	    !test_and_set_bit(MDX_ARRAY_F_DOOMED, &array->flags)) {
		mdx_array_get(array);
		queue_work(mdx_delete_wq, &array->delete_work);
	}
	mutex_unlock(&arrays_lock);
}

/*
 * Somebody may have configured the array since it was doomed (sysfs needs no
 * opener). Opens fail from the moment it was doomed, so it is taken back.
 */
static bool array_condemn(struct mdx_array *array)
{
	bool gone;

	mutex_lock(&array->lock);
	mutex_lock(&arrays_lock);
	gone = array_idle(array);
	if (gone)
		array_die(array);
	else
		clear_bit(MDX_ARRAY_F_DOOMED, &array->flags);
	mutex_unlock(&arrays_lock);
	mutex_unlock(&array->lock);
	if (!gone)
		wake_up_all(&arrays_gone);
	return gone;
}

static void array_delete_work(struct work_struct *work)
{
	struct mdx_array *array = container_of(work, struct mdx_array, delete_work);

	if (!array_condemn(array)) {
		mdx_array_put(array);
		return;
	}
	/* In the order in which they queue each other. */
	cancel_work_sync(&array->submit_work);
	cancel_work_sync(&array->io_work);
	cancel_delayed_work_sync(&array->idle_work);
	cancel_work_sync(&array->sb_work);
	cancel_delayed_work_sync(&array->control_work);
	mdx_sysfs_remove_array(array);
	mdx_disk_del(array->disk);
	array_leave(array);
	mdx_event();
	mdx_array_put(array);	/* the work's */
	mdx_array_put(array);	/* the table's */
}

int mdx_array_lock(struct mdx_array *array)
{
	if (mutex_lock_interruptible(&array->lock))
		return -EINTR;
	if (test_bit(MDX_ARRAY_F_DEAD, &array->flags)) {
		mutex_unlock(&array->lock);
		return -ENODEV;
	}
	return 0;
}

void mdx_array_unlock(struct mdx_array *array)
{
	mutex_unlock(&array->lock);
}

int mdx_arrays_init(void)
{
	return 0;
}

/*
 * The module has no users any more: no array is open or has members. A name or
 * a geometry that was never started keeps none of them.
 */
void mdx_arrays_exit(void)
{
	struct mdx_array *array = NULL;

	while ((array = mdx_array_next(array)) != NULL) {
		mutex_lock(&array->lock);
		mdx_array_reset(array);
		clear_bit(MDX_ARRAY_F_HOLD, &array->flags);
		mutex_unlock(&array->lock);
		mdx_array_delete_if_idle(array);
	}
	/* Without the lock, as a waiter must not sleep in its condition; the flush is the barrier. */
	wait_event(arrays_gone, list_empty_careful(&arrays));
	flush_workqueue(mdx_delete_wq);
}
