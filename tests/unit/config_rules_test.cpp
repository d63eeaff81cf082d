// SPDX-License-Identifier: GPL-2.0-only
// What a configuration means: ARRAY matching, homes, AUTO, POLICY, names.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "config/naming.hpp"
#include "config/parser.hpp"
#include "config/rules.hpp"
#include "util/sha1.hpp"

using namespace mdctl;
using namespace mdctl::config;

namespace {

const std::string uuid_text = "3aaa0122:29827cfa:5331ad66:ca767371";

model::Config parse(const std::string& text) {
  model::Config out;
  parse_config(text, "t.conf", out);
  REQUIRE(out.problems.empty());
  return out;
}

ArrayIdentity array_1(const std::string& name) {
  ArrayIdentity out;
  out.uuid = *parse_uuid(uuid_text);
  out.name = name;
  out.metadata = "1.2";
  out.level = 1;
  out.raid_disks = 2;
  return out;
}

ArrayIdentity array_0(int minor) {
  ArrayIdentity out = array_1("");
  out.metadata = "0.90";
  out.minor = minor;
  return out;
}

bool line_matches(const std::string& line, const ArrayIdentity& array,
                  const std::vector<std::string>& devices = {}) {
  auto config = parse("ARRAY " + line);
  return find_array(config, array, HomeHost{"box", true}, devices) != nullptr;
}

struct Names {
  std::set<std::string> kernel, link;
  NamesInUse in_use() const {
    return {[this](const std::string& k) { return kernel.count(k) != 0; },
            [this](const std::string& l) { return link.count(l) != 0; }};
  }
};

std::string named(const std::string& given, const Names& names = {}, bool nodes = false) {
  auto name = explicit_name(given, nodes, names.in_use());
  return name ? name->kernel + " " + name->link : "refused";
}

std::string found(const ArrayIdentity& array, Locality where, const Names& names = {},
                  bool nodes = false) {
  auto name = automatic_name(array, HomeHost{"box", true}, where, nodes, names.in_use());
  return name.kernel + " " + name.link;
}

}  // namespace

