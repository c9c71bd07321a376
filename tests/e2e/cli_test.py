#!/usr/bin/env python3
"""The command line: what each command prints with and without --json, and how it exits.

usage: cli_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import pty
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402

DONE, FAILED, USAGE, UNAVAILABLE = 0, 1, 64, 69


class CliTest(NotebookTest):
    def run_json(self, *arguments, code=DONE, **options):
        """The one object that is all of stdout."""
        done = self.command(*arguments, "--json", **options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        return json.loads(done.stdout)


class VersionTest(CliTest):
    def test_version_names_protocol_and_revisions(self):
        answer = self.run_json("version")
        self.assertEqual(set(answer), {"version", "build", "protocol", "mcp"})
        self.assertRegex(answer["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(answer["protocol"], {"min": 1, "max": 1})
        self.assertEqual(answer["mcp"], ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
        self.assertIn(answer["version"], self.command("version").stdout)


class UsageTest(CliTest):
    def test_wrong_usage_is_64_and_explained_on_stderr(self):
        for arguments in (("frobnicate",), ("serve", "--nonsense"), ("version", "extra"), ("config",), ("token",),
                          ("token", "create"), ("token", "revoke"), ("serve", "--hub"), ("verify", "--data-dir"),
                          ("serve", "--log-level", "loud"), ("serve", "--hub", "ftp://x"),
                          ("serve", "--workspace", "a/b"), ("hub", "--listen", "nowhere")):
            done = self.command(*arguments)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), arguments)
            self.assertTrue(done.stderr, arguments)

    def test_help_is_no_error(self):
        for arguments in (("--help",), ("serve", "--help"), ("token", "create", "--help"), ("hub", "--help")):
            done = self.command(*arguments)
            self.assertEqual(done.returncode, DONE, arguments)
            self.assertIn("--help", done.stdout)

    def test_terminal_gets_help_instead_of_a_server(self):
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        done = self.command(stdin=follower)
        os.close(follower)
        self.assertIn("serve", done.stdout)
        self.assertIn("demo", done.stdout)
        self.assertEqual(done.returncode, USAGE)
        self.assertEqual(list(self.directory.iterdir()), [], "nothing was created")

    def test_pipe_gets_the_server(self):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        done = subprocess.run([self.binary], input=line + "\n", capture_output=True, text=True, timeout=20,
                              env={**os.environ, "HOME": str(self.directory)})
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertIn("manage_context", done.stdout)


class ConfigTest(CliTest):
    def settings(self, *arguments, **options):
        answer = self.run_json("config", "show", "--origin", *arguments, **options)
        return {setting["key"]: setting for setting in answer["settings"]}

    def test_origin_of_every_setting_is_told(self):
        config = self.directory / ".config" / "contextsync"
        config.mkdir(parents=True)
        (config / "config.toml").write_text('workspace = "from-file"\nlog_level = "error"\n')
        found = self.settings("--agent", "from-flag", env={"CONTEXTSYNC_LOG_LEVEL": "debug", "XDG_CONFIG_HOME": None})
        self.assertEqual((found["agent"]["value"], found["agent"]["origin"]), ("from-flag", "flag"))
        self.assertEqual((found["log_level"]["value"], found["log_level"]["origin"]), ("debug", "environment"))
        self.assertEqual((found["workspace"]["value"], found["workspace"]["origin"]), ("from-file", "file"))
        self.assertEqual(found["data_dir"]["origin"], "default")
        text = self.command("config", "show", "--origin", "--agent", "from-flag", env={"XDG_CONFIG_HOME": None})
        self.assertRegex(text.stdout, r"workspace +from-file +file")
        text = self.command("config", "show", env={"CONTEXTSYNC_AGENT": "a\u202ec"}).stdout
        self.assertRegex(text, r"agent +a\\u\{202e\}c")
        self.assertNotIn("default", text.splitlines()[0])

    def test_secrets_are_stars(self):
        token = self.command("token", "create", "--data-dir", str(self.directory / "hub"), "--workspace", "w", "--role",
                             "write", "--name", "n").stdout.strip()
        found = self.settings(env={"CONTEXTSYNC_TOKEN": token})
        self.assertEqual((found["token"]["value"], found["token"]["origin"]), ("***", "environment"))
        file = self.directory / "token"
        file.write_text(token + "\n")
        file.chmod(0o600)
        done = self.command("config", "show", "--json", "--token-file", str(file))
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertNotIn(token, done.stdout + done.stderr)

    def test_wrong_setting_is_named_with_its_place(self):
        done = self.command("config", "show", env={"CONTEXTSYNC_HUB": "ftp://x"})
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("CONTEXTSYNC_HUB", done.stderr)


class VerifyTest(CliTest):
    def test_notebook_is_read_and_hashed(self):
        notebook = self.notebook("data")
        notebook.update("t", {"k": 1})
        notebook.client.close()
        answer = self.run_json("verify", "--data-dir", str(self.directory / "data"))
        self.assertEqual((answer["success"], answer["operation"]), (True, "verify"))
        data = answer["data"]
        self.assertEqual((data["ok"], data["problems"], data["contexts"], data["cursor"]), (True, [], 4, 0))
        self.assertRegex(data["state_hash"], r"^[0-9a-f]{64}$")
        again = self.run_json("verify", "--data-dir", str(self.directory / "data"))["data"]
        self.assertEqual(again["state_hash"], data["state_hash"])
        self.assertIn(data["state_hash"], self.command("verify", "--data-dir", str(self.directory / "data")).stdout)

    def test_missing_notebook_is_unavailable_and_not_created(self):
        answer = self.run_json("verify", "--data-dir", str(self.directory / "none"), code=UNAVAILABLE)
        self.assertEqual((answer["success"], answer["error"]["code"]), (False, "STORAGE_UNAVAILABLE"))
        self.assertTrue(answer["error"]["hint"])
        self.assertFalse((self.directory / "none").exists())

    def test_open_notebook_is_read_as_of_now(self):
        notebook = self.notebook("data")
        notebook.update("t", {"k": 1})
        before = self.run_json("verify", "--data-dir", str(self.directory / "data"))["data"]
        self.assertEqual((before["ok"], before["contexts"]), (True, 4))
        self.assertTrue(notebook.update("t", {"k": 2})["success"])
        after = self.run_json("verify", "--data-dir", str(self.directory / "data"))["data"]
        self.assertNotEqual(after["state_hash"], before["state_hash"])
        self.assertEqual([file.name for file in (self.directory / "data" / "workspaces").iterdir() if "copy" in file.name], [])


class TokenTest(CliTest):
    def token_commands_work(self):
        place = ("--data-dir", str(self.directory / "hub"))
        created = self.run_json("token", "create", *place, "--workspace", "w1", "--role", "read", "--name", "alice")
        self.assertEqual(set(created), {"id", "name", "workspace", "role", "expires_at", "token"})
        self.assertEqual((created["name"], created["workspace"], created["role"]), ("alice", "w1", "read"))
        plain = self.command("token", "create", *place, "--workspace", "w1", "--name", "bob", "--days", "7")
        self.assertEqual(plain.returncode, DONE, plain.stderr)
        self.assertRegex(plain.stdout, r"^\S+\n$")
        listed = self.run_json("token", "list", *place)["tokens"]
        mine = {token["name"]: token for token in listed if token["revoked_at"] is None}
        self.assertEqual((mine["alice"]["id"], mine["bob"]["role"]), (created["id"], "write"))
        for token in listed:
            self.assertLessEqual({"id", "name", "workspace", "role", "expires_at", "last_used_at", "revoked_at"}, set(token))
            self.assertNotIn("token", token)
        self.assertNotIn(created["token"], json.dumps(listed))
        self.assertIn("alice", self.command("token", "list", *place).stdout)
        self.assertEqual(self.run_json("token", "revoke", *place, created["id"]), {"id": created["id"], "revoked": True})
        listed = {token["id"]: token for token in self.run_json("token", "list", *place)["tokens"]}
        self.assertRegex(listed[created["id"]]["revoked_at"], r"^\d{4}-")
        self.assertEqual(self.command("token", "revoke", *place, mine["bob"]["id"]).returncode, DONE)
        for arguments, code in ((("revoke", "nobody"), FAILED),
                                (("create", "--workspace", "w1", "--name", "x", "--role", "king"), USAGE),
                                (("create", "--workspace", "a/b", "--name", "x"), USAGE),
                                (("create", "--workspace", "w1", "--name", "x", "--days", "366"), USAGE),
                                (("create", "--workspace", "w1", "--name", "x", "--days", "0"), USAGE),
                                (("create", "--workspace", "w1", "--name", "x", "--days", "soon"), USAGE)):
            done = self.command("token", arguments[0], *place, *arguments[1:])
            self.assertEqual((done.returncode, done.stdout), (code, ""), arguments)
            self.assertTrue(done.stderr, arguments)
        failure = self.run_json("token", "revoke", *place, "nobody", code=FAILED)
        self.assertEqual((failure["success"], failure["error"]["code"]), (False, "NOT_FOUND"))

    def test_commands_work_without_a_running_hub(self):
        self.token_commands_work()

    def test_commands_work_while_the_hub_runs(self):
        hub = subprocess.Popen([self.binary, "hub", "--listen", "127.0.0.1:0", "--data-dir", str(self.directory / "hub")],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (hub.kill(), hub.wait(), hub.stdout.close()))
        url = json.loads(hub.stdout.readline())["listening"]
        self.token_commands_work()
        token = self.command("token", "create", "--data-dir", str(self.directory / "hub"), "--workspace", "default",
                             "--name", "late").stdout.strip()
        notebook = self.notebook("data", hub=url, token=token)
        self.assertTrue(notebook.update("t", {"k": 1}, require="cloud")["success"])
        reader = self.notebook("reader", hub=url, token=token, agent="somebody else")
        reader.wait_for("t")
        context = reader.get("t")["data"]["context"]
        self.assertEqual((context["updated_by"], context["author"]), ("test-client", "late"))
        listed = self.run_json("token", "list", "--data-dir", str(self.directory / "hub"))["tokens"]
        late = next(entry for entry in listed if entry["name"] == "late")
        self.command("token", "revoke", "--data-dir", str(self.directory / "hub"), late["id"])
        wait_until(lambda: notebook.update("t", {"again": 1}) and notebook.status()["link"] == "unauthorized", 30,
                   "the revoked token to be told")
        self.assertTrue(notebook.update("t", {"k": 2})["sync"]["durable"])


class DocumentTest(CliTest):
    def test_every_command_the_documents_name_exists(self):
        root = pathlib.Path(__file__).parents[2]
        named = set()
        for page in [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]:
            for words in re.findall(r"contextsync ((?:[a-z]+ ?)+)", " ".join(re.findall(r"`([^`\n]+)`", page.read_text()))):
                named.add(tuple(words.split()))
        self.assertGreater(len(named), 8)
        for words in sorted(named):
            done = self.command(*words[:2], "--help")
            if done.returncode != DONE:  # the second word may be an argument, or the next sentence
                done = self.command(words[0], "--help")
            self.assertEqual(done.returncode, DONE, words)


    def test_every_command_that_exists_is_in_a_document(self):
        text = "".join(page.read_text() for page in (pathlib.Path(__file__).parents[2] / "docs").glob("*.md"))
        commands = re.findall(r"^  (\w+) ", self.command("--help").stdout.split("Subcommands:")[1], re.M)
        self.assertGreater(len(commands), 20)
        for command in commands:
            self.assertIn(f"`contextsync {command}", text)


class HubTest(CliTest):
    def test_hub_without_tokens_stays_on_loopback(self):
        done = self.command("hub", "--listen", "0.0.0.0:0", "--no-auth", "--data-dir", str(self.directory / "hub"))
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertIn("loopback", done.stderr)

    def test_second_hub_on_a_directory_is_refused(self):
        hub = self.hub()
        done = self.command("hub", "--listen", "127.0.0.1:0", "--no-auth", "--data-dir", str(hub.directory))
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
        self.assertTrue(done.stderr)

    def test_taken_port_is_said(self):
        hub = self.hub()
        done = self.command("hub", "--listen", f"127.0.0.1:{hub.port}", "--no-auth", "--data-dir",
                            str(self.directory / "hub2"))
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
        self.assertRegex(done.stderr, re.compile("address", re.IGNORECASE))

    def test_hub_says_where_it_listens_and_ends_with_zero(self):
        hub = self.hub()
        self.assertEqual(hub.kill(15), DONE)


class DemoTest(CliTest):
    def test_demo_succeeds_and_leaves_nothing_behind(self):
        temporary = self.directory / "tmp"
        temporary.mkdir()
        answer = self.run_json("demo", env={"TMPDIR": str(temporary)}, timeout=120)
        self.assertTrue(answer["ok"])
        self.assertGreater(len(answer["checks"]), 3)
        for check in answer["checks"]:
            self.assertEqual(set(check), {"name", "ok", "detail"})
            self.assertTrue(check["ok"], check)
        self.assertEqual(list(temporary.iterdir()), [])


if __name__ == "__main__":
    main()
