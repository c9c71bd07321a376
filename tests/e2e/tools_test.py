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
from notebook import Notebook, NotebookTest, main, wait_until  # noqa: E402

ACTIONS = ["update", "create", "get", "resolve", "list", "search", "delete", "add_insight", "add_progress", "delegate",
           "history", "diff", "revert", "changes", "watch", "conflicts", "resolve_conflict", "batch"]


def keys_of(answer):
    return answer["stored_keys"], answer["ignored_keys"]


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


class MergeTest(NotebookTest):
    def test_any_key_at_any_depth_is_kept(self):
        notebook = self.notebook()
        data = {"": 0, "a/b": 1, "~": {"~1": [{"x": [[]]}]}, "$ref": "#", "_versions": {"mine": True}, "null": False,
                "ünï": "😀", "nested": {"a": {"b": {"c": [1, "1", 1.5, True, {"k": "v"}]}}}, "empty": {}, "none": []}
        answer = notebook.update("t", data)
        self.assertEqual(keys_of(answer), (sorted(data, key=str.encode), []))
        self.assertEqual(notebook.data("t"), data)

    def test_objects_merge_scalars_overwrite_and_null_deletes(self):
        notebook = self.notebook()
        notebook.update("t", {"o": {"a": 1, "b": {"c": 1}}, "s": 1, "gone": 1})
        answer = notebook.update("t", {"o": {"b": {"d": 2}, "a": None}, "s": "two", "gone": None, "never": None})
        self.assertEqual(keys_of(answer), (["gone", "o", "s"], ["never"]))
        self.assertEqual(notebook.data("t"), {"o": {"b": {"c": 1, "d": 2}}, "s": "two"})
        notebook.update("t", {"o": 5, "s": {"now": "object"}})
        self.assertEqual(notebook.data("t"), {"o": 5, "s": {"now": "object"}})

    def test_lists_gain_what_is_new_and_keep_their_order(self):
        notebook = self.notebook()
        notebook.update("t", {"files": ["b", "a"]})
        notebook.update("t", {"files": ["a", "c", "b", "d"]})
        self.assertEqual(notebook.data("t")["files"], ["b", "a", "c", "d"])
        answer = notebook.update("t", {"files": []})
        self.assertEqual((keys_of(answer), answer["data"]["changed"]), (([], ["files"]), False))
        self.assertEqual(keys_of(notebook.update("t", {"fresh": []})), (["fresh"], []))
        self.assertEqual(keys_of(notebook.update("t", {"fresh": []})), (["fresh"], []))
        notebook.update("t", {"objects": [{"k": 1}]})
        notebook.update("t", {"objects": [{"k": 1}, {"k": 2}]})
        self.assertEqual(notebook.data("t")["objects"], [{"k": 1}, {"k": 2}])

    def test_lists_that_mean_the_current_set_are_replaced(self):
        notebook = self.notebook()
        names = ["failures", "errors", "todo", "next_steps", "blockers", "open_questions", "current_files",
                 "remaining_work"]
        notebook.update("t", {name: ["old"] for name in names} | {"deep": {"todo": ["old"]}})
        notebook.update("t", {name: ["new"] for name in names} | {"deep": {"todo": ["new"]}})
        self.assertEqual(notebook.data("t"), {name: ["new"] for name in names} | {"deep": {"todo": ["new"]}})
        answer = notebook.update("t", {name: [] for name in names})
        self.assertEqual(keys_of(answer), (sorted(names), []))
        self.assertEqual(notebook.data("t"), {name: [] for name in names} | {"deep": {"todo": ["new"]}})

    def test_logs_take_every_entry(self):
        notebook = self.notebook()
        notebook.update("t", {"insights": [{"content": "same"}]})
        notebook.update("t", {"insights": [{"content": "same"}]})
        notebook.update("t", {"insights": [{"content": "named", "id": "i1"}]})
        notebook.update("t", {"insights": [{"content": "named", "id": "i1"}]})
        contents = [entry["content"] for entry in notebook.data("t")["insights"]]
        self.assertEqual(contents.count("named"), 1)
        self.assertIn("same", contents)

    def test_replace_and_remove_are_operators(self):
        notebook = self.notebook()
        notebook.update("t", {"tags": ["a", "b", "c"], "o": {"x": 1, "y": {"z": [1]}}, "s": 1})
        answer = notebook.update("t", {"tags": ["z"], "o": {"y": {"new": 1}}}, replace=["/tags", "/o/y"])
        self.assertEqual(keys_of(answer), (["o", "tags"], []))
        self.assertEqual(notebook.data("t"), {"tags": ["z"], "o": {"x": 1, "y": {"new": 1}}, "s": 1})
        notebook.update("t", {"tags": []}, replace=["tags"])
        self.assertEqual(notebook.data("t")["tags"], [])
        notebook.update("t", {"tags": ["a", "b", 1, {"k": 1}]})
        answer = notebook.update("t", {}, remove={"/tags": ["a", {"k": 1}, "never"], "/s": [1], "/nothing": [1]})
        self.assertEqual(keys_of(answer), (["tags"], ["nothing", "s"]))
        self.assertEqual(notebook.data("t")["tags"], ["b", 1])
        answer = notebook.update("t", {"tags": ["d"]}, remove={"tags": ["b"]})
        self.assertEqual(notebook.data("t")["tags"], [1, "d"])
        for bad in ({"replace": ["/absent"]}, {"replace": ["/tags~2"]}, {"remove": {"/tags": "a"}},
                    {"remove": {"/a~": ["b"]}}, {"remove": ["/tags"]}):
            notebook.refused_with("INVALID_ARGUMENT", {"action": "update", "context_id": "t", "data": {}, **bad})
        self.assertEqual(notebook.data("t")["tags"], [1, "d"])

    def test_no_key_that_was_sent_is_in_neither_list(self):
        notebook = self.notebook()
        notebook.update("t", {"kept": [1], "gone": 1, "same": 1, "o": {"a": 1}})
        data = {"kept": [], "gone": None, "absent": None, "same": 1, "o": {}, "new": [], "todo": [], "n": 0, "s": "",
                "nested": {"x": None}, "tags": [None], "replaced": {"a": None}}
        answer = notebook.update("t", data, replace=["/replaced"], remove={"/kept": [7], "/elsewhere": [1]})
        stored, ignored = keys_of(answer)
        self.assertEqual(sorted(stored + ignored), sorted({*data, "elsewhere"}))
        shown = notebook.data("t")
        for key in stored:
            if data.get(key, 0) is None:
                self.assertNotIn(key, shown)
            else:
                self.assertIn(key, shown)


