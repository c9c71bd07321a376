#include "tests/unit/document/replica.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "core/document/join.h"

namespace contextsync {

Json J(std::string_view text) {
  return ParseStrict(text).value();
}

Update Data(std::string_view text) {
  Update update;
  update.data = J(text);
  return update;
}

Outcome<Compiled, CompileError> Replica::Try(const Update& update) {
  const Hlc hlc{std::max(last_.value + 1, Hlc::FromMillis(now_).value)};
  return Compile(state_, view_, update, policy, {level, hlc, device_});
}

Compiled Replica::Write(const Update& update) {
  Compiled compiled = Try(update).value();
  if (!compiled.changed) return compiled;
  last_ = std::max(last_, LargestStamp(compiled.delta).hlc);
  state_ = compiled.after;
  view_ = compiled.view;
  return compiled;
}

void Replica::Take(const Delta& delta) {
  ApplyDelta(state_, view_, delta);
  last_ = std::max(last_, LargestStamp(delta).hlc);
}

Policy PolicyOf(std::string_view text) {
  return Policy::FromJson(J(text)).value();
}

std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

std::uint64_t ManyStates() {
  return std::min<std::uint64_t>(3'000, FromEnvironment("CONTEXTSYNC_SCHEDULES", 100'000) / 6);
}

std::uint64_t TestSeed() {
  const std::uint64_t seed = FromEnvironment("CONTEXTSYNC_SEED", 20'261'122);
  std::cout << "CONTEXTSYNC_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace contextsync
