#!/usr/bin/env python3
"""`contextsync hook`, as clients start it: every recorded event, and whole turns with and without a server.

usage: hook_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Hub  # noqa: E402
from notebook import Notebook, NotebookTest, main, wait_until  # noqa: E402

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures/hooks"


class HookTest(NotebookTest):
    deadline = {"CONTEXTSYNC_HOOK_DEADLINE_MS": "10000"}  # but where the deadline is what is tested

    def setUp(self):
        super().setUp()
        self.repository = pathlib.Path(self.directory) / "repo"
        self.repository.mkdir()
        self.git("init", "-q", "-b", "main")
        self.data = pathlib.Path(self.directory) / "data"

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
                       cwd=self.repository, check=True, capture_output=True)

    def server(self, **options):
        return Notebook(self.binary, self.data, **options)

    def apart(self, **options):
        """A server that another process than this one began, as that of another client."""
        script = self.directory / "apart.sh"
        script.write_text('#!/bin/sh\n"$CONTEXTSYNC_APART" "$@"\nexit $?\n')
        script.chmod(0o755)
        return Notebook(script, self.data, env={"CONTEXTSYNC_APART": str(self.binary)}, **options)

    def hook(self, client, event):
        text = event if isinstance(event, str) else json.dumps(event)
        done = subprocess.run([self.binary, "hook", client], input=text.replace("/repo", str(self.repository)),
                              capture_output=True, text=True, timeout=30, cwd=self.directory,
                              env={"HOME": str(self.directory), "PATH": "/usr/bin:/bin",
                                   "CONTEXTSYNC_DATA_DIR": str(self.data), **self.deadline})
        self.assertEqual((done.returncode, done.stderr), (0, ""), text)
        return done.stdout

    def fixture(self, client, name, **changes):
        event = json.loads((FIXTURES / client / f"{name}.json").read_text())
        return self.hook(client, {**event, **changes})

    def branch(self, notebook):
        answer = notebook.call(action="get", level="branch", context_id="main")
        return answer["data"]["context"]["data"] if answer["success"] else None


class EventTest(HookTest):
    def test_every_recorded_event_ends_well_and_says_nothing_unasked(self):
        for file in sorted(FIXTURES.glob("*/*.json")):
            out = self.hook(file.parent.name, file.read_text())
            expected = '{"permission":"allow"}\n' if file.stem == "before_read_file" else ""
            if file.stem in ("stop", "before_agent"):  # the one reminder
                self.assertTrue(out == "" or "decision" in out or "followup_message" in out, out)
            else:
                self.assertEqual(out, expected, file)

    def test_nonsense_is_ignored(self):
        for text in ("", "{", "[]", "null", '{"hook_event_name":5}', '{"hook_event_name":"Other","session_id":"a"}',
                     '{"hook_event_name":"Stop"}', "x" * (2 << 20)):
            self.assertEqual(self.hook("claude", text), "")

    def test_a_long_file_may_be_read_too(self):
        event = {"conversation_id": "c", "hook_event_name": "beforeReadFile", "file_path": "/repo/x",
                 "content": "y" * (2 << 20)}
        self.assertEqual(self.hook("cursor", event), '{"permission":"allow"}\n')


class TurnTest(HookTest):
    def claude_turn(self):
        for name in ("post_tool_use_read", "post_tool_use_write", "post_tool_use_bash", "post_tool_use_failure",
                     "post_compact", "task_completed"):
            self.assertEqual(self.fixture("claude", name), "", name)
        return self.fixture("claude", "stop")

    def check_claude_turn(self, data):
        self.assertEqual(data["files_read"], ["src/b.cc"])
        self.assertEqual(data["files_modified"], ["a.txt"])
        self.assertEqual(data["tests_run"], ["ctest --output-on-failure", "pytest -q"])
        self.assertIn("ctest --output-on-failure: passed\n1/1 Test\n100% tests passed", data["test_results"])
        self.assertIn("pytest -q: failed\nExit code 1\n2 failed", data["test_results"])
        self.assertEqual(data["understanding"], "The parser is at fault.")
        self.assertEqual(data["progress_updates"][0]["content"], "Write the parser")
        self.assertNotIn("secret content", json.dumps(data))

    def test_a_turn_is_one_operation_of_the_running_server(self):
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.claude_turn()
            self.check_claude_turn(self.branch(notebook))
            history = notebook.call(action="history", level="branch", context_id="main")["data"]["versions"]
            mine = [version for version in history if version["source"] == "hook"]
            self.assertEqual(len(mine), 1, history)
            self.assertEqual(mine[0]["agent"], "claude-code")

    def test_without_a_server_the_next_one_takes_it_in_once(self):
        self.claude_turn()
        spool = list(self.data.glob("hooks/*/spool/*.json"))
        self.assertEqual(len(spool), 1)
        copy = spool[0].read_bytes()
        for _ in range(2):
            with self.server() as notebook:
                notebook.update("t1", {"a": 1})
                self.check_claude_turn(self.branch(notebook))
                history = notebook.call(action="history", level="branch", context_id="main")["data"]["versions"]
                self.assertEqual(sum(version["source"] == "hook" for version in history), 1)
            self.assertFalse(spool[0].exists())
            spool[0].write_bytes(copy)  # as if it had been killed before removing it

    def test_what_an_interrupted_conversation_left_is_not_lost(self):
        self.fixture("claude", "post_tool_use_write", session_id="killed")
        for file in self.data.glob("hooks/*/*.json"):
            os.utime(file, (time.time() - 7200, time.time() - 7200))
        self.fixture("claude", "session_start", session_id="next")
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.assertEqual(self.branch(notebook)["files_modified"], ["a.txt"])

    def test_files_that_no_tool_touched_are_found_by_git(self):
        (self.repository / "old.txt").write_text("x")
        self.fixture("claude", "session_start")
        (self.repository / "shell.txt").write_text("made by a shell")
        (self.repository / ".env").write_text("KEY=1")
        self.fixture("claude", "stop")
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.assertEqual(self.branch(notebook)["files_modified"], ["shell.txt"])

    def test_other_clients_are_understood(self):
        for client, names in (("codex", ("post_tool_use_apply_patch", "post_tool_use_bash", "stop")),
                              ("gemini", ("after_tool_read_file", "after_tool_replace", "after_tool_shell", "after_agent")),
                              ("cursor", ("after_file_edit", "post_tool_use", "before_read_file",
                                          "after_shell_execution", "stop"))):
            for name in names:
                key = "conversation_id" if client == "cursor" else "session_id"
                self.fixture(client, name, **{key: client})
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            data = self.branch(notebook)
        self.assertEqual(set(data["files_modified"]),
                         {"src/old.cc", "src/new.cc", "src/add.cc", "gone.cc", "h.cc", "c.cc"})
        self.assertEqual(set(data["files_read"]), {"src/read.cc", "g.cc", "d.cc"})
        self.assertEqual(set(data["tests_run"]), {"npm test", "go test ./..."})

    def test_the_task_an_agent_names_gets_its_turn(self):
        call = json.loads((FIXTURES / "claude/post_tool_use_read.json").read_text())
        self.hook("claude", {**call, "tool_name": "mcp__contextsync__manage_context", "tool_use_id": "u9",
                             "tool_input": {"action": "update", "context_id": "auth-1", "data": {}}})
        self.fixture("claude", "post_tool_use_write")
        self.assertEqual(self.fixture("claude", "stop"), "", "it wrote, so it is not reminded")
        with self.server() as notebook:
            answer = notebook.call(action="get", context_id="auth-1")
            self.assertEqual(answer["data"]["context"]["data"]["files_modified"], ["a.txt"])

    def test_the_agent_is_reminded_once(self):
        self.fixture("claude", "post_tool_use_write")
        answer = json.loads(self.fixture("claude", "stop"))
        self.assertEqual(answer["decision"], "block")
        self.assertIn("a.txt", answer["reason"])
        self.assertEqual(self.fixture("claude", "stop", stop_hook_active=True), "")
        self.fixture("claude", "post_tool_use_write", tool_use_id="u2")
        self.assertEqual(self.fixture("claude", "stop"), "")


class TellingTest(HookTest):
    def test_a_conversation_begins_with_what_others_wrote(self):
        with self.server(agent="bob") as notebook:
            notebook.update("t1", {"decisions": ["use RocksDB"], "next_steps": ["ship"]})
            for client, name in (("claude", "session_start"), ("codex", "session_start"), ("gemini", "session_start")):
                answer = json.loads(self.fixture(client, name))
                self.assertEqual(set(answer), {"hookSpecificOutput"})
                self.assertEqual(answer["hookSpecificOutput"]["hookEventName"], "SessionStart")
                self.assertIn("use RocksDB", answer["hookSpecificOutput"]["additionalContext"])
            self.assertIn("use RocksDB", json.loads(self.fixture("cursor", "session_start"))["additional_context"])
        self.assertIn("use RocksDB", self.fixture("claude", "subagent_start"), "also when no server runs")

    def test_the_digest_begins_with_the_own_task_then_what_others_changed(self):
        with self.apart(agent="bob") as notebook:
            notebook.update("t1", {"status": "begun"})
            notebook.update("main", {"decisions": ["use RocksDB"]}, level="branch")
            call = json.loads((FIXTURES / "claude/post_tool_use_read.json").read_text())
            self.hook("claude", {**call, "tool_name": "mcp__contextsync__manage_context",
                                 "tool_input": {"action": "get", "context_id": "t1"}})
            text = json.loads(self.fixture("claude", "session_start"))["hookSpecificOutput"]["additionalContext"]
            lines = text.splitlines()[1:]
            self.assertEqual(lines[0], "task t1, last changed by bob:")
            self.assertIn("changed by bob on branch main: decisions", lines)

    def test_the_digest_names_open_conflicts(self):
        hub = Hub(self.binary, self.directory / "hub")
        self.addCleanup(lambda: hub.process and hub.kill())
        with self.apart(agent="bob", hub=hub.url) as notebook, \
                Notebook(self.binary, self.directory / "far", agent="carol", hub=hub.url) as far:
            notebook.update("t1", {"status": "begun"}, require="cloud")
            far.wait_for("t1")
            hub.kill()  # so that neither sees what the other writes
            notebook.update("t1", {"status": "done"}, on_conflict="manual")
            far.update("t1", {"status": "failed"}, on_conflict="manual")
            hub.start()
            wait_until(lambda: notebook.status()["conflicts_open"], 20, "the conflict")
            text = json.loads(self.fixture("claude", "session_start"))["hookSpecificOutput"]["additionalContext"]
            self.assertIn("1 open conflict: task t1 /status", text)

    def test_a_secret_in_a_test_run_is_in_no_file(self):
        token = "gh" + "p_" + "a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6"
        event = json.loads((FIXTURES / "claude/post_tool_use_bash.json").read_text())
        self.hook("claude", {**event, "tool_input": {"command": f"pytest --token {token}"},
                             "tool_response": {"stdout": f"401 for {token}\n1 failed"}})
        self.fixture("claude", "stop", stop_hook_active=True)
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.assertIn("[redacted:github-token]", self.branch(notebook)["test_results"])
        for file in self.data.rglob("*"):
            self.assertFalse(file.is_file() and token.encode() in file.read_bytes(), file)

    def test_a_digest_stays_short(self):
        with self.server() as notebook:
            for i in range(30):
                notebook.update(f"t{i}", {f"k{j}": "word " * 200 for j in range(20)})
            text = json.loads(self.fixture("claude", "session_start"))["hookSpecificOutput"]["additionalContext"]
            self.assertLessEqual(len(text.encode()), 6000)

    def test_a_prompt_brings_one_line_about_others(self):
        with self.apart(agent="bob") as notebook:
            notebook.update("t1", {"status": "begun"})
            self.fixture("claude", "session_start")
            self.assertEqual(self.fixture("claude", "user_prompt_submit"), "")
            notebook.update("t1", {"decisions": ["x"], "blockers": ["y"]})
            text = json.loads(self.fixture("claude", "user_prompt_submit"))["hookSpecificOutput"]["additionalContext"]
            self.assertEqual(text, "1 change by bob on task t1: blockers, decisions")
            self.assertEqual(self.fixture("claude", "user_prompt_submit"), "", "it is told once")

    def test_a_prompt_says_nothing_of_the_agent_itself_and_all_of_others_with_its_name(self):
        with self.server(name="claude-code") as mine, self.apart(name="claude-code") as other:
            mine.update("t1", {"status": "begun"})
            self.fixture("claude", "session_start")
            mine.update("t1", {"decisions": ["x"]})
            self.assertEqual(self.fixture("claude", "user_prompt_submit"), "")
            other.update("t2", {"blockers": ["y"]})
            text = json.loads(self.fixture("claude", "user_prompt_submit"))["hookSpecificOutput"]["additionalContext"]
            self.assertEqual(text, "1 change by claude-code on task t2: blockers")

    def told(self, notebook):
        """What a session hears of `branch main`, where turns go that have no task."""
        answer = notebook.call(action="changes")
        told = answer["notices"] + answer["data"]["changes"]
        return [change["context_id"] for change in told if change["level"] == "branch" and
                "files_modified" in change["keys"]]

    def turn(self, is_done, file="a.txt"):
        self.fixture("claude", "post_tool_use_write", tool_use_id=file, tool_input={"file_path": f"/repo/{file}"})
        self.fixture("claude", "stop", stop_hook_active=True)
        wait_until(is_done, 20, "the turn's record")

    def is_recorded(self, notebook):
        return "files_modified" in (self.branch(notebook) or {})

    def test_an_agent_is_not_told_of_what_its_own_hooks_recorded_and_others_are(self):
        for is_mine_first in (True, False):  # the one that has the notebook, and one that relays
            with self.server(name="claude-code") if is_mine_first else self.apart(name="other") as first:
                first.update("t1", {"a": 1})
                with self.apart(name="other") if is_mine_first else self.server(name="claude-code") as second:
                    second.update("t1", {"a": 2})
                    mine, other = (first, second) if is_mine_first else (second, first)
                    self.told(mine), self.told(other)
                    self.turn(lambda o=other: "main" in self.told(o), "a.txt" if is_mine_first else "b.txt")
                    self.assertEqual(self.told(mine), [])

    def test_where_one_client_has_two_servers_both_are_told(self):
        with self.server(name="claude-code") as one, self.server(name="claude-code") as two:
            for notebook in (one, two, one):
                notebook.update("t1", {"a": 1})
                self.told(notebook)
            self.turn(lambda: "main" in self.told(one))
            self.assertIn("main", self.told(two))

    def test_what_waited_in_the_spool_is_not_told_to_its_own_agent(self):
        self.fixture("claude", "post_tool_use_write")
        self.fixture("claude", "stop")
        self.assertEqual(len(list(self.data.glob("hooks/*/spool/*.json"))), 1)
        with self.server(name="claude-code") as notebook:
            self.assertEqual(self.told(notebook), [])
            self.assertTrue(self.is_recorded(notebook))
            self.assertEqual(self.told(notebook), [])

    def test_gemini_is_reminded_with_the_next_prompt(self):
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.fixture("gemini", "after_tool_replace")
            self.assertEqual(self.fixture("gemini", "after_agent"), "", "there it takes no context")
            answer = json.loads(self.fixture("gemini", "before_agent"))
            self.assertEqual(set(answer), {"hookSpecificOutput"})
            self.assertIn("holds no decision", answer["hookSpecificOutput"]["additionalContext"])
            self.assertEqual(self.fixture("gemini", "before_agent"), "", "once")


class ReadOnlyTest(HookTest):
    """A hook under a token that may only read: refused as a tool's write is, and kept."""

    def hub_tokens(self, hub):
        def create(role):
            done = self.command("token", "create", "--data-dir", str(hub.directory), "--workspace", "default",
                                "--role", role, "--name", role)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.strip()
        return create("read"), create("write")

    def turn(self, is_done, use="post_tool_use_write", **changes):
        self.fixture("claude", use, **changes)
        self.fixture("claude", "stop", **changes)
        wait_until(is_done, 20, "the turn's record")

    def spooled(self):
        return list(self.data.glob("hooks/*/spool/*.json"))

    def test_it_waits_in_the_spool_for_a_token_that_may_write(self):
        hub = Hub(self.binary, self.directory / "hub", auth=True)
        self.addCleanup(lambda: hub.process and hub.kill())
        read, write = self.hub_tokens(hub)
        for is_first in (True, False):  # at the door, and when the notebook is opened
            with self.server(hub=hub.url, token=read) as notebook:
                wait_until(lambda n=notebook: n.status()["link"] == "online", 20, "the hub's word")
                notebook.refused("FORBIDDEN", action="update", context_id="t1", data={"a": 1})
                if is_first:
                    self.turn(self.spooled)
                self.assertEqual(len(self.spooled()), 1)
                self.assertEqual((notebook.status()["pending"], notebook.status()["parked"]), (0, 0))
                self.assertIsNone(self.branch(notebook))
        with self.server(hub=hub.url, token=write) as notebook:
            wait_until(lambda: not self.spooled(), 20, "the spool to be taken in")
            wait_until(lambda: self.branch(notebook), 20, "the record")
            self.assertEqual(self.branch(notebook)["files_modified"], ["a.txt"])
            notebook.settle()

    def test_sync_takes_the_spool_in_and_sends_it(self):
        hub = Hub(self.binary, self.directory / "hub")
        self.addCleanup(lambda: hub.process and hub.kill())
        with self.server(hub=hub.url) as notebook:
            notebook.update("t1", {"a": 1})
            notebook.settle()
        self.turn(self.spooled)
        done = self.command("sync", "--json", "--data-dir", str(self.data), "--hub", hub.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(json.loads(done.stdout)["data"]["pushed"], 1)
        self.assertEqual(self.spooled(), [])

    def test_the_next_hook_of_an_open_notebook_takes_the_spool_in(self):
        self.turn(self.spooled)
        [file] = self.spooled()
        copy = file.read_bytes()
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            self.assertEqual(self.spooled(), [])
            file.write_bytes(copy)  # as if the server had not answered in time
            self.turn(lambda: "files_read" in (self.branch(notebook) or {}), "post_tool_use_read", session_id="next")
            wait_until(lambda: not self.spooled(), 20, "the spool to be taken in")
            data = self.branch(notebook)
            self.assertEqual((data["files_modified"], data["files_read"]), (["a.txt"], ["src/b.cc"]))


class SpeedTest(HookTest):
    deadline = {}

    def test_a_server_that_hangs_does_not_hold_up_the_client(self):
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            os.kill(notebook.client.process.pid, signal.SIGSTOP)
            try:
                for name in ("session_start", "post_tool_use_write", "stop"):
                    begun = time.monotonic()
                    self.fixture("claude", name)
                    self.assertLess(time.monotonic() - begun, 5, name)
            finally:
                os.kill(notebook.client.process.pid, signal.SIGCONT)

    def test_a_hook_is_quick_while_a_server_runs(self):
        with self.server() as notebook:
            notebook.update("t1", {"a": 1})
            took = []
            for i in range(15):
                begun = time.monotonic()
                self.fixture("claude", "post_tool_use_write", tool_use_id=f"u{i}")
                took.append(time.monotonic() - begun)
            print(f"hook p50 {statistics.median(took) * 1000:.1f} ms", file=sys.stderr)
            self.assertLess(statistics.median(took), 0.2)


if __name__ == "__main__":
    main()
