#!/usr/bin/env python3
"""Several writes as one, and deletions of whole trees, through the real program and a real hub.

usage: batch_test.py BINARY [TEST...]
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402


def update(context_id, data, **more):
    return {"action": "update", "context_id": context_id, "data": data, **more}


class BatchTest(NotebookTest):
    def test_batch_is_one_write_for_everybody(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url, agent="a"), self.notebook("b", hub=hub.url, agent="b")
        answer = a.call(action="batch", require="cloud", op_id="one", operations=[
            update("t1", {"status": "started"}),
            {"action": "add_insight", "context_id": "t1", "content": "it leaks"},
            {"action": "create", "context_id": "t2", "data": {"n": 1}},
            {"action": "delete", "context_id": "t2"}])
        self.assertTrue(answer["success"], answer)
        self.assertEqual((answer["data"]["count"], answer["sync"]["state"]), (4, "synced"))
        self.assertEqual([result["operation"] for result in answer["data"]["results"]],
                         ["update", "add_insight", "create", "delete"])
        self.assertEqual(answer["data"]["results"][0]["stored_keys"], ["status"])
        self.assertNotIn("stored_keys", answer)
        b.wait_for("t1", lambda data: data["insights"][0]["content"] == "it leaks", force_refresh=True)
        b.refused("NOT_FOUND", action="get", context_id="t2")
        seqs = {item["tx"]["id"] for item in hub.feed() if item.get("tx")}
        self.assertEqual(len(seqs), 1)

    def test_one_refused_leaves_nothing_also_after_a_kill(self):
        notebook = self.notebook()
        notebook.update("t1", {"n": 0})
        error = notebook.refused("ALREADY_EXISTS", action="batch", operations=[
            update("t1", {"n": 1}), update("t2", {"n": 1}), {"action": "create", "context_id": "t1", "data": {}}])
        self.assertEqual(error["index"], 2)
        error = notebook.refused("VERSION_MISMATCH", action="batch", operations=[
            update("t1", {"n": 1}), update("t1", {"n": 2}, expected_version=1)])
        self.assertEqual((error["index"], error["version"]), (1, 2))
        notebook.client.kill()
        again = self.notebook()
        self.assertEqual(again.data("t1"), {"n": 0})
        again.refused("NOT_FOUND", action="get", context_id="t2")

    def test_repeated_batch_answers_the_same_after_a_kill(self):
        operations = [update("t1", {"n": 1}), {"action": "add_progress", "context_id": "t1", "content": "done"}]
        notebook = self.notebook()
        first = notebook.call(action="batch", op_id="mine", operations=operations)["data"]
        notebook.client.kill()
        again = self.notebook()
        self.assertEqual(again.call(action="batch", op_id="mine", operations=operations)["data"], first)
        self.assertEqual(len(again.data("t1")["progress_updates"]), 1)
        error = again.refused("INVALID_ARGUMENT", action="batch", op_id="mine", operations=operations[:1])
        self.assertEqual(error["parameter"], "op_id")

    def test_batch_that_lost_a_race_at_the_hub_is_taken_back_whole(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url), self.notebook("b", hub=hub.url)
        a.update("t1", {"status": "open"}, require="cloud")
        version = b.wait_for("t1", force_refresh=True)["data"]["context"]["version"]
        hub.kill()
        a.update("t1", {"status": "mine"})
        # The answer waits for the hub in vain, so the batch stays; the hub decides when it is back.
        late = b.call(action="batch", operations=[update("t1", {"status": "yours"}, expected_version=version),
                                                  update("t2", {"n": 1})])
        self.assertTrue(late["success"])
        hub.start()
        a.settle()
        wait_until(lambda: b.status()["pending"] == 0, 30, "the hub's word")
        parked = b.status()["parked"]
        if parked:  # B was second
            self.assertEqual(parked, 2)
            a.refused("NOT_FOUND", action="get", context_id="t2", force_refresh=True)
        else:
            a.wait_for("t2", force_refresh=True)

    def test_what_is_no_batch_is_refused_by_name(self):
        notebook = self.notebook()
        call = lambda operations: notebook.call(action="batch", operations=operations)["error"]  # noqa: E731
        self.assertEqual(call([])["limit"], {"min": 1, "max": 100})
        self.assertEqual(call([update("t", {})] * 101)["limit"], {"min": 1, "max": 100})
        self.assertEqual(call([update("t", {"x": "y" * 270_000})])["code"], "TOO_LARGE")
        self.assertEqual(call([update(f"t{i}", {"x": "y" * 250_000}) for i in range(5)])["code"], "TOO_LARGE")
        self.assertEqual(call([update("t", {}), {"action": "get", "context_id": "t"}])["index"], 1)
        self.assertEqual(call([update("t", {}, op_id="x")])["parameter"], "op_id")
        self.assertEqual(call([update("t", {}, agent="x")])["parameter"], "agent")
        self.assertEqual(call([update("t", {}, nonsense=1)])["code"], "UNKNOWN_PARAMETER")
        self.assertEqual(notebook.refused("MISSING_FIELD", action="batch")["parameter"], "operations")
        notebook.refused("NOT_FOUND", action="get", context_id="t")


class TreeTest(NotebookTest):
    def grow(self, notebook, branches, tasks):
        for branch in range(branches):
            notebook.call(action="update", level="branch", context_id=f"b{branch}", parent_id="p", data={"n": 1})
            for start in range(0, tasks, 100):
                answer = notebook.call(action="batch", operations=[
                    update(f"b{branch}-t{i}", {"n": i}, parent_id=f"b{branch}")
                    for i in range(start, min(tasks, start + 100))])
                self.assertTrue(answer["success"], answer)

    def test_children_are_counted_and_sampled(self):
        notebook = self.notebook()
        self.grow(notebook, 1, 7)
        error = notebook.refused("HAS_CHILDREN", action="delete", level="branch", context_id="b0")
        self.assertEqual((error["children"], len(error["sample"])), (7, 5))
        self.assertEqual(error["sample"][0]["level"], "task")
        self.assertEqual(notebook.data("b0-t6"), {"n": 6})
        notebook.call(action="delete", context_id="b0-t0")
        error = notebook.refused("HAS_CHILDREN", action="delete", level="branch", context_id="b0")
        self.assertEqual(error["children"], 6)

    def test_tree_of_thousands_goes_in_one_write_and_arrives_everywhere(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url), self.notebook("b", hub=hub.url)
        self.grow(a, 3, 700)
        a.settle()
        b.wait_for("b2-t699", force_refresh=True)
        answer = a.call(action="delete", level="project", context_id="p", cascade=True)
        self.assertTrue(answer["success"], answer)
        self.assertEqual(answer["data"]["deleted_count"], 2104)
        a.settle()
        wait_until(lambda: b.call(action="list", level="project", force_refresh=True)["data"]["contexts"] == [] or
                   "p" not in [c["context_id"] for c in b.call(action="list", level="project")["data"]["contexts"]],
                   30, "the deletion")
        self.assertEqual(b.call(action="list", level="task")["data"]["contexts"], [])
        b.refused("NOT_FOUND", action="get", level="branch", context_id="b1")

    def test_deleted_twice_and_revived(self):
        notebook = self.notebook()
        self.grow(notebook, 1, 2)
        first = notebook.call(action="delete", level="branch", context_id="b0", cascade=True, op_id="d")
        self.assertEqual(first["data"]["deleted_count"], 3)
        again = notebook.call(action="delete", level="branch", context_id="b0", cascade=True, op_id="d")
        self.assertEqual(again["data"], first["data"])
        error = notebook.refused("NOT_FOUND", action="delete", level="branch", context_id="b0")
        self.assertIn("deleted_at", error)
        revived = notebook.update("b0-t0", {"m": 1}, parent_id="b0")
        self.assertEqual(revived["data"]["parents_created"][-1], {"level": "branch", "context_id": "b0"})
        self.assertEqual(notebook.data("b0-t0"), {"m": 1})
        notebook.refused("NOT_FOUND", action="get", context_id="b0-t1")


class FreshnessTest(NotebookTest):
    def test_forced_read_sees_what_another_has_just_written(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url), self.notebook("b", hub=hub.url)
        for number in range(20):
            a.update("t", {"n": number}, require="cloud")
            self.assertEqual(b.data("t", force_refresh=True), {"n": number})
            listed = b.call(action="list", filters={"n": number}, force_refresh="1")["data"]["contexts"]
            self.assertEqual([item["context_id"] for item in listed], ["t"])

    def test_forced_read_without_the_hub_answers_with_its_age(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"n": 1}, require="cloud")
        hub.kill()
        began = time.monotonic()
        answer = notebook.get("t", force_refresh=True)
        self.assertLess(time.monotonic() - began, 5)
        self.assertTrue(answer["success"])
        self.assertGreaterEqual(answer["sync"]["age_seconds"], 0)

    def test_cloud_without_the_hub_is_written_and_says_so(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"n": 1}, require="cloud")
        hub.kill()
        answer = notebook.call(action="batch", require="cloud", op_id="x", operations=[update("t", {"n": 2})])
        self.assertEqual(answer["error"]["code"], "NOT_CONFIRMED")
        self.assertEqual((answer["error"]["op_id"], answer["sync"]["durable"], answer["sync"]["state"]),
                         ("x", True, "pending"))
        self.assertEqual(notebook.data("t"), {"n": 2})
        hub.start()
        wait_until(lambda: notebook.call(action="batch", require="cloud", op_id="x",
                                         operations=[update("t", {"n": 2})])["success"], 30, "the hub's word")


if __name__ == "__main__":
    main()
