// SPDX-License-Identifier: GPL-2.0-only
// Words for members in manage mode, replacements, and re-adding with an update.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include "machine.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

void make_array(Machine& machine, const std::vector<std::string>& words) {
  machine.add_disks();
  std::vector<std::string> line{"-C", "/dev/md0", "-R", "--assume-clean"};
  line.insert(line.end(), words.begin(), words.end());
  REQUIRE(machine.run(line).status == 0);
  machine.kernel.log.clear();
}

void make_mirror_with_spare(Machine& machine) {
  make_array(machine, {"-l1", "-n2", "-x1", "/dev/vda", "/dev/vdb", "/dev/vdc"});
}

}  // namespace

TEST_CASE("sets of RAID10 fail and go together") {
  Machine machine;
  make_array(machine, {"-l10", "-n4", "/dev/vda", "/dev/vdb", "/dev/vdc", "/dev/vdd"});
  const auto failed = machine.run({"/dev/md0", "--fail", "set-B"});
  CHECK(failed.status == 0);
  CHECK(failed.said ==
        std::vector<std::string>{"set 254:16 faulty in /dev/md0", "set 254:48 faulty in /dev/md0"});
  CHECK(machine.run({"/dev/md0", "--remove", "failed"}).status == 0);
  CHECK(machine.kernel.array("md0").members.size() == 2);
  CHECK(machine.run({"/dev/md0", "--fail", "set-C"}).status == 1);
  CHECK(machine.run({"/dev/md0", "--fail", "set-"}).status == 1);

  Machine mirror;
  make_mirror_with_spare(mirror);
  CHECK(mirror.run({"/dev/md0", "--fail", "set-A"})
            .said_text("'set-A' only meaningful with RAID10 arrays"));
}

TEST_CASE("words stand where they mean something") {
  struct Row {
    std::vector<std::string> words;
    const char* text;
  };
  const Row rows[] = {
      {{"--fail", "missing"}, "'missing' only meaningful with --re-add"},
      {{"--remove", "missing"}, "'missing' only meaningful with --re-add"},
      {{"--add", "missing"}, "'missing' only meaningful with --re-add"},
      {{"--fail", "failed"}, "failed only meaningful with -r or --re-add, not -f"},
      {{"--add", "faulty"}, "faulty only meaningful with -r or --re-add, not -a"},
      {{"--replace", "failed"}, "failed only meaningful with -r or --re-add, not -R"},
      {{"--add", "detached"}, "detached only meaningful with -r of -f, not -a"},
      {{"--add", "set-A"}, "'set-A' only meaningful with -r or -f"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Machine machine;
    make_mirror_with_spare(machine);
    std::vector<std::string> line{"/dev/md0"};
    line.insert(line.end(), row.words.begin(), row.words.end());
    const auto refused = machine.run(line);
    CHECK(refused.status == 1);
    CHECK(refused.said_text(row.text));
  }
}

TEST_CASE("replace: a spare of the driver's choice") {
  Machine machine;
  make_mirror_with_spare(machine);
  const auto out = machine.run({"/dev/md0", "--replace", "/dev/vda"});
  CHECK(out.status == 0);
  CHECK(out.said[0] == "Marked /dev/vda (device 0 in /dev/md0) for replacement");
  CHECK(machine.kernel.log == std::vector<std::string>{"md0 dev-vda/state=want_replacement"});
}

TEST_CASE("replace: by one that is named") {
  Machine machine;
  make_mirror_with_spare(machine);
  const auto out = machine.run({"/dev/md0", "--replace", "/dev/vdb", "--with", "/dev/vdc"});
  CHECK(out.status == 0);
  CHECK(out.said[1] == "Marked /dev/vdc in /dev/md0 as replacement for device 1");
  CHECK(machine.kernel.log ==
        std::vector<std::string>{"md0 sync_action=frozen", "md0 dev-vdb/state=want_replacement",
                                 "md0 dev-vdc/slot=1", "md0 sync_action=idle"});
}

TEST_CASE("replace: what cannot be replaced, or replace") {
  struct Row {
    std::vector<std::string> words;
    const char* text;
  };
  const Row rows[] = {
      {{"--replace", "/dev/vdc"}, "is not active and so cannot be replaced."},
      {{"--replace", "/dev/vdd"}, "/dev/vdd not found in /dev/md0 so cannot --replace it"},
      {{"--replace", "/dev/vda", "--with", "/dev/vdb"}, "is active and cannot be a replacement"},
      {{"--replace", "/dev/vda", "--with", "/dev/vdd"}, "so cannot make it preferred replacement"},
      {{"--replace", "/dev/vda", "--with", "/dev/vdc", "/dev/vdd"},
       "No matching --replace device for --with /dev/vdd"},
      {{"--replace", "--with", "/dev/vdc"}, "No matching --replace device for --with /dev/vdc"},
      {{"--replace", "/dev/vda", "--fail", "/dev/vdb", "--with", "/dev/vdc"},
       "--with must follow --replace"},
      {{"--with", "/dev/vdc"}, "--with must follow --replace"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Machine machine;
    make_mirror_with_spare(machine);
    std::vector<std::string> line{"/dev/md0"};
    line.insert(line.end(), row.words.begin(), row.words.end());
    const auto refused = machine.run(line);
    CHECK(refused.status != 0);
    CHECK(refused.said_text(row.text));
    CHECK(machine.kernel.log.empty());
  }
}

TEST_CASE("re-add: its superblock is updated before it comes back") {
  Machine machine;
  make_array(machine, {"-l1", "-n2", "/dev/vda", "/dev/vdb"});
  machine.kernel.array("md0").bitmap = true;
  REQUIRE(machine.run({"/dev/md0", "-f", "/dev/vdb", "-r", "/dev/vdb"}).status == 0);
  CHECK(machine.run({"/dev/md0", "--re-add", "/dev/vdb", "--update=no-bbl"}).status == 0);
  CHECK(super_of(machine, "/dev/vdb").bblog_size == 0);
  REQUIRE(machine.run({"/dev/md0", "-f", "/dev/vdb", "-r", "/dev/vdb"}).status == 0);
  CHECK(machine.run({"/dev/md0", "--re-add", "/dev/vdb", "--update=bbl"}).status == 0);
  CHECK(super_of(machine, "/dev/vdb").bblog_size == 8);
  CHECK(machine.run({"/dev/md0", "--add", "/dev/vdc", "--update=bbl"}).status == 1);
  CHECK(machine.run({"/dev/md0", "--re-add", "/dev/vdc", "--update=name"}).status == 2);
}

TEST_CASE("re-add: all that failed, in place") {
  Machine machine;
  make_array(machine, {"-l1", "-n2", "/dev/vda", "/dev/vdb"});
  REQUIRE(machine.run({"/dev/md0", "-f", "/dev/vdb"}).status == 0);
  const auto late = machine.run({"/dev/md0", "--re-add", "faulty"});
  CHECK(late.status == 1);
  CHECK(late.said_text("failed to re-add 254:16 to /dev/md0"));
  machine.kernel.array("md0").bitmap = true;
  CHECK(machine.run({"/dev/md0", "--re-add", "faulty"}).said[0] == "re-added 254:16");
  REQUIRE(machine.run({"/dev/md0", "-f", "/dev/vdb"}).status == 0);
  CHECK(machine.run({"/dev/md0", "--re-add", "/dev/vdb"}).said[0] == "re-added /dev/vdb");
}
