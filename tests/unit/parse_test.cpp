// SPDX-License-Identifier: GPL-2.0-only
// mdadm's grammar: modes, abbreviations, letters that change their meaning, refusals.
#include <doctest/doctest.h>

#include <vector>

#include "cli/parse.hpp"

using namespace mdctl;
using namespace mdctl::cli;

namespace {

Result<Parsed> parse_words(std::vector<std::string> words) {
  words.insert(words.begin(), "mdctl");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse(static_cast<int>(words.size()), argv.data());
}

Options ok(std::vector<std::string> words) {
  auto parsed = parse_words(std::move(words));
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().text());
  return parsed->options;
}

std::string refused(std::vector<std::string> words) {
  auto parsed = parse_words(std::move(words));
  REQUIRE(!parsed.has_value());
  CHECK(parsed.error().code() == Code::usage);
  return parsed.error().message();
}

}  // namespace

TEST_CASE("create: letters, attached arguments, devices in order") {
  auto o = ok({"-C", "/dev/md0", "-l1", "-n2", "-x", "1", "/dev/a", "missing", "/dev/b"});
  CHECK(o.mode == Mode::create);
  CHECK(*o.level == 1);
  CHECK(*o.raid_devices == 2);
  CHECK(*o.spare_devices == 1);
  REQUIRE(o.devices.size() == 4);
  CHECK(o.devices[2].path == "missing");
}

TEST_CASE("long options may be abbreviated as far as they stay unique") {
  auto o = ok({"--create", "/dev/md0", "--lev=mirror", "--raid-dev=2", "--meta", "1.0", "a", "b"});
  CHECK(*o.level == 1);
  CHECK(o.metadata == "1.0");
  CHECK(refused({"--create", "/dev/md0", "--re", "a"}) ==
        "option '--re' is ambiguous; possibilities: '--re-add' '--remove' '--replace' '--readonly' "
        "'--readwrite' '--restore' '--rebuild-map'");
  CHECK(refused({"--create", "/dev/md0", "--bit=none"}) ==
        "option '--bit=none' is ambiguous; possibilities: '--bitmap' '--bitmap-chunk'");
  // Two names of one option are no two meanings.
  CHECK(*ok({"--create", "/dev/md0", "--raid-d=2", "a", "b"}).raid_devices == 2);
  CHECK(*ok({"--create", "/dev/md0", "--raid-disks=2", "a", "b"}).raid_devices == 2);
  CHECK(*ok({"--create", "/dev/md0", "--spare-d=1", "a", "b"}).spare_devices == 1);
}

TEST_CASE("a letter means what its mode says") {
  CHECK(*ok({"-C", "/dev/md0", "-c", "64", "-l0", "-n2", "a", "b"}).chunk_kib == 64);
  CHECK(ok({"-A", "-s", "-c", "/etc/x.conf"}).config_file == "/etc/x.conf");
  CHECK(ok({"-D", "-b", "/dev/md0"}).brief);
  CHECK(ok({"-C", "/dev/md0", "-b", "none", "-l1", "-n2", "a", "b"}).bitmap == "none");
  CHECK(ok({"-A", "-f", "/dev/md0", "a"}).force);
  CHECK(ok({"-I", "-f", "sda"}).fail_device);
  CHECK(ok({"-I", "-r"}).rebuild_map);
}

TEST_CASE("manage mode keeps each operation with its devices") {
  auto o = ok({"/dev/md0", "--fail", "/dev/a", "-r", "/dev/a", "--add", "/dev/b", "/dev/c"});
  CHECK(o.mode == Mode::manage);
  REQUIRE(o.devices.size() == 5);
  CHECK(o.devices[0].action == Action::none);
  CHECK(o.devices[1].action == Action::fail);
  CHECK(o.devices[2].action == Action::remove);
  CHECK(o.devices[3].action == Action::add);
  CHECK(o.devices[4].action == Action::add);
}

TEST_CASE("write-mostly is for the devices behind it") {
  auto o = ok({"-C", "/dev/md0", "-l1", "-n2", "/dev/a", "--write-mostly", "/dev/b"});
  CHECK(!o.devices[1].write_mostly.has_value());
  CHECK(o.devices[2].write_mostly.value());
}

