// SPDX-License-Identifier: GPL-2.0-only
#include "config/lexer.hpp"

#include <optional>

namespace mdctl::config {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  // The next word, without its quotes; nullopt at the end of the line or at a comment.
  std::optional<std::string> next() {
    skip_blanks();
    if (rest_.empty() || rest_.front() == '#') return std::nullopt;
    std::string word;
    while (!rest_.empty() && !is_blank(rest_.front())) {
      char c = take();
      if (c == '"' || c == '\'')
        take_quoted(c, word);
      else
        word += c;
    }
    return word;
  }

  bool unterminated() const { return unterminated_; }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  char take() {
    char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void take_quoted(char quote, std::string& word) {
    while (!rest_.empty()) {
      char c = take();
      if (c == quote) return;
      word += c;
    }
    unterminated_ = true;
  }

  std::string_view rest_;
  bool unterminated_ = false;
};

}  // namespace

std::vector<Statement> split_statements(std::string_view text, const std::string& file,
                                        std::vector<model::Config::Problem>& problems) {
  std::vector<Statement> statements;
  int number = 0;
  while (!text.empty()) {
    number++;
    auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);

    bool starts = !line.empty() && !is_blank(line.front());
    LineReader reader(line);
    while (auto word = reader.next()) {
      if (starts) {
        statements.push_back({number, {}});
        starts = false;
      }
      if (statements.empty()) {
        problems.push_back({file, number, "continues a line, but there is none before it"});
        break;
      }
      statements.back().words.push_back({std::move(*word), number});
    }
    if (reader.unterminated()) problems.push_back({file, number, "the quote is never closed"});
  }
  return statements;
}

}  // namespace mdctl::config
