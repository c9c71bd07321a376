// Report: what the demo prints, for a person or as JSON, and what it checked.

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace contextsync {

using Json = nlohmann::json;

class Report {
 public:
  /// `quiet`: nothing but the JSON at the end.
  Report(bool quiet, bool colour) : quiet_(quiet), colour_(colour) {}

  void Title(const std::string& text);
  void Line(const std::string& text);
  void Dim(const std::string& text);

  /// Notes a promise and whether it held.
  void Check(const std::string& name, bool ok, const std::string& detail);

  [[nodiscard]] bool all_ok() const;
  [[nodiscard]] Json ToJson() const;

 private:
  struct Checked {
    std::string name;
    bool ok = false;
    std::string detail;
  };

  void Print(const char* style, const std::string& text) const;

  const bool quiet_;
  const bool colour_;
  std::vector<Checked> checks_;
};

}  // namespace contextsync
