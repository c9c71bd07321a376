#!/usr/bin/env python3
"""The contract of manage_context and status, argument by argument, through the real program.

usage: tools_test.py BINARY [TEST...]
"""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import Notebook, NotebookTest, keys_of, main, wait_until  # noqa: E402

ACTIONS = ["update", "create", "get", "resolve", "list", "search", "delete", "add_insight", "add_progress", "delegate",
           "history", "diff", "revert", "changes", "watch", "conflicts", "resolve_conflict", "batch"]


class EraTest(NotebookTest):
    def test_same_calls_have_the_same_answers_in_both_eras(self):
        stories = []
        for era in ("modern", "legacy"):
            notebook = self.notebook(era, era=era, agent="a")
            answers = [notebook.update("t1", {"b": [1], "a": 1}, op_id="one"), notebook.get("t1"),
                       notebook.call(action="list"), notebook.call(action="nonsense"), notebook.call("status")]
            stories.append([self.without_what_varies(answer) for answer in answers])
        self.assertEqual(stories[0], stories[1])

    def without_what_varies(self, value):
        if isinstance(value, dict):
            return {key: self.without_what_varies(member) for key, member in value.items()
                    if key not in ("timestamp", "created_at", "updated_at", "device", "metrics", "bytes", "project")}
        return [self.without_what_varies(member) for member in value] if isinstance(value, list) else value

    def test_working_agent_needs_three_calls_and_no_setup(self):
        for era in ("modern", "legacy"):
            with self.subTest(era), Notebook(self.binary, self.directory / era, era=era) as notebook:
                self.assertEqual("NOT_FOUND", notebook.refused("NOT_FOUND", action="get", context_id="T-1")["code"])
                first = notebook.update("T-1", {"files_read": ["a.cc"], "understanding": "it leaks"})
                self.assertTrue(first["success"] and first["data"]["created"] and first["sync"]["durable"])
                self.assertEqual(keys_of(first), (["files_read", "understanding"], []))
                levels = [parent["level"] for parent in first["data"]["parents_created"]]
                self.assertEqual(levels, ["global", "project", "branch"])
                notebook.update("T-1", {"files_read": ["b.cc", "a.cc"], "failures": ["x"], "tests_run": ["unit"]})
                # What agents send at the end: lists they filled in before, empty.
                last = notebook.update("T-1", {"files_read": [], "failures": [], "tests_run": [], "blockers": [],
                                               "completion_summary": "fixed"})
                self.assertEqual(keys_of(last), (["blockers", "completion_summary", "failures"],
                                                 ["files_read", "tests_run"]))
                self.assertEqual(notebook.data("T-1"),
                                 {"files_read": ["a.cc", "b.cc"], "understanding": "it leaks", "failures": [],
                                  "tests_run": ["unit"], "blockers": [], "completion_summary": "fixed"})


class SchemaTest(NotebookTest):
    def test_schema_lists_exactly_the_actions_there_are(self):
        notebook = self.notebook()
        tools = {tool["name"]: tool for tool in notebook.tools()}
        self.assertEqual(set(tools), {"manage_context", "status"})
        schema = tools["manage_context"]["inputSchema"]
        self.assertEqual(schema["properties"]["action"]["enum"], ACTIONS)
        self.assertEqual(schema["required"], ["action"])
        self.assertNotIn("additionalProperties", schema)
        for alias in ("task_id", "project_id", "data_title", "user_id", "propagate_changes"):
            self.assertNotIn(alias, schema["properties"])
        for name, parameter in schema["properties"].items():
            self.assertTrue(parameter["description"], name)
        self.assertIs(tools["status"]["inputSchema"]["additionalProperties"], False)
        self.assertEqual(set(tools["status"]["outputSchema"]["required"]), {"success", "operation", "timestamp"})

    def test_unknown_names_are_named_and_the_nearest_offered(self):
        notebook = self.notebook()
        error = notebook.refused("INVALID_ARGUMENT", action="updat", context_id="t")
        self.assertEqual((error["parameter"], error["allowed"]), ("action", ACTIONS))
        self.assertIn("update", error["hint"])
        self.assertEqual(notebook.refused("MISSING_FIELD", context_id="t")["parameter"], "action")
        error = notebook.refused("UNKNOWN_PARAMETER", action="get", contextid="t")
        self.assertEqual((error["parameter"], error["did_you_mean"]), ("contextid", "context_id"))
        error = notebook.refused("UNKNOWN_PARAMETER", action="get", context_id="t", files_read_so_far=[])
        self.assertIn("data", error["hint"])
        error = notebook.refused("INVALID_ARGUMENT", action="get", level="galaxy", context_id="t")
        self.assertEqual((error["parameter"], error["allowed"]),
                         ("level", ["global", "project", "branch", "task"]))
        error = notebook.refused("INVALID_ARGUMENT", action="get", context_id="t", cascade=True)
        self.assertEqual((error["parameter"], error["allowed"]), ("cascade", ["delete"]))
        for later in ("purge", "merge"):
            self.assertEqual(notebook.refused("INVALID_ARGUMENT", action=later)["allowed"], ACTIONS)
        error = notebook.call_with({"verbose": True}, "status")["error"]
        self.assertEqual((error["code"], error["parameter"]), ("UNKNOWN_PARAMETER", "verbose"))

    def test_refusals_name_the_operation_that_was_asked_for(self):
        notebook = self.notebook()
        self.assertEqual(notebook.call(action="get", context_id="t")["operation"], "manage_context.get")
        self.assertEqual(notebook.call(action="update", context_id="t")["operation"], "manage_context.update")
        self.assertEqual(notebook.call(action="get", context_id="t", x=1)["operation"], "manage_context.get")
        self.assertEqual(notebook.call(action="nonsense")["operation"], "manage_context")


