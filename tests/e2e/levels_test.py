#!/usr/bin/env python3
"""The four levels through the real program: ids from git, inheritance, delegation, and what comes from the hub.

usage: levels_test.py BINARY [TEST...]
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main, wait_until  # noqa: E402

PROJECT = "github.com/acme/app"


class LevelsTest(NotebookTest):
    def resolved(self, notebook, context_id="T-1", **arguments):
        answer = notebook.call(action="resolve", context_id=context_id, **arguments)
        self.assertTrue(answer["success"], answer)
        return answer["data"]

    def with_four_levels(self, notebook):
        notebook.update("global", {"coding_standards": {"indent": 4, "wrap": 80}, "labels": ["all"]}, level="global")
        notebook.call(action="update", level="project", data={"coding_standards": {"indent": 2}, "labels": ["app"]})
        notebook.call(action="update", level="branch", data={"goal": "ship", "insights": ["b"]})
        notebook.update("T-1", {"coding_standards": {"wrap": 100}, "status": "open"})
        return {"coding_standards": {"indent": 2, "wrap": 100}, "labels": ["all", "app"], "goal": "ship", "status": "open"}


class FirstCallsTest(LevelsTest):
    def test_three_calls_with_a_task_id_only_are_enough(self):
        notebook = self.notebook()
        notebook.refused("NOT_FOUND", action="resolve", context_id="T-1")
        wrote = notebook.update("T-1", {"status": "started", "files_read": ["a.cc"]})
        self.assertTrue(wrote["sync"]["durable"])
        self.assertEqual([parent["level"] for parent in wrote["data"]["parents_created"]],
                         ["global", "project", "branch"])
        notebook.call(action="add_progress", context_id="T-1", content="half way")
        data = self.resolved(notebook)
        self.assertEqual(data["context"]["data"]["status"], "started")
        self.assertEqual(len(data["context"]["data"]["progress_updates"]), 1)
        self.assertEqual([level["level"] for level in data["chain"]], ["global", "project", "branch", "task"])


class ResolveTest(LevelsTest):
    def test_four_levels_are_merged_and_explained(self):
        notebook = self.notebook()
        expected = self.with_four_levels(notebook)
        data = self.resolved(notebook, explain=True)
        self.assertEqual(data["context"]["data"], expected)
        self.assertEqual({path: origin["level"] for path, origin in data["explain"].items()},
                         {"/coding_standards/indent": "project", "/coding_standards/wrap": "task", "/labels": "project",
                          "/goal": "branch", "/status": "task"})
        self.assertEqual(notebook.get("T-1", include_inherited=True)["data"]["context"]["data"], expected)
        self.assertEqual(self.resolved(notebook, fields=["goal"])["context"]["data"], {"goal": "ship"})

    def test_a_restart_changes_nothing(self):
        notebook = self.notebook("one")
        self.with_four_levels(notebook)
        before = self.resolved(notebook, explain=True)
        notebook.client.close()
        self.assertEqual(self.resolved(self.notebook("one"), explain=True), before)

    def test_a_change_from_another_machine_shows_in_the_next_call(self):
        hub = self.hub()
        a, b = (self.notebook(name, hub=hub.url, agent=name) for name in "ab")
        self.with_four_levels(a)
        a.settle()
        for level, key in (("global", "g"), ("project", "p"), ("branch", "b"), ("task", "t")):
            b.wait_for("T-1")
            self.resolved(b)
            a.call(action="update", level=level, data={key: level}, **({"context_id": "T-1"} if level == "task" else {}))
            wait_until(lambda: self.resolved(b)["context"]["data"].get(key) == level, 20, f"the change of {level}")

    def test_versions_written_apart_are_told(self):
        hub = self.hub()
        a, b = (self.notebook(name, hub=hub.url, agent=name) for name in "ab")
        self.with_four_levels(a)
        a.settle()
        b.wait_for("T-1")
        hub.kill()
        a.update("T-1", {"status": "done"}, on_conflict="version")
        b.update("T-1", {"status": "blocked"}, on_conflict="version")
        hub.start()
        a.settle()
        b.settle()
        told = wait_until(lambda: self.resolved(a)["context"].get("_versions"), 20, "both versions")
        self.assertEqual({side["value"] for side in told["/status"]}, {"done", "blocked"})
        self.assertNotIn("_versions", self.resolved(a, fields=["goal"])["context"])

    def test_more_than_a_mebibyte_is_cut_from_the_far_end(self):
        notebook = self.notebook()
        for part in range(3):
            notebook.update("global", {f"far{part}": "x" * 200_000}, level="global")
            notebook.call(action="update", level="project", data={f"near{part}": "y" * 250_000})
        data = self.resolved(notebook)
        self.assertTrue(data["truncated"])
        self.assertEqual([entry["path"] for entry in data["omitted"]], ["/far2", "/far1"])
        self.assertEqual(data["omitted"][0]["bytes"], 200_002)
        rest = self.resolved(notebook, fields=["far1", "far2"])
        self.assertNotIn("truncated", rest)
        self.assertEqual(len(rest["context"]["data"]["far2"]), 200_000)


class DelegateTest(LevelsTest):
    def delegate(self, notebook, **arguments):
        return notebook.call(action="delegate", **{"context_id": "T-1", "delegate_to": "project",
                                                   "delegate_data": {"decisions": ["Use UTC"]},
                                                   "delegation_reason": "all need it", **arguments})

    def test_it_is_really_written_and_every_task_inherits_it(self):
        notebook = self.notebook("one", agent="alice")
        notebook.update("T-1", {"status": "open"})
        answer = self.delegate(notebook)
        self.assertTrue(answer["sync"]["durable"])
        self.assertEqual((answer["stored_keys"], answer["data"]["source"], answer["data"]["reason"]),
                         (["decisions"], {"level": "task", "context_id": "T-1"}, "all need it"))
        notebook.client.close()
        notebook = self.notebook("one")
        self.assertEqual(self.resolved(notebook, "T-2")["context"]["data"], {"decisions": ["Use UTC"]})
        self.assertEqual(notebook.data("T-1"), {"status": "open"})
        newest = notebook.call(action="history", level="project")["data"]["versions"][0]
        self.assertEqual((newest["source"], newest["agent"], newest["reason"], newest["delegated_from"]),
                         ("delegate", "alice", "all need it", {"level": "task", "context_id": "T-1"}))

    def test_another_machine_sees_where_it_came_from(self):
        hub = self.hub()
        a, b = (self.notebook(name, hub=hub.url, agent=name) for name in "ab")
        a.update("T-1", {"status": "open"})
        project = self.delegate(a)["data"]["context_id"]
        a.settle()
        b.wait_for(project, lambda data: "decisions" in data, level="project")
        newest = b.call(action="history", level="project", context_id=project)["data"]["versions"][0]
        self.assertEqual((newest["source"], newest["reason"], newest["delegated_from"]["context_id"]),
                         ("delegate", "all need it", "T-1"))

    def test_the_same_op_id_writes_once(self):
        notebook = self.notebook()
        notebook.update("T-1", {})
        first = self.delegate(notebook, op_id="op")["data"]
        self.assertEqual(self.delegate(notebook, op_id="op")["data"], first)
        error = notebook.refused("INVALID_ARGUMENT", action="delegate", context_id="T-1", delegate_to="project",
                                 delegate_data={}, delegation_reason="x", op_id="op")
        self.assertEqual(error["parameter"], "op_id")

    def test_what_it_refuses_changes_nothing(self):
        notebook = self.notebook()
        notebook.refused("NOT_FOUND", action="delegate", context_id="T-1", delegate_to="branch", delegate_data={"a": 1},
                         delegation_reason="r")
        notebook.refused("INVALID_ARGUMENT", action="delegate", level="branch", delegate_to="branch",
                         delegate_data={"a": 1}, delegation_reason="r")
        notebook.refused("MISSING_FIELD", action="delegate", context_id="T-1", delegate_to="branch",
                         delegate_data={"a": 1}, delegation_reason="")
        notebook.refused("TOO_LARGE", action="delegate", context_id="T-1", delegate_to="branch",
                         delegate_data={"a": 1}, delegation_reason="r" * 2001)
        self.assertEqual(notebook.status()["notebook"]["contexts"], 0)


@unittest.skipUnless(shutil.which("git"), "git is not installed")
class IdsFromGitTest(LevelsTest):
    def git(self, *arguments, cwd=None):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always",
                        "-c", "init.defaultBranch=main", *arguments], cwd=cwd, env=environment, check=True,
                       capture_output=True)

    def repository(self, name="app", remote="https://user:secret@GitHub.com/acme/app.git"):
        place = self.directory / name
        self.git("init", str(place))
        self.git("commit", "--allow-empty", "-m", "first", cwd=place)
        if remote:
            self.git("remote", "add", "origin", remote, cwd=place)
        return place

    def identity(self, place, **options):
        """The ids of a server started in `place`: as status tells them, and as a first write uses them."""
        with_names = self.notebook(f"notebook-{len(list(self.directory.iterdir()))}", cwd=str(place), **options)
        identity = with_names.status()["identity"]
        written = with_names.update("T", {})["data"]["parents_created"]
        self.assertEqual([parent["context_id"] for parent in written],
                         ["global", identity["project"], identity["branch"]])
        return identity["project"], identity["branch"]

    def test_the_remote_names_the_project_and_head_the_branch(self):
        app = self.repository()
        self.assertEqual(self.identity(app), (PROJECT, "main"))
        self.git("checkout", "-b", "feature/jwt", cwd=app)
        self.git("remote", "set-url", "origin", "git@github.com:acme/app.git", cwd=app)
        (app / "src").mkdir()
        self.assertEqual(self.identity(app / "src"), (PROJECT, "feature/jwt"))
        self.git("checkout", "--detach", cwd=app)
        self.assertEqual(self.identity(app), (PROJECT, "default"))

    def test_worktrees_share_the_project(self):
        app = self.repository(remote=None)
        self.git("worktree", "add", "-b", "fix", str(self.directory / "wt"), cwd=app)
        common = hashlib.sha256(str((app / ".git").resolve()).encode()).hexdigest()[:8]
        self.assertEqual(self.identity(app), (f"app-{common}", "main"))
        self.assertEqual(self.identity(self.directory / "wt"), (f"app-{common}", "fix"))

    def test_bare_repositories_and_submodules(self):
        app = self.repository()
        self.git("clone", "--bare", str(app), str(self.directory / "store.git"))
        project, branch = self.identity(self.directory / "store.git")
        self.assertEqual((project, branch), (str(app).lstrip("/"), "main"))
        outer = self.repository("outer", remote="ssh://git@host.test:22/acme/outer")
        self.git("submodule", "add", str(app), "part", cwd=outer)
        self.assertEqual(self.identity(outer)[0], "host.test/acme/outer")
        self.assertEqual(self.identity(outer / "part")[0], str(app).lstrip("/"))

    def test_a_switch_is_followed_without_a_restart(self):
        app = self.repository()
        holder = self.notebook(cwd=str(app))
        other = self.notebook(cwd=str(app))  # its calls go through the first one
        for branch in ("main", "next"):
            if branch != "main":
                self.git("checkout", "-b", branch, cwd=app)
            for number, notebook in enumerate((holder, other)):
                task = f"T-{branch}-{number}"
                self.assertTrue(notebook.update(task, {"n": 1})["success"])
                parent = notebook.get(task)["data"]["context"]["parent"]
                self.assertEqual(parent, {"level": "branch", "context_id": branch})
                self.assertEqual(notebook.status()["identity"]["branch"], branch)

    def test_the_program_git_is_not_needed(self):
        app = self.repository()
        self.assertEqual(self.identity(app, env={"PATH": "/nonexistent"}), (PROJECT, "main"))

    def test_long_names_are_cut_with_a_hash(self):
        app = self.repository()
        name = "x/" * 110 + "end"
        self.git("checkout", "-b", name, cwd=app)
        self.assertEqual(self.identity(app)[1], name[:191] + "-" + hashlib.sha256(name.encode()).hexdigest()[:8])

    def test_a_branch_of_another_project_gets_the_project_in_its_id(self):
        here = self.repository("here", remote="https://host.test/here")
        there = self.repository("there", remote="https://host.test/there")
        with_hub = self.hub()
        a = self.notebook("a", cwd=str(here), hub=with_hub.url)
        a.update("T-here", {})
        a.settle()
        b = self.notebook("b", cwd=str(there), hub=with_hub.url)
        b.wait_for("main", level="branch")
        b.update("T-there", {})
        self.assertEqual(b.get("T-there")["data"]["context"]["parent"]["context_id"], "host.test/there/main")
        self.assertEqual(b.status()["identity"]["branch"], "host.test/there/main")
        self.assertEqual(self.resolved(b, "T-there")["chain"][1]["context_id"], "host.test/there")

    def test_outside_of_git_everything_is_default(self):
        self.assertEqual(self.identity(self.directory), ("default", "default"))

    def test_the_client_may_say_where_the_project_is(self):
        self.assertEqual(self.identity(self.directory, env={"CLAUDE_PROJECT_DIR": str(self.repository())}),
                         (PROJECT, "main"))

    def test_the_task_of_the_environment(self):
        notebook = self.notebook(env={"CONTEXTSYNC_TASK": "ENV-1"})
        self.assertEqual(notebook.status()["identity"]["task"], "ENV-1")
        self.assertEqual(notebook.call(action="update", data={"a": 1})["data"]["context_id"], "ENV-1")
        self.assertEqual(notebook.call(action="resolve")["data"]["context"]["data"], {"a": 1})

    def test_a_file_of_the_repository_names_the_workspace_and_nothing_else(self):
        app = self.repository()
        (app / ".contextsync.toml").write_text('workspace = "team"\nhub = "https://evil.test"\ntask = "mine"\n')
        identity = self.notebook(cwd=str(app)).status()["identity"]
        self.assertEqual((identity["workspace"], identity["hub"], identity["task"]), ("team", None, None))


if __name__ == "__main__":
    main()
