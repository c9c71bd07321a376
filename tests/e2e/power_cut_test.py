"""The power fails: what was written but not synced is gone, and nothing that was acknowledged was that.

    python3 tests/e2e/power_cut_test.py BINARY

CONTEXTSYNC_CUTS   how many cuts, of the notebook's machine, the hub's, or both (default 12; release: 2000)
CONTEXTSYNC_SEED   their moments
"""

import os
import pathlib
import random
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import disk_faults  # noqa: E402
from fleet import Fleet, Load  # noqa: E402

CUTS = int(os.environ.get("CONTEXTSYNC_CUTS", "12"))
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)


class Machine:
    """A process, and what its disk has really taken."""

    def __init__(self, fleet, library, name):
        self.below = fleet.directory / name
        self.synced = fleet.directory / f"{name}-synced"
        self.synced.mkdir()
        self.env = {"LD_PRELOAD": str(library), "DISK_FAULTS_BELOW": str(self.below),
                    "DISK_FAULTS_SYNCED": str(self.synced)}
        self.process = None
        self.taken = 0  # bytes, by all cuts

    def lose_power(self):
        self.process.kill()
        self.taken += disk_faults.cut_the_power(self.below, self.synced)

    def start(self):
        """After a cut, what is on the disk is on the disk."""
        for note in self.synced.iterdir():
            note.unlink()
        for path in self.below.rglob("*"):
            if path.is_file():
                self.note(path)
        self.process.start(self.env)

    def note(self, path):
        data = path.read_bytes() if path.stat().st_size <= 4096 else b""
        (self.synced / str(path.stat().st_ino)).write_bytes(str(path.stat().st_size).encode() + b"\n" + data)


def cuts(binary, library, rng):
    with Fleet(binary) as fleet:
        hub_machine, machine = Machine(fleet, library, "hub0"), Machine(fleet, library, "a")
        hub = hub_machine.process = fleet.hub(env=hub_machine.env)
        agent = machine.process = fleet.agent("a", env=machine.env)
        witness = fleet.agent("witness")
        agent.update("t1", {"markers": ["first"]})
        witness.update("t2", {"markers": ["first"]})
        fleet.settle()
        epoch = epoch_of(hub)
        acknowledged, at = ["first"], 0
        for _ in range(CUTS):
            load = Load(agent, "t1", at)
            load.start()
            time.sleep(rng.choice([0.02, 0.1, 0.1, 0.5, 1.2]) * rng.random())
            witness.update("t2", {"markers": [f"witness{at}"]})
            victims = rng.choice([[machine], [machine], [hub_machine], [machine, hub_machine]])
            for victim in victims:
                victim.lose_power()
            for victim in victims[::-1]:
                victim.start()
            load.stop()
            acknowledged += load.acknowledged.values()
            at = load.next
        fleet.settle()
        for one in fleet.agents:
            markers = one.get("t1")["data"]["context"]["data"]["markers"]
            assert len(markers) == len(set(markers)), f"{one.name} holds a marker twice"
            missing = set(acknowledged) - set(markers)
            assert not missing, f"{one.name} lost {sorted(missing)[:5]}"
        ids = [item["id"] for item in hub.feed()]
        assert len(ids) == len(set(ids)), "an entry has two numbers"
        assert epoch_of(hub) == epoch, "the hub's history is another one"
        for one in fleet.agents:
            assert one.status()["notebook"]["recovery"] is None, "a notebook thinks it lost something"
        fleet.check_identical()
        taken = machine.taken + hub_machine.taken
        assert taken > 0, "no cut took anything: this proves nothing"
        print(f"{CUTS} cuts took {taken} bytes; {len(acknowledged)} acknowledged, 0 lost, 0 twice, identical")


def epoch_of(hub):
    return hub.get("/v1/workspaces/default/changes?since=0&limit=1")["epoch"]


def main():
    print(f"CONTEXTSYNC_SEED={SEED}")
    place = pathlib.Path(disk_faults.tempfile.mkdtemp())
    try:
        cuts(sys.argv[1], disk_faults.build(place), random.Random(SEED))
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