class ArgumentTest(NotebookTest):
    def test_types_are_lenient_one_way_only(self):
        notebook = self.notebook()
        answer = notebook.update("t", json.dumps({"tags": ["a", "b"], "n": 1}), replace="tags", op_id="1")
        self.assertEqual(keys_of(answer), (["n", "tags"], []))
        notebook.update("t", {"tags": ["c"], "n": [1]}, replace='["/tags"]')
        self.assertEqual(notebook.data("t")["tags"], ["c"])
        notebook.update("t", {}, remove='{"/tags":["c"]}')
        self.assertEqual(notebook.data("t")["tags"], [])
        self.assertEqual(notebook.data("t", fields="n"), {"n": [1]})
        self.assertEqual(notebook.data("t", fields=" n , tags"), {"n": [1], "tags": []})
        for limit in (1, "1"):
            self.assertEqual(len(notebook.call(action="list", limit=limit)["data"]["contexts"]), 1)
        for flag in (True, False, "true", "false", "1", "0"):
            self.assertTrue(notebook.get("t", force_refresh=flag)["success"], flag)
        for name, value in [("force_refresh", 1), ("force_refresh", "yes"), ("max_tokens", 3.9), ("max_tokens", True),
                            ("max_tokens", 99), ("max_tokens", 1_000_001), ("fields", 1), ("fields", [1])]:
            error = notebook.refused_with("INVALID_ARGUMENT", {"action": "get", "context_id": "t", name: value})
            self.assertEqual(error["parameter"], name)
        self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="list", limit=1 << 64)["parameter"], "limit")
        for value in (-1, 0, 501, 10_000_000_000, 3.9, True, "x", "1.0", []):
            error = notebook.refused("INVALID_ARGUMENT", action="list", limit=value)
            self.assertEqual((error["parameter"], error["limit"]), ("limit", {"min": 1, "max": 500}), value)
        for value in (5, [], "[]", "text", "{", '{"a":1,"a":2}'):
            error = notebook.refused("INVALID_ARGUMENT", action="update", context_id="t", data=value)
            self.assertEqual(error["parameter"], "data", value)

    def test_null_and_empty_text_mean_not_given(self):
        notebook = self.notebook()
        answer = notebook.call(action="update", context_id="t", data={"a": 1}, level=None, replace=None, remove="",
                               parent_id="", op_id="", agent="", on_conflict=None, expected_version=None, require="")
        self.assertTrue(answer["success"], answer)
        self.assertEqual(notebook.refused("MISSING_FIELD", action="update", context_id="t", data=None)["parameter"],
                         "data")
        self.assertEqual(notebook.refused("MISSING_FIELD", action="update", context_id="", data={})["parameter"],
                         "context_id")
        self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="update", context_id="t", data="")["parameter"],
                         "data")
        self.assertEqual(notebook.refused("MISSING_FIELD", action="add_insight", context_id="t")["parameter"],
                         "content")
        self.assertTrue(notebook.call(action="add_progress", context_id="t", content="")["success"])

    def test_aliases_of_the_original_tool_are_understood(self):
        notebook = self.notebook()
        notebook.call(action="update", task_id="t1", data_title="T", data_status="todo", data_tags=["x"],
                      data_priority="high", data_description="D", data_metadata={"k": 1}, data={"status": "done"})
        self.assertEqual(notebook.data("t1"), {"title": "T", "status": "done", "tags": ["x"], "priority": "high",
                                               "description": "D", "metadata": {"k": 1}})
        for alias, level in (("branch_context_id", "branch"), ("project_context_id", "project")):
            answer = notebook.call(**{"action": "update", alias: "x", "data": {"k": 1}})
            self.assertEqual((answer["data"]["level"], answer["data"]["context_id"]), (level, "x"))
        answer = notebook.call(action="update", task_id="wrong", context_id="right", data={})
        self.assertEqual(answer["data"]["context_id"], "right")
        notebook.call(action="update", task_id="t2", git_branch_id="b2", project_id="p2", data={})
        self.assertEqual(notebook.get("t2")["data"]["context"]["parent"], {"level": "branch", "context_id": "b2"})
        self.assertEqual(notebook.get("b2", level="branch")["data"]["context"]["parent"],
                         {"level": "project", "context_id": "p2"})
        notebook.call(action="update", branch_context_id="b3", project_id="p3", data={})
        self.assertEqual(notebook.get("b3", level="branch")["data"]["context"]["parent"]["context_id"], "p3")
        answer = notebook.call(action="get", task_id="t1", user_id="root", propagate_changes=True)
        self.assertEqual(sorted(answer["ignored_keys"]), ["propagate_changes", "user_id"])
        answer = notebook.call(action="update", task_id="t1", user_id="root", data={"status": "done", "gone": None})
        self.assertEqual(keys_of(answer)[0], ["status"])
        self.assertEqual(sorted(keys_of(answer)[1]), ["gone", "user_id"])

    def test_nothing_sent_under_an_alias_is_dropped_in_silence(self):
        notebook = self.notebook()
        answer = notebook.call(action="update", task_id="t", data='{"k":1}', data_status="done")
        self.assertEqual(keys_of(answer), (["k", "status"], []))
        self.assertEqual(notebook.data("t"), {"k": 1, "status": "done"})
        answer = notebook.call(action="update", context_id="t", task_id="u", data={"status": "a"}, data_status="b")
        self.assertEqual((keys_of(answer)[0], sorted(keys_of(answer)[1])), (["status"], ["data_status", "task_id"]))
        self.assertEqual(notebook.data("t")["status"], "a")
        self.assertEqual(notebook.call(action="get", task_id="t", data_title="x")["ignored_keys"], ["data_title"])
        self.assertEqual(notebook.call(action="list", task_id="t")["ignored_keys"], ["task_id"])

    def test_known_argument_of_another_type_is_refused_in_aliases_too(self):
        notebook = self.notebook()
        error = notebook.refused("INVALID_ARGUMENT", action="get", task_id=5)
        self.assertIn(error["parameter"], ("task_id", "context_id"))
        for alias in ("project_id", "git_branch_id"):
            answer = notebook.call(**{"action": "update", "context_id": "t", "data": {}, alias: 5})
            if answer["success"]:
                self.assertIn(alias, answer["ignored_keys"])

    def test_ids_are_opaque_text(self):
        notebook = self.notebook()
        for context_id in ("feature/jwt", "../../etc/passwd", "a b", "日本語", "x" * 200, "%2e%2e", "~1~0", "Ω" * 100):
            self.assertTrue(notebook.update(context_id, {"id": context_id})["success"], context_id)
            self.assertEqual(notebook.data(context_id), {"id": context_id})
        listed = {item["context_id"] for item in notebook.call(action="list")["data"]["contexts"]}
        self.assertEqual(len(listed), 8)

    def test_reserved_ids_of_the_global_level_are_not_for_everyone(self):
        notebook = self.notebook()
        self.assertTrue(notebook.update("global", {"k": 1}, level="global")["success"])
        self.assertTrue(notebook.call(action="get", level="global")["success"])
        self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="update", level="global", context_id="mine",
                                          data={})["parameter"], "context_id")
        self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="update", level="global", context_id="_mine",
                                          data={})["parameter"], "context_id")
        notebook.refused("INVALID_ARGUMENT", action="update", level="global", context_id="_policy",
                         data={"conflict": {"workspace": "guess"}})
        notebook.refused("NOT_FOUND", action="get", level="global", context_id="_policy")


