#include "core/text/words.h"

#include "core/text/characters.h"

namespace contextsync {

namespace {

void AppendFolded(Word& word, char32_t character) {
  const std::size_t before = word.text.size();
  AppendUtf8(word.text, FoldCase(character));
  if (word.text.size() > kWordBytes) word.text.resize(before);
}

}  // namespace

bool WordReader::Next(Word& word) {
  word.text.clear();
  bool is_cut = false;
  while (at_ < text_.size()) {
    const DecodedCharacter next = DecodeAt(text_, at_);
    const CharacterKind kind = KindOf(next.character);
    const bool is_inside = !word.text.empty();
    if (is_inside && kind != CharacterKind::kLetter) return true;
    if (!is_inside) word.begin = at_;
    at_ += next.bytes;
    word.end = at_;
    if (kind == CharacterKind::kSeparator) continue;
    const std::size_t before = word.text.size();
    if (!is_cut) AppendFolded(word, next.character);
    is_cut = word.text.size() == before;  // no later, shorter letter may close the gap
    if (kind == CharacterKind::kIdeograph) return true;
  }
  return !word.text.empty();
}

std::vector<Word> WordsOf(std::string_view text) {
  std::vector<Word> words;
  WordReader reader(text);
  for (Word word; reader.Next(word);)
    words.push_back(word);
  return words;
}

}  // namespace contextsync
