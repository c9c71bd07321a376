#!/usr/bin/env python3
"""`contextsync export` and `import`: there and back, while agents work and while none does.

usage: transfer_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import Notebook, NotebookTest, main  # noqa: E402
from terminal import Terminal  # noqa: E402

DONE, FAILED, USAGE, UNAVAILABLE = 0, 1, 64, 69
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "transfer.md"
ODD_KEYS = {"": 1, "a/b": {"~": 2, "~1": {"": []}}, "ä\n\u2028": "\u202e \x07", "0": {"1": [1, [2, []], {"x": None}]},
            "empty": {}, "none": [], "big": 2**53 - 1, "small": -1.5e-7, "true": True}


class TransferTest(NotebookTest):
    def run_command(self, *arguments, data="a", code=DONE, **options):
        done = self.command(*arguments, "--data-dir", str(self.directory / data), **options)
        self.assertEqual(done.returncode, code, (arguments, done.stdout[:2000], done.stderr[:2000]))
        return done

    def run_json(self, *arguments, data="a", code=DONE, **options):
        text = self.run_command(*arguments, "--json", data=data, code=code, **options).stdout
        self.assertEqual(text.count("\n"), 1, text)
        return json.loads(text)

    def file(self, name, *lines):
        path = self.directory / name
        path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
        return str(path)

    def exported(self, data="a"):
        return [json.loads(line) for line in self.run_command("export", "-", data=data).stdout.split("\n") if line]

    def contexts(self, data="a"):
        return {(c["level"], c["context_id"]): c for c in self.exported(data)}

    def content(self, data="a"):
        return {key: (c["parent"], c["data"]) for key, c in self.contexts(data).items()}

    def fill(self, notebook):
        notebook.call(action="update", level="global", context_id="_policy",
                      data={"lists": {"/labels": "replace", "/audit": "log", "/seen": "union"}, "conflict": {"paths": {"/atom": "manual"}}})
        notebook.call(action="update", level="branch", context_id="feature/x", parent_id="app", data={"b": 1})
        notebook.update("t1", {"labels": ["x", "y", "x"], "audit": ["same", "same"], "seen": [3, 1, 2], "odd": ODD_KEYS,
                               "atom": {"list": [1, 1], "deep": {"k": "v"}}}, parent_id="feature/x")
        notebook.update("t1", {"twice": ["a", "b", "a"]}, replace=["/twice"])
        notebook.update("t1", {"seen": [0], "audit": ["same"]})
        notebook.call(action="add_insight", context_id="t1", content="slow", category="technical", importance="high")
        notebook.call(action="add_progress", context_id="t1", content="half")
        for name in range(9):
            notebook.update("large", {f"p{name}": "w" * 200_000})
        notebook.update("gone", {"x": 1})
        notebook.call(action="delete", context_id="gone")
        notebook.update("empty", {})

    def test_a_notebook_goes_there_and_back_whole(self):
        with self.notebook("a", agent="ann") as notebook:
            self.fill(notebook)
            while_open = self.exported()
            shown = notebook.get("t1")["data"]["context"]
        self.assertEqual(self.exported(), while_open)
        self.assertIn(shown, while_open)
        self.assertEqual([c["level"] for c in while_open], ["global", "global", "project", "project", "branch", "branch"] + 3 * ["task"])
        self.assertEqual([c["context_id"] for c in while_open[6:]], ["empty", "large", "t1"])
        file = self.directory / "all.jsonl"
        told = self.run_json("export", str(file))
        self.assertEqual((told["success"], told["operation"], told["data"]), (True, "export", {"path": str(file), "contexts": 9}))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        planned = self.run_json("import", str(file), "--dry-run", data="b")["data"]
        self.assertEqual(planned, {"contexts": 9, "written": 9, "skipped": 0, "failed": [], "dry_run": True})
        self.assertFalse((self.directory / "b").exists())
        self.assertEqual(self.run_json("import", str(file), data="b")["data"] | {"dry_run": None},
                         {"contexts": 9, "written": 9, "skipped": 0, "failed": [], "dry_run": None})
        self.assertEqual(self.content("b"), self.content("a"))
        for way in ((), ("--dry-run",)):
            again = self.run_json("import", str(file), *way, data="b")["data"]
            self.assertEqual((again["written"], again["skipped"]), (0, 9))
        with self.notebook("b") as notebook:
            [version] = notebook.call(action="history", context_id="t1")["data"]["versions"]
            self.assertEqual((version["source"], version["agent"]), ("import", "import"))
            self.assertEqual(self.run_json("import", str(file), data="b")["data"]["skipped"], 9)

    def test_a_second_import_undoes_nothing(self):
        file = self.file("one.jsonl", {"level": "task", "context_id": "t1", "data": {"status": "open", "log": ["a"]}})
        self.run_json("import", file)
        with self.notebook("a") as notebook:
            notebook.update("t1", {"status": "done"})
            self.assertEqual(self.run_json("import", file, "--dry-run")["data"]["skipped"], 1)
            self.assertEqual(self.run_json("import", file)["data"]["skipped"], 1)
            self.assertEqual(notebook.data("t1"), {"status": "done", "log": ["a"]})
            notebook.call(action="delete", context_id="t1")
            self.assertEqual(self.run_json("import", file)["data"]["written"], 1)
            self.assertEqual(notebook.data("t1"), {"status": "open", "log": ["a"]})

    def test_importing_merges_while_an_agent_works(self):
        file = self.file("one.jsonl", {"level": "task", "context_id": "t1", "data": {"decisions": ["b"], "n": 1}})
        with self.notebook("a") as notebook:
            notebook.update("t1", {"decisions": ["a"], "mine": True})
            self.assertEqual(self.run_json("import", file, "--dry-run")["data"]["written"], 1)
            self.assertEqual(notebook.data("t1"), {"decisions": ["a"], "mine": True})
            self.assertEqual(self.run_json("import", file)["data"]["written"], 1)
            self.assertEqual(notebook.data("t1"), {"decisions": ["a", "b"], "mine": True, "n": 1})
            self.assertEqual([c["changed_by"] for c in notebook.call(action="changes")["data"]["changes"]], ["import"])

    def test_a_large_context_goes_through_the_socket_of_an_agent(self):
        data = {f"k{i}": '"' * 250_000 for i in range(8)}
        file = self.file("one.jsonl", {"level": "task", "context_id": "t1", "data": data})
        with self.notebook("a") as notebook:
            notebook.status()
            self.assertEqual(self.run_json("import", file)["data"]["written"], 1)
            self.assertEqual(self.contexts()[("task", "t1")]["data"], data)

    def test_one_bad_line_does_not_stop_the_rest(self):
        file = self.file(
            "bad.jsonl", {"level": "task", "context_id": "t1", "data": {"a": 1}}, "{broken\n", "\n",
            {"level": "task", "context_id": "t2", "data": []}, {"level": "global", "context_id": "_mine", "data": {}},
            {"level": "task", "context_id": "t3", "data": {"key": "AKIAZ7QLMW4RTYUXPE3K"}},
            {"level": "task", "context_id": "t4", "data": {"l": list(range(10_001))}},
            {"level": "global", "context_id": "_policy", "data": {"conflict": {"workspace": "odd"}}},
            {"level": "task", "context_id": "t5", "parent": {"level": "branch", "context_id": "new"}, "data": {"a": 2}})
        for way in (("--dry-run",), ()):
            answer = self.run_json("import", file, *way, code=FAILED)["data"]
            self.assertEqual((answer["contexts"], answer["written"], answer["skipped"]), (8, 2, 0))
            self.assertEqual([(f["line"], f["level"], f["context_id"], f["code"]) for f in answer["failed"]],
                             [(2, "", "", "INVALID_ARGUMENT"), (4, "task", "t2", "INVALID_ARGUMENT"),
                              (5, "global", "_mine", "INVALID_ARGUMENT"), (6, "task", "t3", "SECRET_BLOCKED"),
                              (7, "task", "t4", "TOO_LARGE"), (8, "global", "_policy", "INVALID_ARGUMENT")])
            self.assertTrue(all(f["message"] for f in answer["failed"]))
        self.assertEqual(self.contexts()[("task", "t5")]["parent"], {"level": "branch", "context_id": "new"})
        words = self.run_command("import", file, code=FAILED)
        self.assertEqual(words.stdout, "8 contexts: 0 written, 2 there already, 6 failed\n")
        self.assertRegex(words.stderr, r"line 6: task t3: SECRET_BLOCKED ")
        self.assertNotIn("AKIA", words.stderr)

    def test_the_memory_of_another_server(self):
        file = self.file("memory.json", {"type": "entity", "name": "Ann", "entityType": "person", "observations": ["likes tea"]},
                         {"type": "entity", "name": "Bob", "entityType": "person", "observations": []},
                         {"type": "relation", "from": "Ann", "to": "Bob", "relationType": "knows"})
        self.assertEqual(self.run_json("import", file, "--into", "project/acme/app")["data"]["written"], 3)
        wanted = {"entities": {"Ann": {"type": "person", "observations": ["likes tea"], "relations": [{"to": "Bob", "type": "knows"}]},
                               "Bob": {"type": "person", "observations": []}}}
        self.assertEqual(self.contexts()[("project", "acme/app")]["data"], wanted)
        self.assertEqual(self.run_json("import", file, "--into", "project/acme/app")["data"]["skipped"], 3)

    def test_notes_go_to_the_project_here(self):
        file = self.file("CLAUDE.md", "# Style\nTabs.\n\n## Tests\n- fast\n- many\n")
        self.assertEqual(self.run_json("import", file)["data"]["written"], 1)
        notes = self.contexts()[("project", "default")]["data"]["notes"]
        self.assertEqual(notes, {"CLAUDE.md": {"Style": {"text": "Tabs.", "Tests": ["fast", "many"]}}})
        with open(self.file("text", "# A\nb\n")) as text:
            self.run_json("import", "-", "--format", "markdown", "--into", "task/t1", stdin=text)
        self.assertEqual(self.contexts()[("task", "t1")]["data"], {"notes": {"stdin": {"A": "b"}}})

    def test_standard_input_may_be_an_export(self):
        with self.notebook("a") as notebook:
            notebook.update("t1", {"a": 1})
        with open(self.file("copy", *self.exported())) as copy:
            self.assertEqual(self.run_json("import", "-", data="b", stdin=copy)["data"]["written"], 4)
        self.assertEqual(self.content("b"), self.content("a"))

    def test_people_get_a_page_for_each_context(self):
        names = ["t1", "..", "../../escape", "UP", "up", "nul", "x" * 200, "a/b", "a_b", "ü"]
        with self.notebook("a") as notebook:
            for name in names:
                notebook.update(name, {"decisions": ["x"], "odd": "\x1b[31m"})
        pages = self.directory / "deep" / "pages"
        self.assertEqual(self.run_json("export", "--markdown", str(pages))["data"]["contexts"], len(names) + 3)
        written = [path for path in self.directory.rglob("*.md")]
        self.assertEqual({path.parent.parent for path in written}, {pages})
        self.assertEqual(len({path.name.lower() for path in (pages / "task").iterdir()}), len(names))
        page = (pages / "task" / "t1.md").read_text()
        self.assertRegex(page, r"^# task t1\n\nIn branch default\. Changed 20\S+Z by ")
        self.assertIn("\n## decisions\n\n- x\n", page)
        self.assertNotIn("\x1b", page)
        self.assertEqual((pages / "task" / "t1.md").stat().st_mode & 0o777, 0o600)
        first = {path: path.read_bytes() for path in written}
        self.run_command("export", "--markdown", str(pages))
        self.assertEqual({path: path.read_bytes() for path in self.directory.rglob("*.md")}, first)

    def test_pages_are_not_written_through_links(self):
        with self.notebook("a") as notebook:
            notebook.update("t1", {"a": 1})
        pages, outside = self.directory / "pages", self.directory / "outside"
        (pages / "task").mkdir(parents=True)
        outside.mkdir()
        (outside / "mine").write_text("mine")
        (pages / "task" / "t1.md").symlink_to(outside / "mine")
        self.run_command("export", "--markdown", str(pages))
        self.assertEqual((outside / "mine").read_text(), "mine")
        (pages / "branch" / "default.md").unlink()
        (pages / "branch").rmdir()
        (pages / "branch").symlink_to(outside)
        self.run_command("export", "--markdown", str(pages), code=FAILED)
        self.assertEqual([path.name for path in outside.iterdir()], ["mine"])

    def test_an_export_that_fails_leaves_the_old_file(self):
        file = self.file("all.jsonl", "old")
        self.assertEqual(self.run_json("export", file, code=UNAVAILABLE)["error"]["code"], "STORAGE_UNAVAILABLE")
        self.assertEqual(pathlib.Path(file).read_text(), "old")
        self.assertEqual([path.name for path in self.directory.iterdir()], ["all.jsonl"])

    def test_wrong_usage_has_its_code(self):
        for wrong in (("export",), ("export", "f", "--markdown", "d"), ("import",), ("import", "f", "--format", "odd"),
                      ("import", "f", "--into", "nowhere"), ("import", "f", "--into", "moon/x"), ("import", "f", "--into", "task/")):
            self.run_command(*wrong, code=USAGE)
        for wrong in (("import", "missing"), ("import", str(self.directory)), ("import", self.file("odd.txt", "words\n"))):
            self.assertEqual(self.run_json(*wrong, code=FAILED)["error"]["code"], "INVALID_ARGUMENT")
        self.assertFalse((self.directory / "a").exists())
        with self.notebook("a") as notebook:
            notebook.update("t1", {})
        self.run_json("export", str(self.directory / "no" / "where"), code=FAILED)

    def on_terminal(self, *arguments):
        terminal = Terminal([self.binary, *arguments, "--data-dir", str(self.directory / "a")], streams=("stderr",),
                            env={**os.environ, "HOME": str(self.directory)})
        self.addCleanup(terminal.close)
        code, shown, out = terminal.finish(30)
        self.assertEqual(code, DONE, (out, shown))
        return out, shown

    def test_progress_is_shown_on_a_terminal_only(self):
        file = self.file("many.jsonl", *({"level": "task", "context_id": f"t{i}", "data": {"i": i}} for i in range(40)))
        out, progress = self.on_terminal("import", file)
        self.assertEqual(out, "40 contexts: 40 written, 0 there already, 0 failed\n")
        self.assertRegex(progress, r"^\r\x1b\[Kimported 1, \d+ %")
        self.assertTrue(progress.endswith("\r\x1b[K"), repr(progress))
        _, progress = self.on_terminal("export", str(self.directory / "x"))
        self.assertIn("exported 1, ", progress)
        self.assertEqual(self.run_command("import", file).stderr, "")

    def test_agents_come_and_go_during_an_import(self):
        count = 400  # long enough that it gives the notebook away
        file = self.file("many.jsonl", *({"level": "task", "context_id": f"t{i:04}", "data": {"i": i}} for i in range(count)))
        answer = []
        importing = threading.Thread(target=lambda: answer.append(self.run_json("import", file, timeout=120)))
        importing.start()
        agents = 0
        until = time.monotonic() + 60
        while importing.is_alive() and time.monotonic() < until:
            with Notebook(self.binary, self.directory / "a") as notebook:
                notebook.update(f"agent-{agents}", {"here": True})
                agents += 1
        importing.join()
        self.assertEqual(answer[0]["data"]["written"], count)
        contexts = self.contexts()
        self.assertEqual(sum(1 for level, name in contexts if re.fullmatch(r"t\d{4}", name)), count)
        self.assertGreater(agents, 0)
        for number in range(agents):
            self.assertIn(("task", f"agent-{number}"), contexts)

    def test_the_page_names_every_option(self):
        page = PAGE.read_text(encoding="utf-8")
        settings = set(re.findall(r"--[a-z-]+", self.command("serve", "--help").stdout)) | {"--json"}
        for name in ("export", "import"):
            self.assertIn(f"`contextsync {name}", page)
            for option in set(re.findall(r"--[a-z-]+", self.command(name, "--help").stdout)) - settings:
                self.assertIn(option, page, f"{name} {option}")


if __name__ == "__main__":
    main()
