#!/usr/bin/env python3
"""`contextsync setup` as a person runs it, in a home directory of the test's own.

usage: setup_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BINARY = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
CLIENTS = ("claude", "claude-desktop", "cursor", "vscode", "codex", "gemini", "windsurf", "zed")
DONE, FAILED, USAGE = 0, 1, 64


class SetupTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.home = pathlib.Path(scratch.name) / "home"
        self.project = pathlib.Path(scratch.name) / "project"
        (self.project / ".git").mkdir(parents=True)
        (self.project / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (self.project / "deep").mkdir()
        self.home.mkdir()

    def run_setup(self, *arguments, code=DONE):
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"]}
        done = subprocess.run([BINARY, "setup", *arguments], capture_output=True, text=True, timeout=30,
                              env=environment, cwd=self.project / "deep")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def files(self):
        return {str(file.relative_to(self.home.parent)): file.read_bytes()
                for top in (self.home, self.project) for file in top.rglob("*") if file.is_file()}

    def test_every_client_is_connected_once_and_parted_again(self):
        untouched = self.files()
        for client in CLIENTS:
            self.run_setup(client)
            connected = self.files()
            self.assertGreater(len(connected), len(untouched), client)
            self.assertIn("unchanged", self.run_setup(client).stdout)
            self.assertEqual(self.files(), connected, client)
            self.run_setup(client, "--remove")
            self.assertEqual(self.files(), untouched, client)

    def test_the_file_names_this_program_and_it_answers(self):
        self.run_setup("cursor")
        entry = json.loads((self.home / ".cursor/mcp.json").read_text())["mcpServers"]["contextsync"]
        self.assertEqual(pathlib.Path(entry["command"]), pathlib.Path(BINARY).resolve())
        ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
        done = subprocess.run([entry["command"], *entry["args"]], input=ping, capture_output=True, text=True,
                              timeout=30, env={"HOME": str(self.home)})
        self.assertEqual(json.loads(done.stdout), {"jsonrpc": "2.0", "id": 1, "result": {}})

    def test_a_project_gets_files_at_its_top_that_mean_the_same_everywhere(self):
        self.run_setup("claude", "--project", "--with-hooks", "--with-instructions")
        entry = json.loads((self.project / ".mcp.json").read_text())["mcpServers"]["contextsync"]
        self.assertEqual(entry["command"], "contextsync")
        hooks = json.loads((self.project / ".claude/settings.json").read_text())["hooks"]
        self.assertEqual(hooks["Stop"][0]["hooks"][0]["args"], ["hook", "claude"])
        self.assertIn("contextsync:begin", (self.project / "CLAUDE.md").read_text())
        self.assertEqual(list(self.home.iterdir()), [])

    def test_what_a_person_wrote_comes_back_byte_for_byte(self):
        settings = self.home / ".config/zed/settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text('// Zed settings\n{\n  "theme": "One", // nice\n  "tabs": [1,\n2,],\n}\n')
        before = self.files()
        self.run_setup("zed")
        text = settings.read_text()
        self.assertTrue(text.startswith('// Zed settings\n{\n  "theme": "One", // nice\n  "tabs": [1,\n2,],\n'), text)
        self.run_setup("zed", "--remove")
        self.assertEqual(self.files(), before)

    def test_a_file_that_cannot_be_read_is_left_alone(self):
        file = self.home / ".cursor/mcp.json"
        file.parent.mkdir()
        file.write_text('{"mcpServers": oops}')
        done = self.run_setup("cursor", code=FAILED)
        self.assertIn(str(file), done.stderr)
        self.assertIn("--print", done.stderr)
        self.assertEqual(file.read_text(), '{"mcpServers": oops}')
        answer = json.loads(self.run_setup("cursor", "--json", code=FAILED).stdout)
        self.assertFalse(answer["success"])
        self.assertIn("nothing was changed", answer["error"]["message"])

    def test_dry_run_and_print_write_nothing(self):
        self.assertIn('+ [mcp_servers.contextsync]', self.run_setup("codex", "--dry-run").stdout)
        self.assertIn('default_tools_approval_mode = "approve"', self.run_setup("codex", "--print").stdout)
        self.assertEqual(list(self.home.iterdir()), [])

    def test_json_says_what_was_done(self):
        answer = json.loads(self.run_setup("gemini", "--with-hooks", "--json").stdout)
        self.assertEqual((answer["success"], answer["operation"]), (True, "setup"))
        self.assertEqual(answer["data"]["files"], [{"path": str(self.home / ".gemini/settings.json"),
                                                    "change": "created"}])
        self.assertEqual((answer["data"]["client"], answer["data"]["scope"]), ("gemini", "user"))

    def test_wrong_usage_is_64(self):
        for arguments in (("emacs",), (), ("zed", "--project"), ("cursor", "--user", "--project"),
                          ("windsurf", "--with-hooks")):
            self.assertTrue(self.run_setup(*arguments, code=USAGE).stderr, arguments)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
