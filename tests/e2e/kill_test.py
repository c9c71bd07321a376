"""SIGKILL at random moments, of agents and of the hub: nothing acknowledged is lost, nothing is applied twice,
and hub and notebooks end byte-identical.

    python3 tests/e2e/kill_test.py BINARY

CONTEXTSYNC_KILLS sets how many agent kills are made (a quarter as many of the hub, and of both at once);
CONTEXTSYNC_SEED the moments.
"""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, Load, wait_until  # noqa: E402

KILLS = int(os.environ.get("CONTEXTSYNC_KILLS", "20"))
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)


def check_markers(agents, loads):
    """Every acknowledged marker is in every notebook, once."""
    for context_id, acknowledged in loads.items():
        for agent in agents:
            context = agent.get(context_id)["data"]["context"]["data"]
            markers = context["markers"]
            assert len(markers) == len(set(markers)), f"{agent.name}: {context_id} holds a marker twice"
            missing = set(acknowledged) - set(markers)
            assert not missing, f"{agent.name}: {context_id} lost {sorted(missing)[:5]}"


def check_feed(hub):
    """No entry was numbered twice."""
    ids = [item["id"] for item in hub.feed()]
    assert len(ids) == len(set(ids)), "an entry has two numbers"


def kill_agents(binary, rng):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        victim, witness = fleet.agent("victim"), fleet.agent("witness")
        acknowledged, at = [], 0
        for _ in range(KILLS):
            load = Load(victim, "killed", at)
            load.start()
            if rng.random() < 0.8:  # the others are killed while they start
                wait_until(lambda: load.acknowledged, 20, "a first acknowledged write")
            time.sleep(rng.uniform(0.0, 0.08))
            victim.kill()
            load.stop()
            acknowledged += load.acknowledged.values()
            at = load.next
            victim.start()
            witness.update("killed", {"seen_by_witness": at})
        fleet.settle()
        check_markers([victim, witness], {"killed": acknowledged})
        check_feed(hub)
        fleet.check_identical()
        print(f"agent: {KILLS} kills, {len(acknowledged)} acknowledged, 0 lost, 0 twice, identical")


def kill_hub(binary, rng):
    kills = max(KILLS // 4, 1)
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        agents = [fleet.agent("a"), fleet.agent("b")]
        loads = [Load(agents[0], "from-a"), Load(agents[1], "from-b")]
        for load in loads:
            load.start()
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.4))
            hub.kill()
            time.sleep(rng.uniform(0.0, 0.2))
            hub.start()
        time.sleep(0.2)
        for load in loads:
            load.stop()
        fleet.settle()
        check_markers(agents, {load.context_id: load.acknowledged.values() for load in loads})
        check_feed(hub)
        total = sum(len(load.acknowledged) for load in loads)
        fleet.check_identical()
        print(f"hub: {kills} kills, {total} acknowledged, 0 lost, 0 twice, identical")


def kill_both(binary, rng):
    """Hub and agents die together, or one shortly after the other, and come back in any order."""
    kills = max(KILLS // 4, 1)
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        agents = [fleet.agent("a"), fleet.agent("b")]
        acknowledged = {"from-a": [], "from-b": []}
        at = {"from-a": 0, "from-b": 0}
        for _ in range(kills):
            loads = [Load(agent, name, at[name]) for agent, name in zip(agents, acknowledged)]
            for load in loads:
                load.start()
            time.sleep(rng.uniform(0.05, 0.3))
            victims = [hub, *agents[: rng.randint(1, 2)]]
            rng.shuffle(victims)
            for victim in victims:
                victim.kill()
                time.sleep(rng.choice([0.0, 0.0, rng.uniform(0.0, 0.05)]))
            rng.shuffle(victims)
            for victim in victims:
                victim.start()
            for load in loads:
                load.stop()
                acknowledged[load.context_id] += load.acknowledged.values()
                at[load.context_id] = load.next
        fleet.settle()
        check_markers(agents, acknowledged)
        check_feed(hub)
        total = sum(len(markers) for markers in acknowledged.values())
        fleet.check_identical()
        print(f"both: {kills} kills, {total} acknowledged, 0 lost, 0 twice, identical")


def main():
    print(f"CONTEXTSYNC_SEED={SEED}")
    rng = random.Random(SEED)
    kill_agents(sys.argv[1], rng)
    kill_hub(sys.argv[1], rng)
    kill_both(sys.argv[1], rng)


if __name__ == "__main__":
    main()
