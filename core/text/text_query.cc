#include "core/text/text_query.h"

#include <algorithm>

#include "core/text/characters.h"
#include "core/text/words.h"

namespace contextsync {

namespace {

bool IsSpace(char32_t character) {
  return character <= U' ' || character == 0x00A0 || character == 0x3000 ||
         (character >= 0x2000 && character <= 0x200A);
}

class QueryParser {
 public:
  explicit QueryParser(std::string_view text) : text_(text) {}

  Result<TextQuery> Run() {
    while (at_ < text_.size()) {
      const DecodedCharacter next = DecodeAt(text_, at_);
      if (next.character == U'"') {
        TakeQuoted();
      } else if (IsSpace(next.character)) {
        at_ += next.bytes;
      } else {
        TakePlain();
      }
    }
    if (query_.terms.empty())
      return Error(ErrorCode::kInvalidArgument, "`query` holds no word to search for.");
    if (words_ > kQueryWords) {
      return Error(ErrorCode::kInvalidArgument,
                   "`query` holds more than " + std::to_string(kQueryWords) + " words.");
    }
    return std::move(query_);
  }

 private:
  void TakeQuoted() {
    const std::size_t begin = ++at_;
    const std::size_t end = std::min(text_.find('"', begin), text_.size());
    at_ = std::min(end + 1, text_.size());
    Add(text_.substr(begin, end - begin), false);
  }

  void TakePlain() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const DecodedCharacter next = DecodeAt(text_, at_);
      if (next.character == U'"' || IsSpace(next.character)) break;
      at_ += next.bytes;
    }
    Add(text_.substr(begin, at_ - begin), true);
  }

  void Add(std::string_view piece, bool may_be_prefix) {
    QueryTerm term;
    std::size_t end = 0;
    for (Word& word : WordsOf(piece)) {
      end = word.end;
      term.words.push_back(std::move(word.text));
    }
    if (term.words.empty()) return;
    term.is_prefix = may_be_prefix && end < piece.size() && piece[end] == '*';
    if (std::find(query_.terms.begin(), query_.terms.end(), term) != query_.terms.end()) return;
    words_ += term.words.size();
    query_.terms.push_back(std::move(term));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t words_ = 0;
  TextQuery query_;
};

}  // namespace

Result<TextQuery> ParseTextQuery(std::string_view text) {
  return QueryParser(text).Run();
}

}  // namespace contextsync
