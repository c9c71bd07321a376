#!/usr/bin/env python3
"""list, show, log, diff, search, conflicts and resolve, as a person runs them: alone and while agents work.

usage: read_commands_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402
from terminal import Terminal  # noqa: E402

DONE, FAILED, USAGE, UNAVAILABLE = 0, 1, 64, 69
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "command_line.md"


class ReadCommandsTest(NotebookTest):
    def run_words(self, *arguments, code=DONE):
        done = self.command(*arguments, "--data-dir", str(self.directory / "notebook"))
        self.assertEqual(done.returncode, code, (arguments, done.stdout, done.stderr))
        return done.stdout

    def run_json(self, *arguments, code=DONE):
        text = self.run_words(*arguments, "--json", code=code)
        self.assertEqual(text.count("\n"), 1, text)
        answer = json.loads(text)
        self.assertEqual(answer["success"], code == DONE)
        return answer

    def fill(self, notebook):
        notebook.update("t1", {"status": "open", "tags": ["a"]})
        notebook.update("t1", {"status": "done"})
        notebook.update("s2", {"note": "refresh the token"})  # sorts first also within one millisecond

    def check_all(self):
        listed = self.run_json("list", "task")
        self.assertEqual(listed["operation"], "manage_context.list")
        self.assertEqual([c["context_id"] for c in listed["data"]["contexts"]], ["s2", "t1"])
        shown = self.run_json("show", "task", "t1")["data"]["context"]
        self.assertEqual((shown["data"], shown["version"]), ({"status": "done", "tags": ["a"]}, 2))
        self.assertEqual([v["version"] for v in self.run_json("log", "task", "t1")["data"]["versions"]], [2, 1])
        self.assertEqual(self.run_json("diff", "task", "t1")["data"]["changes"],
                         [{"path": "/status", "op": "change", "before": "open", "after": "done"}])
        self.assertEqual(self.run_json("diff", "task", "t1", "0", "1")["data"]["to"], 1)
        self.assertEqual(self.run_json("search", "tok*")["data"]["contexts"][0]["context_id"], "s2")
        self.assertEqual(self.run_json("conflicts")["data"]["conflicts"], [])

    def test_all_work_without_a_server(self):
        with self.notebook() as notebook:
            self.fill(notebook)
        self.check_all()

    def test_all_work_while_an_agent_has_the_notebook_open(self):
        notebook = self.notebook()
        self.fill(notebook)
        self.check_all()
        notebook.update("t3", {"after": "the commands"})
        self.assertIn("t3", self.run_words("list", "task"))

    def test_words_for_people(self):
        notebook = self.notebook(agent="agent-a")
        self.fill(notebook)
        self.assertRegex(self.run_words("list", "task"),
                         r"^ID +VERSION +UPDATED +BY +KEYS\ns2 +1 +20\S+Z +agent-a +note\nt1 +2 +20\S+Z +agent-a +status, tags\n$")
        shown = self.run_words("show", "task", "t1")
        self.assertRegex(shown, r"^task t1, version 2, updated 20\S+Z by agent-a\nin branch default\n")
        self.assertEqual(json.loads(shown.split("\n", 2)[2]), {"status": "done", "tags": ["a"]})
        self.assertRegex(self.run_words("log", "task", "t1"), r"VERSION +WHEN +WHO +WHAT +KEYS +WHY\n2 .* update +status\n1 ")
        self.assertEqual(self.run_words("diff", "task", "t1"), '~ /status: "open" → "done"\n')
        self.assertRegex(self.run_words("search", "token"), r"^task s2  \(20\S+Z by agent-a\)\n  /note  refresh the «token»\n$")
        self.assertEqual(self.run_words("search", "nowhere"), "nothing found\n")
        self.assertEqual(self.run_words("conflicts"), "none\n")

    def test_filters_fields_and_pages(self):
        notebook = self.notebook()
        for number in reversed(range(5)):  # newest first is also by id, where two share a millisecond
            notebook.update(f"t{number}", {"n": number, "even": number % 2 == 0, "kind": "x"})
        listed = self.run_json("list", "task", "--filter", "even=true", "--filter", "kind=x")
        self.assertEqual([c["context_id"] for c in listed["data"]["contexts"]], ["t0", "t2", "t4"])
        self.assertEqual(self.run_json("show", "task", "t1", "--fields", "n")["data"]["context"]["data"], {"n": 1})
        notebook.call(action="update", level="project", context_id="default", data={"owner": "ann"})
        inherited = self.run_json("show", "task", "t1", "--inherited")
        self.assertEqual(inherited["operation"], "manage_context.resolve")
        self.assertEqual(inherited["data"]["context"]["data"]["owner"], "ann")
        self.assertRegex(self.run_words("show", "task", "t1", "--inherited"), r"\nfrom project default, version \d+\n")
        page = self.run_json("list", "task", "--limit", "2")["data"]
        self.assertEqual(len(page["contexts"]), 2)
        rest = self.run_json("list", "task", "--limit", "2", "--cursor", page["next_cursor"])["data"]
        self.assertEqual([c["context_id"] for c in rest["contexts"]], ["t2", "t3"])
        everything = self.run_json("list", "task", "--limit", "2", "--all")["data"]
        self.assertEqual((len(everything["contexts"]), everything["next_cursor"]), (5, None))
        self.assertEqual(len(self.run_json("search", "x", "--limit", "1", "--all")["data"]["contexts"]), 5)
        done = self.command("list", "task", "--limit", "2", "--data-dir", str(self.directory / "notebook"))
        self.assertIn("--all", done.stderr)

    def test_failures_have_their_codes(self):
        self.assertEqual(self.run_json("list", "task", code=UNAVAILABLE)["error"]["code"], "STORAGE_UNAVAILABLE")
        notebook = self.notebook()
        notebook.update("t1", {"a": 1})
        self.assertEqual(self.run_json("show", "task", "none", code=FAILED)["error"]["code"], "NOT_FOUND")
        self.assertEqual(self.run_json("list", "task", "--limit", "0", code=FAILED)["error"]["code"], "INVALID_ARGUMENT")
        self.assertEqual(self.run_words("show", "task", "none", code=FAILED), "")
        for wrong in (("list",), ("list", "nowhere"), ("show", "task"), ("search",), ("resolve", "c-1"),
                      ("resolve", "c-1", "--choose", "neither"), ("resolve", "c-1", "--value", "unquoted"),
                      ("resolve", "c-1", "--choose", "current", "--value", "1"), ("list", "task", "--filter", "x"),
                      ("conflicts", "--status", "odd")):
            self.assertEqual(self.run_words(*wrong, code=USAGE), "", wrong)

    def test_a_conflict_is_seen_and_decided(self):
        hub = self.hub()
        a = self.notebook(hub=hub.url)
        b = self.notebook("b", hub=hub.url)
        a.call(action="update", level="global", context_id="_policy", data={"conflict": {"workspace": "manual"}})
        a.update("t1", {"status": "open"})
        a.settle()
        b.wait_for("t1")
        hub.kill()
        a.update("t1", {"status": "done"})
        b.update("t1", {"status": "blocked"})
        hub.start()
        a.settle()
        b.settle()
        wait_until(lambda: self.run_json("conflicts")["data"]["conflicts"], 20, "the conflict")
        self.assertRegex(self.run_words("conflicts"), r"c-[0-9a-f]{16} +open +task t1 +/status +\"\w+\" by .* +\"\w+\" by ")
        [record] = self.run_json("conflicts")["data"]["conflicts"]
        self.assertRegex(self.run_words("resolve", record["id"], "--value", '"agreed"'), r"in task t1 /status: decided")
        self.assertEqual(a.data("t1")["status"], "agreed")
        b.wait_for("t1", lambda data: data["status"] == "agreed")
        wait_until(lambda: not self.run_json("conflicts")["data"]["conflicts"], 20, "the record to close")
        self.assertEqual(len(self.run_json("conflicts", "--status", "all")["data"]["conflicts"]), 1)

    def two_conflicts(self):
        hub = self.hub()
        a, b = self.notebook(hub=hub.url, agent="ann"), self.notebook("b", hub=hub.url, agent="bob")
        a.call(action="update", level="global", context_id="_policy", data={"conflict": {"workspace": "manual"}})
        for task in ("t1", "t2"):
            a.update(task, {"status": "open"})
        a.settle()
        b.wait_for("t2")
        hub.kill()
        for task in ("t1", "t2"):
            a.update(task, {"status": "done"})
            b.update(task, {"status": "blocked \x1b[2J " + "word " * 20})
        hub.start()
        a.settle()
        b.settle()
        wait_until(lambda: len(self.run_json("conflicts")["data"]["conflicts"]) == 2, 20, "both conflicts")
        return a

    def dialog(self, columns, *arguments):
        terminal = Terminal([self.binary, "resolve", *arguments, "--data-dir", str(self.directory / "notebook")], columns,
                            {**os.environ, "HOME": str(self.directory)}, self.directory)
        self.addCleanup(terminal.close)
        terminal.read_until(lambda text: "q Quit" in text)
        return terminal

    def test_conflicts_are_decided_with_a_key_on_a_terminal(self):
        self.two_conflicts()
        for columns in (40, 120):
            terminal = self.dialog(columns)
            terminal.type("q")
            code, text, errors = terminal.finish()
            self.assertEqual((code, errors), (DONE, ""))
            self.assertNotIn("\x1b[2J", text)
            picture = re.sub(r"\x1b\[\d+m", "", text).split("1 Keep")[0].splitlines()
            self.assertLessEqual(max(map(len, picture)), columns, picture)
            self.assertRegex(picture[1], r"^Current +│ Incoming$")
            self.assertIn("ann", "".join(picture))
            self.assertIn("bob", "".join(picture))
        terminal = self.dialog(80)
        terminal.type("x1")
        terminal.read_until(lambda text: "Decided." in text and text.count("q Quit") == 3)
        terminal.type("m")
        terminal.read_until(lambda text: "as JSON" in text)
        terminal.type('"agreed"\n')
        self.assertEqual(terminal.finish()[0], DONE)
        wait_until(lambda: not self.run_json("conflicts")["data"]["conflicts"], 20, "both to close")
        chosen = {r["context_id"]: r["resolution"]["choose"]
                  for r in self.run_json("conflicts", "--status", "resolved")["data"]["conflicts"]}
        self.assertEqual(set(chosen.values()), {"current", "value"})
        terminal = Terminal([self.binary, "resolve", "--data-dir", str(self.directory / "notebook")])
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.finish()[:2], (DONE, "No open conflicts.\r\n"))

    def on_terminal(self, columns, *arguments, env=None):
        terminal = Terminal([self.binary, *arguments, "--data-dir", str(self.directory / "notebook")], columns,
                            streams=("stdout",), env={**os.environ, "HOME": str(self.directory), **(env or {})})
        self.addCleanup(terminal.close)
        code, shown, errors = terminal.finish(30)
        self.assertEqual(code, DONE, errors)
        return shown

    def test_a_table_fits_its_window(self):
        notebook = self.notebook()
        notebook.update("a-rather-long-identifier-of-a-task", {f"key_number_{n}": n for n in range(20)})
        notebook.update("日本語の識別子", {"x": 1})
        text = self.on_terminal(60, "list", "task")
        self.assertIn("\x1b[1mID", text)
        lines = re.sub(r"\x1b\[\d+m", "", text).splitlines()
        wide = lambda line: sum(2 if "\u3000" <= c <= "\u9fff" else 1 for c in line)  # noqa: E731
        self.assertLessEqual(max(map(wide, lines)), 60, lines)
        self.assertIn("…", text)
        self.assertNotIn("\x1b", self.on_terminal(60, "list", "task", env={"NO_COLOR": "1"}))

    def test_every_table_fits_a_narrow_and_a_wide_window(self):
        notebook = self.notebook(agent="an-agent-with-a-long-name")
        notebook.update("a-rather-long-identifier-of-a-task", {f"key_number_{n}": n for n in range(20)})
        notebook.update("a-rather-long-identifier-of-a-task", {"status": "done"})
        for arguments in (("list", "task"), ("log", "task", "a-rather-long-identifier-of-a-task"), ("status",),
                          ("config", "show", "--origin")):
            for columns in (40, 120):
                for env in ({}, {"NO_COLOR": "1"}):
                    text = self.on_terminal(columns, *arguments, env=env)
                    self.assertEqual("\x1b" in text, not env, arguments)
                    plain = re.sub(r"\x1b\[\d+m", "", text)
                    self.assertLessEqual(max(map(len, plain.splitlines())), columns, plain)
        self.assertRegex(self.on_terminal(40, "log", "task", "a-rather-long-identifier-of-a-task", env={"NO_COLOR": "1"}),
                         r"^VERSION  2\r\nWHEN     20\S+Z\r\nWHO      an-agent-with-a-long-name\r\nWHAT     update\r\nKEYS     status\r\n\r\n")

    def test_stored_text_cannot_harm_the_terminal(self):
        notebook = self.notebook(agent="agent")
        evil = "\x1b]0;title\x07 \u202egnp.exe \u2066 \x7f line\nend \u200b"
        notebook.update("t1", {"note": evil + " word", evil.strip(): 1})
        for arguments in (("list", "task"), ("show", "task", "t1"), ("log", "task", "t1"), ("diff", "task", "t1"),
                          ("search", "word")):
            text = self.run_words(*arguments)
            for character in "\x1b\x07\u202e\u2066\x7f\u200b":
                self.assertNotIn(character, text, arguments)
        self.assertIn("\\u{202e}", self.run_words("search", "word"))

    def test_the_page_names_every_command_and_option(self):
        page = PAGE.read_text(encoding="utf-8")
        settings = set(re.findall(r"--[a-z-]+", self.command("serve", "--help").stdout)) | {"--json"}
        for name in ("list", "show", "log", "diff", "search", "conflicts", "resolve"):
            self.assertIn(f"`contextsync {name}", page)
            usage = self.command(name, "--help").stdout
            for option in set(re.findall(r"--[a-z-]+", usage)) - settings:
                self.assertIn(option, page, f"{name} {option}")


if __name__ == "__main__":
    main()
