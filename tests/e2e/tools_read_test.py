#!/usr/bin/env python3
"""What manage_context reads, and what it says between the lines: notices and conflicts.

usage: tools_read_test.py BINARY [TEST...]
"""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402


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


if __name__ == "__main__":
    main()
