#include <cstdio>
#include <exception>

#include "server/cli/command_line.h"

int main(int argc, char** argv) {
  try {
    return contextsync::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws: a library's exception that got here is a defect. The journal brings
    // everything back.
    static_cast<void>(std::fprintf(stderr, "contextsync: unexpected: %s\n", error.what()));
    return contextsync::kExitFailed;
  }
}