class CloudTest(NotebookTest):
    def test_require_cloud_succeeds_with_the_hub_and_says_so_without(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        answer = notebook.update("t", {"a": 1}, require="cloud")
        self.assertEqual((answer["success"], answer["sync"]["state"], answer["sync"]["pending"]), (True, "synced", 0))
        self.assertNotIn("pending", answer["data"])
        hub.kill()
        wait_until(lambda: notebook.status()["link"] == "offline", 20, "the outage to be seen")
        started = time.monotonic()
        answer = notebook.call(action="update", context_id="t", data={"a": 2}, require="cloud", op_id="wanted")
        self.assertLess(time.monotonic() - started, 7)
        self.assertEqual((answer["success"], answer["error"]["code"]), (False, "NOT_CONFIRMED"))
        self.assertEqual(answer["error"]["op_id"], "wanted")
        self.assertGreater(answer["error"]["version"], 0)
        self.assertEqual((answer["sync"]["durable"], answer["sync"]["state"]), (True, "pending"))
        self.assertEqual(notebook.data("t"), {"a": 2})
        hub.start()
        notebook.settle()
        again = notebook.call(action="update", context_id="t", data={"a": 2}, require="cloud", op_id="wanted")
        self.assertTrue(again["success"], again)

    def test_require_cloud_without_a_hub_is_not_confirmed(self):
        answer = self.notebook().update("t", {"a": 1}, require="cloud")
        self.assertEqual((answer["error"]["code"], answer["sync"]["durable"]), ("NOT_CONFIRMED", True))
        self.assertIn("Leave `require` out", answer["error"]["hint"])  # repeating it could never succeed

    def test_read_token_may_not_write(self):
        directory = self.directory / "hub"
        token = self.command("token", "create", "--data-dir", str(directory), "--workspace", "default", "--role", "read",
                             "--name", "reader")
        self.assertEqual(token.returncode, 0, token.stderr)
        listening = subprocess.Popen([self.binary, "hub", "--listen", "127.0.0.1:0", "--data-dir", str(directory)],
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (listening.kill(), listening.wait(), listening.stdout.close()))
        url = json.loads(listening.stdout.readline())["listening"]
        notebook = self.notebook(hub=url, token=token.stdout.strip())
        wait_until(lambda: notebook.status()["link"] == "online", 20, "the link")
        error = notebook.refused("FORBIDDEN", action="update", context_id="t", data={"a": 1})
        self.assertEqual((error["role"], error["needed"]), ("read", "write"))
        notebook.refused("NOT_FOUND", action="get", context_id="t")
        self.assertTrue(notebook.call(action="list")["success"])


class StatusTest(NotebookTest):
    FIELDS = {"indicator", "icon", "color", "age_seconds", "last_sync_at", "link", "websocket", "circuit", "pending",
              "oldest_pending_seconds", "parked", "conflicts_open", "notebook", "metrics", "identity", "last_error",
              "version", "protocol"}

    def test_status_without_a_hub_is_white(self):
        notebook = self.notebook(agent="alice")
        notebook.update("t", {"a": 1})
        status = notebook.status()
        self.assertEqual(set(status), self.FIELDS)
        self.assertEqual((status["indicator"], status["color"], status["age_seconds"]), ("local", "white", None))
        self.assertEqual((status["link"], status["websocket"], status["circuit"]), (None, None, None))
        self.assertEqual((status["pending"], status["oldest_pending_seconds"]), (0, None))
        self.assertEqual((status["notebook"]["contexts"], status["notebook"]["state"], status["notebook"]["recovery"]),
                         (4, "normal", None))
        self.assertEqual(set(status["metrics"]), {"total_syncs", "success_rate", "avg_latency_ms", "p50_ms", "p99_ms",
                                                  "cache_hit_rate", "conflict_rate", "targets"})
        self.assertEqual(set(status["identity"]), {"agent", "device", "workspace", "hub", "project", "branch", "task"})
        self.assertEqual((status["identity"]["agent"], status["identity"]["hub"]), ("alice", None))

    def test_status_with_a_hub_is_green_and_turns_red_only_with_age(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"a": 1}, require="cloud")
        status = wait_until(lambda: next((s for s in [notebook.status()] if s["websocket"] == "connected"), None), 20,
                            "the socket")
        self.assertEqual((status["indicator"], status["link"], status["circuit"]), ("synced", "online", "closed"))
        self.assertLess(status["age_seconds"], 60)
        self.assertGreater(status["metrics"]["total_syncs"], 0)
        self.assertEqual(status["metrics"]["success_rate"], 1.0)
        self.assertGreater(status["metrics"]["p99_ms"], 0)
        hub.kill()
        wait_until(lambda: notebook.status()["link"] == "offline", 20, "the outage to be seen")
        notebook.update("t", {"a": 2})
        status = notebook.status()
        self.assertEqual((status["pending"], status["indicator"]), (1, "synced"))
        self.assertGreaterEqual(status["oldest_pending_seconds"], 0)
        self.assertEqual(set(status["last_error"]), {"code", "message", "hint", "at"})

    def test_notebook_that_never_met_its_hub_is_red(self):
        notebook = self.notebook(hub="http://127.0.0.1:9")
        notebook.update("t", {"a": 1})
        status = notebook.status()
        self.assertEqual((status["indicator"], status["age_seconds"], status["pending"] > 0), ("stale", None, True))


