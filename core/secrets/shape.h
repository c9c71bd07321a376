// Shape: what a token looks like, as text: literal characters, and {class min[-max|+]}. Matching
// reads each character once and never goes back, so it cannot blow up.
//
//   "ghp_{a36}"   "SG.{u22}.{u43}"   "ya29.{u20+}"   "{d8-10}:AA{u33}"
//
// Classes: d digit, h hex, l lower and digit, U upper and digit, a alphanumeric, u base64url,
// b base64, v base64url and . ~

#pragma once

#include <cstddef>
#include <string_view>

namespace contextsync::secrets {

/// How many more of the characters that the shape ends with follow in `text`, if it sets no bound.
std::size_t MatchRest(std::string_view shape, std::string_view text);

/// How many characters at the beginning of `text` the shape covers; 0: it does not match. The
/// characters of a last run with an upper bound may not go on behind it; of one without, 256 are
/// looked at.
std::size_t MatchShape(std::string_view shape, std::string_view text);

/// The literal characters the shape begins with.
std::string_view LiteralStart(std::string_view shape);

/// The classes of the first character; 0 when it is a literal.
unsigned char FirstClasses(std::string_view shape);

}  // namespace contextsync::secrets
