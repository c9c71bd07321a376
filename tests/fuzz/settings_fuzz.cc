// Any text as a settings file: it is read, or refused with the place of the fault.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "server/config/hub_url.h"
#include "server/config/toml_file.h"
#include "tests/support/temp_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace contextsync;
  static const TempDir directory{TempDir::Fast()};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the fuzzer's interface gives
  // bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string file = directory / "config.toml";
  std::ofstream(file, std::ios::binary) << text;
  const auto values = ReadUserConfig(file);
  if (!values.ok()) CONTEXTSYNC_CHECK(values.error().message().find(file) != std::string::npos);
  static_cast<void>(ParseHubUrl(text, false));
  return 0;
}
