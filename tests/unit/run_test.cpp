// SPDX-License-Identifier: GPL-2.0-only
// The program itself, from argv to exit status and streams, where no driver is needed.
#include "cli/run.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "output/report.hpp"

using namespace mdctl;

namespace {

// What is written to a stream goes to a file until it is read.
class Captured {
 public:
  explicit Captured(std::FILE* stream) : stream_(stream), file_(std::tmpfile()) {
    REQUIRE(file_ != nullptr);
    std::fflush(stream_);
    before_ = ::dup(::fileno(stream_));
    REQUIRE(::dup2(::fileno(file_), ::fileno(stream_)) >= 0);
  }
  ~Captured() {
    end();
    std::fclose(file_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string text() {
    end();
    std::rewind(file_);
    std::string out;
    for (int c; (c = std::fgetc(file_)) != EOF;) out += static_cast<char>(c);
    return out;
  }

 private:
  void end() {
    if (before_ < 0) return;
    std::fflush(stream_);
    ::dup2(before_, ::fileno(stream_));
    ::close(before_);
    before_ = -1;
  }

  std::FILE* stream_;
  std::FILE* file_;
  int before_ = -1;
};

struct Ran {
  int status;
  std::string out;
  std::string err;
};

Ran ran(std::vector<std::string> words) {
  words.insert(words.begin(), "mdctl");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Captured out(stdout);
  Captured err(stderr);
  const int status = cli::run(static_cast<int>(words.size()), argv.data());
  return {status, out.text(), err.text()};
}

const std::string kNoFile = "/nonexistent/mdctl.conf";

}  // namespace

TEST_CASE("json: a failure before the command runs has a document, and nothing beside it") {
  struct Case {
    std::vector<std::string> line;
    const char* command;
    int status;
    const char* code;
    const char* message;  // a part of it
  };
  const std::vector<Case> cases = {
      {{"--json", "-c", kNoFile, "-D", "/dev/md0"}, "detail", 1, "not-found", "mdctl.conf"},
      {{"-A", "--scan", "-c", kNoFile, "--json"}, "assemble", 1, "not-found", "mdctl.conf"},
      {{"--json", "--nonsense"}, "", 2, "usage", "unrecognized option '--nonsense'"},
      // Found, though what comes before it is where the parser stops.
      {{"-C", "/dev/md0", "--level=none", "--json"}, "", 2, "usage", "none"},
      {{"/dev/md0", "/dev/vda", "--js"}, "", 2, "usage", "second device"},
      {{"--json"}, "", 2, "usage", "what to do"},
      {{"--misc", "--json"}, "", 2, "usage", "what to do"},
  };
  for (const Case& c : cases) {
    std::string said;
    for (const auto& word : c.line) said += word + " ";
    INFO(said);
    const Ran r = ran(c.line);
    CHECK(r.status == c.status);
    CHECK(r.err == "");
    const auto document = output::Json::parse(r.out, nullptr, false);
    REQUIRE(document.is_object());
    CHECK(document["mdctl"].is_string());
    CHECK(document["driver"].is_string());
    CHECK(document["command"] == c.command);
    CHECK(document["exit_status"] == c.status);
    CHECK(document["error"]["code"] == c.code);
    CHECK(document["error"]["message"].get<std::string>().find(c.message) != std::string::npos);
    CHECK(document["messages"] == output::Json::array());
    CHECK(document["results"] == output::Json::array());
    CHECK_FALSE(document.contains("plan"));
  }
}

TEST_CASE("json: a dry run that fails before the command runs has an empty plan") {
  for (const auto& line : {std::vector<std::string>{"-S", "--scan", "-c", kNoFile}, {"--misc"}}) {
    auto words = line;
    words.insert(words.end(), {"--json", "--dry-run"});
    const auto document = output::Json::parse(ran(words).out, nullptr, false);
    REQUIRE(document.is_object());
    CHECK(document["plan"] == output::Json::array());
  }
}

TEST_CASE("without --json the same failures are for people") {
  for (const auto& [line, status, words] :
       std::vector<std::tuple<std::vector<std::string>, int, const char*>>{
           {{"-c", kNoFile, "-D", "/dev/md0"}, 1, "mdctl: "},
           {{"--nonsense"}, 2, "mdctl: unrecognized option '--nonsense'\nUsage: "},
           {{"/dev/md0", "/dev/vda", "--", "--json"}, 2, "mdctl: An option must be given"},
           {{"--misc"}, 2, "Usage: "}}) {
    INFO(words);
    const Ran r = ran(line);
    CHECK(r.status == status);
    CHECK(r.out == "");
    CHECK(r.err.rfind(words, 0) == 0);
  }
}
