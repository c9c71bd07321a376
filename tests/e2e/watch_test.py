#!/usr/bin/env python3
"""The action watch through the real program: who wakes, what goes on meanwhile, and how it ends.

usage: watch_test.py BINARY [TEST...]

CONTEXTSYNC_WATCHERS says how many sessions watch at once in the test of many (16).
"""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402

LONG_MS = 25_000
SOON_SECONDS = 5  # far below LONG_MS, and enough for a busy machine
WATCHERS = int(os.environ.get("CONTEXTSYNC_WATCHERS", "16"))


class WatchTest(NotebookTest):
    def start_watch(self, notebook, **arguments):
        """The id of a watch that waits: a call sent after it has been answered."""
        request = notebook.client.send_request("tools/call", {"name": "manage_context", "arguments": {
            "action": "watch", "wait_ms": LONG_MS, **arguments}})
        notebook.call("status")
        return request

    def answer(self, notebook, request, timeout=SOON_SECONDS):
        return notebook.checked(notebook.client.wait_answer(request, timeout)["result"])

    def tasks(self, answer):
        return [change["context_id"] for change in answer["data"]["changes"] if change["level"] == "task"]

    def test_watch_wakes_at_another_agents_change(self):
        a, b = self.two_notebooks()
        watch = self.start_watch(b, level="task")
        a.update("t1", {"n": 1})
        answer = self.answer(b, watch)
        self.assertEqual(self.tasks(answer), ["t1"])
        change = answer["data"]["changes"][0]
        self.assertEqual((change["changed_by"], change["change_type"], change["keys"]), ("a", "create", ["n"]))
        self.assertEqual((answer["data"]["more"], answer["data"]["timed_out"]), (False, False))
        self.assertEqual([notice for notice in answer["notices"] if notice["context_id"] == "t1"], [])
        again = b.call(action="watch", level="task", wait_ms=0, since=answer["data"]["cursor"])
        self.assertEqual((again["data"]["changes"], again["data"]["timed_out"]), ([], True))

    def test_nothing_of_ones_own_wakes_and_the_wait_has_an_end(self):
        notebook = self.notebook()
        watch = self.start_watch(notebook, wait_ms=400)
        started = time.monotonic()
        notebook.update("t", {"n": 1})
        data = self.answer(notebook, watch)["data"]
        self.assertEqual((data["changes"], data["timed_out"], data["more"]), ([], True, False))
        self.assertGreater(time.monotonic() - started, 0.2)

    def test_only_what_was_asked_for_wakes(self):
        a, b = self.two_notebooks()
        watch = self.start_watch(b, level="task", context_id="mine")
        a.update("other", {"n": 1})
        b.wait_for("other")
        self.assertNotIn(watch, [message.get("id") for message in b.client.messages])
        a.update("mine", {"n": 1})
        self.assertEqual(self.tasks(self.answer(b, watch)), ["mine"])

    def test_other_calls_of_the_session_go_on(self):
        for era in ("modern", "legacy"):
            with self.subTest(era):
                notebook = self.notebook(era, era=era)
                watches = [self.start_watch(notebook) for _ in range(16)]
                for number in range(100):
                    self.assertTrue(notebook.update("t", {"n": number})["success"])
                self.assertEqual(notebook.data("t"), {"n": 99})
                error = notebook.refused("INVALID_ARGUMENT", action="watch")
                self.assertEqual((error["parameter"], error["limit"]), ("wait_ms", 16))
                self.cancel(notebook, watches.pop())
                watch = self.start_watch(notebook, wait_ms=1)
                self.assertTrue(self.answer(notebook, watch)["data"]["timed_out"])

    def cancel(self, notebook, request):
        notebook.client.notify("notifications/cancelled", {"requestId": request})

    def test_cancelled_watch_is_gone_at_once_and_unanswered(self):
        for era in ("modern", "legacy"):
            with self.subTest(era):
                notebook = self.notebook(era, era=era)
                watch = self.start_watch(notebook)
                self.cancel(notebook, watch)
                notebook.call("status")
                started = time.monotonic()
                self.assertEqual(0, notebook.client.close())
                self.assertLess(time.monotonic() - started, SOON_SECONDS)
                self.assertNotIn(watch, [message.get("id") for message in notebook.client.messages])

    def test_end_of_input_answers_who_waits_at_once(self):
        notebook = self.notebook()
        watch = self.start_watch(notebook)
        started = time.monotonic()
        self.assertEqual(0, notebook.client.close())
        self.assertLess(time.monotonic() - started, 0.9, "it waited for the calls")
        self.assertTrue(self.answer(notebook, watch)["data"]["timed_out"])

    def test_signal_does_not_wait_for_who_waits(self):
        notebook = self.notebook()
        self.start_watch(notebook)
        started = time.monotonic()
        notebook.client.signal(signal.SIGTERM)
        self.assertEqual(0, notebook.client.wait_exit())
        self.assertLess(time.monotonic() - started, SOON_SECONDS)

    def test_many_sessions_watch_at_once(self):
        hub = self.hub()
        writer = self.notebook("writer", hub=hub.url, agent="writer")
        readers = [self.notebook(f"r{n}", hub=hub.url, agent=f"r{n}") for n in range(WATCHERS)]
        for notebook in (writer, *readers):
            wait_until(lambda n=notebook: n.status()["websocket"] == "connected", 60, "the socket")
        watches = [self.start_watch(reader, level="task") for reader in readers]
        writer.update("news", {"n": 1})
        for reader, watch in zip(readers, watches):
            self.assertEqual(self.tasks(self.answer(reader, watch, 30)), ["news"])


if __name__ == "__main__":
    main()
