"""Worlds in which one process dies at a given step, and everybody goes on as real clients do.

A Doomed victim (an agent or the hub) starts with a fault armed; when it dies of it, it is started again
without, and the step that was interrupted is repeated with the same op_id.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fleet import Fleet, HubDied, wait_until  # noqa: E402
from mcp_client import McpEnded  # noqa: E402

STEP_SECONDS = 30
DEATH_SECONDS = 3
WRITE_ATTEMPTS = 3  # a disk that failed once is told to whoever asks, who asks again
GONE = (AssertionError, OSError, ValueError, HubDied)


class World(Fleet):
    """A fleet with a victim: `role` is "agent", "hub", "command" or None, `env` what arms the fault."""

    def __init__(self, binary, role=None, env=None):
        super().__init__(binary)
        self.role, self.env = role, env or {}
        self.deaths = 0
        self.acknowledged = {}   # context -> markers
        self.next_marker = 0
        self.traces = {"agent": "", "hub": "", "command": ""}
        self.down = set()        # who is meant to be stopped just now

    def victim_env(self, role):
        """The fault, until somebody died of it."""
        return self.env if self.role == role and self.deaths == 0 else {}

    def start_hub(self, **options):
        self._starting("hub", lambda env: self.hub(env=env, **options))
        return self.hubs[-1]

    def start_agent(self, name, hub="first", is_victim=True, **options):
        self._starting("agent" if is_victim else None, lambda env: self.agent(name, hub, env=env, **options))
        return self.agents[-1]

    def restart(self, one):
        self.down.discard(one)
        role = "hub" if one in self.hubs else "agent"
        self._starting(role if role == "hub" or one is self.agents[0] else None, one.start)

    def _starting(self, role, start):
        armed = self.victim_env(role)
        try:
            start(armed)
        except McpEnded:
            # On a busy machine the step is reached before the handshake is answered: a client starts it once more.
            if not armed:
                raise
            self.deaths += 1
            start({})
        except HubDied:
            self.deaths += 1
            hub = self.hubs[-1] if self.hubs and not self.hubs[-1].is_running() else None
            hub.start() if hub else start({})

    def tend(self):
        """Brings back who died."""
        for one in [*self.hubs, *self.agents]:
            if one in self.down or one.is_running():
                continue
            self.deaths += 1
            self.gather(one)
            if one in self.hubs:
                one.kill()
            self.restart(one)

    def gather(self, one):
        if one in self.agents:
            self.traces["agent"] += one.client.stderr_text

    def attempt(self, action):
        """`action`, again and again until the victim let it happen."""
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            self.tend()
            deaths = self.deaths
            try:
                return action()
            except GONE:
                self.await_death(deaths)
                if self.deaths == deaths or time.monotonic() > deadline:
                    raise

    def await_death(self, deaths):
        """Its end shows in its output before it can be waited for, on a busy machine long before."""
        until = time.monotonic() + DEATH_SECONDS
        while self.deaths == deaths and time.monotonic() < until:
            self.tend()
            time.sleep(0.01)

    def wait(self, condition, what):
        def met():
            self.tend()
            try:
                return condition()
            except GONE:
                return False
        return wait_until(met, STEP_SECONDS, what)

    def write(self, agent, context_id, count=1):
        for _ in range(count):
            marker = f"m{self.next_marker}"
            self.next_marker += 1
            for _ in range(WRITE_ATTEMPTS):
                answer = self.attempt(lambda: agent.update(
                    context_id, {"markers": [marker], "last": marker}, op_id=f"op-{marker}"))
                if answer["success"] or answer["error"]["code"] != "STORAGE_UNAVAILABLE":
                    break
            assert answer["success"] and answer["sync"]["durable"], answer
            self.acknowledged.setdefault(context_id, []).append(marker)

    def command(self, *arguments):
        """A command of the program to its end; it is run again when it dies of the fault, or the hub that it asks."""
        while True:
            deaths = self.deaths
            env = {**os.environ, **self.victim_env("command")}
            done = subprocess.run([self.binary, *map(str, arguments), "--json"], capture_output=True, timeout=STEP_SECONDS,
                                  env=env)
            self.traces["command"] += done.stderr.decode(errors="replace")
            if done.returncode == 0:
                return json.loads(done.stdout)
            if done.returncode == -9 and self.deaths == 0:
                self.deaths += 1
                continue
            self.await_death(deaths)
            assert self.deaths > deaths, (arguments, done)

    def stop(self, one):
        """An orderly end; whoever dies on the way has ended as well."""
        self.tend()
        self.down.add(one)
        code = one.stop() if one in self.agents else one.kill(15)
        self.gather(one)
        if code != 0:
            self.deaths += 1

    def delivered(self, agent):
        self.wait(lambda: agent.status()["pending"] == 0, f"{agent.name}'s journal to empty")

    def settled(self):
        """Everybody holds what the hub holds."""
        for agent in self.agents:
            self.delivered(agent)
        head = self.attempt(lambda: len(self.hubs[0].feed()))
        self.wait(lambda: all(agent.is_settled(head) for agent in self.agents), "the feed's end")

    def check(self):
        """0 lost, 0 twice, and the same bytes everywhere."""
        # Who still follows a history the hub has lost counts in its numbers: first wait for the content.
        for agent in self.agents:
            for context_id, acknowledged in self.acknowledged.items():
                self.wait(lambda: set(acknowledged) <= set(self.markers(agent, context_id)),
                          f"{acknowledged} in {context_id} at {agent.name}")
        self.settled()
        for agent in self.agents:
            for context_id in self.acknowledged:
                markers = self.attempt(lambda: self.markers(agent, context_id))
                assert len(markers) == len(set(markers)), f"{agent.name}: {context_id} holds a marker twice"
        ids = [item["id"] for item in self.attempt(self.hubs[0].feed)]
        assert len(ids) == len(set(ids)), "an entry has two numbers"
        self.check_bytes()

    def feed_of(self, context_id):
        return [item for item in self.hubs[0].feed() if item["context_id"] == context_id]

    @staticmethod
    def markers(agent, context_id):
        answer = agent.get(context_id)
        return answer["data"]["context"]["data"]["markers"] if answer["success"] else []

    def check_bytes(self):
        expected = self.attempt(self.hubs[0].state_hash)
        for agent in self.agents:
            self.stop(agent)
            found = self.verified(agent)
            assert found["ok"], found["problems"]
            assert found["state_hash"] == expected, f"{agent.name} differs from the hub"

    @staticmethod
    def verified(agent):
        try:
            return agent.verify()
        except AssertionError as error:
            raise AssertionError(f"{agent.name}: {error}") from None

    def __exit__(self, kind, error, trace):
        for agent in self.agents:
            if agent not in self.down:
                self.gather(agent)
        super().__exit__(kind, error, trace)

    def hub_log(self):
        return "".join(pathlib.Path(f"{hub.directory}.log").read_text(errors="replace") for hub in self.hubs)
