#!/usr/bin/env python3
"""Every command as a person has it: on a terminal, with colours and without, and never harmed by what is stored.

usage: terminal_test.py BINARY [TEST...]
"""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main  # noqa: E402
from terminal import Terminal  # noqa: E402

DONE, FAILED, USAGE, UNAVAILABLE = 0, 1, 64, 69
HERE = pathlib.Path(__file__).parent
EVIL = "\x1b]0;title\x07 \u202egnp.exe \u2066 \x7f \u200b"

# Commands that have their time on a terminal, or are run as a client or an operator runs them, elsewhere.
ELSEWHERE = {"serve": "mcp_protocol_test.py", "daemon": "daemon_test.py", "demo": "cli_test.py", "resolve": "read_commands_test.py",
             "watch": "live_commands_test.py", "hook": "hook_test.py", "restore": "backup_test.py", "import": "transfer_test.py"}


class TerminalTest(NotebookTest):
    COLUMNS = 80

    def setUp(self):
        super().setUp()
        self.place = ("--data-dir", str(self.directory / "notebook"))
        self.hub_place = ("--data-dir", str(self.directory / "hub"))

    def show(self, *arguments, code=DONE, colours=True):
        """(what the terminal shows, what came apart as an error)"""
        env = {name: value for name, value in os.environ.items() if not name.startswith("CONTEXTSYNC_")}
        env |= {"HOME": str(self.directory)} | ({} if colours else {"NO_COLOR": "1"})
        terminal = Terminal([self.binary, *map(str, arguments)], self.COLUMNS, env, self.directory, streams=("stdout",))
        self.addCleanup(terminal.close)
        found, text, errors = terminal.finish(60)
        self.assertEqual(found, code, (arguments, text, errors))
        if not colours:
            self.assertNotIn("\x1b", text, arguments)
        plain = re.sub(r"\x1b\[\d+m", "", text)
        for character in "\x1b\x07\u202e\u2066\x7f\u200b":
            self.assertNotIn(character, plain, arguments)
        return plain.replace("\r\n", "\n"), errors

    def fill(self, notebook):
        notebook.update("t1", {"status": "open", "note": "refresh the token " + EVIL, EVIL.strip(): 1})
        notebook.update("t1", {"status": "done", "日本語": "値 " * 60})

    def see_all(self):
        for colours in (True, False):
            see = lambda *arguments, **wanted: self.show(*arguments, *self.place, colours=colours, **wanted)[0]  # noqa: E731
            self.assertRegex(see("list", "task"), r"^ID +VERSION +UPDATED +BY +KEYS\nt1 +2 ")
            self.assertIn('"status": "done"', see("show", "task", "t1"))
            self.assertRegex(see("log", "task", "t1"), r"^VERSION .*\n2 .*\n1 ")
            self.assertIn('~ /status: "open" → "done"\n', see("diff", "task", "t1"))
            self.assertIn("«token»", see("search", "token"))
            self.assertEqual(see("conflicts"), "none\n")
            self.assertRegex(see("status"), r"^⚪ .*\nhub +none")
            self.assertRegex(see("verify"), r"\ndefault: 4 contexts, cursor 0\nstate [0-9a-f]{64}\n$")
            see("export", self.directory / f"out{colours}.jsonl")
            self.assertIn('"status":"done"', (self.directory / f"out{colours}.jsonl").read_text(encoding="utf-8"))
            self.assertIn("contexts", see("backup", self.directory / f"copy{colours}"))
            self.assertIn("not stored now", see("purge", "task", "t1", "/x"))
            for line in see("doctor").splitlines():
                self.assertRegex(line, r"^ok     [a-z]+ +\S")
            self.assertRegex(see("config", "show"), r"^SETTING +VALUE\n")

    def test_what_is_stored_is_shown_and_harms_no_terminal_without_a_server(self):
        with self.notebook() as notebook:
            self.fill(notebook)
        self.see_all()
        self.assertEqual(self.show("parked", "list", *self.place)[0], "nothing is parked\n")
        ill = "".join(self.show("healthcheck", "notebook", *self.place, code=FAILED))
        self.assertRegex(ill, r"^not well: ")

    def test_what_is_stored_is_shown_and_harms_no_terminal_while_an_agent_works(self):
        self.fill(self.notebook())
        self.see_all()
        self.assertRegex(self.show("healthcheck", *self.place)[0], r"^well: ")
        _, errors = self.show("parked", "list", *self.place, code=UNAVAILABLE)
        self.assertIn("Stop the agents", errors)

    def test_wrong_input_says_what_to_do_and_nothing_on_standard_output(self):
        for arguments, words in ((("sync",), "--hub"), (("lst",), "lst"), (("show", "task"), "id is required"),
                                 (("setup", "emacs"), "claude"), (("completion", "tcsh"), "bash, zsh, fish")):
            text, errors = self.show(*arguments, code=USAGE)
            self.assertEqual(text, "", arguments)
            self.assertIn(words, errors, arguments)

    def test_tokens_are_shown_once_and_then_listed_without_their_secret(self):
        made, _ = self.show("token", "create", "--name", "ci-runner", "--role", "write", "--workspace", "w1", *self.hub_place)
        secret = re.search(r"\S{20,}", made)[0]
        listed, _ = self.show("token", "list", *self.hub_place)
        self.assertRegex(listed, r"^ID +NAME +WORKSPACE +ROLE +STATE\n\S+ +ci-runner +w1 +write +")
        self.assertNotIn(secret, listed)
        self.assertLessEqual(max(map(len, listed.splitlines())), self.COLUMNS)
        self.show("token", "revoke", re.search(r"\n(\S+)", listed)[1], *self.hub_place)
        self.assertIn("revoked", self.show("token", "list", *self.hub_place)[0])
        for command in ("doctor", "verify"):
            self.assertTrue(self.show("hub", command, *self.hub_place)[0])

    def test_a_client_is_connected_and_parted(self):
        self.assertIn("would be created", self.show("setup", "claude", "--with-statusline", "--dry-run")[0])
        self.assertFalse((self.directory / ".claude.json").exists())
        self.assertIn("created", self.show("setup", "claude", "--with-statusline")[0])
        self.assertIn(f"{self.binary} status --statusline", (self.directory / ".claude" / "settings.json").read_text())
        self.assertIn("Claude Code", self.show("doctor", *self.place)[0])
        self.assertIn("removed", self.show("setup", "claude", "--remove")[0])
        self.assertFalse((self.directory / ".claude.json").exists())

    def test_help_version_and_completion(self):
        self.assertRegex(self.show("version")[0], r"^contextsync \d+\.\d+\.\d+\n$")
        for form in ("bash", "zsh", "fish", "man"):
            self.assertIn("contextsync", self.show("completion", form)[0])

    def test_every_command_of_the_help_is_run_here_or_where_it_is_said(self):
        commands = re.findall(r"^  ([a-z]+)  ", self.show("--help")[0].split("Subcommands:")[1], re.MULTILINE)
        self.assertGreater(len(commands), 25)
        here = pathlib.Path(__file__).read_text(encoding="utf-8")
        for name in commands:
            text = (HERE / ELSEWHERE[name]).read_text(encoding="utf-8") if name in ELSEWHERE else here
            self.assertRegex(text, rf'["\']{name}["\']', f"no test runs {name}")


if __name__ == "__main__":
    main()