class VersionTest(NotebookTest):
    def test_changed_and_version_tell_whether_anything_was_written(self):
        notebook = self.notebook()
        first = notebook.update("t", {"a": 1, "l": ["x"]})
        self.assertEqual((first["data"]["version"], first["data"]["created"], first["data"]["changed"]), (1, True, True))
        self.assertNotIn("pending", first["data"])
        again = notebook.update("t", {"a": 1, "l": ["x"]})
        self.assertEqual((again["data"]["version"], again["data"]["created"], again["data"]["changed"]),
                         (1, False, False))
        self.assertNotIn("parents_created", again["data"])
        self.assertEqual(keys_of(again), (["a", "l"], []))
        self.assertEqual(notebook.update("t", {"a": 2})["data"]["version"], 2)
        self.assertEqual(len(notebook.call(action="history", context_id="t")["data"]["versions"]), 2)

    def test_expected_version_refuses_what_was_not_seen(self):
        notebook = self.notebook()
        self.assertTrue(notebook.update("t", {"a": 1}, expected_version=0)["success"])
        error = notebook.refused("VERSION_MISMATCH", action="update", context_id="t", data={"a": 2}, expected_version=0)
        self.assertEqual((error["version"], error["expected"], error["changed_keys"]), (1, 0, ["a"]))
        notebook.update("t", {"b": 1, "c": 1}, expected_version="1")
        error = notebook.refused("VERSION_MISMATCH", action="update", context_id="t", data={"a": 2}, expected_version=1)
        self.assertEqual((error["version"], error["expected"], error["changed_keys"]), (2, 1, ["b", "c"]))
        self.assertEqual(notebook.data("t"), {"a": 1, "b": 1, "c": 1})
        self.assertTrue(notebook.update("t", {"a": 2}, expected_version=2, on_conflict="fail")["success"])
        for strategy in ("merge", "last_write_wins"):
            error = notebook.refused("INVALID_ARGUMENT", action="update", context_id="t", data={}, expected_version=3,
                                     on_conflict=strategy)
            self.assertEqual(error["parameter"], "on_conflict")
        notebook.refused("VERSION_MISMATCH", action="delete", context_id="t", expected_version=1)
        self.assertTrue(notebook.call(action="delete", context_id="t", expected_version=3)["success"])
        self.assertTrue(notebook.update("t", {"n": 1}, expected_version=0)["success"])

    def test_pending_version_stays_good_as_expectation(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"a": 0})
        notebook.settle()
        hub.kill()
        wait_until(lambda: notebook.status()["link"] == "offline", 20, "the outage to be seen")
        answer = notebook.update("t", {"a": 1})
        self.assertTrue(answer["data"]["pending"])
        self.assertEqual(answer["sync"]["state"], "pending")
        self.assertTrue(notebook.get("t")["data"]["context"]["pending"])
        self.assertTrue(notebook.call(action="list")["data"]["contexts"][0]["pending"])
        self.assertTrue(notebook.call(action="history", context_id="t")["data"]["versions"][0]["pending"])
        hub.start()
        notebook.settle()
        numbered = notebook.get("t")["data"]["context"]
        self.assertNotIn("pending", numbered)
        follow = notebook.update("t", {"a": 2}, expected_version=answer["data"]["version"])
        self.assertTrue(follow["success"], follow)
        self.assertGreater(follow["data"]["version"], numbered["version"])


