#include "core/ports/table_store.h"

namespace contextsync {

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    if (static_cast<unsigned char>(end.back()) != 0xFFU) {
      end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1U);
      return end;
    }
    end.pop_back();
  }
  return end;
}

}  // namespace contextsync