class IdentityTest(NotebookTest):
    def git(self, directory, *arguments):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", *arguments],
                       cwd=directory, check=True, capture_output=True)

    def repository(self, remote=None):
        directory = self.directory / "app"
        directory.mkdir()
        self.git(directory, "init")
        self.git(directory, "commit", "--allow-empty", "-m", "first")
        if remote:
            self.git(directory, "remote", "add", "origin", remote)
        return directory

    def where(self, cwd, **options):
        with Notebook(self.binary, self.directory / "data", cwd=str(cwd), **options) as notebook:
            answers = [notebook.call(action="update", level=level, data={"k": level}) for level in ("project", "branch")]
            ids = [answer["data"]["context_id"] for answer in answers]
            identity = notebook.status()["identity"]
            self.assertEqual(ids[0], identity["project"])
            parent = notebook.call(action="get", level="branch", context_id=ids[1])["data"]["context"]["parent"]
            self.assertEqual(parent["context_id"], ids[0])
            return ids

    def test_remote_names_the_project_without_scheme_user_and_suffix(self):
        repository = self.repository("https://user:secret@github.com/acme/app.git")
        self.assertEqual(self.where(repository), ["github.com/acme/app", "main"])
        self.git(repository, "remote", "set-url", "origin", "git@github.com:acme/app.git")
        self.assertEqual(self.where(repository), ["github.com/acme/app", "main"])
        (repository / "deep" / "er").mkdir(parents=True)
        self.assertEqual(self.where(repository / "deep" / "er"), ["github.com/acme/app", "main"])

    def test_worktrees_share_the_project_and_differ_in_branch(self):
        repository = self.repository()
        worktree = self.directory / "other-place"
        self.git(repository, "worktree", "add", "-b", "feature/jwt", str(worktree))
        main_ids, worktree_ids = self.where(repository), self.where(worktree)
        self.assertRegex(main_ids[0], r"^app-[0-9a-f]{8}$")
        self.assertEqual((main_ids[1], worktree_ids), ("main", [main_ids[0], "feature/jwt"]))

    def test_detached_head_and_no_repository_are_default(self):
        repository = self.repository("ssh://git@example.org:22/x/y")
        self.git(repository, "checkout", "--detach")
        self.assertEqual(self.where(repository)[1], "default")
        plain = self.directory / "plain"
        plain.mkdir()
        with Notebook(self.binary, self.directory / "elsewhere", cwd=str(plain)) as notebook:
            identity = notebook.status()["identity"]
        self.assertEqual((identity["project"], identity["branch"]), ("default", "default"))

    def test_branch_name_of_another_project_is_qualified(self):
        self.assertEqual(self.where(self.repository("https://example.org/one"))[1], "main")
        second = self.directory / "second"
        second.mkdir()
        self.git(second, "init")
        self.git(second, "commit", "--allow-empty", "-m", "first")
        self.git(second, "remote", "add", "origin", "https://example.org/two")
        self.assertEqual(self.where(second), ["example.org/two", "example.org/two/main"])

    def test_task_comes_from_the_environment(self):
        with Notebook(self.binary, self.directory / "data", env={"CONTEXTSYNC_TASK": "T-77"}) as notebook:
            answer = notebook.call(action="update", data={"k": 1})
            self.assertEqual(answer["data"]["context_id"], "T-77")
            self.assertEqual(notebook.status()["identity"]["task"], "T-77")
        error = self.notebook().refused("MISSING_FIELD", action="update", data={"k": 1})
        self.assertEqual(error["parameter"], "context_id")

    def test_agent_is_the_client_unless_said_otherwise(self):
        for era in ("modern", "legacy"):
            notebook = self.notebook(era, era=era, name="claude-code")
            notebook.update("t", {"k": 1})
            self.assertEqual(notebook.get("t")["data"]["context"]["updated_by"], "claude-code", era)
        notebook = self.notebook("named", agent="flag")
        notebook.update("t", {"k": 1})
        self.assertEqual(notebook.get("t")["data"]["context"]["updated_by"], "flag")
        notebook.update("t", {"k": 2}, agent="argument")
        self.assertEqual(notebook.get("t")["data"]["context"]["updated_by"], "argument")


if __name__ == "__main__":
    main()
