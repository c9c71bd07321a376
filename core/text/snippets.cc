#include "core/text/snippets.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "core/text/characters.h"
#include "core/text/fields.h"
#include "core/text/words.h"

namespace contextsync {

namespace {

constexpr std::size_t kSnippetBytes = 160;
constexpr std::size_t kBytesBeforeMatch = 48;
constexpr std::string_view kEllipsis = "…";

using Terms = std::bitset<kQueryWords>;
using Span = std::pair<std::size_t, std::size_t>;  // bytes [first, second)

/// One text that matches something.
struct MatchingField {
  std::string path;
  std::string text;
  Terms terms;
};

bool MatchesAt(const QueryTerm& term, const std::vector<Word>& words, std::size_t at) {
  if (term.words.size() > words.size() - at) return false;
  for (std::size_t i = 0; i < term.words.size(); ++i) {
    const std::string& wanted = term.words[i];
    const std::string& found = words[at + i].text;
    const bool may_go_on = term.is_prefix && i + 1 == term.words.size();
    if (may_go_on ? !found.starts_with(wanted) : found != wanted) return false;
  }
  return true;
}

/// The part of a text around its first match, on one line, with what matched in marks.
class SnippetWriter {
 public:
  SnippetWriter(std::string_view text, const std::vector<Span>& spans)
      : text_(text), spans_(spans) {}

  std::string Run() {
    const std::size_t first = spans_.front().first;
    at_ = first > kBytesBeforeMatch ? CharacterStart(text_, first - kBytesBeforeMatch) : 0;
    end_ = CharacterStart(text_, std::min(text_.size(), at_ + kSnippetBytes));
    if (at_ > 0) out_ += kEllipsis;
    for (const auto& [begin, end] : spans_) {
      if (begin < at_ || begin >= end_) continue;
      Plain(begin);
      out_ += "«";
      Plain(std::min(end, end_));
      out_ += "»";
    }
    Plain(end_);
    if (end_ < text_.size()) out_ += kEllipsis;
    return std::move(out_);
  }

 private:
  /// Up to `end`; white space and controls become one space.
  void Plain(std::size_t end) {
    for (; at_ < end; ++at_) {
      const bool is_blank = static_cast<unsigned char>(text_[at_]) <= ' ' || text_[at_] == '\x7f';
      if (!is_blank) {
        out_ += text_[at_];
      } else if (!out_.ends_with(' ')) {
        out_ += ' ';
      }
    }
  }

  std::string_view text_;
  const std::vector<Span>& spans_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::string out_;
};

class SnippetFinder {
 public:
  explicit SnippetFinder(const TextQuery& query) : query_(query) {}

  std::optional<std::vector<Snippet>> Run(std::string_view id, const Json& data) {
    VisitFields(id, data,
                [this](std::string_view text, const FieldPlace& place) { Examine(text, place); });
    if (found_.count() < query_.terms.size()) return std::nullopt;
    std::vector<Snippet> snippets;
    for (const MatchingField& field : best_)
      snippets.push_back({field.path, SnippetWriter(field.text, SpansIn(field.text)).Run()});
    return snippets;
  }

 private:
  void Examine(std::string_view text, const FieldPlace& place) {
    words_ = WordsOf(text);
    Terms matching;
    for (std::size_t term = 0; term < query_.terms.size(); ++term) {
      for (std::size_t at = 0; at < words_.size() && !matching[term]; ++at)
        matching[term] = MatchesAt(query_.terms[term], words_, at);
    }
    if (matching.none()) return;
    found_ |= matching;
    Keep({place.Text(), std::string(text), matching});
  }

  /// Keeps the best few, in the order of the text.
  void Keep(MatchingField field) {
    best_.push_back(std::move(field));
    if (best_.size() <= kSnippetsPerContext) return;
    const auto worst = std::min_element(best_.rbegin(), best_.rend(),
                                        [](const MatchingField& left, const MatchingField& right) {
                                          return left.terms.count() < right.terms.count();
                                        });
    best_.erase(std::next(worst).base());
  }

  /// What matches in a text, merged where it overlaps.
  std::vector<Span> SpansIn(const std::string& text) {
    words_ = WordsOf(text);
    std::vector<Span> spans;
    for (std::size_t at = 0; at < words_.size(); ++at) {
      std::size_t end = 0;
      for (const QueryTerm& term : query_.terms) {
        if (MatchesAt(term, words_, at))
          end = std::max(end, words_[at + term.words.size() - 1].end);
      }
      if (end == 0) continue;
      if (!spans.empty() && words_[at].begin < spans.back().second) {
        spans.back().second = std::max(spans.back().second, end);
      } else {
        spans.emplace_back(words_[at].begin, end);
      }
    }
    return spans;
  }

  const TextQuery& query_;
  std::vector<Word> words_;  // of the text at hand
  Terms found_;
  std::vector<MatchingField> best_;
};

}  // namespace

std::optional<std::vector<Snippet>> FindSnippets(const TextQuery& query, std::string_view id,
                                                 const Json& data) {
  return SnippetFinder(query).Run(id, data);
}

}  // namespace contextsync
