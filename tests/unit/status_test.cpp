// SPDX-License-Identifier: GPL-2.0-only
// Exit statuses scripts and units rely on: mdadm 4.2's.
#include <doctest/doctest.h>

#include "machine.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

Machine& with_things(Machine& m) {
  m.add_disks();
  m.blocks.add("image", 20480).image = true;
  m.blocks.others = {"/dev/null"};
  return m;
}

}  // namespace

TEST_CASE("without a driver there are no arrays") {
  Machine m;
  m.kernel.loaded = false;
  for (const auto& line : {std::vector<std::string>{"--detail", "--scan"},
                           {"--detail", "--scan", "--export"},
                           {"--stop", "--scan"},
                           {"--wait-clean", "--scan"}}) {
    auto out = m.run(line);
    INFO(line.front());
    CHECK(out.status == 0);
    CHECK(out.out.empty());
    CHECK(out.said.empty());
  }
}

TEST_CASE("no superblock: a failure for who asks at large") {
  Machine m;
  with_things(m);
  CHECK(m.run({"-E", "/dev/vda"}).status == 1);
  CHECK(m.run({"-E", "-Y", "/dev/vda"}).status == 1);
  auto brief = m.run({"-E", "-b", "/dev/vda"});
  CHECK(brief.status == 0);
  CHECK(brief.said.empty());
  auto version = m.run({"-E", "-e", "1.2", "/dev/vda"});
  CHECK(version.status == 0);
  CHECK(version.said.size() == 1);
  CHECK(m.run({"-E", "-b", "/dev/nope"}).status == 1);
}

TEST_CASE("zero-superblock: 2 where what was asked for is not there") {
  Machine m;
  with_things(m);
  CHECK(m.run({"--zero-superblock", "/dev/vda"}).status == 0);
  CHECK(m.run({"--zero-superblock", "-e", "1.2", "/dev/vda"}).status == 2);
  CHECK(m.run({"--zero-superblock", "/dev/nope"}).status == 2);
}

TEST_CASE("wait: 2 for what cannot be waited for") {
  Machine m;
  with_things(m);
  for (const char* option : {"--wait", "--wait-clean"})
    for (const char* path : {"/dev/nope", "/dev/null", "image"}) {
      INFO(option << " " << path);
      CHECK(m.run({option, path}).status == 2);
    }
  // A disk that is no array is done.
  CHECK(m.run({"--wait", "/dev/vda"}).status == 1);
  CHECK(m.run({"--wait-clean", "/dev/vda"}).status == 0);
  CHECK(m.run({"--action=check", "/dev/vda"}).status == 1);
}

TEST_CASE("something that is no block device, or no array, is 1") {
  Machine m;
  with_things(m);
  REQUIRE(m.run(kMirror).status == 0);
  for (const char* path : {"/dev/null", "image", "/dev/nope"}) {
    INFO(path);
    CHECK(m.run({"-I", path}).status == 1);
    CHECK(m.run({"-A", "/dev/md9", path}).status == 1);
    CHECK(m.run({"/dev/md0", "-a", path}).status == 1);
    CHECK(m.run({path, "-a", "/dev/vdc"}).status == 1);
    CHECK(m.run({path, "--replace", "/dev/vda"}).status == 1);
    CHECK(m.run({"-D", path}).status == 1);
    CHECK(m.run({"-S", path}).status == 1);
  }
  auto disk = m.run({"/dev/vdc", "-a", "/dev/vdd"});
  CHECK(disk.status == 1);
  CHECK(disk.said[0] == "/dev/vdc does not appear to be an md device");
  CHECK(m.run({"image", "-a", "/dev/vdd"}).said[0] == "image does not appear to be an md device");
  CHECK(m.run({"-I"}).status == 1);
}

TEST_CASE("lines that do not say enough, or too much") {
  Machine m;
  with_things(m);
  REQUIRE(m.run(kMirror).status == 0);
  auto second = m.run({"/dev/md0", "/dev/vdc"});
  CHECK(second.status == 2);
  CHECK(second.said[0] ==
        "An option must be given to set the mode before a second device\n"
        "       (/dev/vdc) is listed");
  CHECK(m.run({"/dev/md0", "-r"}).status == 2);
  CHECK(m.run({"/dev/md0", "--remove"}).status == 0);
  CHECK(m.run({"-D", "-S", "/dev/md0"}).status == 1);
  CHECK(m.run({"-D", "-E", "/dev/md0"}).status == 2);
  CHECK(m.kernel.array("md0").active());
}
