// SPDX-License-Identifier: GPL-2.0-only
// mdadm.conf's grammar: what is understood, and that nonsense is named by file and line.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/lexer.hpp"
#include "config/loader.hpp"
#include "config/parser.hpp"

using namespace mdctl;
using mdctl::model::Config;

namespace {

Config parse(std::string_view text) {
  Config config;
  config::parse_config(text, "t.conf", config);
  return config;
}

// "3: text" of the only problem.
std::string only_problem(const Config& config) {
  REQUIRE(config.problems.size() == 1);
  CHECK(config.problems[0].file == "t.conf");
  return std::to_string(config.problems[0].line) + ": " + config.problems[0].text;
}

struct Directory {
  std::filesystem::path path;
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mdctl-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
};

}  // namespace

TEST_CASE("lexer: words, comments, quotes, continuation") {
  std::vector<Config::Problem> problems;
  auto statements = config::split_statements(
      "# all comment\n"
      "ARRAY /dev/md0\tuuid=a#b # rest\n"
      "\n"
      "  name='Data Storage'\n"
      " # indented comment\n"
      "\tspares=1\n"
      "MAILFROM \"it's\" 'say \"so\"'\r\n",
      "t", problems);
  CHECK(problems.empty());
  REQUIRE(statements.size() == 2);
  CHECK(statements[0].line == 2);
  REQUIRE(statements[0].words.size() == 5);
  CHECK(statements[0].words[2].text == "uuid=a#b");
  CHECK(statements[0].words[3].text == "name=Data Storage");
  CHECK(statements[0].words[3].line == 4);
  CHECK(statements[0].words[4].line == 6);
  REQUIRE(statements[1].words.size() == 3);
  CHECK(statements[1].words[1].text == "it's");
  CHECK(statements[1].words[2].text == "say \"so\"");
}

TEST_CASE("lexer: an open quote and a continuation of nothing are named") {
  CHECK(only_problem(parse("MAILADDR 'root\n")) == "1: the quote is never closed");
  CHECK(only_problem(parse("\n  uuid=1\n")) == "2: continues a line, but there is none before it");
}

TEST_CASE("keywords: any case, three letters, first match") {
  CHECK(parse("mailaddr a@b").mail_to == "a@b");
  CHECK(parse("MAI a@b").mail_to == "a@b");
  CHECK(parse("MailF me here").mail_from == "me here");
  CHECK(parse("pro /bin/true").program == "/bin/true");
  CHECK(parse("MON 60").monitor_delay == 60);
  CHECK(parse("hom box").homehost == "box");
  CHECK(parse("homec c1").homecluster == "c1");
  CHECK(parse("PROBING x\nENCRYPTION_NO_VERIFY sata_opal\n").problems.empty());
  CHECK(only_problem(parse("\n\nDE /dev/sda")) == "3: no such keyword 'DE'");
  CHECK(only_problem(parse("DEVICES_X /dev/sda")) == "1: no such keyword 'DEVICES_X'");
}

TEST_CASE("DEVICE lines add up") {
  auto config = parse("DEVICE /dev/sd[a-d]1 /dev/hda*\nDEV partitions\n");
  CHECK(config.device_patterns ==
        std::vector<std::string>{"/dev/sd[a-d]1", "/dev/hda*", "partitions"});
}