TEST_CASE("a lone device is queried; misc options need no --misc") {
  auto o = ok({"/dev/md0"});
  CHECK(o.mode == Mode::misc);
  CHECK(o.action == Action::query);
  CHECK(ok({"--detail", "--scan"}).brief);
  CHECK(ok({"-S", "/dev/md0"}).action == Action::stop);
  CHECK(ok({"--misc", "--stop", "/dev/md0"}).action == Action::stop);
  CHECK(ok({"/dev/md0", "-S"}).mode == Mode::manage);
}

TEST_CASE("json and dry-run go with everything") {
  auto o = ok({"--json", "--dry-run", "-S", "/dev/md0"});
  CHECK(o.json);
  CHECK(o.dry_run);
}

TEST_CASE("refusals are mdadm's, word for word") {
  CHECK(refused({"-C", "-A", "/dev/md0"}) ==
        "-A would set mdadm mode to \"assemble\", but it is already set to \"create\".");
  CHECK(refused({"-l", "1"}) == "-l does not set the mode, and so cannot be the first option.");
  CHECK(refused({"-C", "/dev/md0", "-l", "17"}) == "invalid raid level: 17");
  CHECK(refused({"-C", "/dev/md0", "-l1", "-l1"}) ==
        "raid level may only be set once.  Second value is 1.");
  CHECK(refused({"-C", "/dev/md0", "-n2", "-n3"}) == "raid-devices set twice: 2 and 3");
  CHECK(refused({"-C", "/dev/md0", "-l0", "-c", "3"}) == "invalid chunk/rounding value: 3");
  CHECK(refused({"-C", "/dev/md0", "-z", "foo"}) == "invalid size: foo");
  CHECK(refused({"-C", "/dev/md0", "-e", "2"}) == "unrecognised metadata identifier: 2");
  CHECK(refused({"--action=foo", "/dev/md0"}) ==
        "action must be one of idle, frozen, check, repair");
  CHECK(refused({"-B", "/dev/md4", "-l5", "-n2"}) == "Raid level 5 not permitted with --build.");
  CHECK(refused({"-C", "/dev/md0", "-l0", "-n2", "-x1"}) ==
        "spare-devices setting is incompatible with raid level 0");
  CHECK(refused({"--foo"}) == "unrecognized option '--foo'");
  CHECK(refused({"-C", "/dev/md0", "-l1", "-n1", "a"}).rfind("'1' is an unusual number", 0) == 0);
  CHECK(*ok({"-C", "/dev/md0", "-l1", "--force", "-n1", "a"}).raid_devices == 1);
}

TEST_CASE("uuids in any of mdadm's spellings") {
  auto a = ok({"-A", "/dev/md0", "-u", "01020304:05060708:090a0b0c:0d0e0f10"});
  auto b = ok({"-A", "/dev/md0", "-u", "01020304-0506-0708-090a-0b0c0d0e0f10"});
  CHECK(*a.uuid == *b.uuid);
  CHECK(refused({"-A", "/dev/md0", "-u", "0102"}) == "Bad uuid: 0102");
}

TEST_CASE("sizes take K, M, G, T and max") {
  CHECK(*ok({"-C", "/dev/md0", "-z", "5M"}).size_kib == 5120);
  CHECK(*ok({"-C", "/dev/md0", "-z", "5000"}).size_kib == 5000);
  CHECK(*ok({"-C", "/dev/md0", "-z", "max"}).size_kib == 0);
  CHECK(refused({"-C", "/dev/md0", "-z", "99999999999999999999T"}) ==
        "invalid size: 99999999999999999999T");
}

TEST_CASE("a device path is taken as it is, colons and all") {
  auto o = ok({"-C", "/dev/md0", "-l1", "-n2", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
               "/dev/mapper/a:b"});
  REQUIRE(o.devices.size() == 3);
  CHECK(o.devices[1].path == "/dev/disk/by-path/pci-0000:00:1f.2-ata-1");
  CHECK(o.devices[2].path == "/dev/mapper/a:b");
}
