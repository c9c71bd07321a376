"""A disk that fails or is full, under a notebook and under a hub: nobody aborts, nothing is acknowledged that is not
kept, reads and pushes go on, and all is well again within seconds of the disk, without a restart.

    python3 tests/e2e/disk_fault_test.py BINARY

CONTEXTSYNC_DISK_STRIDE   every how manieth write or sync is made to fail (default 7; all of them: 1)
CONTEXTSYNC_SEED          which errors meet which calls
"""

import concurrent.futures
import errno
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import disk_faults  # noqa: E402
from fleet import Fleet, wait_until  # noqa: E402

STRIDE = int(os.environ.get("CONTEXTSYNC_DISK_STRIDE", "7"))
SEED = int(os.environ.get("CONTEXTSYNC_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
BACK_SECONDS = 10
WRITES_PER_FAULT = 3
REFUSALS = {"STORAGE_FULL", "STORAGE_UNAVAILABLE"}
FAULTS = [("error", errno.EIO), ("error", errno.ENOSPC), ("torn", errno.EIO), ("torn", errno.ENOSPC), ("short", 0)]
SMALL_DISK = "CONTEXTSYNC_SMALL_DISK"  # set in the child that has a disk of its own


class Ledger:
    """What was acknowledged, and the judgement in the end."""

    def __init__(self, fleet):
        self.fleet, self.acknowledged, self.next = fleet, [], 0
        self.refused = 0

    def try_write(self, agent):
        """One write; True when it was acknowledged as durable. Anything but that or an honest refusal fails."""
        marker = f"m{self.next}"
        self.next += 1
        answer = agent.update("t1", {"markers": [marker], "last": marker}, op_id=f"op-{marker}")
        if answer["success"]:
            assert answer["sync"]["durable"], answer
            self.acknowledged.append(marker)
            return True
        assert answer["error"]["code"] in REFUSALS, answer
        self.refused += 1
        return False

    def write_again_in_time(self, agent):
        wait_until(lambda: self.try_write(agent), BACK_SECONDS, "writes to work again without a restart")

    def check(self):
        """All of it is there after a kill, once, and everybody agrees."""
        for agent in self.fleet.agents:
            agent.kill()
            agent.start()
        self.fleet.settle()
        for agent in self.fleet.agents:
            markers = agent.get("t1")["data"]["context"]["data"]["markers"]
            assert len(markers) == len(set(markers)), f"{agent.name} holds a marker twice"
            missing = set(self.acknowledged) - set(markers)
            assert not missing, f"{agent.name} lost {sorted(missing)[:5]}"
        ids = [item["id"] for item in self.fleet.hubs[0].feed()]
        assert len(ids) == len(set(ids)), "an entry has two numbers"
        self.fleet.check_identical()


# ── single failing calls ──

def notebook_survives_each_failing_call(binary, library, rng):
    with Fleet(binary) as fleet:
        fleet.hub()
        below = fleet.directory / "a"
        with disk_faults.DiskFaults(library, below) as faults:
            ledger = Ledger(fleet)
            agent = fleet.agent("a", env=faults.env)
            ledger.try_write(agent)
            before = faults.seen
            for _ in range(WRITES_PER_FAULT):
                assert ledger.try_write(agent)
            calls = max(faults.seen - before, 6)
            for k in range(1, 2 * calls + 1):
                for deed, number in FAULTS if STRIDE == 1 else rng.sample(FAULTS, 1):
                    faults.order(deed, number, left=k)
                    for _ in range(WRITES_PER_FAULT):
                        ledger.try_write(agent)
                    faults.clear()
                    ledger.write_again_in_time(agent)
                    assert agent.is_running()
            ledger.check()
            return f"{calls} calls to the disk for {WRITES_PER_FAULT} writes, {ledger.refused} refusals"


def hub_survives_each_failing_call(binary, library, rng):
    with Fleet(binary) as fleet:
        below = fleet.directory / "hub0"
        with disk_faults.DiskFaults(library, below) as faults:
            hub = fleet.hub(env=faults.env)
            ledger = Ledger(fleet)
            agent = fleet.agent("a")
            ledger.try_write(agent)
            fleet.settle()
            before = faults.seen
            for _ in range(WRITES_PER_FAULT):
                ledger.try_write(agent)
            fleet.settle()
            calls = max(faults.seen - before, 6)
            for k in range(1, calls + 1):
                for deed, number in FAULTS if STRIDE == 1 else rng.sample(FAULTS, 1):
                    faults.order(deed, number, left=k)
                    for _ in range(WRITES_PER_FAULT):
                        assert ledger.try_write(agent), "the notebook's disk is well"
                    faults.clear()
                    assert hub.is_running()
            wait_until(lambda: agent.status()["pending"] == 0, 2 * BACK_SECONDS, "delivery")
            ledger.check()
            return f"{calls} calls to the disk for {WRITES_PER_FAULT} writes"


def opening_survives_each_failing_call(binary, library, rng):
    """For every call that opening makes: the process answers, and is well once the disk is."""
    with Fleet(binary) as fleet, disk_faults.DiskFaults(library, fleet.directory / "probe") as faults:
        agent = fleet.agent("probe", hub=None, env=faults.env)
        Ledger(fleet).try_write(agent)
        calls = faults.seen
        agent.stop()
        reopened = faults.seen
        agent.start(faults.env)
        Ledger(fleet).try_write(agent)
        calls_again = faults.seen - reopened
    tried = 0
    for is_new, most in ((True, calls), (False, calls_again)):
        for k in range(1 + rng.randrange(STRIDE), most + 1, STRIDE):
            opening_with_a_fault(binary, library, rng.choice(FAULTS), k, is_new)
            tried += 1
    return f"{calls} calls to make and open a notebook, {calls_again} to open it again, {tried} of them failed"


def opening_with_a_fault(binary, library, fault, k, is_new):
    with Fleet(binary) as fleet, disk_faults.DiskFaults(library, fleet.directory / "a") as faults:
        ledger = Ledger(fleet)
        if not is_new:
            agent = fleet.agent("a", hub=None)
            assert ledger.try_write(agent)
            agent.kill()
        faults.order(*fault, left=k)
        agent = fleet.agent("a", hub=None, env=faults.env)
        ledger.try_write(agent)
        faults.clear()
        ledger.write_again_in_time(agent)
        agent.kill()
        agent.start()
        markers = agent.get("t1")["data"]["context"]["data"]["markers"]
        missing = set(ledger.acknowledged) - set(markers)
        assert not missing, f"{fault} at call {k}: lost {sorted(missing)}"


def notebook_survives_a_lasting_fault(binary, library, rng):
    """Reads go on while every write fails."""
    with Fleet(binary) as fleet:
        fleet.hub()
        with disk_faults.DiskFaults(library, fleet.directory / "a") as faults:
            ledger = Ledger(fleet)
            agent = fleet.agent("a", env=faults.env)
            assert ledger.try_write(agent)
            for deed, number in FAULTS[:4]:
                faults.order(deed, number, lasting=True)
                for _ in range(4):
                    assert not ledger.try_write(agent), "acknowledged although nothing can be written"
                    assert agent.get("t1")["success"]
                    time.sleep(0.1)
                assert agent.status()["notebook"]["state"] in ("storage_full", "degraded"), agent.status()["notebook"]
                faults.clear()
                ledger.write_again_in_time(agent)
                assert agent.status()["notebook"]["state"] == "normal"
            ledger.check()
            return f"{ledger.refused} refusals"


def hub_survives_a_lasting_fault(binary, library, rng):
    with Fleet(binary) as fleet:
        with disk_faults.DiskFaults(library, fleet.directory / "hub0") as faults:
            hub = fleet.hub(env=faults.env)
            ledger = Ledger(fleet)
            agent = fleet.agent("a")
            assert ledger.try_write(agent)
            fleet.settle()
            for deed, number in (FAULTS[0], FAULTS[1]):
                faults.order(deed, number, lasting=True)
                head = len(hub.feed())
                for _ in range(3):
                    assert ledger.try_write(agent)
                assert len(hub.feed()) == head, "numbered although nothing can be written"
                assert agent.status()["pending"] == 3
                faults.clear()
                wait_until(lambda: agent.status()["pending"] == 0, BACK_SECONDS, "delivery without a restart")
            ledger.check()
            return "reads went on"


# ── full disks ──

def notebook_on_a_full_disk(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        agent = fleet.agent("a", directory=small_disk() / "a")
        ledger = Ledger(fleet)
        assert ledger.try_write(agent)
        fleet.settle()
        hub.kill()
        assert ledger.try_write(agent) and ledger.try_write(agent)
        fill_the_disk()
        for _ in range(3):
            assert not ledger.try_write(agent)
            assert agent.get("t1")["success"]
        assert agent.status()["notebook"]["state"] == "storage_full"
        hub.start()
        wait_until(lambda: delivered(hub) == 3, 20, "pushes to go on")
        free_the_disk()
        ledger.write_again_in_time(agent)
        assert agent.status()["notebook"]["state"] == "normal"
        ledger.check()
        return f"{ledger.refused} refusals"


def hub_on_a_full_disk(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub(directory=small_disk() / "hub")
        agent = fleet.agent("a")
        ledger = Ledger(fleet)
        assert ledger.try_write(agent)
        fleet.settle()
        fill_the_disk()
        for _ in range(3):
            assert ledger.try_write(agent)
        assert delivered(hub) == 1 and hub.is_running()
        assert agent.status()["pending"] == 3
        free_the_disk()
        wait_until(lambda: agent.status()["pending"] == 0, BACK_SECONDS, "delivery without a restart")
        ledger.check()
        return "reads went on"


def delivered(hub):
    """How many of the writes the hub has numbered; the first one also made what is above it."""
    return sum(item["context_id"] == "t1" for item in hub.feed())


def small_disk():
    return pathlib.Path(os.environ[SMALL_DISK])


def fill_the_disk():
    with open(small_disk() / "ballast", "wb") as ballast:
        try:
            while True:
                ballast.write(b"x" * 65536)
                ballast.flush()
        except OSError as error:
            assert error.errno == errno.ENOSPC, error


def free_the_disk():
    try:
        os.unlink(small_disk() / "ballast")
    except FileNotFoundError:
        pass


def on_a_small_disk(binary):
    """Runs the two above in a process with a disk of 48 MiB that nobody else sees."""
    for unshare in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if subprocess.run(unshare + ["true"], capture_output=True).returncode == 0:
            break
    else:
        return "skipped: this machine lets nobody mount a disk"
    with tempfile.TemporaryDirectory() as disk:
        script = f'mount -t tmpfs -o size=48m,mode=700 tmpfs {disk} && exec {sys.executable} {__file__} "$1"'
        child = subprocess.run(unshare + ["sh", "-c", script, "sh", binary], env={**os.environ, SMALL_DISK: disk})
        assert child.returncode == 0
    return "see above"


def file_size_limit_counts_as_full(binary):
    """RLIMIT_FSIZE, which by default ends a process with a signal."""
    for role in ("agent", "hub"):
        with Fleet(binary) as fleet:
            hub = fleet.hub()
            agent = fleet.agent("a")
            ledger = Ledger(fleet)
            assert ledger.try_write(agent)
            fleet.settle()
            limited = agent.client.process.pid if role == "agent" else hub.process.pid
            unlimited = resource.prlimit(limited, resource.RLIMIT_FSIZE, (96 * 1024, resource.RLIM_INFINITY))
            text = "x" * 20000
            answers = [agent.update("t2", {"text": f"{i} {text}"}) for i in range(12)]
            assert agent.is_running() and hub.is_running()
            refused = [a for a in answers if not a["success"]]
            if role == "agent":
                assert refused and all(a["error"]["code"] == "STORAGE_FULL" for a in refused), refused[:1]
                assert agent.get("t1")["success"]
            else:
                assert not refused
                wait_until(lambda: agent.status()["pending"] > 0, 5, "the hub to refuse")
            resource.prlimit(limited, resource.RLIMIT_FSIZE, unlimited)
            ledger.write_again_in_time(agent)
            wait_until(lambda: agent.status()["pending"] == 0, BACK_SECONDS, "delivery")
            ledger.check()


def main():
    binary = sys.argv[1]
    if SMALL_DISK in os.environ:
        for test in (notebook_on_a_full_disk, hub_on_a_full_disk):
            print(f"ok {test.__name__}: {test(binary)}")
        return
    print(f"CONTEXTSYNC_SEED={SEED}")
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(4) as pool:
        library = disk_faults.build(place)
        running = {}
        for test in (opening_survives_each_failing_call, notebook_survives_each_failing_call,
                     hub_survives_each_failing_call, notebook_survives_a_lasting_fault, hub_survives_a_lasting_fault):
            running[pool.submit(test, binary, library, random.Random(SEED))] = test
        for test in (file_size_limit_counts_as_full, on_a_small_disk):
            running[pool.submit(test, binary)] = test
        for done in concurrent.futures.as_completed(running):
            print(f"ok {running[done].__name__}: {done.result() or 'well'}", flush=True)


if __name__ == "__main__":
    main()
