#!/usr/bin/env python3
"""The action search through the program: what is found, in which form, and that nothing is missed.

usage: search_test.py BINARY [TEST...]
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402


def ids(answer):
    return [context["context_id"] for context in answer["data"]["contexts"]]


class SearchTest(NotebookTest):
    def test_a_hit_says_what_it_is_and_why(self):
        notebook = self.notebook(agent="agent-a")
        notebook.update("t1", {"decisions": ["no cookies", "use Refresh tokens"], "status": "open"})
        answer = notebook.call(action="search", query="refresh")
        self.assertEqual(answer["operation"], "manage_context.search")
        self.assertIsNone(answer["data"]["next_cursor"])
        [hit] = answer["data"]["contexts"]
        self.assertEqual({name: hit[name] for name in ("level", "context_id", "version", "updated_by")},
                         {"level": "task", "context_id": "t1", "version": 1, "updated_by": "agent-a"})
        self.assertEqual(hit["parent"]["level"], "branch")
        self.assertGreater(hit["score"], 0)
        self.assertEqual(hit["snippets"], [{"path": "/decisions/1", "text": "use «Refresh» tokens"}])

    def test_what_was_answered_is_found_at_once(self):
        notebook = self.notebook()
        for number in range(30):
            notebook.update(f"t{number}", {"note": f"word{number} common"})
            self.assertEqual(ids(notebook.call(action="search", query=f"word{number}")), [f"t{number}"])
        notebook.update("t7", {"note": "changed"})
        self.assertEqual(ids(notebook.call(action="search", query="word7")), [])
        notebook.call(action="delete", context_id="t8")
        self.assertEqual(len(ids(notebook.call(action="search", query="common"))), 28)

    def test_words_phrases_and_beginnings(self):
        notebook = self.notebook()
        notebook.update("a", {"text": "the token is refreshed"})
        notebook.update("b", {"text": "refreshed is the token"})
        notebook.update("ÄRGER", {"files_read": ["src/日本語.cc"]})
        search = lambda query, **more: sorted(ids(notebook.call(action="search", query=query, **more)))  # noqa: E731
        self.assertEqual(search("TOKEN refreshed"), ["a", "b"])
        self.assertEqual(search('"token is"'), ["a"])
        self.assertEqual(search("refr*"), ["a", "b"])
        self.assertEqual(search("refr"), [])
        self.assertEqual(search("ärger files_read 日本"), ["ÄRGER"])
        self.assertEqual(search("token", level="branch"), [])
        self.assertEqual(search("token", context_id="b"), ["b"])

    def test_pages_follow_each_other(self):
        notebook = self.notebook()
        for number in range(7):
            notebook.update(f"t{number}", {"note": "word " * (number + 1)})
        first = notebook.call(action="search", query="word", limit=3)
        found, cursor = ids(first), first["data"]["next_cursor"]
        while cursor:
            page = notebook.call(action="search", query="word", limit=3, cursor=cursor)
            found, cursor = found + ids(page), page["data"]["next_cursor"]
        self.assertEqual(found, ids(notebook.call(action="search", query="word")))
        self.assertEqual(sorted(found), [f"t{number}" for number in range(7)])
        error = notebook.refused("INVALID_ARGUMENT", action="search", query="other", cursor=first["data"]["next_cursor"])
        self.assertEqual(error["parameter"], "cursor")

    def test_a_page_is_bounded_in_bytes(self):
        notebook = self.notebook()
        text = " ".join(["word"] * 60)
        for number in range(400):
            notebook.update(f"{number:03}" + "x" * 190, {"a" * 250: text, "b" * 250: text, "c" * 250: text})
        answer = notebook.call(action="search", query="word", limit=500)
        self.assertLess(len(json.dumps(answer["data"], ensure_ascii=False).encode()), 300 * 1024)
        self.assertLess(len(ids(answer)), 400)
        self.assertTrue(answer["data"]["next_cursor"])

    def test_wrong_queries_are_refused(self):
        notebook = self.notebook()
        self.assertEqual(notebook.refused("MISSING_FIELD", action="search")["parameter"], "query")
        for query in ("--", "x" * 1001, " ".join(f"w{n}" for n in range(33))):
            self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="search", query=query)["parameter"], "query")
        self.assertEqual(notebook.refused("INVALID_ARGUMENT", action="search", query="x" * 1001)["limit"], 1000)
        self.assertEqual(ids(notebook.call(action="search", query="nothing")), [])

    def test_what_another_machine_wrote_is_found(self):
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url), self.notebook("b", hub=hub.url)
        a.update("t1", {"note": "over the wire"})
        wait_until(lambda: ids(b.call(action="search", query="wire")) == ["t1"], 20, "the word at B")
        b.update("t1", {"note": "gone"})
        wait_until(lambda: ids(a.call(action="search", query="wire")) == [], 20, "the word to go at A")

    def test_the_index_survives_a_kill_and_is_verified(self):
        notebook = self.notebook()
        for number in range(20):
            notebook.update(f"t{number}", {"note": "word"})
        notebook.call(action="search", query="word")
        notebook.update("late", {"note": "word"})
        notebook.client.process.kill()
        notebook.client.process.wait(10)
        verified = self.command("verify", "--json", "--data-dir", str(self.directory / "notebook"))
        self.assertTrue(json.loads(verified.stdout)["data"]["ok"], verified.stdout)
        again = self.notebook()
        self.assertEqual(len(ids(again.call(action="search", query="word"))), 21)


if __name__ == "__main__":
    main()
