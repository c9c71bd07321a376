#!/usr/bin/env python3
"""Random calls of several sessions of one notebook, a process each, every answer beside that of a model.

The model (tests/support/tool_model.py) is written from the documents and shares no code with the program.

usage: model_test.py BINARY

CONTEXTSYNC_SEQUENCES says how many sequences of calls are played (200; 10 000 before a release), CONTEXTSYNC_SEED
where they begin. The first answer that differs is shown with all calls of its sequence.
"""
import concurrent.futures
import contextlib
import copy
import json
import os
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import tool_model  # noqa: E402
from notebook import Notebook  # noqa: E402

SEQUENCES = int(os.environ.get("CONTEXTSYNC_SEQUENCES", "200"))
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "1"))
SESSIONS = 3  # each a process; one has the notebook open, the others relay to it
CALLS = 20  # of a sequence
AT_ONCE = len(os.sched_getaffinity(0))  # notebooks, each with its processes
SEQUENCES_OF_A_NOTEBOOK = 100  # fewer changes than the notebook keeps for `changes`
KEYS = ["status", "tags", "todo", "notes", "n", "blockers", "current_files"]
SCALARS = ["open", "done", "x", 1, 2.5, 1.0, True, False, "ä\n\"", -3, 0]
FOR_PEOPLE = ("message", "hint", "text")
UNKNOWN = ("timestamp", "created_at", "updated_at", "deleted_at", "device", "next_cursor")


class Call:
    """What a write is asked to do, in the model's words."""

    def __init__(self, session, ref, agent):
        self.session, self.ref, self.agent = session, ref, agent
        self.data, self.replace, self.remove = {}, [], {}
        self.expected_version, self.source = None, "tool"