class OperationIdTest(NotebookTest):
    def test_same_op_id_has_the_same_answer_and_one_effect(self):
        notebook = self.notebook()
        calls = [dict(action="create", context_id="c", data={"l": [1]}),
                 dict(action="update", context_id="u", data={"insights": [{"content": "x"}]}),
                 dict(action="add_insight", context_id="i", content="found"),
                 dict(action="add_progress", context_id="i", content="did"),
                 dict(action="delete", context_id="c")]
        for number, call in enumerate(calls):
            first = notebook.call(op_id=f"op-{number}", **call)
            self.assertTrue(first["success"], first)
            if call["action"] != "delete":
                notebook.update(call["context_id"], {"between": number})
            again = notebook.call(op_id=f"op-{number}", **call)
            self.assertEqual(again["data"] | {"version": 0}, first["data"] | {"version": 0})
            self.assertEqual(keys_of(again), keys_of(first))
        self.assertEqual(len(notebook.data("u")["insights"]), 1)
        self.assertEqual(len(notebook.data("i")["insights"]), 1)

    def test_op_id_with_other_arguments_is_refused(self):
        notebook = self.notebook()
        notebook.update("t", {"a": 1}, op_id="one")
        for other in (dict(action="update", context_id="t", data={"a": 2}), dict(action="delete", context_id="t"),
                      dict(action="update", context_id="t2", data={"a": 1}),
                      dict(action="create", context_id="t", data={"a": 1})):
            self.assertEqual(notebook.refused("INVALID_ARGUMENT", op_id="one", **other)["parameter"], "op_id")
        self.assertEqual(notebook.data("t"), {"a": 1})
        self.assertTrue(notebook.update("t", {"a": 1}, op_id="one", require="durable")["success"])

    def test_op_id_is_known_after_a_kill(self):
        notebook = self.notebook("killed")
        notebook.call(action="add_insight", context_id="t", content="once", op_id="one")
        notebook.client.kill()
        notebook = self.notebook("killed")
        notebook.call(action="add_insight", context_id="t", content="once", op_id="one")
        self.assertEqual(len(notebook.data("t")["insights"]), 1)


