// An interposed library (LD_PRELOAD) that makes the disk fail under a program that knows nothing of
// it: the k-th write or sync below one directory answers an error, is short, or ends the process
// in the middle. A test commands it through a file both map: tests/support/disk_faults.py. It also
// notes what of each file was synced, so that the test can take away the rest as a power cut would.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

enum class Deed : std::uint32_t { kNone, kError, kShort, kTorn, kCrash };

enum Kind : std::uint32_t { kWrites = 1, kSyncs = 2 };

/// As disk_faults.py writes it. The countdown starts when a deed is set.
struct Orders {
  std::atomic<std::uint32_t> deed;
  std::atomic<std::uint32_t> error_number;
  std::atomic<std::uint32_t> kinds;
  std::atomic<std::uint32_t> is_lasting;  // from the k-th on, until the orders change
  std::atomic<std::uint64_t> left;        // calls until the k-th
  std::atomic<std::uint64_t> seen;
  std::atomic<std::uint64_t> done;
};

Orders* MapOrders() {
  const char* path = std::getenv("DISK_FAULTS_ORDERS");
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Orders*>(memory);
}

Orders* TheOrders() {
  static Orders* const orders = MapOrders();
  return orders;
}

bool IsBelow(int file) {
  static const char* const directory = std::getenv("DISK_FAULTS_BELOW");
  if (directory == nullptr) return false;
  std::array<char, 64> link{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink(link.data(), path.data(), path.size() - 1);
  return length > 0 && std::string_view(path.data()).starts_with(directory);
}

/// What becomes of this call.
Deed Ordered(int file, Kind kind) {
  Orders* const orders = TheOrders();
  if (orders == nullptr || !IsBelow(file)) return Deed::kNone;
  orders->seen.fetch_add(1);
  const auto deed = static_cast<Deed>(orders->deed.load());
  if (deed == Deed::kNone || (orders->kinds.load() & kind) == 0) return Deed::kNone;
  const std::uint64_t left = orders->left.load();
  if (left > 1) {
    orders->left.fetch_sub(1);
    return Deed::kNone;
  }
  if (left == 0 && orders->is_lasting.load() == 0) return Deed::kNone;
  orders->left.store(0);
  orders->done.fetch_add(1);
  return deed;
}

int Fail() {
  errno = static_cast<int>(TheOrders()->error_number.load());
  return -1;
}

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// `write_some` writes the first bytes it is told to.
template <typename WriteSome>
ssize_t Write(int file, std::size_t count, WriteSome write_some) {
  const Deed deed = Ordered(file, kWrites);
  if (deed == Deed::kNone) return write_some(count);
  if (deed == Deed::kError) return Fail();
  const ssize_t written = count > 1 ? write_some(count / 2) : 0;
  if (deed == Deed::kCrash) std::raise(SIGKILL);
  return deed == Deed::kTorn || written <= 0 ? Fail() : written;
}

constexpr off_t kSmallFile = 4096;  // overwritten in place, so its bytes are kept; others only grow

/// Notes in DISK_FAULTS_SYNCED/<inode> how long the file is now, and all of it if it is small. The
/// size is taken before the sync: what is appended meanwhile may not be safe.
struct SyncNote {
  explicit SyncNote(int file) {
    static const char* const directory = std::getenv("DISK_FAULTS_SYNCED");
    struct stat info {};
    if (directory == nullptr || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return;
    if (!IsBelow(file)) return;
    size = info.st_size;
    std::snprintf(path.data(), path.size(), "%s/%ju", directory,
                  static_cast<std::uintmax_t>(info.st_ino));
    if (size <= kSmallFile) content_size = ReadOwn(file);
  }

  void Keep() const {
    if (path[0] == '\0') return;
    // Whole under another name first: the test may look at any moment.
    std::array<char, 4096> fresh{};
    std::snprintf(fresh.data(), fresh.size(), "%s.%d", path.data(), ::gettid());
    std::FILE* out = std::fopen(fresh.data(), "wb");
    if (out == nullptr) return;
    std::fprintf(out, "%jd\n", static_cast<std::intmax_t>(size));
    if (content_size > 0) std::fwrite(content.data(), 1, content_size, out);
    std::fclose(out);
    std::rename(fresh.data(), path.data());
  }

  std::size_t ReadOwn(int file) {
    // The descriptor may be for writing only.
    std::array<char, 64> link{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
    const int reader = ::open(link.data(), O_RDONLY | O_CLOEXEC);
    const ssize_t length = reader < 0 ? 0 : ::pread(reader, content.data(), content.size(), 0);
    if (reader >= 0) ::close(reader);
    return length > 0 ? static_cast<std::size_t>(length) : 0;
  }

  off_t size = 0;
  std::array<char, 3072> path{};
  std::array<char, kSmallFile> content{};
  std::size_t content_size = 0;
};

template <typename Sync>
int Synced(int file, Sync sync) {
  const Deed deed = Ordered(file, kSyncs);
  if (deed == Deed::kCrash) std::raise(SIGKILL);
  if (deed != Deed::kNone && deed != Deed::kShort) return Fail();
  const SyncNote note(file);
  const int result = sync();
  if (result == 0) note.Keep();
  return result;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return Write(file, count, [&](size_t some) { return real(file, bytes, some); });
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return Write(file, count, [&](size_t some) { return real(file, bytes, some, offset); });
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Write(file, count, [&](size_t some) { return real(file, bytes, some, offset); });
}

int fsync(int file) {
  static const auto real = Real<int (*)(int)>("fsync");
  return Synced(file, [file] { return real(file); });
}

int fdatasync(int file) {
  static const auto real = Real<int (*)(int)>("fdatasync");
  return Synced(file, [file] { return real(file); });
}
}
