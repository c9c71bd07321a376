#!/usr/bin/env python3
"""Golden transcripts: every answer of the program, whole, compared with the one that was reviewed.

usage: golden_test.py BINARY [--rewrite] [NAME...]

Each tests/e2e/golden/NAME.jsonl is a story, played in both revisions of the protocol, whose answers must be the
same. The first line says who takes part, the others what happens:

    {"agents":["a","b"],"hub":true}                 `env`: variables; `data_dir`: "file" makes it one;
                                                    `role`: of the agents' token at the hub
    {"a":{"action":"get"},"answer":{…}}             agent a calls manage_context; "tool":"status" calls another one
    {"a":{…},"answer":{…},"save":{"ID":"/data/…"}}  keeps a value of the answer for later arguments: "${ID}"
    {"agents":["a"],"raw":true}                     a story of whole messages, played once
    {"send":{…},"receive":{…}}                      a message and what it is answered
    {"do":"stop hub"}                               or "start hub", "freeze a", "thaw a", "settle a" (nothing pending),
                                                    "fill a" (no file may grow, as on a full disk), "free a"

What differs from run to run is masked: times (T), ages, ids, addresses, metrics. {"$repeat":["x",9]} in an argument
stands for a long text, {"$nest":9} for deep JSON. --rewrite puts what the program answers now into the files: read
the difference, line by line, before you commit it.
"""

import concurrent.futures
import difflib
import json
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Hub, suspend, wait_until  # noqa: E402
from mcp_client import McpClient  # noqa: E402
from notebook import Notebook  # noqa: E402

STORIES = pathlib.Path(__file__).parent / "golden"
AT_ONCE = 4
MASKS = [(re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), "T"),
         (re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"), "<uuid>"),
         (re.compile(r"^c-[0-9a-f]{16}$"), "<conflict>"),
         (re.compile(r"^\d+\.\d+\.\d+$"), "<version>"),
         (re.compile(r"^http://127\.0\.0\.1:\d+$"), "<hub>")]
# By key, whatever the value, unless it is null.
VARYING = {"age_seconds": "<age>", "device": "<device>", "next_cursor": "<cursor>", "oldest_pending_seconds": "<age>",
           "total_syncs": "<count>", "success_rate": "<rate>",
           "avg_latency_ms": "<ms>", "p50_ms": "<ms>", "p99_ms": "<ms>", "cache_hit_rate": "<rate>",
           "conflict_rate": "<rate>", "project": "<project>"}
KEPT_WHOLE = ("targets",)  # constants under names that vary elsewhere
LEFT_OUT = {"inputSchema": "<schema>", "outputSchema": "<schema>", "description": "<text>", "instructions": "<text>"}


def masked(value, key=""):
    if isinstance(value, dict):
        members = {name: member if name in KEPT_WHOLE else masked(member, name) for name, member in value.items()}
        return {**members, "bytes": "<bytes>"} if key == "notebook" else members
    if isinstance(value, list):
        return [masked(member) for member in value]
    if key in VARYING and value is not None:
        return VARYING[key]
    if key == "text" and isinstance(value, str) and value.startswith("{"):
        return masked(json.loads(value))
    if isinstance(value, str):
        for pattern, mask in MASKS:
            if pattern.match(value):
                return mask
    return value


def at(value, pointer):
    for segment in pointer.split("/")[1:]:
        value = value[int(segment)] if isinstance(value, list) else value[segment.replace("~1", "/").replace("~0", "~")]
    return value


