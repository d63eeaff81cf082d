// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/mdstat: md's grammar to the byte, since every tool around md parses it.
 *
 * DOC: The whole text is made in one go from references on each array, so an
 * array that goes away meanwhile costs at most its own paragraph. What a line
 * says is read under state_lock: no superblock write and no configuration that
 * hangs on a dead disk can hang a reader.
 */
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include "../drivers/core/core.h"

#define BAR_STEPS 20u		/* of the progress bar */

static atomic_t event_count = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(event_wait);
static bool unloading;

void mdx_event(void)
{
	atomic_inc(&event_count);
	wake_up(&event_wait);
}

/* ---- one array ---- */

static sector_t show_members(struct seq_file *seq, struct mdx_array *array)
{
	struct mdx_member *m;
	sector_t sectors = 0;

	list_for_each_entry(m, &array->members, link) {
		seq_printf(seq, " %s[%d]", m->name, m->number);
		if (mdx_member_test(m, MDX_MEMBER_F_WRITE_MOSTLY))
			seq_puts(seq, "(W)");
		if (mdx_member_test(m, MDX_MEMBER_F_FAULTY)) {
			seq_puts(seq, "(F)");
			continue;
		}
		if (m->slot < 0)
			seq_puts(seq, "(S)");
		if (mdx_member_test(m, MDX_MEMBER_F_REPLACEMENT))
			seq_puts(seq, "(R)");
		sectors += m->sectors;
	}
	return sectors;
}

static void show_super(struct seq_file *seq, const struct mdx_array *array)
{
	if (!test_bit(MDX_ARRAY_F_HAS_SUPER, &array->flags))
		seq_puts(seq, " super non-persistent");
	else if (array->major_version || array->minor_version != 90)
		seq_printf(seq, " super %d.%d", array->major_version, array->minor_version);
}

static const char *state_note(struct mdx_array *array)
{
	switch (array->state) {
	case MDX_STATE_READONLY:
		return " (read-only)";
	case MDX_STATE_READ_AUTO:
		return " (auto-read-only)";
	default:
		return "";
	}
}

static const char *activity(const struct mdx_array *array, bool running)
{
	if (!running)
		return "inactive";
	if (MDX_MDSTAT_TELLS_BROKEN && test_bit(MDX_ARRAY_F_BROKEN, &array->flags))
		return "broken";
	return "active";
}

struct array_view {
	bool shown;
	bool running;
	bool redundant;
	bool unclean;		/* a resync is due */
	bool has_bitmap;
	struct mdx_bitmap_view bitmap;
};

/* The lines that come from the configuration; state_lock held. */
static void show_config(struct seq_file *seq, struct mdx_array *array, struct array_view *v)
{
	/* While it starts and stops the level's data is not to be looked at. */
	const bool running = mdx_state_info(array->state)->running;
	const struct mdx_personality *pers = running ? array->pers : NULL;
	sector_t sectors;

	v->running = pers != NULL;
	v->shown = v->running || array->raid_disks || !list_empty(&array->members);
	if (!v->shown)
		return;
	v->redundant = v->running && pers->redundant;
	v->has_bitmap = v->running && mdx_bitmap_view(array, &v->bitmap);
	/* What waits for a mirror that can read again is nothing to wait for. */
	v->unclean = array->resync_offset != MDX_SECTOR_NONE &&
		     array->resync_failed == MDX_SECTOR_NONE;

	seq_printf(seq, "%s : %s", array->name, activity(array, pers));
	if (pers)
		seq_printf(seq, "%s %s", state_note(array), pers->name);
	sectors = show_members(seq, array);
	if (pers)
		sectors = array->external_size ?: array->array_sectors;
	if (!list_empty(&array->members))
		seq_printf(seq, "\n      %llu blocks", (unsigned long long)sectors / 2);
	show_super(seq, array);
	if (pers && pers->status)
		pers->status(seq, array);
}

/* ---- its sync ---- */

static const char *sync_word(enum mdx_sync_action action)
{
	switch (action) {
	case MDX_SYNC_RECOVER:
		return "recovery";
	case MDX_SYNC_CHECK:
		return "check";
	case MDX_SYNC_RESHAPE:
		return "reshape";
	default:
		return "resync";	/* repair, too */
	}
}

static void show_bar(struct seq_file *seq, unsigned int per_mille)
{
	const unsigned int full = min(per_mille * BAR_STEPS / 1000, BAR_STEPS);
	unsigned int i;

	seq_putc(seq, '[');
	for (i = 0; i < full; i++)
		seq_putc(seq, '=');
	seq_putc(seq, '>');
	for (; i < BAR_STEPS; i++)
		seq_putc(seq, '.');
	seq_puts(seq, "] ");
}