class LifecycleTest(NotebookTest):
    def test_create_is_refused_when_it_is_there(self):
        notebook = self.notebook()
        notebook.call(action="create", context_id="t", data={"a": 1})
        notebook.update("t", {"a": 2})
        error = notebook.refused("ALREADY_EXISTS", action="create", context_id="t", data={"b": 1})
        self.assertEqual(error["version"], 2)
        self.assertEqual(notebook.data("t"), {"a": 2})

    def test_delete_leaves_a_tombstone_that_a_later_update_revives(self):
        notebook = self.notebook(agent="alice")
        missing = notebook.refused("NOT_FOUND", action="delete", context_id="t")
        self.assertEqual((missing["level"], missing["context_id"]), ("task", "t"))
        self.assertNotIn("deleted_at", notebook.refused("NOT_FOUND", action="get", context_id="t"))
        notebook.update("t", {"a": 1, "l": [1]})
        answer = notebook.call(action="delete", context_id="t")
        self.assertEqual(answer["data"], {"level": "task", "context_id": "t", "version": 2, "deleted": True,
                                               "deleted_count": 1})
        error = notebook.refused("NOT_FOUND", action="get", context_id="t")
        self.assertEqual(error["deleted_by"], "alice")
        self.assertRegex(error["deleted_at"], r"^\d{4}-")
        self.assertEqual(notebook.call(action="list")["data"]["contexts"], [])
        notebook.refused("NOT_FOUND", action="delete", context_id="t")
        revived = notebook.update("t", {"b": 2})
        self.assertTrue(revived["data"]["created"])
        self.assertEqual(notebook.data("t"), {"b": 2})
        kinds = [version["change_type"] for version in
                 notebook.call(action="history", context_id="t")["data"]["versions"]]
        self.assertEqual(kinds, ["create", "delete", "create"])

    def test_delete_refuses_while_children_exist_unless_it_cascades(self):
        notebook = self.notebook()
        for number in range(7):
            notebook.update(f"t{number}", {"n": number}, parent_id="b")
        error = notebook.refused("HAS_CHILDREN", action="delete", level="branch", context_id="b")
        self.assertEqual((error["children"], len(error["sample"])), (7, 5))
        self.assertEqual(error["sample"][0]["level"], "task")
        self.assertTrue(notebook.get("b", level="branch")["success"])
        answer = notebook.call(action="delete", level="branch", context_id="b", cascade=True)
        self.assertEqual(answer["data"]["deleted_count"], 8)
        self.assertEqual(notebook.call(action="list")["data"]["contexts"], [])
        notebook.refused("NOT_FOUND", action="get", level="branch", context_id="b")
        notebook.update("t0", {"again": 1})
        self.assertTrue(notebook.get("b", level="branch")["success"] or notebook.get("t0")["success"])

    def test_parent_id_moves_a_context(self):
        notebook = self.notebook()
        notebook.update("t", {"a": 1}, parent_id="b1")
        answer = notebook.update("t", {}, parent_id="b2")
        self.assertTrue(answer["data"]["changed"])
        self.assertEqual(answer["data"]["parents_created"], [{"level": "branch", "context_id": "b2"}])
        self.assertEqual(notebook.get("t")["data"]["context"]["parent"]["context_id"], "b2")
        listed = notebook.call(action="list", parent_id="b2")["data"]["contexts"]
        self.assertEqual([item["context_id"] for item in listed], ["t"])
        self.assertEqual(notebook.call(action="list", parent_id="b1")["data"]["contexts"], [])
        self.assertTrue(notebook.call(action="delete", level="branch", context_id="b1")["success"])
        self.assertIsNone(notebook.get("global", level="global")["data"]["context"]["parent"])
        notebook.refused("INVALID_ARGUMENT", action="update", level="global", data={}, parent_id="x")


class PipelineTest(NotebookTest):
    """Calls that are sent without waiting for the answers before them."""

    def answers(self, notebook, calls):
        sent = [notebook.client.send_request("tools/call", {"name": "manage_context", "arguments": call})
                for call in calls]
        return [notebook.checked(notebook.client.wait_answer(request_id)["result"]) for request_id in sent]

    def test_reads_see_the_writes_sent_before_them(self):
        notebook = self.notebook()
        for number in range(30):
            task, branch = f"t{number}", f"b{number}"
            written, child, parent, listed, deleted, gone = self.answers(notebook, [
                dict(action="update", context_id=task, data={"n": number}, parent_id=branch),
                dict(action="get", context_id=task), dict(action="get", level="branch", context_id=branch),
                dict(action="list", filters={"n": number}),
                dict(action="delete", level="branch", context_id=branch, cascade=True),
                dict(action="get", context_id=task)])
            for answer in (written, child, parent, deleted):
                self.assertTrue(answer["success"], answer)
            self.assertEqual([item["context_id"] for item in listed["data"]["contexts"]], [task])
            self.assertEqual(gone["error"]["code"], "NOT_FOUND")

    def test_writes_of_one_session_keep_their_order(self):
        notebook = self.notebook()
        answers = self.answers(notebook, [dict(action="update", context_id="t", data={"n": number, "l": [number]})
                                          for number in range(100)])
        self.assertEqual([answer["data"]["version"] for answer in answers], list(range(1, 101)))
        self.assertEqual(notebook.data("t"), {"n": 99, "l": list(range(100))})


