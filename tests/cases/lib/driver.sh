# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Loading and unloading the driver itself.  cleanup.sh puts back what a case expects to find.

# loaded MODULE: is it?
loaded() {
	[[ -d /sys/module/${1//-/_} ]]
}

# unload_all: neither mdx nor md afterwards.
unload_all() {
	local module
	for module in mdx_test dm_raid mdx_raid10 mdx_raid1 mdx_raid0 mdx_linear raid1 raid0 raid10 raid456 linear md_mod mdx; do
		! loaded "$module" || rmmod "$module"
	done
}

# mdx_file [NAME]: the module's file.
mdx_file() {
	modinfo -n "${1:-mdx}"
}

# test_module NAME: the file of one of tests/modules, for insmod.
test_module() {
	local file
	file=/opt/mdx/test-modules/$(uname -r)/$1.ko
	[[ -f $file ]] || fail "no module $1 was built for this kernel"
	echo "$file"
}

# md_has_linear: some of the rows' kernels have it in their own md, some do not.
md_has_linear() {
	compgen -G "/lib/modules/$(uname -r)/kernel/drivers/md/*linear.ko*" >/dev/null
}

# has_linear: has the driver under test?
has_linear() {
	driver_is mdx || md_has_linear
}

# stripe_levels: the levels without redundancy that it has.
stripe_levels() {
	echo 0
	! has_linear || echo linear
}

# assert_nothing_left: no trace of a driver that answers to md's interfaces.
assert_nothing_left() {
	local dir
	for dir in /sys/module/mdx /sys/module/md_mod /proc/mdstat /proc/sys/dev/raid; do
		check "$dir is gone" [ ! -e "$dir" ]
	done
	check "no major of md's is left" bash -c "! grep -E ' (md|mdp)\$' /proc/devices"
	check "no array is left" bash -c '! ls -d /sys/block/md* 2>/dev/null'
	check "no slab is left" bash -c '! grep ^mdx /proc/slabinfo'
}

# make_live md|mdx: unload what is loaded, install and load that driver; for cases of mdx that hand
# disks to md and back.
make_live() {
	unload_all
	case $1 in
	md) vm-modules stock ;;
	mdx) vm-modules face && modprobe mdx ;;
	esac
	modprobe md_mod
}
