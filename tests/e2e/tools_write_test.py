#!/usr/bin/env python3
"""What manage_context writes: merges, versions, repeated calls, lifecycle, pipelines, appending.

usage: tools_write_test.py BINARY [TEST...]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, keys_of, main, wait_until  # noqa: E402


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


if __name__ == "__main__":
    main()