class Story:
    """One file, played once in one revision."""

    def __init__(self, binary, path, era):
        self.binary, self.era = binary, era
        self.lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.saved, self.agents, self.hub, self.client = {}, {}, None, None
        self.raw = []  # (arguments, answer) of each call

    def play(self):
        """The lines as they come out."""
        setting, *steps = self.lines
        with tempfile.TemporaryDirectory(prefix="contextsync-golden-") as directory:
            self.directory = pathlib.Path(directory)
            try:
                self.open(setting)
                return [setting] + [self.step(step) for step in steps]
            finally:
                for client in [agent.client for agent in self.agents.values()] + ([self.client] if self.client else []):
                    client.kill()
                if self.hub and self.hub.process:
                    self.hub.kill()

    def open(self, setting):
        role, token = setting.get("role"), ""
        if setting.get("hub"):
            self.hub = Hub(self.binary, self.directory / "hub", auth=bool(role))
        if role:
            token = subprocess.run([self.binary, "token", "create", "--data-dir", self.hub.directory, "--workspace", "default",
                                    "--role", role, "--name", "reader"], capture_output=True, text=True, check=True, timeout=20).stdout.strip()
        for name in setting["agents"] if not setting.get("raw") else ():
            place = self.directory / name
            if setting.get("data_dir") == "file":
                place.write_text("not a directory")
            self.agents[name] = Notebook(self.binary, place, hub=self.hub and self.hub.url, agent=name, era=self.era,
                                         token=token, env=setting.get("env"))
        if setting.get("raw"):
            self.client = McpClient([self.binary, "serve", "--data-dir", str(self.directory / "raw"), "--agent", "a"],
                                    check_shapes=False, env={"CONTEXTSYNC_TOKEN": None}, cwd=str(self.directory))
        for agent in self.agents.values() if self.hub else ():
            wait_until(lambda a=agent: a.status()["websocket"] == "connected", 20, "the socket")

    def step(self, step):
        if "send" in step:
            return self.exchange(step)
        if "do" in step:
            self.do(*step["do"].split())
            return step
        name = next(key for key in step if key in self.agents)
        arguments = self.filled(step[name])
        answer = self.agents[name].call_with(arguments, step.get("tool", "manage_context"))
        for variable, pointer in step.get("save", {}).items():
            self.saved[variable] = at(answer, pointer)
        self.raw.append((arguments, answer))
        return {**step, "answer": masked(self.without_place(answer))}

    def exchange(self, step):
        self.client.send(step["send"])
        if "id" not in step["send"]:
            return step  # nothing is answered; the next answer shows that it was read
        answer = self.client.wait_answer(step["send"]["id"])
        for tool in answer.get("result", {}).get("tools", []):
            tool.update({key: mask for key, mask in LEFT_OUT.items() if key in tool})
        return {**step, "receive": masked(self.without_place(answer))}

    def without_place(self, answer):
        return json.loads(json.dumps(answer).replace(str(self.directory), "<directory>"))

    def do(self, what, whom):
        if what == "settle":
            self.agents[whom].settle()
        elif what in ("fill", "free"):
            self.limit_files(self.agents[whom], 1 if what == "fill" else resource.RLIM_INFINITY)
        elif what == "freeze":
            suspend(self.agents[whom].client.process.pid)
        elif what == "thaw":
            self.agents[whom].client.signal(signal.SIGCONT)
        elif what == "stop":
            self.hub.kill()
            for agent in self.agents.values():
                wait_until(lambda a=agent: a.status()["link"] == "offline", 20, "the outage to be seen")
        else:
            self.hub.start()

    @staticmethod
    def limit_files(agent, size):
        resource.prlimit(agent.client.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        if size == resource.RLIM_INFINITY:
            wait_until(lambda: agent.status()["notebook"]["state"] == "normal", 20, "the notebook to take writes again")

    def filled(self, value):
        if isinstance(value, dict) and "$repeat" in value:
            return value["$repeat"][0] * value["$repeat"][1]
        if isinstance(value, dict) and "$nest" in value:
            nested = 1
            for _ in range(value["$nest"]):
                nested = [nested]
            return nested
        if isinstance(value, dict):
            return {key: self.filled(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.filled(member) for member in value]
        if isinstance(value, str) and value.startswith("${"):
            return self.saved[value[2:-1]]
        return value


DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "tools.md"


def examples():
    """The JSON blocks of the page, each with its line."""
    page = DOCUMENT.read_text()
    for block in re.finditer(r"```json\n(.*?)```", page, re.DOTALL):
        yield page[:block.start()].count("\n") + 2, json.loads(block.group(1))


def parts(value):
    """Every object in `value`, itself included."""
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(member)


def has_shape(example, value):
    """The same keys and types; an empty object or list of an example stands for any."""
    if isinstance(example, dict) and isinstance(value, dict):
        return not example or set(example) == set(value) and all(has_shape(example[key], value[key]) for key in example)
    if isinstance(example, list) and isinstance(value, list):
        return not example or bool(value) and all(any(has_shape(one, other) for other in value) for one in example)
    if isinstance(example, bool) or isinstance(value, bool):
        return type(example) is type(value)
    return isinstance(value, (int, float)) if isinstance(example, (int, float)) else type(example) is type(value)


def check_examples(calls):
    """The examples of the document that nothing in `calls` looks like."""
    known = [part for call in calls for side in call for part in parts(side)]
    return [f"docs/tools.md:{line}: no answer has this form" for line, example in examples()
            if not any(has_shape(example, part) for part in known)]


UNTOLD = {"INTERNAL"}  # a defect, or a clock beyond the year 9999: nothing a story can bring about


def check_coverage(binary, calls):
    """The actions that no story shows at work, and the codes of the document that none ends with."""
    with tempfile.TemporaryDirectory(prefix="contextsync-golden-") as directory, \
            Notebook(binary, pathlib.Path(directory) / "a") as notebook:
        schema = next(tool for tool in notebook.tools() if tool["name"] == "manage_context")["inputSchema"]
    actions = set(schema["properties"]["action"]["enum"])
    codes = set(re.findall(r"`([A-Z_]{5,})`", DOCUMENT.read_text().split("\n## Errors\n")[1].split("\n## ")[0]))
    assert len(actions) > 10 and "NOT_FOUND" in codes, (actions, codes)
    done = {arguments.get("action") for arguments, answer in calls if answer["success"]}
    met = {answer["error"]["code"] for _, answer in calls if not answer["success"]}
    return [f"no story does {action}" for action in sorted(actions - done)] + \
        [f"no story ends with {code}" for code in sorted(codes - UNTOLD - met)]


def text(lines):
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def difference(expected, found, what):
    pretty = [json.dumps(part, indent=1, ensure_ascii=False).splitlines() for part in (expected, found)]
    return "\n".join(difflib.unified_diff(*pretty, "reviewed", what, lineterm="", n=4))


def check(binary, path, rewrite):
    """What is wrong, in words, and the calls that were made."""
    reviewed = [json.loads(line) for line in path.read_text().splitlines()]
    story = Story(binary, path, "modern")
    modern = story.play()
    is_raw = reviewed[0].get("raw")
    legacy = modern if is_raw else Story(binary, path, "legacy").play()
    problems = []
    if rewrite:
        path.write_text(text(modern))
        reviewed = modern
    for number, lines in enumerate(zip(reviewed, modern, legacy), 1):
        for era, line in zip(("modern", "legacy"), lines[1:]):
            if line != lines[0]:
                problems.append(f"{path.name}:{number} ({era})\n{difference(lines[0], line, era)}")
    return problems, story.raw


def main():
    arguments = sys.argv[1:]
    rewrite = "--rewrite" in arguments
    binary, *names = [argument for argument in arguments if argument != "--rewrite"]
    binary = str(pathlib.Path(binary).resolve())
    stories = sorted(path for path in STORIES.glob("*.jsonl") if not names or path.stem in names)
    assert stories, "no such story"
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda path: check(binary, path, rewrite), stories))
    problems = [problem for found, _ in results for problem in found]
    if not names:
        calls = [call for _, calls in results for call in calls]
        problems += check_examples(calls) + check_coverage(binary, calls)
    for problem in problems:
        print(problem, "\n")
    failed = [path.stem for path, (found, _) in zip(stories, results) if found]
    print(f"{len(stories)} stories, different: {', '.join(failed) or 'none'}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
