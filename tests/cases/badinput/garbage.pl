# SPDX-License-Identifier: GPL-2.0-only
# garbage.pl SEED SECONDS DIRECTORY...: write what makes no sense into every attribute below the
# directories that can be written. Prints one line for each attribute: writes that were taken, writes
# that were refused. Fails on a write that takes longer than SECONDS and on an errno that means a bug.
use strict;
use warnings;
use Errno qw(EFAULT ENOTTY EIO ENOMEM);
use Fcntl;
use Time::HiRes qw(time);

my ($seed, $seconds, @directories) = @ARGV;
srand $seed;

sub random_bytes { join '', map { chr int rand 256 } 1 .. $_[0] }

my @fixed = (
    '', "\n", "\0", ' ', '-', '-1', "-1\n", '+', '--', '0x', '-9223372036854775809',
    '-99999999999999999999999999', '18446744073709551615', '18446744073709551616',
    '99999999999999999999999999999999', '4294967296000000', '9223372036854775808', '1e9', '3.14159.2',
    '0.00000000000000000000000000000001', 'nan', '7x', "8\n9", '1 2', '99999:99999', '-1:-1', ':', '8:',
    '4294967296:0', '%s%n%p', '../../..', 'external:', 'external:/', 'external:-/../x',
    'none ', 'write-pendin', 'active ', 'insync', '--in_sync', 'max ', '1/0', 'A' x 4095, 'A' x 4096, '9' x 4095,
    '1' . ' ' x 4000, ('-' x 300));

my $bad = 0;
for my $directory (@directories) {
    opendir my $handle, $directory or die "$directory: $!";
    for my $name (sort readdir $handle) {
        my $path = "$directory/$name";
        next unless -f $path && (stat _)[2] & 0222;
        my ($taken, $refused) = (0, 0);
        for my $value (@fixed, map { random_bytes(1 + int rand(rand() < 0.5 ? 16 : 4096)) } 1 .. 12) {
            sysopen my $file, $path, O_WRONLY or next;    # gone with what was written before
            my $begin = time;
            my $done = syswrite $file, $value;
            my $errno = $! + 0;
            my $took = time - $begin;
            if (defined $done) { $taken++ } else { $refused++ }
            my $shown = substr($value, 0, 24) =~ s/[^ -~]/?/gr;
            if ($took > $seconds) {
                printf "WRONG: %s takes %.1f s for '%s'\n", $path, $took, $shown;
                $bad++;
            }
            if (!defined $done && grep { $errno == $_ } EFAULT, ENOTTY, EIO, ENOMEM) {
                local $! = $errno;
                print "WRONG: $path: '$shown': $!\n";
                $bad++;
            }
            if (defined $done && $done > length $value) {
                print "WRONG: $path: '$shown': took $done bytes\n";
                $bad++;
            }
        }
        print "$path: $taken taken, $refused refused\n";
    }
}
exit($bad ? 1 : 0);
