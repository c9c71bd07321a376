"""One notebook process for tests of the tools: starts it, calls it, checks every answer's form.

    with Notebook(binary, directory / "a", hub=hub.url) as notebook:
        answer = notebook.update("t1", {"status": "started"})

Every answer is held against the envelope and the tool's own outputSchema before the caller sees it.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Hub, wait_until  # noqa: E402,F401
from mcp_client import McpClient  # noqa: E402

CODES = {"MISSING_FIELD", "INVALID_ARGUMENT", "UNKNOWN_PARAMETER", "NOT_FOUND", "ALREADY_EXISTS", "VERSION_MISMATCH",
         "HAS_CHILDREN", "TOO_LARGE", "TOO_DEEP", "STORAGE_FULL", "STORAGE_UNAVAILABLE", "SECRET_BLOCKED", "FORBIDDEN",
         "NOT_CONFIRMED", "INTERNAL"}
LIGHTS = {"synced": ("✅", "green"), "recent": ("🟡", "yellow"), "stale": ("🔴", "red"), "local": ("⚪", "white")}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
JSON_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def keys_of(answer):
    """What a write stored, and what it found stored already."""
    return answer["stored_keys"], answer["ignored_keys"]


def schema_problems(value, schema, path="$"):
    """What the keywords our own schemas use say about `value`."""
    problems = []
    wanted = schema.get("type")
    if wanted and (not isinstance(value, JSON_TYPES[wanted]) or (wanted == "integer" and isinstance(value, bool))):
        return [f"{path} is not of type {wanted}: {value!r:.60}"]
    if isinstance(value, dict):
        problems += [f"{path} lacks {name}" for name in schema.get("required", []) if name not in value]
        known = schema.get("properties", {})
        for name, member in value.items():
            problems += schema_problems(member, known.get(name, {}), f"{path}.{name}")
    return problems


def envelope_problems(answer, is_error):
    """What the form common to all answers says."""
    problems = []
    halves = {"data"} if answer["success"] else {"error"}
    if halves != {"data", "error"} & set(answer):
        problems.append("not exactly one of data and error")
    if answer["success"] == is_error:
        problems.append("isError does not fit success")
    if not TIMESTAMP.fullmatch(answer["timestamp"]):
        problems.append(f"timestamp {answer['timestamp']}")
    if not answer["success"]:
        error = answer["error"]
        if error["code"] not in CODES or not error["message"] or not error["hint"]:
            problems.append("the error lacks a known code, a message or a hint")
    sync = answer["sync"]
    if LIGHTS.get(sync["indicator"]) != (sync["icon"], sync["color"]):
        problems.append(f"light {sync}")
    if sync["state"] not in ("synced", "pending", "local", "conflict"):
        problems.append(f"state {sync}")
    missing = {"durable", "state", "version", "pending", "parked", "age_seconds"} - set(sync)
    if missing:
        problems.append(f"sync lacks {missing}")
    notices = answer["notices"]
    if len(notices) > 10 or len(answer["conflicts"]) > 5:
        problems.append("too many notices or conflicts")
    return problems


class Notebook:
    """A server process on one directory; `call` returns structuredContent after checking it."""

    def __init__(self, binary, directory, *, hub=None, agent=None, era="modern", env=None, cwd=None, name="test-client",
                 token=None, args=(), timeout=20):
        command = [binary, "serve", "--data-dir", str(directory), *args]
        command += ["--hub", hub] if hub else []
        command += ["--agent", agent] if agent else []
        clean = {key: None for key in os.environ if key.startswith(("CONTEXTSYNC_", "CLAUDE_"))}
        self.directory = pathlib.Path(directory)
        self.client = McpClient(command, era=era, name=name, timeout=timeout, cwd=cwd or str(self.directory.parent),
                                env={**clean, "CONTEXTSYNC_TOKEN": token, **(env or {})})
        self._schemas = None

    def tools(self):
        return self.client.request("tools/list")["tools"]

    def call(self, tool="manage_context", **arguments):
        return self.call_with(arguments, tool)

    def call_with(self, arguments, tool="manage_context"):
        result = self.client.call_tool(tool, arguments)
        return self.checked(result, tool)

    def checked(self, result, tool="manage_context"):
        if self._schemas is None:
            self._schemas = {listed["name"]: listed["outputSchema"] for listed in self.tools()}
        answer = result["structuredContent"]
        problems = schema_problems(answer, self._schemas[tool]) or envelope_problems(answer, result["isError"])
        if json.loads(result["content"][0]["text"]) != answer or len(result["content"]) != 1:
            problems.append("the text block is not the same JSON")
        assert not problems, f"{problems}: {json.dumps(answer)[:600]}"
        return answer

    def update(self, context_id, data, **arguments):
        return self.call(action="update", context_id=context_id, data=data, **arguments)

    def get(self, context_id, **arguments):
        return self.call(action="get", context_id=context_id, **arguments)

    def data(self, context_id, **arguments):
        answer = self.get(context_id, **arguments)
        assert answer["success"], answer
        return answer["data"]["context"]["data"]

    def status(self):
        return self.call("status")["data"]

    def refused(self, code, **arguments):
        """The error of a call that must fail with `code`."""
        return self.refused_with(code, arguments)

    def refused_with(self, code, arguments):
        answer = self.call_with(arguments)
        assert not answer["success"], f"not refused: {json.dumps(answer)[:400]}"
        assert answer["error"]["code"] == code, answer["error"]
        assert code in ("NOT_CONFIRMED",) or not answer["sync"]["durable"], answer
        return answer["error"]

    def settle(self):
        wait_until(lambda: self.status()["pending"] == 0, 30, "an empty journal")

    def wait_for(self, context_id, accept=lambda data: True, **arguments):
        """The data of a context once it is here and accepted."""
        def poll():
            answer = self.get(context_id, **arguments)
            return answer if answer["success"] and accept(answer["data"]["context"]["data"]) else None
        return wait_until(poll, 20, f"{context_id} to arrive")

    def __enter__(self):
        self.client.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        self.client.__exit__(kind, error, trace)


class NotebookTest(unittest.TestCase):
    """A test with a directory of its own, in which it may start notebooks, hubs and commands."""

    binary = None
    maxDiff = 2000

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="contextsync-test-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def notebook(self, directory="notebook", **options):
        return self.enterContext(Notebook(self.binary, self.directory / directory, **options))

    def hub(self):
        hub = Hub(self.binary, self.directory / "hub")
        self.addCleanup(lambda: hub.process and hub.kill())
        return hub

    def two_notebooks(self):
        """Notebooks "a" and "b" of agents of these names, both listening to one hub."""
        hub = self.hub()
        a, b = self.notebook("a", hub=hub.url, agent="a"), self.notebook("b", hub=hub.url, agent="b")
        for notebook in (a, b):
            wait_until(lambda n=notebook: n.status()["websocket"] == "connected", 20, "the socket")
        return a, b

    def command(self, *arguments, env=None, timeout=30, **options):
        """The finished `contextsync …`; its stdin is empty unless told otherwise."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CONTEXTSYNC_")}
        clean.update({"HOME": str(self.directory), **(env or {})})
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([self.binary, *arguments], env={k: v for k, v in clean.items() if v is not None},
                              cwd=self.directory, capture_output=True, text=True, timeout=timeout, **options)


def main():
    """Runs the module's tests; the first argument is the binary, what follows goes to unittest."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BINARY [TEST...]")
    NotebookTest.binary = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(module="__main__")
