// The tokens that can be told by their form alone.

#pragma once

#include <span>
#include <string_view>

namespace contextsync::secrets {

struct TokenKind {
  std::string_view kind;
  std::string_view shape;         // core/secrets/shape.h
  bool needs_randomness = false;  // the form is loose: what is in it must look random, too
};

std::span<const TokenKind> TokenKinds();

}  // namespace contextsync::secrets