static void show_progress(struct seq_file *seq, const struct mdx_sync_status *st)
{
	const u64 done = min(st->done, st->total);
	unsigned int per_mille;
	unsigned long seconds;

	/* One more than the total: what is not finished never reads 100%. */
	per_mille = mdx_div((done >> 10) * 1000, (st->total >> 10) + 1);
	/* In units of 32 sectors a second, so that a standstill is no division by zero. */
	seconds = mdx_div(st->total - done, st->speed_kib / 16 + 1) / 32;

	show_bar(seq, per_mille);
	seq_printf(seq, " %s =%3u.%u%% (%llu/%llu) finish=%lu.%lumin speed=%lluK/sec",
		   sync_word(st->action), per_mille / 10, per_mille % 10,
		   done / 2, (unsigned long long)st->total / 2,
		   seconds / 60, (seconds % 60) / 6, st->speed_kib);
}

/* The line of a sync that runs, waits or is due; true if there was one. */
static bool show_sync(struct seq_file *seq, struct mdx_array *array, const struct array_view *v)
{
	struct mdx_sync_status st;

	mdx_sync_status(array, &st);
	if (st.action == MDX_SYNC_IDLE || st.pending) {
		if (!v->unclean)
			return false;
		seq_puts(seq, "\tresync=PENDING");
	} else if (st.delayed) {
		seq_puts(seq, "\tresync=DELAYED");
	} else {
		show_progress(seq, &st);
	}
	return true;
}

static void show_bitmap(struct seq_file *seq, const struct mdx_bitmap_view *v)
{
	const bool bytes = v->chunk_bytes < 1024;

	seq_printf(seq, "bitmap: %u/%u pages [%luKB], %u%s chunk\n", v->used, v->pages,
		   (unsigned long)v->used << (PAGE_SHIFT - 10),
		   bytes ? v->chunk_bytes : v->chunk_bytes >> 10, bytes ? "B" : "KB");
}

static void show_array(struct seq_file *seq, struct mdx_array *array)
{
	struct array_view v = { };

	spin_lock_irq(&array->state_lock);
	show_config(seq, array, &v);
	spin_unlock_irq(&array->state_lock);
	if (!v.shown)
		return;
	seq_puts(seq, v.running ? "\n      " : "\n       ");
	if (v.redundant && show_sync(seq, array, &v))
		seq_puts(seq, "\n      ");
	if (v.has_bitmap)
		show_bitmap(seq, &v.bitmap);
	seq_putc(seq, '\n');
}

static int mdstat_show(struct seq_file *seq, void *unused)
{
	struct mdx_array *array;

	/* Before the text: an event that comes while it is made wakes again. */
	seq->poll_event = atomic_read(&event_count);

	seq_puts(seq, "Personalities : ");
	mdx_personality_show(seq);
	seq_putc(seq, '\n');
	for (array = mdx_array_next(NULL); array; array = mdx_array_next(array))
		show_array(seq, array);
	seq_puts(seq, "unused devices: <none>\n");
	return 0;
}

/* ---- the file ---- */

static int mdstat_open(struct inode *inode, struct file *file)
{
	int err = single_open(file, mdstat_show, NULL);
	struct seq_file *seq;

	if (err)
		return err;
	seq = file->private_data;
	seq->poll_event = atomic_read(&event_count);
	return 0;
}

static __poll_t mdstat_poll(struct file *file, poll_table *wait)
{
	const struct seq_file *seq = file->private_data;
	__poll_t mask = EPOLLIN | EPOLLRDNORM;

	/* Nobody new comes onto the queue; who came a moment before sees afterwards that we unload. */
	if (!READ_ONCE(unloading))
		poll_wait(file, &event_wait, wait);
	if (READ_ONCE(unloading) || seq->poll_event != atomic_read(&event_count))
		mask |= EPOLLERR | EPOLLPRI;
	return mask;
}

static const struct proc_ops mdstat_ops = {
	.proc_open = mdstat_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
	.proc_poll = mdstat_poll,
};

int mdx_mdstat_init(void)
{
	unloading = false;
	return proc_create("mdstat", 0444, NULL, &mdstat_ops) ? 0 : -ENOMEM;
}

/*
 * Until nobody is on the queue: who sleeps in poll() is woken, told and leaves;
 * epoll, which would stay on it for as long as it has the file, is taken off.
 * wake_up_pollfree() does not fit, it warns of sleepers that have yet to leave.
 */
static void dismiss_pollers(void)
{
	for (;;) {
		__wake_up(&event_wait, TASK_NORMAL, 0,
			  poll_to_key(EPOLLERR | EPOLLHUP | EPOLLPRI | POLLFREE));
		/* Behind the lock that __wake_up() took. */
		if (!waitqueue_active(&event_wait))
			break;
		schedule_timeout_uninterruptible(1);
	}
	/* Who left last may hold the queue's lock, epoll's way off is under RCU. */
	spin_lock_irq(&event_wait.lock);
	spin_unlock_irq(&event_wait.lock);
	synchronize_rcu();
}

/*
 * Files may be open still. Removal closes them and lets nobody in again, and
 * /proc answers poll() for us from then on: never with a change, so who waits
 * for one has to have gone before. The second time is for who came meanwhile.
 */
void mdx_mdstat_exit(void)
{
	WRITE_ONCE(unloading, true);
	dismiss_pollers();
	remove_proc_entry("mdstat", NULL);
	dismiss_pollers();
}
