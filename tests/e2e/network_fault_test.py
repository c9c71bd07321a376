"""A network and a hub that are slow, deaf, half dead or stopped: tools answer at once, nothing is lost or doubled, and no
answer claims to be fresher than it is.

    python3 tests/e2e/network_fault_test.py BINARY

CONTEXTSYNC_PAUSE_SECONDS   how long things hang or are stopped (default 2; release: 10)
CONTEXTSYNC_ANSWER_MS       bound of the 99th percentile of tool calls (default 150)
CONTEXTSYNC_SEED            which messages are lost
"""

import concurrent.futures
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402
from proxy import Proxy  # noqa: E402

PAUSE = float(os.environ.get("CONTEXTSYNC_PAUSE_SECONDS", "2"))
ANSWER_SECONDS = float(os.environ.get("CONTEXTSYNC_ANSWER_MS", "150")) / 1000
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
CLAIM_TOLERANCE = 0.3  # ages are rounded to tenths, and the answer takes its time to us
HEALED_SECONDS = 20
ALL_TIMES = []  # of every tool call under every trouble


def timed(action):
    began = time.monotonic()
    answer = action()
    return time.monotonic() - began, answer


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


class Talk:
    """An agent that keeps writing and reading, and a witness whose writes the hub takes directly."""

    def __init__(self, agent, witness):
        self.agent, self.witness = agent, witness
        self.times, self.committed, self.own, self.next = [], [], [], 0

    def say(self):
        """One write and one read of the agent."""
        marker = f"own{self.next}"
        self.next += 1
        took, answer = timed(lambda: self.agent.update("mine", {"markers": [marker]}, op_id=f"op-{marker}"))
        assert answer["success"] and answer["sync"]["durable"], answer
        self.times.append(took)
        self.own.append(marker)
        self.read()

    def read(self):
        took, answer = timed(lambda: self.agent.get("theirs"))
        self.times.append(took)
        self.judge(answer)

    def hear(self):
        """One write of the witness; remembers it once the hub has it."""
        marker = f"their{self.next}"
        self.next += 1
        answer = self.witness.update("theirs", {"markers": [marker]})
        if answer["sync"]["state"] == "synced":
            self.committed.append((time.monotonic(), marker))

    def judge(self, answer):
        """An answer that says it is n seconds old must show what was committed before that."""
        age = answer["sync"]["age_seconds"]
        if age is None:
            return
        as_of = time.monotonic() - age
        shown = answer["data"]["context"]["data"]["markers"] if answer["success"] else []
        hidden = [(at, marker) for at, marker in self.committed if marker not in shown]
        for at, marker in hidden:
            late = as_of - at
            assert late <= CLAIM_TOLERANCE, (
                f"claims to be {age} s old, but {marker} was committed {time.monotonic() - at:.2f} s ago")

    def go_on(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.hear()
            self.say()
            time.sleep(0.02)


def world(binary, fleet, seed):
    hub = fleet.hub()
    proxy = Proxy(hub.port, seed)
    agent, witness = fleet.agent("agent", hub=proxy.url), fleet.agent("witness")
    witness.update("theirs", {"markers": ["first"]})
    fleet.settle()
    return hub, proxy, Talk(agent, witness)


def finish(fleet, talk):
    wait_until(lambda: talk.agent.status()["pending"] == 0, HEALED_SECONDS, "delivery after it healed")
    fleet.settle()
    for agent in fleet.agents:
        markers = agent.get("mine")["data"]["context"]["data"]["markers"]
        assert sorted(markers) == sorted(talk.own), f"{agent.name}: lost or doubled"
    ids = [item["id"] for item in fleet.hubs[0].feed()]
    assert len(ids) == len(set(ids)), "an entry has two numbers"
    fleet.check_identical()
    ALL_TIMES.extend(talk.times)
    return f"{len(talk.times)} calls, slowest {max(talk.times) * 1000:.0f} ms"


def through(binary, trouble, settings):
    with Fleet(binary) as fleet:
        _, proxy, talk = world(binary, fleet, SEED)
        talk.go_on(0.2)
        for name, value in settings.items():
            setattr(proxy, name, value)
        if settings.get("down") or settings.get("rate"):
            proxy.cut_all()
        began = time.monotonic()
        talk.go_on(PAUSE)
        asked = [at for at, path in proxy.requests if at > began + 0.05 and not path.split("?")[0].endswith("/events")]
        for name in settings:
            setattr(proxy, name, QUIET[name])
        result = finish(fleet, talk)
        assert proxy.most_in_flight <= 1, f"{proxy.most_in_flight} requests at once"
        if "refuse" in settings:
            gaps = [later - earlier for earlier, later in zip(asked, asked[1:])]
            assert all(gap > settings["refuse"][1] - 0.05 for gap in gaps), f"Retry-After not kept: {gaps}"
        return result


QUIET = {"down": False, "hang": False, "drop": 0.0, "lose": 0.0, "cut": 0.0, "delay": (0.0, 0.0), "rate": None,
         "refuse": None}
TROUBLES = {
    "nothing listens": {"down": True},
    "it hangs": {"hang": True},
    "a byte a second": {"rate": 1},
    "it takes its time": {"delay": (0.3, 0.8)},
    "requests are lost": {"drop": 0.4},
    "answers are lost": {"lose": 0.4},
    "answers are cut": {"cut": 0.4},
    "all of it": {"drop": 0.15, "lose": 0.15, "cut": 0.15, "delay": (0.0, 0.1)},
    "it is overloaded": {"refuse": (503, 1)},
    "it counts requests": {"refuse": (429, 1)},
}


def stopped_hub(binary):
    with Fleet(binary) as fleet:
        hub, _, talk = world(binary, fleet, SEED)
        talk.go_on(0.2)
        hub.process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + PAUSE
        while time.monotonic() < until:
            talk.say()
        hub.process.send_signal(signal.SIGCONT)
        talk.go_on(0.3)
        return finish(fleet, talk)


def stopped_agent(binary):
    """What waits in its sockets looks new when it wakes up."""
    with Fleet(binary) as fleet:
        _, _, talk = world(binary, fleet, SEED)
        talk.go_on(0.2)
        for _ in range(2):
            talk.agent.client.signal(signal.SIGSTOP)
            until = time.monotonic() + PAUSE
            while time.monotonic() < until:
                talk.hear()
                time.sleep(0.05)
            talk.agent.client.signal(signal.SIGCONT)
            for _ in range(10):
                talk.judge(talk.agent.get("theirs"))
            talk.go_on(0.2)
        return finish(fleet, talk)


def held_back_answers(binary):
    """An answer that spent a while on the way is as old as it is."""
    with Fleet(binary) as fleet:
        _, proxy, talk = world(binary, fleet, SEED)
        for _ in range(3):
            proxy.hang = True
            talk.say()
            until = time.monotonic() + PAUSE / 2
            while time.monotonic() < until:
                talk.hear()
                talk.read()
                time.sleep(0.03)
            proxy.hang = False
            for _ in range(20):
                talk.judge(talk.agent.get("theirs"))
        return finish(fleet, talk)


def judge_times():
    slow = percentile(ALL_TIMES, 0.99)
    print(f"{len(ALL_TIMES)} calls, 99 % within {slow * 1000:.0f} ms")
    assert slow < ANSWER_SECONDS


def main():
    binary = sys.argv[1]
    print(f"CONTEXTSYNC_SEED={SEED}")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        running = {pool.submit(through, binary, name, settings): name for name, settings in TROUBLES.items()}
        for test in (stopped_hub, stopped_agent, held_back_answers):
            running[pool.submit(test, binary)] = test.__name__
        for done in concurrent.futures.as_completed(running):
            try:
                print(f"ok {running[done]}: {done.result()}", flush=True)
            except Exception as error:
                raise AssertionError(f"{running[done]}: {error}") from error
    judge_times()


if __name__ == "__main__":
    main()
