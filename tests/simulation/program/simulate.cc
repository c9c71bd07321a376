// simulate: runs seeds, two at a time, until one fails, and shows that one with its trace.
// usage: simulate [--seeds N] [--from S] [--jobs N] [--seed S] [--all] [--brief]

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/log.h"
#include "tests/simulation/scenario.h"

namespace {

using contextsync::LogLevel;
using contextsync::simulation::RunResult;
using contextsync::simulation::RunSeed;

constexpr std::uint64_t kProgressEvery = 1'000;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t count = 10'000;
  std::uint64_t jobs = 2;
  bool is_traced = false;  // one seed, every event
  bool goes_on = false;    // past failing seeds
  bool is_brief = false;   // no trace of the failing seed
};

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool TakeFlag(std::string_view name, Arguments& arguments) {
  if (name == "--all") return arguments.goes_on = true;
  if (name == "--brief") return arguments.is_brief = true;
  return false;
}

bool TakeNumber(std::string_view name, std::uint64_t value, Arguments& arguments) {
  if (name == "--seeds") {
    arguments.count = value;
  } else if (name == "--from") {
    arguments.first = value;
  } else if (name == "--jobs") {
    arguments.jobs = std::max<std::uint64_t>(value, 1);
  } else if (name == "--seed") {
    arguments = {.first = value, .count = 1, .is_traced = true};
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> Read(int count, char** texts) {
  Arguments arguments;
  if (const char* seed = std::getenv("CONTEXTSYNC_SEED")) {
    const auto value = Number(seed);
    if (!value || !TakeNumber("--seed", *value, arguments)) return std::nullopt;
  }
  for (int i = 1; i < count; ++i) {
    if (TakeFlag(texts[i], arguments)) continue;
    const auto value = i + 1 < count ? Number(texts[i + 1]) : std::nullopt;
    if (!value || !TakeNumber(texts[i], *value, arguments)) return std::nullopt;
    ++i;
  }
  return arguments;
}

void Show(std::uint64_t seed, const RunResult& result) {
  std::printf("seed %llu fails:\n", static_cast<unsigned long long>(seed));
  for (const std::string& failure : result.failures)
    std::printf("  %s\n", failure.c_str());
  std::fflush(stdout);
}

/// What a child tells after each seed.
struct Report {
  std::uint64_t seed;
  std::uint64_t promised;
  std::uint64_t numbered;
  std::uint64_t has_failed;
};

/// Every `arguments.jobs`-th seed from `from` on, reported to `out`.
[[noreturn]] void RunChild(const Arguments& arguments, std::uint64_t from, int out) {
  const std::uint64_t end = arguments.first + arguments.count;
  for (std::uint64_t seed = from; seed < end; seed += arguments.jobs) {
    const RunResult result = RunSeed(seed, false);
    if (!result.ok()) Show(seed, result);
    const Report report = {seed, result.promised, result.numbered, result.ok() ? 0U : 1U};
    const bool is_told = write(out, &report, sizeof report) == sizeof report;
    if (!is_told || (!result.ok() && !arguments.goes_on)) break;
  }
  std::fflush(stdout);
  _exit(0);
}

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;
  std::uint64_t promised = 0;
  std::uint64_t numbered = 0;
  std::optional<std::uint64_t> failing;  // the least
};

void Add(const Report& report, const Arguments& arguments, Totals& totals) {
  ++totals.seeds;
  totals.promised += report.promised;
  totals.numbered += report.numbered;
  if (report.has_failed != 0) {
    ++totals.failed;
    totals.failing = std::min(totals.failing.value_or(report.seed), report.seed);
  }
  const bool shows = !arguments.is_brief && totals.seeds % kProgressEvery == 0;
  if (shows) std::fprintf(stderr, "%llu seeds\n", static_cast<unsigned long long>(totals.seeds));
}

Totals RunChildren(const Arguments& arguments) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  std::vector<pid_t> children;
  for (std::uint64_t i = 0; i < arguments.jobs; ++i) {
    const pid_t child = fork();
    if (child < 0) std::abort();
    if (child == 0) {
      close(ends[0]);
      RunChild(arguments, arguments.first + i, ends[1]);
    }
    children.push_back(child);
  }
  close(ends[1]);
  Totals totals;
  Report report{};
  while (read(ends[0], &report, sizeof report) == sizeof report) {
    Add(report, arguments, totals);
    if (totals.failing && !arguments.goes_on) break;
  }
  close(ends[0]);
  for (const pid_t child : children) {
    if (totals.failing && !arguments.goes_on) kill(child, SIGTERM);
    int status = 0;
    waitpid(child, &status, 0);
    const bool has_crashed = WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM;
    if (has_crashed) ++totals.failed;
  }
  return totals;
}

int Trace(std::uint64_t seed) {
  contextsync::SetLogLevel(LogLevel::kInfo);
  const RunResult result = RunSeed(seed, true);
  if (result.ok()) return 0;
  Show(seed, result);
  std::printf("CONTEXTSYNC_SEED=%llu replays it\n", static_cast<unsigned long long>(seed));
  return 1;
}

int RunAll(const Arguments& arguments) {
  contextsync::SetLogLevel(LogLevel::kOff);
  const auto begun = std::chrono::steady_clock::now();
  const Totals totals = RunChildren(arguments);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%llu seeds, %llu failed; %llu promises, %llu items, %.1f s\n",
              static_cast<unsigned long long>(totals.seeds),
              static_cast<unsigned long long>(totals.failed),
              static_cast<unsigned long long>(totals.promised),
              static_cast<unsigned long long>(totals.numbered), took.count());
  const bool is_shown = totals.failing && !arguments.goes_on && !arguments.is_brief;
  if (is_shown) Trace(*totals.failing);
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** texts) {
  const auto arguments = Read(count, texts);
  if (!arguments) {
    std::fputs("usage: simulate [--seeds N] [--from S] [--jobs N] [--seed S] [--all] [--brief]\n",
               stderr);
    return 2;
  }
  return arguments->is_traced ? Trace(arguments->first) : RunAll(*arguments);
}
