// SPDX-License-Identifier: GPL-2.0-only
/*
 * md's ioctls: who may, when, and what to call. The answers are given in
 * ioctl_info.c, configuration is done in ioctl_setup.c.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/uaccess.h>
#include "ioctl_calls.h"

/* What a command may do without; see mdx_ioctl(). */
enum {
	CALL_F_ANYBODY = 1u << 0,	/* no CAP_SYS_ADMIN */
	CALL_F_UNLOCKED = 1u << 1,	/* no array->lock */
	CALL_F_EMPTY = 1u << 2,		/* no configuration */
	CALL_F_READONLY = 1u << 3,	/* no writable array */
};

struct call {
	struct mdx_array *array;
	struct block_device *bdev;
	unsigned long arg;
	mdu_disk_info_t disk;		/* ADD_NEW_DISK's argument... */
	int disk_err;			/* ... or why there is none */
	struct mdx_candidate candidate;	/* the device to be added, if any */
};

static void __user *user_arg(const struct call *c)
{
	return (void __user *)c->arg;
}

/* A device number that came by value, in the old 16-bit or the new encoding. */
static dev_t dev_arg(const struct call *c)
{
	return new_decode_dev((u32)c->arg);
}

/* ---- questions ---- */

static int call_version(struct call *c)
{
	mdu_version_t info;

	mdx_info_version(&info);
	return copy_to_user(user_arg(c), &info, sizeof(info)) ? -EFAULT : 0;
}

static int call_array_info(struct call *c)
{
	mdu_array_info_t info;

	mdx_info_array(c->array, &info);
	return copy_to_user(user_arg(c), &info, sizeof(info)) ? -EFAULT : 0;
}

static int call_disk_info(struct call *c)
{
	mdu_disk_info_t info;

	if (copy_from_user(&info, user_arg(c), sizeof(info)))
		return -EFAULT;
	mdx_info_disk(c->array, &info);
	return copy_to_user(user_arg(c), &info, sizeof(info)) ? -EFAULT : 0;
}

/* No bitmap file: an empty name. */
static int call_bitmap_file(struct call *c)
{
	return clear_user(user_arg(c), sizeof(mdu_bitmap_file_t)) ? -EFAULT : 0;
}

/* ---- configuration ---- */

static int call_set_array(struct call *c)
{
	mdu_array_info_t info = { };

	if (c->arg && copy_from_user(&info, user_arg(c), sizeof(info)))
		return -EFAULT;
	return mdx_setup_array(c->array, &info);
}

static void open_described(struct call *c)
{
	dev_t dev;

	if (copy_from_user(&c->disk, user_arg(c), sizeof(c->disk))) {
		c->disk_err = -EFAULT;
		return;
	}
	dev = MKDEV(c->disk.major, c->disk.minor);
	if (c->disk.major != MAJOR(dev) || c->disk.minor != MINOR(dev))
		c->disk_err = -EOVERFLOW;
	else
		mdx_candidate_open(&c->candidate, c->array, dev);
}

static int call_add_disk(struct call *c)
{
	return c->disk_err ?: mdx_setup_add_disk(c->array, &c->disk, &c->candidate);
}

static void open_numbered(struct call *c)
{
	mdx_candidate_open(&c->candidate, c->array, dev_arg(c));
}

static int call_hot_add(struct call *c)
{
	return mdx_setup_hot_add(c->array, &c->candidate);
}

static int call_set_bitmap_file(struct call *c)
{
	const int fd = (int)c->arg;
	struct file *file;
	bool regular;

	if (mdx_array_running(c->array) && (!c->array->pers->redundant || c->array->sync))
		return -EBUSY;
	if (fd < 0)
		return -ENOENT;
	file = fget(fd);
	if (!file)
		return -EBADF;
	regular = S_ISREG(file_inode(file)->i_mode);
	fput(file);
	if (!regular)
		return -EBADF;
	pr_warn("md: %s: a bitmap in a file is not supported\n", c->array->name);
	return -EINVAL;
}

/* ---- start and stop ---- */

static int call_run(struct call *c)
{
	return mdx_array_run(c->array);
}

static int call_stop(struct call *c)
{
	return mdx_array_stop(c->array, 1, false);
}

static int call_stop_ro(struct call *c)
{
	if (!mdx_array_running(c->array))
		return 0;
	if (mdx_state_now(c->array) == MDX_STATE_READONLY)
		return -ENXIO;
	return mdx_array_set_readonly(c->array, 1);
}

static int call_restart_rw(struct call *c)
{
	if (list_empty(&c->array->members))
		return -ENXIO;
	if (!mdx_array_running(c->array))
		return -EINVAL;
	return mdx_array_set_readwrite(c->array);
}

/* ---- members ---- */

