// The command line: one row per subcommand, options from the table of settings.

#pragma once

namespace contextsync {

// Exit codes; documented in docs/operations.md#exit-codes.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;        // the answer is a failure, or a check found something
inline constexpr int kExitYellow = 1;        // of `status`
inline constexpr int kExitRed = 2;           // of `status`
inline constexpr int kExitUsage = 64;        // wrong usage
inline constexpr int kExitUnavailable = 69;  // notebook or hub unavailable

/// Runs the subcommand named by the arguments and returns its exit code. Without one: `serve` when
/// standard input is not a terminal, else the help.
int RunCommandLine(int argc, char** argv);

}  // namespace contextsync