TEST_CASE("sha1: the standard's vectors") {
  auto hex = [](std::string_view text) {
    std::string out;
    for (auto byte : sha1(text)) out += fmt::format("{:02x}", byte);
    return out;
  };
  CHECK(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST_CASE("ARRAY: all identities must hold, none matches nothing") {
  CHECK(line_matches("/dev/md0 uuid=" + uuid_text, array_1("box:home")));
  CHECK_FALSE(line_matches("/dev/md0 uuid=" + uuid_text + " name=other", array_1("box:home")));
  CHECK_FALSE(line_matches("/dev/md0", array_1("box:home")));
  CHECK_FALSE(line_matches("/dev/md0 level=1 num-devices=2", array_1("box:home")));
  CHECK(line_matches("/dev/md0 super-minor=3", array_0(3)));
  CHECK_FALSE(line_matches("/dev/md0 super-minor=3", array_0(4)));
  CHECK_FALSE(line_matches("/dev/md0 super-minor=3", array_1("box:3")));
  CHECK_FALSE(line_matches("x container=/dev/md/c member=0 uuid=" + uuid_text, array_1("x")));
}

TEST_CASE("ARRAY: names with and without their host") {
  CHECK(line_matches("name=home", array_1("box:home")));
  CHECK(line_matches("name=box:home", array_1("box:home")));
  CHECK(line_matches("name=box:home", array_1("home")));
  CHECK(line_matches("name=home", array_1("any:home")));
  CHECK_FALSE(line_matches("name=home", array_1("other:home")));
  CHECK(line_matches("name=other:home", array_1("other:home")));
}

TEST_CASE("ARRAY: devices, level, number and metadata") {
  CHECK(line_matches("devices=/dev/sd[ab]1,/dev/vdb", array_1("x"), {"/dev/vdb"}));
  CHECK_FALSE(line_matches("devices=/dev/sd*", array_1("x"), {"/dev/disk/sdx"}));
  CHECK_FALSE(line_matches("name=box:x level=raid5", array_1("box:x")));
  CHECK_FALSE(line_matches("name=box:x num-devices=3", array_1("box:x")));
  CHECK(line_matches("name=box:x metadata=1", array_1("box:x")));
  CHECK_FALSE(line_matches("name=box:x metadata=0.90", array_1("box:x")));
}

TEST_CASE("DEVICE lines") {
  CHECK(device_allowed(parse(""), {"/dev/sda"}));
  CHECK(device_allowed(parse("DEVICE partitions"), {"/dev/sda"}));
  CHECK_FALSE(device_allowed(parse("DEVICE containers"), {"/dev/sda"}));
  auto config = parse("DEVICE /dev/disk/by-path/pci*");
  CHECK(device_allowed(config, {"/dev/sda", "/dev/disk/by-path/pci-0000:00"}));
  CHECK_FALSE(device_allowed(config, {"/dev/sda"}));
}

TEST_CASE("HOMEHOST: who we are") {
  CHECK(HomeHost::from(parse(""), "", "box").name == "box");
  CHECK(HomeHost::from(parse("HOMEHOST <system>"), "", "box").name == "box");
  CHECK(HomeHost::from(parse("HOMEHOST <none>"), "", "box").name.empty());
  CHECK(HomeHost::from(parse("HOMEHOST h"), "", "box").name == "h");
  CHECK(HomeHost::from(parse("HOMEHOST h"), "o", "box").name == "o");
  CHECK_FALSE(HomeHost::from(parse("HOMEHOST <ignore> h"), "", "box").required);
  CHECK_FALSE(HomeHost::from(parse(""), "any", "box").required);
  auto ignored = HomeHost::from(parse("HOMEHOST h"), "<ignore>", "box");
  CHECK(ignored.name == "h");
  CHECK_FALSE(ignored.required);
}

TEST_CASE("homes: 1.x by prefix, 0.90 by hash") {
  HomeHost box{"box", true};
  CHECK(locality(array_1("box:home"), box, false) == Locality::local);
  CHECK(locality(array_1("any:home"), box, false) == Locality::local);
  CHECK(locality(array_1("boxer:home"), box, false) == Locality::foreign);
  CHECK(locality(array_1("home"), box, false) == Locality::foreign);
  CHECK(locality(array_1("other:home"), box, true) == Locality::local);
  CHECK(locality(array_1("other:home"), HomeHost{"box", false}, false) == Locality::undecided);
  CHECK(locality(array_1("other:home"), HomeHost{"", true}, false) == Locality::undecided);

  auto array = array_0(0);
  // A 0.90 array that mdadm 4.2 made on host "box".
  array.uuid = *parse_uuid("104a115c:852e187d:d7a6d8c7:9aeca122");
  CHECK(locality(array, box, false) == Locality::local);
  array.uuid[8] ^= 1;
  CHECK(locality(array, box, false) == Locality::foreign);
}

TEST_CASE("AUTO: first match, default yes") {
  auto allowed = [](const std::string& line, const std::string& metadata, bool local) {
    return auto_allowed(parse(line).auto_rules, metadata, local);
  };
  CHECK(allowed("", "1.2", false));
  CHECK_FALSE(allowed("AUTO -all", "1.2", true));
  CHECK(allowed("AUTO +1.x -all", "1.2", false));
  CHECK_FALSE(allowed("AUTO +1.x -all", "0.90", false));
  CHECK(allowed("AUTO homehost -all", "0.90", true));
  CHECK_FALSE(allowed("AUTO homehost -all", "0.90", false));
  CHECK_FALSE(allowed("AUTO -0.90", "0.90", true));
  CHECK(allowed("AUTO -0.90", "1.0", false));
}

TEST_CASE("POLICY: conditions, most permissive action, domains") {
  auto config = parse(
      "POLICY domain=a path=pci-1* action=spare\n"
      "POLICY path=pci-1-x type=disk action=re-add\n"
      "PART-POLICY domain=p path=pci-1-x action=include auto=no\n");
  auto disk = policy_for(config, {{"pci-1-x"}, 0, ""});
  CHECK(disk.action == HotplugAction::spare);
  CHECK(disk.domains == std::vector<std::string>{"a"});
  CHECK_FALSE(disk.automatic);
  auto part = policy_for(config, {{"pci-1-x-part2"}, 2, "1.2"});
  CHECK(part.domains == std::vector<std::string>{"a", "p-part2"});
  CHECK(part.automatic == "no");
  CHECK(policy_for(config, {{"pci-2"}, 0, ""}).domains.empty());
}

TEST_CASE("names someone gave") {
  CHECK(named("/dev/md0") == "md0 ");
  CHECK(named("/dev/md/0") == "md0 0");
  CHECK(named("3") == "md3 3");
  CHECK(named("home") == "md127 home");
  CHECK(named("/dev/md/home", {{"md127", "md126"}, {}}) == "md125 home");
  CHECK(named("/dev/md/home", {}, true) == "md_home home");
  CHECK(named("/dev/md_home") == "md_home home");
  CHECK(named("/dev/md_d2") == "md_d2 d2");
  CHECK(named("/dev/md/d2") == "md_d2 d2");
  CHECK(named("007") == "md127 007");
}

TEST_CASE("names that are none") {
  for (const char* bad : {"", "/dev/sda", "/dev/md/", "/dev/md/a/b", "a/b", "/dev/mdx", "..",
                          "/dev/md", "/dev/md99999999", "/dev/md/.."})
    CHECK_MESSAGE(named(bad) == "refused", bad);
}

TEST_CASE("names from metadata: ours") {
  CHECK(found(array_1("box:home"), Locality::local) == "md127 home");
  CHECK(found(array_1("box:0"), Locality::local) == "md0 0");
  CHECK(found(array_1("box:0"), Locality::local, {{"md0"}, {}}) == "md127 0_0");
  CHECK(found(array_1("box:home"), Locality::local, {{"md127"}, {"home"}}) == "md126 home_0");
  CHECK(found(array_1("box:home"), Locality::local, {}, true) == "md_home home");
  CHECK(found(array_0(5), Locality::local) == "md5 5");
  CHECK(found(array_1("other:home"), Locality::undecided) == "md127 home");
}

TEST_CASE("names from metadata: foreign") {
  CHECK(found(array_0(5), Locality::foreign) == "md127 5_0");
  CHECK(found(array_1("home"), Locality::foreign) == "md127 home_0");
  CHECK(found(array_1("home"), Locality::foreign, {{}, {"home_0"}}) == "md127 home_1");
  CHECK(found(array_1("other:0"), Locality::foreign) == "md127 other:0");
  CHECK(found(array_1("other:0"), Locality::foreign, {{"md127"}, {"other:0"}}) ==
        "md126 other:0_0");
}

TEST_CASE("names from metadata are not trusted as file names") {
  CHECK(found(array_1("box:../../etc"), Locality::local) == "md127 ..-..-etc");
  CHECK(found(array_1("box:.."), Locality::local) == "md127 -..");
  CHECK(found(array_1("box:"), Locality::local) == "md127 ");
}

TEST_CASE("kernel names run out gracefully") {
  Names names;
  for (int i = 0; i <= 127; i++) names.kernel.insert("md" + std::to_string(i));
  CHECK(free_kernel_name(names.in_use()) == "md128");
}