static int call_fail(struct call *c)
{
	struct mdx_member *member;

	if (!mdx_array_running(c->array))
		return -ENODEV;
	member = mdx_member_find(c->array, dev_arg(c));
	if (!member)
		return -ENODEV;
	if (mdx_member_test(member, MDX_MEMBER_F_FAULTY))
		return 0;
	return mdx_member_fail(member, "asked for");
}

static int call_hot_remove(struct call *c)
{
	struct mdx_member *member;

	if (!mdx_array_running(c->array))
		return -ENODEV;
	member = mdx_member_find(c->array, dev_arg(c));
	if (!member)
		return -ENXIO;
	return mdx_member_hot_remove(c->array, member);
}

static int call_invalid(struct call *c)
{
	return -EINVAL;
}

/* ---- dispatch ---- */

static const struct command {
	unsigned int cmd;
	unsigned int flags;
	int (*run)(struct call *c);
	void (*before)(struct call *c);	/* without the lock, whatever comes of it */
} commands[] = {
	{ RAID_VERSION, CALL_F_ANYBODY | CALL_F_UNLOCKED | CALL_F_EMPTY, call_version },
	{ GET_ARRAY_INFO, CALL_F_ANYBODY | CALL_F_UNLOCKED, call_array_info },
	{ GET_DISK_INFO, CALL_F_ANYBODY | CALL_F_UNLOCKED, call_disk_info },
	{ GET_BITMAP_FILE, CALL_F_EMPTY | CALL_F_READONLY, call_bitmap_file },
	{ SET_ARRAY_INFO, CALL_F_EMPTY | CALL_F_READONLY, call_set_array },
	{ ADD_NEW_DISK, CALL_F_EMPTY, call_add_disk, open_described },
	{ HOT_ADD_DISK, 0, call_hot_add, open_numbered },
	{ HOT_REMOVE_DISK, CALL_F_READONLY, call_hot_remove },
	{ SET_DISK_FAULTY, CALL_F_EMPTY | CALL_F_READONLY, call_fail },
	{ RUN_ARRAY, CALL_F_EMPTY, call_run },
	{ STOP_ARRAY, CALL_F_EMPTY | CALL_F_READONLY, call_stop },
	{ STOP_ARRAY_RO, CALL_F_READONLY, call_stop_ro },
	{ RESTART_ARRAY_RW, CALL_F_READONLY, call_restart_rw },
	{ SET_BITMAP_FILE, CALL_F_EMPTY, call_set_bitmap_file },
	{ CLUSTERED_DISK_NACK, 0, call_invalid },
};

static const struct command *find_command(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].cmd == cmd)
			return &commands[i];
	return NULL;
}

/* What else a command needs before it runs under the lock. */
static int command_allowed(struct mdx_array *array, const struct command *command)
{
	if (!(command->flags & CALL_F_EMPTY) && !array->raid_disks)
		return -ENODEV;
	if ((command->flags & CALL_F_READONLY) || !mdx_array_running(array))
		return 0;
	switch (mdx_state_now(array)) {
	case MDX_STATE_READONLY:
		return -EROFS;
	case MDX_STATE_READ_AUTO:
		return mdx_array_make_writable(array);
	default:
		return 0;
	}
}

/* Stopping flushes what is cached first: under the lock it could not start a sync of metadata. */
static int before_stop(const struct call *c)
{
	/* All openers of a partition are one of the array: whether it is mounted does not show. */
	if (mdx_array_running(c->array) &&
	    (bdev_is_partition(c->bdev) || atomic_read(&c->array->openers) > 1))
		return -EBUSY;
	return sync_blockdev(c->bdev);
}

static int run_command(const struct command *command, struct call *c)
{
	int err;

	if (command->flags & CALL_F_UNLOCKED) {
		if (!(command->flags & CALL_F_EMPTY) && !READ_ONCE(c->array->raid_disks))
			return -ENODEV;
		return command->run(c);
	}
	if (command->cmd == STOP_ARRAY || command->cmd == STOP_ARRAY_RO) {
		err = before_stop(c);
		if (err)
			return err;
	}
	if (command->before)
		command->before(c);
	err = mdx_array_lock(c->array);
	if (!err) {
		err = command_allowed(c->array, command);
		if (!err)
			err = command->run(c);
		mdx_array_unlock(c->array);
	}
	mdx_candidate_close(&c->candidate);
	return err;
}

int mdx_ioctl(struct mdx_array *array, struct block_device *bdev, bool writable,
	      unsigned int cmd, unsigned long arg)
{
	const struct command *command = find_command(cmd);
	struct call c = { .array = array, .bdev = bdev, .arg = arg };

	if (!command)
		return -ENOTTY;
	if (!(command->flags & CALL_F_ANYBODY) && !capable(CAP_SYS_ADMIN))
		return -EACCES;
	return run_command(command, &c);
}
