#include "server/demo/report.h"

#include <algorithm>
#include <cstdio>

namespace contextsync {

namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kFaint = "\033[2m";
constexpr const char* kGreen = "\033[32m";
constexpr const char* kRed = "\033[31m";
constexpr const char* kPlain = "";
constexpr const char* kReset = "\033[0m";

}  // namespace

void Report::Print(const char* style, const std::string& text) const {
  if (quiet_) return;
  const bool styled = colour_ && *style != '\0';
  std::printf("%s%s%s\n", styled ? style : "", text.c_str(), styled ? kReset : "");
  std::fflush(stdout);
}

void Report::Title(const std::string& text) {
  Print(kBold, "\n" + text);
}

void Report::Line(const std::string& text) {
  Print(kPlain, "  " + text);
}

void Report::Dim(const std::string& text) {
  Print(kFaint, "  " + text);
}

void Report::Check(const std::string& name, bool ok, const std::string& detail) {
  checks_.push_back({name, ok, detail});
  Print(ok ? kGreen : kRed,
        std::string(ok ? "  ✔ " : "  ✘ ") + name + (detail.empty() ? "" : ": " + detail));
}

bool Report::all_ok() const {
  return !checks_.empty() &&
         std::all_of(checks_.begin(), checks_.end(), [](const Checked& check) { return check.ok; });
}

Json Report::ToJson() const {
  Json checks = Json::array();
  for (const auto& check : checks_) {
    checks.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
  }
  return {{"ok", all_ok()}, {"checks", std::move(checks)}};
}

}  // namespace contextsync
