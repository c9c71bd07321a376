#!/usr/bin/env python3
"""What `contextsync completion` prints: every command and flag of --help, in a form each shell takes.

usage: completion_test.py BINARY [TEST...]
"""

import re
import shutil
import subprocess
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main  # noqa: E402

COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_contextsync; printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(NotebookTest):
    def completion(self, form):
        done = self.command("completion", form)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def helped(self, *command):
        """The subcommands and long flags that --help shows."""
        text = self.command(*command, "--help").stdout
        below = text.split("Subcommands:\n", 1)[1] if "Subcommands:\n" in text else ""
        return set(re.findall(r"^  ([a-z-]+)", below, re.M)), set(re.findall(r"(--[a-z][a-z-]*)", text))

    def test_bash_completes_what_help_shows(self):
        script = self.directory / "complete"
        script.write_text(self.completion("bash"))

        def complete(*words):
            done = subprocess.run(["bash", "-c", COMPLETE, "bash", str(script), "contextsync", *words],
                                  capture_output=True, text=True, timeout=10, check=True)
            return set(done.stdout.split())

        commands, flags = self.helped()
        self.assertGreater(len(commands), 10)
        self.assertLessEqual(commands | flags, complete(""))
        self.assertEqual(complete("setu"), {"setup"})
        self.assertLessEqual(self.helped("hub")[0], complete("hub", ""))
        self.assertIn("--dry-run", complete("setup", "claude", "--dr"))

    def test_the_manual_names_every_command_and_flag(self):
        manual = self.completion("man").replace("\\-", "-")
        commands, flags = self.helped()
        for name in commands:
            self.assertIn(f".SS contextsync {name}\n", manual)
            for flag in self.helped(name)[1]:
                self.assertIn(f".B {flag}", manual, name)
        for flag in flags:
            self.assertIn(f".B {flag}", manual)
        if shutil.which("man"):
            page = self.directory / "contextsync.1"
            page.write_text(self.completion("man"))
            done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True, timeout=30,
                                  env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANPAGER": "cat"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fish_and_zsh_know_the_commands(self):
        commands, _ = self.helped()
        fish, zsh = self.completion("fish"), self.completion("zsh")
        for name in commands:
            self.assertIn(f"-a {name} ", fish)
            self.assertRegex(zsh, rf'"{name}"\) compadd')
        for shell, text in (("fish", fish), ("zsh", zsh)):
            if shutil.which(shell):
                file = self.directory / shell
                file.write_text(text)
                subprocess.run([shell, "-n", str(file)], check=True, timeout=10)

    def test_another_shell_is_wrong_usage(self):
        done = self.command("completion", "tcsh")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertTrue(done.stderr)


if __name__ == "__main__":
    main()