TEST_CASE("ARRAY: every tag") {
  auto config = parse(
      "ARRAY home UUID=3aaa0122:29827cfa:5331ad66:ca767371 name=box:home super-minor=3\n"
      "   devices=/dev/sda1,/dev/sdb* level=raid1 num-devices=2 spares=1 spare-group=g\n"
      "   auto=yes bitmap=/b metadata=1.2 container=/dev/md/imsm0 member=0\n");
  REQUIRE(config.problems.empty());
  REQUIRE(config.arrays.size() == 1);
  const auto& a = config.arrays[0];
  CHECK(a.device == "/dev/md/home");
  REQUIRE(a.uuid);
  CHECK(to_string(*a.uuid) == "3aaa0122:29827cfa:5331ad66:ca767371");
  CHECK(a.name == "box:home");
  CHECK(a.super_minor == 3);
  CHECK(a.devices == std::vector<std::string>{"/dev/sda1", "/dev/sdb*"});
  CHECK(a.level == 1);
  CHECK(a.raid_disks == 2);
  CHECK(a.spares == 1);
  CHECK(a.spare_group == "g");
  CHECK(a.bitmap == "/b");
  CHECK(a.metadata == "1.2");
  CHECK(a.container == "/dev/md/imsm0");
  CHECK(a.member == "0");
  CHECK(a.line == 1);
}

TEST_CASE("ARRAY: device forms") {
  CHECK(parse("ARRAY /dev/md1 name=x").arrays.at(0).device == "/dev/md1");
  CHECK(parse("ARRAY <IGNORE> name=x").arrays.at(0).device == "<ignore>");
  CHECK(parse("ARRAY name=x").arrays.at(0).device.empty());
}

TEST_CASE("ARRAY: an identity that cannot be read drops the line") {
  auto config = parse("ARRAY /dev/md0 name=x\n  uuid=12\n");
  CHECK(only_problem(config) == "2: uuid= cannot be '12'");
  CHECK(config.arrays.empty());
  CHECK(parse("ARRAY /dev/md0 level=raid7 name=x").arrays.empty());
  CHECK(parse("ARRAY /dev/md0 super-minor=-1").arrays.empty());
  CHECK(parse("ARRAY /dev/md0 devices=/dev/a,,/dev/b").arrays.empty());
  CHECK(parse("ARRAY /dev/md0 /dev/md1 name=x").arrays.empty());
}

TEST_CASE("ARRAY: an unknown tag is named, the line holds") {
  auto config = parse("ARRAY /dev/md0 colour=red name=x");
  CHECK(only_problem(config) == "1: ARRAY has no tag 'colour'");
  CHECK(config.arrays.size() == 1);
}

TEST_CASE("what may be given once: the first wins") {
  auto config = parse(
      "MAILADDR a b\nMAILADDR c\nPROGRAM p\nPROGRAM q\nHOMEHOST one\nHOMEHOST two\n"
      "AUTO +1.x -all\nAUTO -1.x\nMONITORDELAY 5\nMONITORDELAY 6\n");
  CHECK(config.mail_to == "a");
  CHECK(config.program == "p");
  CHECK(config.homehost == "one");
  CHECK(config.auto_rules.size() == 2);
  CHECK(config.monitor_delay == 5);
}

TEST_CASE("ARRAY: a tag given twice holds as it was first, and the second is named") {
  auto config = parse(
      "ARRAY /dev/md2 metadata=1.2 name=box:2\n"
      "  metadata=0.90 devices=/dev/a,/dev/b\n");
  REQUIRE(config.arrays.size() == 1);
  CHECK(config.arrays[0].metadata == "1.2");
  CHECK(config.arrays[0].devices.size() == 2);
  CHECK(only_problem(config) == "2: only specify metadata once, metadata=0.90 ignored");
  config = parse("ARRAY level=1 name=a name=b level=0\n");
  CHECK(config.arrays[0].name == "a");
  CHECK(*config.arrays[0].level == 0);
}

TEST_CASE("HOMEHOST <ignore> with and without a name") {
  auto config = parse("HOMEHOST <ignore>\nHOMEHOST box\n");
  CHECK(config.homehost.empty());
  CHECK_FALSE(config.homehost_required);
  config = parse("HOMEHOST <ignore> box\n");
  CHECK(config.homehost == "box");
  CHECK_FALSE(config.homehost_required);
  CHECK(parse("HOMEHOST <none>").homehost == "<none>");
}

