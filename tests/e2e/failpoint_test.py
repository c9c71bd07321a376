"""SIGKILL at every named step, of a notebook and of a hub: nothing acknowledged is lost, nothing applied twice,
and all ends byte-identical. A step that nothing reaches is a failure.

    python3 tests/e2e/failpoint_test.py BINARY [NAME]

CONTEXTSYNC_FAILPOINT_RUNS   kills at each step and scenario (default 1, then in one scenario; release: 20)
CONTEXTSYNC_SEED             which scenario, and the how-manieth time
"""

import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from doomed import World  # noqa: E402
from proxy import Proxy  # noqa: E402

RUNS = int(os.environ.get("CONTEXTSYNC_FAILPOINT_RUNS", "1"))
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
AT_ONCE = 4  # they mostly wait for each other


# ── scenarios: what happens in a notebook's life; each ends in World.check ──

def daily_life(world):
    hub = world.start_hub()
    victim, witness = world.start_agent("victim"), world.start_agent("witness", is_victim=False)
    world.write(victim, "t1", 3)
    world.write(witness, "t1", 2)
    world.delivered(victim)
    world.wait(lambda: victim.get("t1")["data"]["context"]["data"]["last"] == "m4", "the witness's words")
    world.stop(victim)
    world.restart(victim)
    world.write(victim, "t2", 2)
    world.delivered(victim)
    world.stop(hub)
    world.write(victim, "t2", 1)
    world.restart(hub)
    world.check()


def a_quiet_second(world):
    """What need not be synced at once is synced soon."""
    world.start_hub()
    victim = world.start_agent("victim")
    world.write(victim, "t1", 2)
    world.delivered(victim)
    time.sleep(1.2)  # the period of that sync
    world.write(victim, "t1", 1)
    world.check()


def alone_first(world):
    world.start_hub()
    witness = world.start_agent("victim", hub=None)
    world.write(witness, "t1", 3)
    world.stop(witness)
    witness.hub_url = world.hubs[0].url
    world.restart(witness)
    world.write(world.start_agent("other", is_victim=False), "t1", 2)
    world.check()


def hub_loses_everything(world):
    hub = world.start_hub()
    victim, witness = world.start_agent("victim"), world.start_agent("witness", is_victim=False)
    world.write(victim, "t1", 2)
    world.write(witness, "t2", 2)
    world.settled()
    world.stop(hub)
    shutil.rmtree(hub.directory)
    world.write(victim, "t1", 1)
    world.restart(hub)
    world.wait(lambda: len(hub.feed()) >= 3, "the notebooks' repairs")
    world.check()


def too_far_behind(world):
    """The hub says that it has forgotten too much; the notebook takes its whole state."""
    hub = world.start_hub()
    proxy = Proxy(hub.port)
    told = []

    def send_away(path, body):
        if path.endswith("/hello") and body["verdict"] == "ok" and not told:
            told.append(body)
            return {**body, "verdict": "cursor_gone"}
        return body

    witness = world.agent("witness")
    world.agents.clear()
    victim = world.start_agent("victim", hub=proxy.url)
    world.agents.append(witness)
    world.write(witness, "t1", 2)
    world.write(victim, "t2", 2)
    world.delivered(victim)
    world.stop(victim)
    proxy.on_answer = send_away
    world.write(witness, "t3", 1)
    world.restart(victim)
    world.write(victim, "t2", 1)
    world.wait(lambda: told and victim.get("t3")["success"], "the whole state")
    world.check()


def changed_by_the_hub(world):
    """The hub numbers something else than what was sent: the notebook takes the context anew."""
    hub = world.start_hub()
    proxy = Proxy(hub.port)
    lies = []

    def lie(path, body):
        if path.endswith("/push") and body.get("results") and not lies:
            lies.append(body)
            body["results"][0]["hash"] = "0" * len(body["results"][0]["hash"])
        return body

    victim = world.start_agent("victim", hub=proxy.url)
    world.write(victim, "t1", 1)
    world.delivered(victim)
    proxy.on_answer = lie
    world.write(victim, "t1", 2)
    world.wait(lambda: lies, "the changed answer")
    world.check()


def refused_by_the_hub(world):
    """An entry arrives damaged and is refused for good: it waits in the notebook, where it can be seen."""
    hub = world.start_hub()
    proxy = Proxy(hub.port)
    damaged = []

    def damage(path, body):
        for entry in body.get("entries", []):
            if path.endswith("/push") and (not damaged or entry["id"] in damaged):
                damaged.append(entry["id"])
                entry["hash"] = "0" * len(entry["hash"])
        return body

    victim = world.start_agent("victim", hub=proxy.url)
    world.write(victim, "t1", 2)
    world.delivered(victim)
    proxy.on_request = damage
    world.write(victim, "parked", 1)
    world.wait(lambda: victim.status()["parked"] == 1, "the refusal")
    world.write(victim, "t1", 1)
    world.delivered(victim)
    shown = world.attempt(lambda: victim.get("parked"))["data"]["context"]["data"]["markers"]
    assert shown == world.acknowledged.pop("parked"), shown
    world.check()


