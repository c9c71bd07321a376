#!/usr/bin/env python3
"""history, diff and revert, alone and with a hub, through the real program.

usage: history_test.py BINARY [TEST...]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402


class DiffTest(NotebookTest):
    def test_leaves_are_told_one_by_one_in_the_order_of_pointers(self):
        notebook = self.notebook()
        notebook.update("t", {"status": "open", "old": 1, "files_read": ["a.cc"], "deep": {"x": 1, "y": 2}})
        notebook.update("t", {"status": "done", "old": None, "files_read": ["b.cc"], "deep": {"x": 3}, "owner": "x",
                              "added": {"p": 1, "q": {"r": 2}}})
        data = notebook.call(action="diff", context_id="t", **{"from": 1, "to": 2})["data"]
        self.assertEqual((data["level"], data["context_id"], data["from"], data["to"]), ("task", "t", 1, 2))
        self.assertEqual(data["changes"], [
            {"path": "/added/p", "op": "add", "after": 1},
            {"path": "/added/q/r", "op": "add", "after": 2},
            {"path": "/deep/x", "op": "change", "before": 1, "after": 3},
            {"path": "/files_read", "op": "list", "added": ["b.cc"], "removed": []},
            {"path": "/old", "op": "remove", "before": 1},
            {"path": "/owner", "op": "add", "after": "x"},
            {"path": "/status", "op": "change", "before": "open", "after": "done"}])
        self.assertEqual(data["text"].splitlines()[2:5],
                         ["~ /deep/x: 1 → 3", "+ /files_read: \"b.cc\"", "- /old: 1"])

    def test_default_is_the_last_change_and_zero_the_empty_context(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        notebook.update("t", {"n": 2})
        last = notebook.call(action="diff", context_id="t")["data"]
        self.assertEqual((last["from"], last["to"]), (1, 2))
        self.assertEqual(last["changes"], [{"path": "/n", "op": "change", "before": 1, "after": 2}])
        first = notebook.call(action="diff", context_id="t", to=1)["data"]
        self.assertEqual((first["from"], first["changes"]), (0, [{"path": "/n", "op": "add", "after": 1}]))
        whole = notebook.call(action="diff", context_id="t", **{"from": 0})["data"]
        self.assertEqual(whole["changes"], [{"path": "/n", "op": "add", "after": 2}])

    def test_what_is_not_kept_is_not_found_and_the_oldest_is_named(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        error = notebook.refused_with("NOT_FOUND", {"action": "diff", "context_id": "t", "from": 1, "to": 9})
        self.assertEqual((error["level"], error["context_id"], error["oldest"]), ("task", "t", 1))
        notebook.refused("NOT_FOUND", action="diff", context_id="never")
        notebook.refused("INVALID_ARGUMENT", action="diff", context_id="t", to=-1)
        notebook.refused("INVALID_ARGUMENT", action="diff", context_id="t", to=1.5)

    def test_text_is_bounded_and_large_values_are_told_by_their_size(self):
        notebook = self.notebook()
        notebook.update("t", {f"k{number:02}": "x" * 250_000 for number in range(1)})
        for number in range(1, 6):
            notebook.update("t", {f"k{number:02}": "x" * 250_000})
        data = notebook.call(action="diff", context_id="t", **{"from": 0})["data"]
        self.assertLessEqual(len(data["text"].encode()), 8192)
        self.assertTrue(data["truncated"])
        self.assertEqual(data["changes"][0], {"path": "/k00", "op": "add", "after": {"bytes": 250_002}})
        self.assertEqual(len(data["changes"]), 6)

    def test_move_to_another_parent_is_told(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1}, parent_id="one")
        notebook.update("t", {}, parent_id="two")
        self.assertEqual(notebook.call(action="diff", context_id="t")["data"]["changes"],
                         [{"path": "@parent", "op": "change", "before": {"level": "branch", "context_id": "one"},
                           "after": {"level": "branch", "context_id": "two"}}])


class RevertTest(NotebookTest):
    def test_writes_the_old_content_as_a_new_version(self):
        notebook = self.notebook(agent="alice")
        notebook.update("t", {"status": "open", "tags": ["b", "a"]})
        notebook.update("t", {"status": "done", "tags": ["c"], "extra": 1})
        answer = notebook.call(action="revert", context_id="t", version=1)
        self.assertEqual(answer["data"], {"level": "task", "context_id": "t", "version": 3, "reverted_to": 1,
                                          "created": False, "changed": True})
        self.assertEqual(notebook.data("t"), {"status": "open", "tags": ["b", "a"]})
        newest = notebook.call(action="history", context_id="t")["data"]["versions"][0]
        self.assertEqual((newest["source"], newest["agent"], newest["keys"]),
                         ("revert", "alice", ["extra", "status", "tags"]))
        again = notebook.call(action="revert", context_id="t", version=1)["data"]
        self.assertEqual((again["changed"], again["version"]), (False, 3))

    def test_revives_what_was_deleted(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        notebook.call(action="delete", context_id="t")
        answer = notebook.call(action="revert", context_id="t", version=1)["data"]
        self.assertEqual((answer["created"], answer["changed"]), (True, True))
        self.assertEqual(notebook.data("t"), {"n": 1})

    def test_op_id_and_expected_version_hold_as_for_any_write(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        notebook.update("t", {"n": 2})
        error = notebook.refused("VERSION_MISMATCH", action="revert", context_id="t", version=1, expected_version=1)
        self.assertEqual((error["version"], error["expected"]), (2, 1))
        call = {"action": "revert", "context_id": "t", "version": 1, "op_id": "once", "expected_version": 2}
        first = notebook.call_with(call)["data"]
        self.assertEqual(notebook.call_with(call)["data"], first)
        notebook.update("t", {"n": 3})
        notebook.call_with(call)
        self.assertEqual(notebook.data("t"), {"n": 3})

    def test_refusals_change_nothing(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        self.assertEqual(notebook.refused("MISSING_FIELD", action="revert", context_id="t")["parameter"], "version")
        notebook.refused("INVALID_ARGUMENT", action="revert", context_id="t", version=0)
        self.assertEqual(notebook.refused("NOT_FOUND", action="revert", context_id="t", version=7)["oldest"], 1)
        notebook.refused("NOT_FOUND", action="revert", context_id="never", version=1)
        self.assertEqual(len(notebook.call(action="history", context_id="t")["data"]["versions"]), 1)


class SharedHistoryTest(NotebookTest):
    def confirmed(self, notebook, data):
        """Writes `data` and returns the version the hub gave it, however busy the machine is."""
        notebook.update("t", data)
        notebook.settle()
        return notebook.get("t")["data"]["context"]["version"]

    def test_two_notebooks_tell_the_same_versions(self):
        hub = self.hub()
        alice = self.notebook("alice", hub=hub.url, agent="alice")
        bob = self.notebook("bob", hub=hub.url, agent="bob")
        self.confirmed(alice, {"status": "open"})
        bob.wait_for("t")
        self.confirmed(bob, {"status": "done", "tags": ["x"]})
        alice.wait_for("t", lambda data: data["status"] == "done")
        answers = []
        for notebook in (alice, bob):
            versions = notebook.call(action="history", context_id="t", force_refresh=True)["data"]["versions"]
            answers.append([[version["version"], version["agent"], version["keys"], version["timestamp"],
                             version["device"]] for version in versions])
            newest, oldest = versions[0]["version"], versions[-1]["version"]
            answers[-1].append(notebook.call(action="diff", context_id="t", **{"from": oldest, "to": newest})["data"])
        self.assertEqual(answers[0], answers[1])

    def test_revert_on_one_notebook_reaches_the_other(self):
        hub = self.hub()
        alice = self.notebook("alice", hub=hub.url, agent="alice")
        bob = self.notebook("bob", hub=hub.url, agent="bob")
        version = self.confirmed(alice, {"status": "open"})
        self.confirmed(alice, {"status": "done", "more": 1})
        bob.wait_for("t", lambda data: "more" in data)
        bob.call(action="revert", context_id="t", version=version)
        self.assertEqual(alice.wait_for("t", lambda data: "more" not in data)["data"]["context"]["data"],
                         {"status": "open"})
        wait_until(lambda: alice.call(action="history", context_id="t")["data"]["versions"][0]["source"] == "revert",
                   20, "the version that reverted")

    def test_notebook_that_joins_later_has_the_versions_from_before(self):
        hub = self.hub()
        alice = self.notebook("alice", hub=hub.url)
        for number in range(3):
            self.confirmed(alice, {"n": number})
        late = self.notebook("late", hub=hub.url)
        late.wait_for("t", lambda data: data["n"] == 2)
        versions = [version["version"] for version in late.call(action="history", context_id="t")["data"]["versions"]]
        self.assertEqual(len(versions), 3)
        for number, version in enumerate(reversed(versions)):
            shown = late.call(action="diff", context_id="t", **{"from": 0, "to": version})["data"]["changes"]
            self.assertEqual(shown, [{"path": "/n", "op": "add", "after": number}])


if __name__ == "__main__":
    main()
