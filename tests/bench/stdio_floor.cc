// stdio_floor: the least a stdio server can do. Answers every request line with a fixed result of
// about 1 KiB and its id; with `--sync FILE` it first appends the line to FILE and fdatasyncs it.
// What contextsync adds to this is what it costs. Usage: stdio_floor [--sync FILE]

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kChunkBytes = 65'536;
constexpr std::size_t kResultBytes = 1'024;

/// The text of the member "id", as it stands.
std::string_view IdOf(std::string_view line) {
  const auto at = line.find("\"id\":");
  if (at == std::string_view::npos) return {};
  const auto start = at + 5;
  return line.substr(start, line.find_first_of(",}", start) - start);
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written <= 0) std::_Exit(EXIT_FAILURE);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Answer(std::string_view line, int log) {
  const auto id = IdOf(line);
  if (id.empty()) return;
  if (log >= 0) {
    WriteAll(log, line);
    if (::fdatasync(log) != 0) std::_Exit(EXIT_FAILURE);
  }
  static const std::string kFiller(kResultBytes, 'x');
  std::string answer = "{\"jsonrpc\":\"2.0\",\"id\":";
  answer.append(id).append(",\"result\":{\"filler\":\"").append(kFiller).append("\"}}\n");
  WriteAll(STDOUT_FILENO, answer);
}

}  // namespace

int main(int argc, char** argv) {
  int log = -1;
  if (argc == 3 && std::strcmp(argv[1], "--sync") == 0) {
    log = ::open(argv[2], O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return EXIT_FAILURE;
  }
  std::string pending;
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const auto got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got <= 0) return EXIT_SUCCESS;
    pending.append(chunk, 0, static_cast<std::size_t>(got));
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      Answer(std::string_view(pending).substr(0, end), log);
      pending.erase(0, end + 1);
    }
  }
}