def stamped_ahead(world):
    """The hub says that an entry is from the future: it and all later ones get fresh stamps. The first time it has not
    taken the entry, the second time it has, and the answer told nothing of it."""
    hub = world.start_hub()
    proxy = Proxy(hub.port)
    kept_back, told = [], []

    def keep_back(path, body):
        if path.endswith("/push") and not kept_back:
            kept_back.extend(body["entries"])
            body["entries"] = []
        return body

    def refuse(path, body):
        if path.endswith("/push") and len(told) < 2 and (body["results"] or not told):
            told.append(path)
            first = (body["results"] or kept_back)[0]["n"]
            body["results"] = [{"n": first, "status": "clock_skew"}]
        return body

    victim = world.start_agent("victim", hub=proxy.url)
    world.write(victim, "t1", 1)
    world.delivered(victim)
    proxy.on_request, proxy.on_answer = keep_back, refuse
    world.write(victim, "t1", 2)
    world.write(victim, "t2", 1)
    world.delivered(victim)
    world.wait(lambda: told, "a refusal")
    world.check()


def copied_directory(world):
    """Two notebooks from one directory: both keep what they wrote."""
    world.start_hub()
    victim = world.start_agent("victim")
    world.write(victim, "t1", 2)
    world.delivered(victim)
    world.stop(victim)
    shutil.copytree(victim.directory, world.directory / "twin", ignore=shutil.ignore_patterns("*.sock"))
    twin = world.start_agent("twin", is_victim=False)
    world.write(twin, "t1", 2)
    world.delivered(twin)
    world.restart(victim)
    world.write(victim, "t1", 2)
    world.check()


def backed_up_and_restored(world):
    """A backup is whole or not there; what is restored is whole, and what it replaced is kept until then."""
    hub = world.start_hub()
    victim = world.start_agent("victim", is_victim=False)
    world.write(victim, "t1", 2)
    world.settled()
    world.command("hub", "backup", world.directory / "hub-backup", "--data-dir", hub.directory)
    world.command("backup", world.directory / "backup", "--data-dir", victim.directory)
    world.write(victim, "t1", 2)
    world.settled()
    world.stop(hub)
    world.command("hub", "restore", world.directory / "hub-backup", "--data-dir", hub.directory, "--replace")
    world.restart(hub)
    world.wait(lambda: len(world.feed_of("t1")) >= 3, "the notebook's repair")
    world.settled()
    world.stop(victim)
    world.command("restore", world.directory / "backup", "--data-dir", victim.directory, "--replace")
    world.restart(victim)
    world.check()


def tokens(world):
    """A token the operator was told of works, one that was revoked does not."""
    hub = world.start_hub(auth=True)

    def run(*arguments):
        return world.attempt(lambda: world.command("token", *arguments, "--data-dir", hub.directory))

    run("create", "--workspace", "default", "--name", "lost")
    made = run("create", "--workspace", "default", "--name", "kept")
    agent = world.start_agent("user", is_victim=False, hub=hub.url, token=made["token"])
    world.write(agent, "t1", 2)
    world.delivered(agent)
    for row in run("list")["tokens"]:
        if row["name"] == "lost":
            run("revoke", row["id"])
    world.stop(hub)
    world.restart(hub)
    rows = {row["name"]: row for row in run("list")["tokens"]}
    assert rows["kept"]["revoked_at"] is None, rows
    assert rows["lost"]["revoked_at"] is not None, rows
    world.write(agent, "t1", 1)
    world.delivered(agent)


def purged(world):
    """What was asked to be purged once is gone in the end, whoever dies on the way."""
    world.start_hub()
    victim, witness = world.start_agent("victim"), world.start_agent("witness", is_victim=False)
    world.write(victim, "t1", 2)
    world.attempt(lambda: victim.update("leak", {"key": "hunter2"}))
    world.settled()
    world.attempt(lambda: world.command("purge", "task", "leak", "/key", "--yes", "--hub", world.hubs[0].url,
                                        "--data-dir", victim.directory))
    world.write(victim, "t1", 1)
    for agent in (victim, witness):
        world.wait(lambda: agent.get("leak")["data"]["context"]["data"] == {}, "the value's end")
    world.check()