class AppendTest(NotebookTest):
    def test_insight_and_progress_are_upserts_that_append(self):
        notebook = self.notebook(agent="alice")
        first = notebook.call(action="add_insight", context_id="t", content="Tokens expire", category="technical")
        self.assertTrue(first["data"]["created"] and first["data"]["changed"])
        entry = first["data"]["entry"]
        self.assertEqual({**entry, "id": "", "timestamp": ""},
                         {"id": "", "content": "Tokens expire", "category": "technical", "importance": "medium",
                          "agent": "alice", "timestamp": ""})
        self.assertEqual(first["stored_keys"], ["insights"])
        second = notebook.call(action="add_insight", context_id="t", content="Tokens expire", importance="critical",
                               agent="bob")
        self.assertNotIn("category", second["data"]["entry"])
        self.assertEqual(second["data"]["entry"]["agent"], "bob")
        progress = notebook.call(action="add_progress", context_id="t", content="half")
        self.assertEqual(set(progress["data"]["entry"]), {"id", "content", "agent", "timestamp"})
        data = notebook.data("t")
        self.assertEqual(data["insights"], [entry, second["data"]["entry"]])
        self.assertEqual(data["progress_updates"], [progress["data"]["entry"]])
        for bad in ({"category": "gossip"}, {"importance": "huge"}, {"content": 5}):
            error = notebook.refused_with("INVALID_ARGUMENT",
                                          {"action": "add_insight", "context_id": "t", "content": "x", **bad})
            self.assertEqual(error["parameter"], next(iter(bad)))