class Sequence:
    def __init__(self, seed, notebooks, model):
        self.random = random.Random(seed)
        self.seed, self.notebooks, self.model = seed, notebooks, model
        self.tasks = [("task", f"t{seed}-{number}") for number in range(3)]
        self.played = []
        self.repeatable = []
        self.checked = None

    def play(self):
        moves = [(self.update, 8), (self.create, 1), (self.get, 3), (self.delete, 1), (self.append, 1), (self.history, 1),
                 (self.diff, 2), (self.revert, 2), (self.list, 1), (self.repeat, 1), (self.changes, 1)]
        for _ in range(CALLS):
            self.session = self.random.randrange(len(self.notebooks))
            move = self.random.choices([move for move, _ in moves], [weight for _, weight in moves])[0]
            move()
            self.check_notices()

    def check_notices(self):
        """Each answer tells what the others did, after what its own call did."""
        if not self.played or self.played[-1] is self.checked:
            return
        self.checked = self.played[-1]
        answer = self.checked[2]
        found = [{name: notice[name] for name in ("level", "context_id", "changed_by", "change_type", "keys")}
                 for notice in answer["notices"]]
        notices, more = self.model.notices(self.session)
        self.same(found, notices, "notices")
        self.same(answer["more"], more, "more")

    # ── one call of each kind ──

    def ref(self):
        return self.random.choice(self.tasks) if self.random.random() < 0.9 else self.random.choice(
            [("branch", "default"), ("task", "never")])

    def value(self, depth=0):
        kind = self.random.random()
        if kind < 0.5 or depth > 2:
            return self.random.choice(SCALARS)
        if kind < 0.75:
            return [self.random.choice(SCALARS + [{"k": 1}]) for _ in range(self.random.randrange(4))]
        if kind < 0.95:
            return {self.random.choice(KEYS): self.value(depth + 1) for _ in range(self.random.randrange(3))}
        return None

    def write_call(self, arguments):
        ref = self.ref()
        call = Call(self.session, ref, arguments.get("agent", f"agent-{self.session}"))
        arguments.update(level=ref[0], context_id=ref[1])
        if self.random.random() < 0.1 and arguments["action"] in ("update", "delete", "revert"):
            context = self.model.contexts.get(ref)
            now = context.version if context and not context.is_deleted else 0
            call.expected_version = arguments["expected_version"] = max(0, now - self.random.choice([0, 0, 1, 2]))
        return call

    def update(self, action="update"):
        arguments = {"action": action, "data": {self.random.choice(KEYS): self.value() for _ in range(self.random.randrange(4))}}
        call = self.write_call(arguments)
        call.data = copy.deepcopy(arguments["data"])
        if self.random.random() < 0.15 and call.data:
            arguments["replace"] = call.replace = ["/" + self.random.choice(sorted(call.data))]
        if self.random.random() < 0.15 and action == "update":
            free = [key for key in KEYS if key not in call.data]
            arguments["remove"] = call.remove = {"/" + self.random.choice(free): [self.random.choice(SCALARS)]}
        if self.random.random() < 0.3:
            arguments["op_id"] = f"op-{self.seed}-{len(self.played)}"
        answer = self.check_write(arguments, lambda: self.model.update(call, must_not_exist=action == "create"))
        if "op_id" in arguments and answer["success"]:
            self.repeatable.append((arguments, answer))

    def create(self):
        self.update("create")

    def delete(self):
        arguments = {"action": "delete"}
        call = self.write_call(arguments)
        if call.ref == ("branch", "default"):
            arguments["level"], arguments["context_id"] = call.ref = self.random.choice(self.tasks)
        self.check_write(arguments, lambda: self.model.delete(call, cascade=False))

    def append(self):
        arguments = {"action": self.random.choice(["add_insight", "add_progress"]), "content": "noted"}
        call = self.write_call(arguments)
        answer = self.ask(arguments)
        entry = answer["data"]["entry"]
        name = "insights" if arguments["action"] == "add_insight" else "progress_updates"
        known = {"content": "noted", "agent": call.agent}
        if name == "insights":
            known["importance"] = "medium"
        self.same({key: entry.get(key) for key in known}, known, "entry")
        data, stored, ignored = self.model.append(call, name, entry)
        self.compare(answer, {"success": True, "data": data, "stored_keys": stored, "ignored_keys": ignored})

    def revert(self):
        arguments = {"action": "revert"}
        call = self.write_call(arguments)
        arguments["version"] = self.random.randrange(1, 6)
        answer = self.ask(arguments)
        expected = self.expected(lambda: {"data": self.model.revert(call, arguments["version"])})
        for name in ("stored_keys", "ignored_keys"):
            answer.pop(name, None)
        if answer["success"]:
            answer["data"].pop("parents_created", None)
        self.compare(answer, expected)

    def get(self):
        ref = self.ref()
        self.check({"action": "get", "level": ref[0], "context_id": ref[1]}, lambda: {"context": self.model.get(ref)})

    def history(self):
        ref = self.ref()
        self.check({"action": "history", "level": ref[0], "context_id": ref[1], "limit": 500}, lambda: self.model.history(ref))

    def diff(self):
        ref = self.ref()
        arguments = {"action": "diff", "level": ref[0], "context_id": ref[1]}
        for name in ("from", "to"):
            if self.random.random() < 0.5:
                arguments[name] = self.random.randrange(5)
        self.check(arguments, lambda: self.model.diff(ref, arguments.get("from"), arguments.get("to")))

    def list(self):
        arguments = {"action": "list", "limit": 500}
        key = value = None
        if self.random.random() < 0.7:
            key, value = self.random.choice(KEYS), self.random.choice(SCALARS)
            arguments["filters"] = {key: value}
        answer = self.ask(arguments)
        times = [context["updated_at"] for context in answer["data"]["contexts"]]
        self.same(times, sorted(times, reverse=True), "order")
        found = sorted(({name: context[name] for name in ("level", "context_id", "version", "keys")}
                        for context in answer["data"]["contexts"]), key=lambda context: context["context_id"])
        expected = sorted(self.model.list("task", key, value), key=lambda context: context["context_id"])
        if len(expected) <= 500:
            self.same(found, expected, "contexts")

    def repeat(self):
        if not self.repeatable:
            return
        arguments, first = self.random.choice(self.repeatable)
        if self.random.random() < 0.5:
            answer = self.ask(arguments)
            now = self.model.contexts[(arguments["level"], arguments["context_id"])].version
            self.compare(answer, {**first, "data": {**first["data"], "version": now}})
        else:
            answer = self.ask({**arguments, "data": {"other": 1}})
            self.compare(answer, {"success": False, "error": {"code": "INVALID_ARGUMENT", "parameter": "op_id"}})

    def changes(self):
        """What the other sessions did since this one last looked."""
        arguments = {"action": self.random.choice(["changes", "watch"]), "limit": 500}
        if arguments["action"] == "watch":
            arguments["wait_ms"] = 0
        if self.random.random() < 0.3:
            arguments["level"] = self.random.choice(["task", "branch"])
        answer = self.ask(arguments)
        wanted = self.model.changes(self.session, arguments.get("level"))
        found = [{name: change[name] for name in ("level", "context_id", "changed_by", "change_type", "keys", "version")}
                 for change in answer["data"]["changes"]]
        self.same(found, wanted, "changes")
        self.same(answer["data"]["timed_out"], arguments["action"] == "watch" and not wanted, "timed_out")
        self.same(answer["data"]["cursor"], f"0.{self.model.looked[self.session]}", "cursor")

    # ── comparing ──

    def ask(self, arguments):
        answer = self.notebooks[self.session].call_with(arguments)
        self.played.append((self.session, arguments, answer))
        return copy.deepcopy(answer)

    @staticmethod
    def expected(ask_model):
        try:
            return {"success": True, **ask_model()}
        except tool_model.Refused as refused:
            return {"success": False, "error": refused.error}

    def check_write(self, arguments, ask_model):
        answer = self.ask(arguments)
        expected = self.expected(lambda: dict(zip(("data", "stored_keys", "ignored_keys"), ask_model())))
        self.compare(answer, expected)
        return answer

    def check(self, arguments, ask_model):
        self.compare(self.ask(arguments), self.expected(lambda: {"data": ask_model()}))

    def compare(self, answer, expected):
        for part in ("success", "data", "error", "stored_keys", "ignored_keys"):
            self.same(self.known(answer.get(part)), self.known(expected.get(part)), part)

    def known(self, value):
        if isinstance(value, dict):
            return {name: self.known(member) for name, member in value.items() if name not in UNKNOWN + FOR_PEOPLE}
        return [self.known(member) for member in value] if isinstance(value, list) else value

    def same(self, found, expected, what):
        if tool_model.canonical(found) == tool_model.canonical(expected):
            return
        for session, arguments, answer in self.played:
            shown = json.dumps(answer.get("data", answer.get("error")), ensure_ascii=False)[:300]
            print(f"  session {session}: {json.dumps(arguments, ensure_ascii=False)}\n      -> {shown}")
        print(f"CONTEXTSYNC_SEED={self.seed}: {what} differs\n  answered: {json.dumps(found, ensure_ascii=False)}\n"
              f"  expected: {json.dumps(expected, ensure_ascii=False)}")
        sys.exit(1)


def play(binary, seeds):
    """Some sequences, one after the other, on one notebook."""
    with tempfile.TemporaryDirectory(prefix="contextsync-model-") as directory, contextlib.ExitStack() as stack:
        place = pathlib.Path(directory) / "notebook"
        notebooks = [stack.enter_context(Notebook(binary, place, agent=f"agent-{session}")) for session in range(SESSIONS)]
        for notebook in notebooks:
            notebook.call(action="changes")  # its session begins
        model = tool_model.Notebook()
        for seed in seeds:
            Sequence(seed, notebooks, model).play()


def main():
    seeds, binary = range(SEED, SEED + SEQUENCES), str(pathlib.Path(sys.argv[1]).resolve())
    pieces = [seeds[start:start + SEQUENCES_OF_A_NOTEBOOK] for start in range(0, SEQUENCES, SEQUENCES_OF_A_NOTEBOOK)]
    with concurrent.futures.ProcessPoolExecutor(min(AT_ONCE, len(pieces))) as pool:
        for played in concurrent.futures.as_completed([pool.submit(play, binary, piece) for piece in pieces]):
            played.result()
    print(f"{SEQUENCES} sequences of {CALLS} calls from seed {SEED}: every answer is the model's")


if __name__ == "__main__":
    main()