SCENARIOS = [daily_life, a_quiet_second, alone_first, hub_loses_everything, too_far_behind, changed_by_the_hub, refused_by_the_hub,
             stamped_ahead, copied_directory, backed_up_and_restored, tokens, purged]

# Steps that may fail instead: as if the disk did, once. (Of the hub and of the notebook, in daily_life and tokens.)
FALLIBLE = [(daily_life, "agent", "commit.staged"), (a_quiet_second, "agent", "flush.store.synced"),
            (daily_life, "hub", "hub.push.staged"), (daily_life, "hub", "hub.hello.staged")]


# ── running them ──

def trace(binary, scenario):
    """{(role, failpoint): how often it was passed}."""
    passed = {}
    with World(binary) as world:
        world.env = {"CONTEXTSYNC_FAILPOINT": "*=trace"}
        world.victim_env = lambda role: world.env if role else {}
        scenario(world)
        hub_log = world.hub_log()
    for role, text in ({**world.traces, "hub": hub_log}).items():
        for name in re.findall(r"^failpoint (\S+)$", text, re.M):
            passed[(role, name)] = passed.get((role, name), 0) + 1
    return passed


def kill_at(binary, scenario, role, name, count):
    """Runs `scenario` with `role` dying at `name` for the `count`-th time; True when it died."""
    with World(binary, role, {"CONTEXTSYNC_FAILPOINT": f"{name}:{count}"}) as world:
        scenario(world)
    return world.deaths > 0


def kill(binary, places, role, name):
    """Dies at the first of `places` that is reached: the order of things differs from run to run, and steps that come
    with a timer may stay out."""
    for scenario, count in places:
        what = f"{scenario.__name__}: {role} at {name}:{count}"
        try:
            if kill_at(binary, scenario, role, name, count) or count > 1 and kill_at(binary, scenario, role, name, 1):
                return what
        except Exception as error:
            raise AssertionError(f"CONTEXTSYNC_SEED={SEED} {what}: {error}") from error
    raise AssertionError(f"CONTEXTSYNC_SEED={SEED} {what}: it was not reached")


def fail(binary, scenario, role, name, count):
    """A failed step is an error that somebody is told, and no more."""
    try:
        with World(binary, role, {"CONTEXTSYNC_FAILPOINT": f"{name}:{count}=error"}) as world:
            scenario(world)
        assert world.deaths == 0, "it ended the process"
    except Exception as error:
        raise AssertionError(f"{scenario.__name__}: {role} fails at {name}:{count}: {error}") from error
    return f"{scenario.__name__}: {role} fails at {name}:{count}"


def plan(traces, rng):
    """(places, role, failpoint) for every kill; a place is a scenario and how often the step comes there. The first is
    the one that is meant, the others stand in for it."""
    reached = {}
    for scenario, passed in traces.items():
        for (role, name), count in passed.items():
            reached.setdefault((role, name), []).append((scenario, count))
    kills = []
    for (role, name), places in sorted(reached.items()):
        for first in [rng.choice(places)] if RUNS == 1 else places * RUNS:
            others = [place for place in places if place is not first]
            order = [first, *rng.sample(others, len(others))]
            kills.append(([(scenario, rng.randint(1, count)) for scenario, count in order], role, name))
    return kills


def main():
    binary = sys.argv[1]
    print(f"CONTEXTSYNC_SEED={SEED}")
    rng = random.Random(SEED)
    began = time.monotonic()
    names = subprocess.run([binary, "failpoints"], capture_output=True, check=True, text=True).stdout.split()
    assert len(names) >= 40, names
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        traces = dict(zip(SCENARIOS, pool.map(lambda scenario: trace(binary, scenario), SCENARIOS)))
        reached = {name for passed in traces.values() for _, name in passed}
        assert reached == set(names), f"nobody reaches {sorted(set(names) - reached)}"
        print(f"{len(names)} failpoints, all reached, {time.monotonic() - began:.1f} s")
        kills = [one for one in plan(traces, rng) if len(sys.argv) < 3 or one[2] == sys.argv[2]]
        running = [pool.submit(kill, binary, *one) for one in kills]
        running += [pool.submit(fail, binary, *one, count) for one in FALLIBLE for count in (1, 2, 3)]
        failures = []
        for done in concurrent.futures.as_completed(running):
            if done.exception():
                failures.append(done.exception())
                print(f"FAILED {done.exception()}", flush=True)  # now: the others may take a while
            elif os.environ.get("CONTEXTSYNC_VERBOSE"):
                print(f"{time.monotonic() - began:6.1f} {done.result()}", flush=True)
    if failures:
        raise failures[0]
    print(f"{len(kills)} kills at {len(names)} steps: 0 acknowledged lost, 0 twice, identical, "
          f"{time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