class ReadTest(NotebookTest):
    def test_get_shows_the_context_and_only_the_fields_asked_for(self):
        notebook = self.notebook(agent="alice")
        notebook.update("t", {"a": {"b": {"c": 1}, "d": 2}, "l": [1], "a/b": "slash"})
        context = notebook.get("t")["data"]["context"]
        self.assertEqual(set(context), {"level", "context_id", "parent", "version", "data", "created_at", "updated_at",
                                        "updated_by"})
        self.assertEqual((context["updated_by"], context["version"]), ("alice", 1))
        self.assertEqual(notebook.data("t", fields=["l", "/a/b/c", "nothing"]), {"l": [1], "a": {"b": {"c": 1}}})
        self.assertEqual(notebook.data("t", fields=["a/b"]), {"a/b": "slash"})
        self.assertEqual(notebook.data("t", fields=["/a~1b"]), {"a/b": "slash"})
        self.assertEqual(notebook.data("t", fields=["/l/0", "/nothing/x"]).get("l"), [1])

    def test_max_tokens_leaves_out_the_largest_and_says_so(self):
        notebook = self.notebook()
        notebook.update("t", {"big": "x" * 5000, "mid": "y" * 500, "small": "z"})
        answer = notebook.get("t", max_tokens=200)["data"]
        self.assertTrue(answer["truncated"])
        self.assertEqual(answer["omitted"], [{"path": "/big", "bytes": 5002}])
        self.assertEqual(set(answer["context"]["data"]), {"mid", "small"})
        self.assertLessEqual(len(json.dumps(answer["context"]["data"])), 800)
        self.assertNotIn("truncated", notebook.get("t", max_tokens=2000)["data"])
        self.assertEqual(notebook.data("t", fields=["big"], max_tokens=2000), {"big": "x" * 5000})

    def test_list_filters_orders_and_pages(self):
        notebook = self.notebook(agent="alice")
        for number in range(7):
            notebook.update(f"t{number}", {"status": "open" if number % 2 else "done", "tags": [number, "x"],
                                           "owner": {"name": f"n{number}"}}, parent_id="b1" if number < 3 else "b2")
        notebook.update("t6", {"late": 1}, agent="bob")
        ids = lambda **arguments: [item["context_id"] for item in  # noqa: E731
                                   notebook.call(action="list", **arguments)["data"]["contexts"]]
        stamps = [(item["updated_at"], item["context_id"]) for item in
                  notebook.call(action="list")["data"]["contexts"]]
        everything = [context_id for _, context_id in stamps]
        self.assertIn("t6", [context_id for stamp, context_id in stamps if stamp == stamps[0][0]],
                      "the latest write is in the newest millisecond")
        self.assertEqual(stamps, sorted(stamps, key=lambda row: ([-ord(c) for c in row[0]], row[1])))
        self.assertEqual(sorted(ids(filters={"status": "open"})), ["t1", "t3", "t5"])
        self.assertEqual(ids(filters={"tags": 4}), ["t4"])
        self.assertEqual(ids(filters={"/owner/name": "n2"}), ["t2"])
        self.assertEqual(ids(filters='{"status":"open","tags":5}'), ["t5"])
        self.assertEqual(ids(filters={"status": "nothing"}), [])
        self.assertEqual(ids(filters={"owner": {"name": "n1"}}), ["t1"])
        self.assertEqual(sorted(ids(parent_id="b1")), ["t0", "t1", "t2"])
        self.assertEqual(ids(agent="bob"), ["t6"])
        self.assertEqual(sorted(ids(level="branch")), ["b1", "b2"])
        paged, cursor = [], None
        while True:
            page = notebook.call(action="list", limit=3, cursor=cursor)["data"]
            paged += [item["context_id"] for item in page["contexts"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        self.assertEqual(paged, everything)
        item = notebook.call(action="list", limit=1)["data"]["contexts"][0]
        self.assertEqual(item["keys"], ["late", "owner", "status", "tags"])
        self.assertNotIn("data", item)
        item = notebook.call(action="list", limit=1, fields="status")["data"]["contexts"][0]
        self.assertEqual((item["data"], "keys" in item), ({"status": "done"}, False))
        for cursor in ("rubbish", "00", "0" * 16):
            notebook.refused("INVALID_ARGUMENT", action="list", cursor=cursor)
        notebook.refused("INVALID_ARGUMENT", action="list", filters={"/a~2": 1})

    def test_list_shows_what_was_updated_since(self):
        notebook = self.notebook()
        notebook.update("old", {"a": 1})
        middle = notebook.update("new", {"a": 1})["timestamp"]
        after = notebook.get("new")["data"]["context"]["updated_at"]
        wait_until(lambda: notebook.update("newest", {"t": time.time()})["timestamp"] > middle, 5, "the clock")
        listed = notebook.call(action="list", updated_since=after)["data"]["contexts"]
        self.assertIn("newest", [item["context_id"] for item in listed])
        self.assertEqual(notebook.call(action="list", updated_since="2100-01-01T00:00:00Z")["data"]["contexts"], [])
        error = notebook.refused("INVALID_ARGUMENT", action="list", updated_since="yesterday")
        self.assertEqual(error["parameter"], "updated_since")

    def test_list_pages_end_before_a_quarter_of_a_mebibyte(self):
        notebook = self.notebook()
        for number in range(8):
            notebook.update(f"t{number}", {"text": "x" * 60_000})
        seen, cursor = [], None
        for _ in range(20):
            page = notebook.call(action="list", fields="text", cursor=cursor)["data"]
            self.assertLessEqual(len(json.dumps(page)), 256 * 1024 + 61_000)
            seen += [item["context_id"] for item in page["contexts"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        self.assertEqual(sorted(seen), [f"t{number}" for number in range(8)])

    def test_history_is_newest_first_and_pages(self):
        notebook = self.notebook(agent="alice")
        for number in range(5):
            notebook.update("t", {"n": number})
        whole = notebook.call(action="history", context_id="t")["data"]
        self.assertEqual([version["version"] for version in whole["versions"]], [5, 4, 3, 2, 1])
        self.assertEqual((whole["oldest"], whole["next_cursor"]), (1, None))
        newest = whole["versions"][0]
        self.assertEqual((newest["agent"], newest["keys"], newest["source"], newest["change_type"]),
                         ("alice", ["n"], "tool", "update"))
        self.assertRegex(newest["device"], r"^[0-9a-f]{16}$")
        first = notebook.call(action="history", context_id="t", limit=2)["data"]
        rest = notebook.call(action="history", context_id="t", limit=9, cursor=first["next_cursor"])["data"]
        self.assertEqual(first["versions"] + rest["versions"], whole["versions"])
        notebook.refused("NOT_FOUND", action="history", context_id="never")
        notebook.refused("INVALID_ARGUMENT", action="history", context_id="t", cursor="rubbish")


class ObserverTest(NotebookTest):
    """What others changed: notices and the action changes. Two notebooks and a hub."""

    def test_notices_are_shown_once_and_never_of_own_changes(self):
        a, b = self.two_notebooks()
        notices = a.update("t", {"decisions": ["x"], "k": 1})["notices"] + a.get("t")["notices"]
        self.assertEqual(notices, [])
        seen = wait_until(lambda: b.call("status")["notices"], 20, "a notice")
        seen += b.call("status")["notices"]
        mine = [notice for notice in seen if notice["level"] == "task"]
        self.assertEqual(len(mine), 1, seen)
        self.assertEqual({**mine[0], "seq": 0, "timestamp": ""},
                         {"level": "task", "context_id": "t", "changed_by": "a", "change_type": "create",
                          "keys": ["decisions", "k"], "seq": 0, "timestamp": ""})
        self.assertEqual(b.get("t")["notices"], [])

    def test_notices_are_bounded_and_the_rest_follows(self):
        a, b = self.two_notebooks()
        for number in range(25):
            a.update(f"task-{number:02}", {f"key-{key}": 1 for key in range(12)}, parent_id="default")
        a.settle()
        head = a.call("status")["sync"]["version"]
        found, counts = [], []
        wait_until(lambda: b.call("status", )["sync"]["version"] >= head or None, 20, "b to hold all")
        for _ in range(60):
            answer = b.call("status")
            found += answer["notices"]
            counts.append(answer["more"])
            size = len(json.dumps(answer["notices"], separators=(",", ":"), ensure_ascii=False).encode())
            self.assertLessEqual(size, 1024 + 2)
            self.assertTrue(all(len(notice["keys"]) <= 8 for notice in answer["notices"]))
            if not answer["more"]:
                break
        self.assertEqual(counts, sorted(counts, reverse=True))
        ids = [notice["context_id"] for notice in found if notice["level"] == "task"]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(len(ids), len(set(ids)))
        self.assertIn("task-24", ids)

    def test_names_in_notices_are_escaped_and_cut(self):
        a, b = self.two_notebooks()
        a.update("t", {"evil\u202ekey\n": 1, "k" * 200: 1}, agent="line1\nline2\x1b[31m")
        seen = wait_until(lambda: [n for n in b.call("status")["notices"] if n["context_id"] == "t"], 20, "a notice")
        text = json.dumps(seen, ensure_ascii=False)
        self.assertNotIn("\u202e", text)
        self.assertNotIn("\\n", text)
        self.assertTrue(all(len(key.encode()) <= 64 for key in seen[0]["keys"]), seen)
        self.assertIn("line1", seen[0]["changed_by"])

    def test_changes_follow_the_cursor(self):
        a, b = self.two_notebooks()
        start = b.call(action="changes")["data"]
        self.assertEqual((start["changes"], start["more"], start["timed_out"]), ([], False, False))
        for number in range(3):
            a.update(f"t{number}", {"n": number})
        a.settle()
        b.wait_for("t2")
        answer = b.call(action="changes", level="task", limit=2)["data"]
        self.assertEqual([change["context_id"] for change in answer["changes"]], ["t0", "t1"])
        self.assertTrue(answer["more"])
        change = answer["changes"][0]
        self.assertEqual((change["changed_by"], change["change_type"], change["keys"], change["level"]),
                         ("a", "create", ["n"], "task"))
        self.assertEqual(change["version"], change["seq"])
        rest = b.call(action="changes", level="task")["data"]
        self.assertEqual([change["context_id"] for change in rest["changes"]], ["t2"])
        self.assertEqual(b.call(action="changes")["data"]["changes"], [])
        again = b.call(action="changes", since=answer["cursor"], level="task")["data"]
        self.assertEqual([change["context_id"] for change in again["changes"]], ["t2"])

    def test_changes_take_a_sequence_or_a_time(self):
        a, b = self.two_notebooks()
        a.update("t", {"n": 1})
        a.settle()
        b.wait_for("t")
        b.update("own", {"n": 1})
        b.settle()
        for since in (0, "0", "2020-01-01T00:00:00Z"):
            tasks = [change["context_id"] for change in b.call(action="changes", since=since)["data"]["changes"]
                     if change["level"] == "task"]
            self.assertEqual(tasks, ["t"], since)
        only = b.call(action="changes", since=0, level="task", context_id="t")["data"]["changes"]
        self.assertEqual(len(only), 1)
        self.assertEqual(b.call(action="changes", since="2100-01-01T00:00:00Z")["data"]["changes"], [])
        for bad in ("yesterday", -1, 1.5, True, "1.2.3"):
            self.assertEqual(b.refused("INVALID_ARGUMENT", action="changes", since=bad)["parameter"], "since")

    def test_change_of_another_session_is_own_to_nobody_else(self):
        # Two connections that share an agent's name are two sessions.
        hub = self.hub()
        a = self.notebook("a", hub=hub.url, agent="same")
        b = self.notebook("b", hub=hub.url, agent="same")
        wait_until(lambda: b.status()["websocket"] == "connected", 20, "the socket")
        a.update("t", {"n": 1})
        seen = wait_until(lambda: [n for n in b.call("status")["notices"] if n["context_id"] == "t"], 20, "a notice")
        self.assertEqual(seen[0]["changed_by"], "same")


class ConflictTest(NotebookTest):
    def split_brain(self, write_a, write_b, base):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url, agent="a"), self.notebook("b", hub=hub.url, agent="b")
        a.update("t", base)
        a.settle()
        b.wait_for("t")
        hub.kill()
        for notebook in (a, b):
            wait_until(lambda n=notebook: n.status()["link"] == "offline", 20, "the outage to be seen")
        self.assertTrue(a.update("t", *write_a[0], **write_a[1])["success"])
        self.assertTrue(b.update("t", *write_b[0], **write_b[1])["success"])
        hub.start()
        a.settle(), b.settle()
        head = len(hub.feed())
        for notebook in (a, b):
            wait_until(lambda n=notebook: n.call("status")["sync"]["version"] >= head, 30, "the feed's end")
        self.assertEqual(a.data("t"), b.data("t"))
        return hub, a, b

    def test_concurrent_scalars_converge_and_leave_a_record(self):
        hub, a, b = self.split_brain(([{"status": "done", "from_a": 1}], {}), ([{"status": "blocked", "from_b": 1}], {}),
                                     {"status": "open"})
        data = a.data("t")
        self.assertIn(data["status"], ("done", "blocked"))
        self.assertEqual((data["from_a"], data["from_b"]), (1, 1))
        records = [record for item in hub.feed() for record in item.get("conflicts", [])]
        self.assertEqual(len(records), 1, records)
        record = records[0]
        self.assertEqual((record["path"], record["strategy"], record["status"], record["kind"]),
                         ("/status", "merge", "auto", "scalar"))
        self.assertEqual(a.status()["conflicts_open"], 0)

    def test_own_clash_is_told_in_the_answer_that_caused_it(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url, agent="a"), self.notebook("b", hub=hub.url, agent="b")
        a.update("t", {"status": "open"})
        a.settle()
        b.wait_for("t")
        hub.kill()
        for notebook in (a, b):
            wait_until(lambda n=notebook: n.status()["link"] == "offline", 20, "the outage to be seen")
        a.update("t", {"status": "done"})
        b.update("t", {"status": "blocked"}, op_id="clash")
        b.client.close()
        hub.start()
        a.settle()
        b = self.notebook("b", hub=hub.url, agent="b")
        b.settle()
        told = b.update("t", {"status": "blocked"}, op_id="clash")
        self.assertEqual((len(told["conflicts"]), told["sync"]["state"]), (1, "conflict"), told)
        record = told["conflicts"][0]
        self.assertRegex(record["id"], r"^c-[0-9a-f]{16}$")
        self.assertEqual((record["level"], record["context_id"], record["path"], record["kind"], record["strategy"],
                          record["status"]), ("task", "t", "/status", "scalar", "merge", "auto"))
        sides = record["current"], record["incoming"]
        self.assertEqual({(side["agent"], side["value"]) for side in sides}, {("a", "done"), ("b", "blocked")})
        self.assertEqual(record["current"]["value"], b.data("t")["status"])
        for side in sides:
            self.assertEqual(set(side), {"value", "agent", "device", "seq", "at"})
        self.assertEqual(b.update("t", {"other": 1})["conflicts"], [])

    def test_last_write_wins_takes_the_whole_subtree(self):
        lww = {"on_conflict": "last_write_wins"}
        _, a, _ = self.split_brain(([{"config": {"a": 1, "only_a": 1}}], lww), ([{"config": {"b": 2}}], lww), {"x": 1})
        self.assertIn(a.data("t")["config"], ({"a": 1, "only_a": 1}, {"b": 2}))

    def test_concurrent_lists_are_united(self):
        _, a, _ = self.split_brain(([{"files": ["a", "both"]}], {}), ([{"files": ["b", "both"]}], {}),
                                   {"files": ["base"]})
        files = a.data("t")["files"]
        self.assertEqual((files[0], sorted(files)), ("base", ["a", "b", "base", "both"]))


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
