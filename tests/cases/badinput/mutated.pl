# SPDX-License-Identifier: GPL-2.0-only
# mutated.pl SUPERBLOCKS FIRST LAST DEVICE DEVICE: lay each of those lines of SUPERBLOCKS/mutations (see
# make-mutations there) on the two devices, and try to start the array: by the kernel alone, which
# nobody protects, and every other one by mdadm or mdctl as well. Whatever starts is read and written from end to end.
# Prints a line for each; fails when something takes too long.
use strict;
use warnings;
use IO::Handle;
use Fcntl qw(:DEFAULT :seek);
use Time::HiRes qw(time sleep);

my ($superblocks, $first, $last, @devices) = @ARGV;
my $patience = $ENV{PATIENCE};
my $array    = '/sys/block/md0/md';
my $wrong    = 0;
$| = 1;
my %started;

sub slurp {
    open my $in, '<:raw', $_[0] or return '';
    local $/;
    return scalar <$in>;
}

# attribute NAME VALUE: true if it was taken.
sub attribute {
    sysopen my $out, "$array/$_[0]", O_WRONLY or return 0;
    return defined syswrite $out, $_[1];
}

sub state_now { my $state = slurp("$array/array_state"); chomp $state; return $state }

my $sectors = slurp('/sys/block/' . ($devices[0] =~ s,/dev/,,r) . '/size');
my %place   = (
    '0.90' => (int($sectors / 128) * 128 - 128) * 512,
    '1.0'  => int(($sectors - 16) / 8) * 8 * 512,
    '1.1'  => 0,
    '1.2'  => 4096,
);

# lay DEVICE VERSION IMAGE: that superblock, and no other.
sub lay {
    my ($device, $version, $image) = @_;
    open my $out, '+<:raw', $device or die "$device: $!";
    for my $where (keys %place) {
        sysseek $out, $place{$where}, SEEK_SET;
        syswrite($out, $where eq $version ? $image : "\0" x 4096) == 4096 or die "$device: $!";
    }
    $out->sync or die "$device: $!";
}

# exercise: blocks all over what has started, the last one included.
sub exercise {
    my $size = slurp('/sys/block/md0/size') * 512;
    my $block = 'x' x 4096;
    for my $mode (O_RDONLY, O_WRONLY) {
        sysopen my $file, '/dev/md0', $mode or return;    # read-only is as good
        for my $at (0, 4096, (map { int($size / 64 * $_ / 512) * 512 } 1 .. 63), $size - 4096) {
            next if $at < 0 || $at + 4096 > $size;
            sysseek $file, $at, SEEK_SET;
            $mode == O_RDONLY ? sysread $file, my $in, 4096 : syswrite $file, $block;
        }
        $file->sync if $mode == O_WRONLY;
    }
}

# stop: whoever has just looked at the array gets the time to end that.
sub stop {
    my $end = time + $patience;
    while (-e $array && state_now() !~ /^(clear)?$/) {
        attribute('array_state', 'clear');
        if (time > $end) {
            print "WRONG: does not stop: ", state_now(), "\n";
            exit 1;
        }
        sleep 0.02;
    }
}

# tried WHO SEED: what came of it.
sub tried {
    my ($who, $begin) = @_;
    my $state = state_now();
    my $runs = $state !~ /^(clear|inactive)?$/;
    if ($runs) {
        exercise();
        $started{$who}++;
    }
    stop();
    if (time - $begin > $patience) {
        printf "WRONG: %s: took %.1f s\n", $who, time - $begin;
        $wrong++;
    }
    return "$who: " . ($runs ? $state : '-');
}

sub by_kernel {
    my ($version) = @_;
    my $begin = time;
    if (!-e $array) {
        sysopen my $new, '/sys/module/mdx/parameters/new_array', O_WRONLY or die "new_array: $!";
        syswrite $new, 'md0' or die "new_array: $!";
    }
    attribute('metadata_version', $version);
    attribute('new_dev', slurp('/sys/block/' . s,/dev/,,r . '/dev')) for @devices;
    attribute('array_state', 'active');
    return tried('kernel', $begin);
}

sub by_tool {
    my ($tool) = @_;
    my $begin = time;
    system("timeout -k 5 $patience $tool --assemble --run /dev/md0 @devices </dev/null >/dev/null 2>&1");
    # mdadm falls over some of these by itself; ours must not, and neither may hang.
    my $crashed = $? >> 8 == 128 + 11;
    if ($crashed && $tool eq 'mdadm') {
        print "mdadm crashed\n";
    } elsif ($? & 127 || $? >> 8 >= 124) {
        print "WRONG: $tool: status $?\n";
        $wrong++;
    }
    return tried($tool, $begin);
}

open my $lines, '<', "$superblocks/mutations" or die "$superblocks: $!";
while (<$lines>) {
    my ($seed, $base, $member, @bytes) = split;
    next if $seed < $first || $seed > $last;
    my ($version) = $base =~ /-([\d.]+)$/;
    my @images = map { slurp("$superblocks/good/$base-$_.sb") } 0, 1;
    for (@bytes) {
        my ($at, $byte) = split /:/;
        substr($images[$member], $at, 1) = chr hex $byte;
    }
    my @came;
    for my $who ('kernel', ('mdctl') x ($seed % 4 == 1), ('mdadm') x ($seed % 4 == 3)) {
        lay($devices[$_], $version, $images[$_]) for 0, 1;
        push @came, $who eq 'kernel' ? by_kernel($version) : by_tool($who);
    }
    print "$seed $base: @came\n";
}
print 'started: ', join(', ', map { "$_ $started{$_}" } sort keys %started), "\n";
exit($wrong ? 1 : 0);