TEST_CASE("CREATE, POLICY, SYSFS") {
  auto config = parse(
      "CREATE owner=0 group=6 mode=0660 metadata=1.0 names=yes bbl=no symlinks=no auto=md\n"
      "POLICY domain=d path=pci-* type=disk action=spare\n"
      "PART-POLICY domain=d path=pci-*\n"
      "SYSFS name=box:x sync_speed_max=1000 group_thread_cnt=4\n");
  REQUIRE(config.problems.empty());
  CHECK(config.owner == 0u);
  CHECK(config.group == 6u);
  CHECK(config.mode == 0660u);
  CHECK(config.create_metadata == "1.0");
  CHECK(config.names);
  CHECK_FALSE(config.bad_block_log);
  REQUIRE(config.policies.size() == 2);
  CHECK_FALSE(config.policies[0].partitions);
  CHECK(config.policies[1].partitions);
  REQUIRE(config.sysfs.size() == 1);
  CHECK(config.sysfs[0].attributes.size() == 2);
}

TEST_CASE("a condition that cannot be read must not widen a policy; sysfs stays below md/") {
  CHECK(parse("POLICY path=pci-* type=tape action=force-spare").policies.empty());
  CHECK(parse("SYSFS name=x ../../power/control=on").sysfs.empty());
  CHECK(parse("SYSFS name=x /etc/passwd=on").sysfs.empty());
  CHECK(parse("SYSFS sync_max=1").sysfs.empty());
  CHECK(parse("CREATE mode=9").mode.has_value() == false);
}

TEST_CASE("DEGRADED-AFTER is mdctl's own") {
  CHECK(parse("").degraded_after == -1);
  CHECK(parse("DEGRADED-AFTER 90").degraded_after == 90);
  CHECK(parse("deg never").degraded_after == 0);
  CHECK(only_problem(parse("DEGRADED-AFTER soon")) ==
        "1: DEGRADED-AFTER needs a number of seconds");
}

TEST_CASE("files: mdctl's own, then mdadm's; conf.d in order of names") {
  Directory root;
  root.put("etc/mdadm.conf", "MAILADDR third");
  CHECK(config::load_config("", root.path)->mail_to == "third");
  root.put("etc/mdadm/mdadm.conf", "MAILADDR second");
  root.put("etc/mdadm/mdadm.conf.d/b.conf", "PROGRAM b");
  root.put("etc/mdadm/mdadm.conf.d/a.conf", "PROGRAM a");
  root.put("etc/mdadm/mdadm.conf.d/z.txt", "PROGRAM z");
  auto config = config::load_config("", root.path);
  CHECK(config->mail_to == "second");
  CHECK(config->program == "a");
  CHECK(config->files.size() == 3);
  root.put("etc/mdctl.conf.d/x.conf", "MAILADDR first");
  CHECK(config::load_config("", root.path)->mail_to == "first");
}

TEST_CASE("files: -c none, partitions, FILE, DIR, missing") {
  Directory root;
  root.put("c/one.conf", "DEVICE /dev/x");
  CHECK(config::load_config("none")->files.empty());
  CHECK(config::load_config("partitions")->device_patterns.size() == 2);
  CHECK(config::load_config((root.path / "c/one.conf").string())->device_patterns.size() == 1);
  CHECK(config::load_config((root.path / "c").string())->device_patterns.size() == 1);
  auto missing = config::load_config((root.path / "nowhere").string());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::not_found);
  CHECK(config::load_config("", (root.path / "empty").string())->files.empty());
}

TEST_CASE("MDADM_CONF_AUTO goes before the file's rules") {
  Directory root;
  root.put("etc/mdctl.conf", "AUTO -all");
  setenv("MDADM_CONF_AUTO", "+1.x", 1);
  auto config = config::load_config("", root.path);
  unsetenv("MDADM_CONF_AUTO");
  REQUIRE(config->auto_rules.size() == 2);
  CHECK(config->auto_rules[0].what == "1.x");
  CHECK(config->auto_rules[1].what == "all");
}
