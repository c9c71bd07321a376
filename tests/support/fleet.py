"""A hub and agents as real processes, for end-to-end tests: start, kill, restart, compare.

    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"status": "started"})
"""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mcp_client import McpClient  # noqa: E402

START_SECONDS = 20
SETTLE_SECONDS = 60


def wait_until(condition, seconds, what):
    """Polls `condition` until it is true; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.01)


def suspend(pid):
    """Stops a process; when this returns, none of its threads runs any more."""
    os.kill(pid, signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{pid}/task")
    wait_until(lambda: all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks.iterdir()),
               10, f"process {pid} to stop")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HubDied(Exception):
    """The hub ended before it said where it listens."""


class Hub:
    """One hub process on a fixed port, so that it can come back at the same address."""

    def __init__(self, binary, directory, port=None, env=None, auth=False, wrapper=()):
        self.binary, self.directory = binary, directory
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process, self.auth, self.wrapper = None, auth, list(wrapper)
        self.start(env)

    def start(self, env=None):
        """`env`: variables to set in addition to this process's, for this start."""
        self.log = open(f"{self.directory}.log", "ab")
        self.process = subprocess.Popen(
            self.wrapper + [self.binary, "hub", "--listen", f"127.0.0.1:{self.port}", "--data-dir",
                            str(self.directory)] + ([] if self.auth else ["--no-auth"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **(env or {})})
        line = self.process.stdout.readline()
        if not line:
            raise HubDied(f"exit code {self._reap()}")
        assert json.loads(line) == {"listening": self.url}, line

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self._reap()

    def _reap(self):
        code = self.process.wait(START_SECONDS)
        self.process.stdout.close()
        self.log.close()
        self.process = None
        return code

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def feed(self, workspace="default"):
        """All items, in order; fails on a gap."""
        items, since = [], 0
        while True:
            page = self.get(f"/v1/workspaces/{workspace}/changes?since={since}&limit=500")
            items += page["changes"]
            since = page["next"]
            if not page["more"]:
                break
        assert [item["seq"] for item in items] == list(range(1, len(items) + 1)), "the feed has a gap"
        return items

    def state_hash(self, workspace="default"):
        """The same number `contextsync verify` prints for a notebook that holds everything."""
        hashes, after = {}, ""
        while True:
            page = self.get(f"/v1/workspaces/{workspace}/snapshot?after={urllib.request.quote(after)}")
            for context in page["contexts"]:
                hashes[(context["level"], context["context_id"])] = context["state_hash"]
            after = page["next"]
            if not after:
                return workspace_hash(hashes)


LEVELS = ["global", "project", "branch", "task"]


def workspace_hash(hashes):
    digest = hashlib.sha256()
    for level, context_id in sorted(hashes, key=lambda ref: (LEVELS.index(ref[0]), ref[1].encode())):
        row = [level, context_id, hashes[(level, context_id)]]
        digest.update(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


class Agent:
    """One notebook directory and the server process on it."""

    def __init__(self, binary, directory, name, hub_url, env=None, wrapper=(), token=None):
        self.binary, self.directory, self.name, self.hub_url = binary, directory, name, hub_url
        self.client, self.wrapper, self.token = None, list(wrapper), token
        self.start(env)

    def start(self, env=None):
        """`env`: variables to set in addition to this process's, for this start."""
        command = self.wrapper + [self.binary, "serve", "--data-dir", str(self.directory), "--agent", self.name]
        if self.hub_url:
            command += ["--hub", self.hub_url]
        env = {**({"CONTEXTSYNC_TOKEN": self.token} if self.token else {}), **(env or {})}
        self.client = McpClient(command, env=env, name=self.name, timeout=START_SECONDS)

    def is_running(self):
        return self.client.process.poll() is None

    def kill(self):
        self.client.kill()

    def stop(self):
        return self.client.close()

    def tool(self, name="manage_context", **arguments):
        return self.client.call_tool(name, arguments)["structuredContent"]

    def update(self, context_id, data, **arguments):
        return self.tool(action="update", context_id=context_id, data=data, **arguments)

    def get(self, context_id, **arguments):
        return self.tool(action="get", context_id=context_id, **arguments)

    def status(self):
        return self.tool("status")["data"]

    def is_settled(self, head):
        """Nothing waits, and everything up to `head` is here."""
        answer = self.tool("status")
        return answer["data"]["pending"] == 0 and answer["sync"]["version"] >= head

    def verify(self):
        """Precondition: the process has ended."""
        done = subprocess.run([self.binary, "verify", "--json", "--data-dir", str(self.directory)],
                              capture_output=True, timeout=START_SECONDS)
        assert done.stdout, done.stderr.decode()
        answer = json.loads(done.stdout)
        assert answer["success"], answer
        return answer["data"]


class Fleet:
    def __init__(self, binary):
        self.binary = binary
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="contextsync-fleet-"))
        self.hubs, self.agents = [], []

    def hub(self, directory=None, **options):
        self.hubs.append(Hub(self.binary, directory or self.directory / f"hub{len(self.hubs)}", **options))
        return self.hubs[-1]

    def agent(self, name, hub="first", directory=None, **options):
        url = self.hubs[0].url if hub == "first" else hub
        self.agents.append(Agent(self.binary, directory or self.directory / name, name, url, **options))
        return self.agents[-1]

    def settle(self):
        """Waits until every notebook holds what the hub holds and nothing is pending."""
        wait_until(lambda: all(agent.status()["pending"] == 0 for agent in self.agents), SETTLE_SECONDS,
                   "empty journals")
        head = len(self.hubs[0].feed())
        wait_until(lambda: all(agent.is_settled(head) for agent in self.agents), SETTLE_SECONDS, "the feed's end")

    def meet_again(self):
        """Waits until every agent has spoken with a hub that came back; until then nothing looks amiss to it."""
        for agent in self.agents:
            wait_until(lambda: agent.update("met", {agent.name: time.time()}, require="cloud")["success"], SETTLE_SECONDS,
                       f"{agent.name} to reach the hub")

    def check_identical(self):
        """Stops the agents; fails unless hub and notebooks hold the very same bytes."""
        expected = self.hubs[0].state_hash()
        for agent in self.agents:
            agent.stop()
            found = agent.verify()
            assert found["ok"], found["problems"]
            assert found["state_hash"] == expected, f"{agent.name} differs from the hub"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for agent in self.agents:
            if agent.is_running():
                agent.kill()
        for hub in self.hubs:
            if hub.process is not None:
                hub.kill()
        if kind is None:
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            print(f"left for inspection: {self.directory}", file=sys.stderr)


class Load(threading.Thread):
    """Writes to an agent until told to stop; remembers what was acknowledged as durable."""

    def __init__(self, agent, context_id, start=0):
        super().__init__(daemon=True)
        self.agent, self.context_id, self.next = agent, context_id, start
        self.acknowledged = {}  # op_id -> the marker it wrote
        self.stopping = threading.Event()

    def run(self):
        try:
            while not self.stopping.is_set():
                self.write_one()
        except (AssertionError, OSError, ValueError):
            pass  # the agent was killed under us, as the test intended

    def write_one(self):
        marker = f"{self.context_id}-{self.next}"
        op_id = f"op-{marker}"
        self.next += 1
        answer = self.agent.update(self.context_id, {"markers": [marker], "last": marker}, op_id=op_id)
        if answer["success"] and answer["sync"]["durable"]:
            self.acknowledged[op_id] = marker

    def stop(self):
        self.stopping.set()
        self.join(START_SECONDS)
