#!/usr/bin/env python3
"""status, watch and healthcheck as people, status bars and container engines run them.

usage: live_commands_test.py BINARY [TEST...]
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import pathlib
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402
from terminal import Terminal  # noqa: E402

GREEN, YELLOW, RED, FAILED, USAGE, UNAVAILABLE = 0, 1, 2, 1, 64, 69
EVIL = "\x1b]0;title\x07 \u202egnp.exe \x7f line\nend"


class LiveTest(NotebookTest):
    def arguments(self, *words, directory="notebook"):
        return [self.binary, *words, "--data-dir", str(self.directory / directory)]

    def environment(self, **changes):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("CONTEXTSYNC_", "NO_COLOR"))}
        return {**clean, "HOME": str(self.directory), "CONTEXTSYNC_NO_DRAIN": "true", **changes}

    def terminal(self, *words, columns=80, directory="notebook", **env):
        terminal = Terminal(self.arguments(*words, directory=directory), columns, self.environment(**env), self.directory)
        self.addCleanup(terminal.close)
        return terminal


class Lines:
    """A command that goes on, and the lines it printed so far, from a file."""

    def __init__(self, test, *words, **options):
        self.file = test.directory / f"lines-{time.monotonic_ns()}"
        with open(self.file, "wb") as out, open(f"{self.file}.err", "wb") as err:
            self.process = subprocess.Popen(test.arguments(*words, **options), stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=test.environment(), cwd=test.directory)
        test.addCleanup(lambda: (self.process.kill(), self.process.wait()))

    def lines(self):
        return self.file.read_text().splitlines()

    def wait(self, accept, what):
        return wait_until(lambda: [line for line in self.lines() if accept(line)] or None, 20, what)

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(10)


class WatchTest(LiveTest):
    def see(self, watch, notebook):
        """Writes until the watch, which begins at a moment of its own, shows the first."""
        for number in range(100):
            notebook.update("first", {"n": number})
            if any("first" in line for line in watch.lines()):
                return
            time.sleep(0.1)
        self.fail(f"nothing shown: {watch.lines()}")

    def test_each_change_is_one_element_on_one_line(self):
        notebook = self.notebook(agent="agent-a")
        notebook.update("before", {"n": 1})
        watch = Lines(self, "watch", "--json")
        self.see(watch, notebook)
        notebook.update("t1", {"status": "open", "tags": ["a"]})
        notebook.call(action="delete", context_id="t1")
        watch.wait(lambda line: '"delete"' in line, "the deletion")
        changes = [json.loads(line) for line in watch.lines()]
        mine = [(c["change_type"], c["keys"], c["changed_by"]) for c in changes if c["context_id"] == "t1"]
        self.assertEqual(mine[0], ("create", ["status", "tags"], "agent-a"))
        self.assertEqual(len(mine), 2, mine)
        self.assertEqual([c for c in changes if c["context_id"] == "before"], [])
        self.assertEqual(watch.stop(), 0)
        self.assertTrue(notebook.update("t2", {"n": 1})["success"])

    def test_only_what_was_named(self):
        notebook = self.notebook()
        notebook.update("other", {"n": 0})
        watch = Lines(self, "watch", "task", "first", "--json")
        self.see(watch, notebook)
        notebook.update("other", {"n": 1})
        notebook.update("first", {"last": 1})
        watch.wait(lambda line: '"last"' in line, "the last")
        self.assertEqual({json.loads(line)["context_id"] for line in watch.lines()}, {"first"})
        self.assertEqual(watch.stop(signal.SIGTERM), 0)

    def test_what_came_after_a_time_is_shown_first(self):
        with self.notebook() as notebook:
            notebook.update("t1", {"n": 1})
        watch = Lines(self, "watch", "task", "--since", "2020-01-01T00:00:00Z", "--json")
        watch.wait(lambda line: '"t1"' in line, "what was before, without any agent")
        self.assertEqual(watch.stop(), 0)

    def test_it_goes_on_when_the_process_with_the_notebook_is_killed(self):
        first = self.notebook()
        first.update("before", {"n": 1})
        watch = Lines(self, "watch", "task", "--json")
        self.see(watch, first)
        first.client.kill()
        second = self.notebook()
        second.update("after-one", {"n": 1})
        watch.wait(lambda line: "after-one" in line, "a change by way of the next one")
        second.client.kill()
        third = self.notebook()
        third.update("after-two", {"n": 1})
        watch.wait(lambda line: "after-two" in line, "a change by way of the third")
        ids = [json.loads(line)["context_id"] for line in watch.lines()]
        self.assertEqual((ids.count("after-one"), ids.count("after-two")), (1, 1))
        self.assertEqual(watch.stop(), 0)

    def test_others_relay_to_a_watch_that_has_the_notebook_and_lose_nothing(self):
        with self.notebook() as notebook:
            notebook.update("t", {"n": 0})
        watch = Lines(self, "watch", "--json")
        wait_until(lambda: self.command("healthcheck", "notebook", "--data-dir",
                                        str(self.directory / "notebook")).returncode == 0, 20, "the watch to open it")
        agent = self.notebook()
        self.see(watch, agent)
        self.assertEqual(watch.stop(), 0)
        self.assertTrue(agent.update("t", {"n": 1})["success"])
        self.assertEqual(agent.data("t"), {"n": 1})

    def test_a_line_for_people_fits_the_window_and_harms_nothing(self):
        notebook = self.notebook(agent="agent-a")
        notebook.update("other", {"n": 0})
        terminal = self.terminal("watch", columns=40)
        for number in range(100):
            notebook.update("t" * 60, {EVIL: number, f"key{number}": 1})
            if "agent-a" in terminal.text:
                break
            terminal._read(0.1)
        text = terminal.read_until(lambda shown: "\n" in shown)
        self.assertRegex(text, r"\x1b\[2m20\S+Z\x1b\[0m  \x1b\[36magent-a\x1b\[0m")
        plain = re.sub(r"\x1b\[\d+m", "", text)
        self.assertLessEqual(max(len(line) for line in plain.splitlines()), 40, plain)
        self.assertNotRegex(plain, "[\x1b\x07\u202e\x7f]")
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish()[0], 0)

    def test_it_ends_with_its_reader(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        watch = subprocess.Popen(self.arguments("watch", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=self.environment(), stdin=subprocess.DEVNULL)
        self.addCleanup(watch.kill)
        watch.stdout.close()
        self.assertEqual(watch.wait(20), 0)
        watch.stderr.close()

    def test_wrong_words_and_no_notebook(self):
        done = self.command("watch", "--json", "--data-dir", str(self.directory / "none"))
        self.assertEqual((done.returncode, json.loads(done.stdout)["error"]["code"]), (UNAVAILABLE, "STORAGE_UNAVAILABLE"))
        self.assertEqual(self.command("watch", "nowhere").returncode, USAGE)
        self.notebook().update("t", {"n": 1})
        done = self.command("watch", "task", "--since", "yesterday", "--json", "--data-dir",
                            str(self.directory / "notebook"))
        self.assertEqual((done.returncode, json.loads(done.stdout)["error"]["code"]), (FAILED, "INVALID_ARGUMENT"))


class StatusTest(LiveTest):
    def status(self, *words, code, directory="notebook", env=None):
        done = self.command("status", *words, "--data-dir", str(self.directory / directory), env=env)
        self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
        return done.stdout

    def test_the_exit_code_is_the_colour(self):
        self.status(code=UNAVAILABLE, directory="none")
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"n": 1})
        notebook.settle()
        with_hub = {"CONTEXTSYNC_HUB": hub.url}
        answer = json.loads(self.status("--json", code=GREEN, env=with_hub))
        self.assertEqual((answer["operation"], answer["data"]["color"], answer["data"]["link"]),
                         ("status", "green", "online"))
        self.assertEqual(answer["data"]["identity"]["hub"], hub.url)
        self.assertIn("hub_differs", self.status("--json", code=GREEN))
        notebook.client.close()
        self.assertEqual(json.loads(self.status("--json", code=GREEN))["data"]["indicator"], "local")

    def test_a_notebook_at_rest_is_as_old_as_its_last_sync(self):
        hub = self.hub()
        with_hub = {"CONTEXTSYNC_HUB": hub.url}
        with self.notebook() as notebook:
            notebook.update("t", {"n": 1})
        self.assertIsNone(json.loads(self.status("--json", code=RED, env=with_hub))["data"]["last_sync_at"])
        self.assertRegex(self.status(code=RED, env=with_hub), r"^🔴 stale · no contact with the hub\nhub .* at rest, no process ")
        for _ in range(2):  # the second finds nothing to exchange
            done = self.command("sync", "--data-dir", str(self.directory / "notebook"), env=with_hub)
            self.assertEqual(done.returncode, 0, done.stderr)
            answer = json.loads(self.status("--json", code=GREEN, env=with_hub))
            self.assertEqual((answer["data"]["link"], answer["data"]["websocket"]), ("offline", "closed"))
            self.assertLess(answer["data"]["age_seconds"], 45)
            self.assertEqual(answer["sync"]["age_seconds"] is None, answer["data"]["last_sync_at"] is None)
        shown = self.command("show", "task", "t", "--json", "--data-dir", str(self.directory / "notebook"), env=with_hub)
        self.assertEqual(json.loads(shown.stdout)["sync"]["indicator"], "synced")
        elsewhere = {"CONTEXTSYNC_HUB": "http://127.0.0.1:9"}
        never = json.loads(self.status("--json", code=RED, env=elsewhere))
        self.assertIsNone(never["data"]["last_sync_at"], "that was another hub")

    def test_words_for_people(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        text = self.status(code=GREEN)
        self.assertRegex(text, r"^⚪ local\nhub +none.*\npending +0\n")
        self.assertRegex(text, r"notebook +4 contexts · \d+ bytes · normal\n")
        self.assertNotIn("\x1b", text)

    def test_the_status_line_is_short_quick_and_never_fails(self):
        self.assertEqual(self.status("--statusline", code=0, directory="none"), "⚪ no notebook\n")
        with self.notebook() as notebook:
            notebook.update("t", {"n": 1})
            took = []
            for _ in range(11):
                began = time.monotonic()
                self.assertEqual(self.status("--statusline", code=0), "⚪ local\n")
                took.append(time.monotonic() - began)
            self.assertLess(statistics.median(took), 0.2)  # 20 ms in an optimised program on an idle machine
        self.assertEqual(self.status("--statusline", code=0), "⚪ notebook at rest\n")
        self.assertEqual(self.status("--statusline", "--watch", code=USAGE), "")

    def test_what_waits_is_in_the_line(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"n": 1})
        notebook.settle()
        hub.kill()
        notebook.update("t", {"n": 2})
        self.assertRegex(self.status("--statusline", code=0), r"^\S+ \w+.* · 1 pending\n$")

    def test_a_watched_status_is_painted_again_on_a_terminal(self):
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        terminal = self.terminal("status", "--watch", columns=40)
        terminal.read_until(lambda text: "4 contexts" in text)
        notebook.update("t2", {"n": 1})
        text = terminal.read_until(lambda shown: "5 contexts" in shown)
        self.assertGreaterEqual(text.count("\x1b[H\x1b[J"), 2)
        shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
        self.assertLessEqual(max(len(line) for line in shown.splitlines()), 40)
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish()[0], 0)
        plain = self.terminal("status", columns=120, NO_COLOR="1")
        self.assertNotIn("\x1b", plain.finish()[1])

    def test_a_watched_status_is_a_line_a_change_elsewhere(self):
        hub = self.hub()
        notebook = self.notebook(hub=hub.url)
        notebook.update("t", {"n": 1})
        notebook.settle()
        watch = Lines(self, "status", "--watch")
        watch.wait(lambda line: line == "✅ synced", "the first line")
        hub.kill()
        notebook.update("t", {"n": 2})
        watch.wait(lambda line: "1 pending" in line, "the next line")
        self.assertNotIn("\x1b", "".join(watch.lines()))
        self.assertEqual(watch.stop(), 0)


class PageTest(LiveTest):
    def test_the_page_names_every_option(self):
        page = (pathlib.Path(__file__).parents[2] / "docs/command_line.md").read_text(encoding="utf-8")
        common = set(re.findall(r"--[a-z-]+", self.command("serve", "--help").stdout)) | {"--json"}
        for name in ("status", "watch", "healthcheck"):
            for option in set(re.findall(r"--[a-z-]+", self.command(name, "--help").stdout)) - common:
                self.assertIn(option, page, name)


class HealthTest(LiveTest):
    def health(self, *words):
        done = self.command("healthcheck", *words, "--json", "--data-dir", str(self.directory / "notebook"),
                            "--hub-data-dir", str(self.directory / "hub"))
        answer = json.loads(done.stdout)
        self.assertEqual(answer["ok"], done.returncode == 0)
        return answer["what"], answer["ok"]

    def test_a_server_is_well_while_it_runs(self):
        self.assertEqual(self.health(), ("notebook", False))
        notebook = self.notebook()
        notebook.update("t", {"n": 1})
        self.assertEqual(self.health(), ("notebook", True))
        notebook.client.close()
        self.assertEqual(self.health(), ("notebook", False))

    def test_a_hub_is_well_while_it_runs_and_comes_first(self):
        self.notebook().update("t", {"n": 1})
        hub = self.hub()
        self.assertEqual(self.health(), ("hub", True))
        hub.kill()
        self.assertEqual(self.health(), ("hub", False))
        self.assertEqual(self.health("notebook"), ("notebook", True))
        self.assertEqual(self.command("healthcheck", "other").returncode, USAGE)


if __name__ == "__main__":
    main()
