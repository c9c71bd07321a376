"""Backup, restore and verify on the real program: under load, after losses, and with what must be refused.

    python3 tests/e2e/backup_test.py BINARY

CONTEXTSYNC_RESTORES: how often the hub is set back to an older backup (3; 20 before a release).
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, Load, wait_until  # noqa: E402

RESTORES = int(os.environ.get("CONTEXTSYNC_RESTORES", "3"))
DONE, FAILED, UNAVAILABLE = 0, 1, 69


def run(binary, *arguments, code=DONE):
    """The envelope a command prints with --json."""
    done = subprocess.run([binary, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    answer = json.loads(done.stdout)
    assert answer["success"] == (code != UNAVAILABLE and "data" in answer), answer
    return answer["data"] if "data" in answer else answer["error"]


def markers_of(agent, context_id):
    answer = agent.get(context_id)
    return set(answer["data"]["context"]["data"]["markers"]) if answer["success"] else set()


def notebook_is_backed_up_under_load(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("a", hub=None)
        load = Load(agent, "t1")
        load.start()
        wait_until(lambda: len(load.acknowledged) > 20, 20, "some writes")
        before = set(load.acknowledged.values())
        saved = run(binary, "backup", fleet.directory / "backup", "--data-dir", agent.directory)
        load.stop()
        agent.stop()
        assert saved["path"] == str(fleet.directory / "backup") and saved["contexts"] == 4, saved
        assert not list(pathlib.Path(agent.directory).rglob("*.copy-*")), "the temporary copy is gone"
        copy = fleet.directory / "copy"
        restored = run(binary, "restore", fleet.directory / "backup", "--data-dir", copy)
        assert restored["state_hash"] == saved["state_hash"] and restored["previous"] is None, restored
        other = fleet.agent("copy", hub=None)
        kept = markers_of(other, "t1")
        assert before <= kept <= set(load.acknowledged.values()), "what was acknowledged before is in the backup"
        assert other.status()["notebook"]["recovery"]["message"].startswith("Restored from the backup of "), other.status()
        other.stop()
        again = run(binary, "verify", "--data-dir", copy)
        assert again["ok"] and again["state_hash"] == saved["state_hash"], again


def verify_reads_a_notebook_and_a_hub_that_run(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        agent = fleet.agent("a")
        agent.update("t1", {"k": 1})
        fleet.settle()
        at_agent = run(binary, "verify", "--data-dir", agent.directory)
        at_hub = run(binary, "hub", "verify", "--data-dir", hub.directory)
        assert at_agent["ok"] and at_hub["ok"], (at_agent, at_hub)
        assert at_agent["state_hash"] == at_hub["state_hash"] == hub.state_hash()
        assert at_agent["cursor"] == at_hub["cursor"] == len(hub.feed())
        assert agent.update("t1", {"k": 2})["success"]


def hub_set_back_gets_everything_back(binary):
    for round_number in range(RESTORES):
        with Fleet(binary) as fleet:
            hub = fleet.hub()
            loads = [Load(fleet.agent(name), f"t-{name}") for name in ("a", "b")]
            for load in loads:
                load.start()
            wait_until(lambda: all(len(load.acknowledged) > 10 for load in loads), 30, "some writes")
            saved = run(binary, "hub", "backup", fleet.directory / "backup", "--data-dir", hub.directory)
            count = [len(load.acknowledged) for load in loads]
            wait_until(lambda: all(len(load.acknowledged) > n + 20 for load, n in zip(loads, count)), 30, "more writes")
            if round_number % 2 == 0:  # every other time everything is at the hub before it is set back
                for load in loads:
                    load.stop()
                fleet.settle()
            hub.kill()
            refused = run(binary, "hub", "restore", fleet.directory / "backup", "--data-dir", hub.directory, code=FAILED)
            assert refused["code"] == "ALREADY_EXISTS", refused
            restored = run(binary, "hub", "restore", fleet.directory / "backup", "--data-dir", hub.directory, "--replace")
            assert restored["state_hash"] == saved["state_hash"] and restored["previous"], restored
            hub.start()
            for load in loads:
                load.stop()
            fleet.meet_again()
            fleet.settle()
            for load in loads:
                for agent in fleet.agents:
                    lost = set(load.acknowledged.values()) - markers_of(agent, load.context_id)
                    assert not lost, f"{len(lost)} of {len(load.acknowledged)} acknowledged writes are not at {agent.name}"
            assert run(binary, "hub", "verify", "--data-dir", hub.directory)["ok"]
            fleet.check_identical()


def older_notebook_in_place_of_its_own(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"list": ["before"]})
        fleet.settle()
        saved = run(binary, "backup", fleet.directory / "backup", "--data-dir", a.directory)
        device = a.status()["identity"]["device"]
        a.update("t1", {"list": ["after"]})
        fleet.settle()
        held = run(binary, "restore", fleet.directory / "backup", "--data-dir", a.directory, "--replace", code=UNAVAILABLE)
        assert held["code"] == "STORAGE_UNAVAILABLE", held
        a.stop()
        restored = run(binary, "restore", fleet.directory / "backup", "--data-dir", a.directory, "--replace")
        assert restored["state_hash"] == saved["state_hash"], restored
        assert pathlib.Path(restored["previous"]).is_dir(), "what was there is kept"
        a.start()
        a.update("t1", {"list": ["later"]})
        assert a.status()["identity"]["device"] != device, "an old copy must not use numbers twice"
        fleet.settle()
        for agent in (a, b):
            assert set(agent.get("t1")["data"]["context"]["data"]["list"]) == {"before", "after", "later"}, agent.get("t1")
        fleet.check_identical()


def bad_backups_are_refused_and_change_nothing(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("a", hub=None)
        agent.update("t1", {"k": "v" * 1000})
        agent.stop()
        backup = fleet.directory / "backup"
        place = ("--data-dir", fleet.directory / "target")
        run(binary, "backup", backup, "--data-dir", agent.directory)
        assert run(binary, "backup", backup, "--data-dir", agent.directory, code=FAILED)["code"] == "ALREADY_EXISTS"
        run(binary, "restore", backup, *place, "--workspace", "other", code=FAILED)
        run(binary, "hub", "restore", backup, "--data-dir", fleet.directory / "hub", code=FAILED)
        run(binary, "restore", fleet.directory / "none", *place, code=UNAVAILABLE)
        extra = backup / "store" / "000099.sst"
        extra.write_bytes(b"x")
        assert "not part of it" in run(binary, "restore", backup, *place, code=FAILED)["message"]
        extra.unlink()
        victim = max((backup / "store").iterdir(), key=lambda file: file.stat().st_size)
        whole = victim.read_bytes()
        victim.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        assert "was changed" in run(binary, "restore", backup, *place, code=FAILED)["message"]
        victim.unlink()
        assert "is missing" in run(binary, "restore", backup, *place, code=FAILED)["message"]
        victim.write_bytes(whole)
        manifest = json.loads((backup / "manifest.json").read_text())
        (backup / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
        assert "newer version" in run(binary, "restore", backup, *place, code=FAILED)["message"]
        (backup / "manifest.json").write_text(json.dumps({**manifest, "program": "x"}))
        assert "manifest was changed" in run(binary, "restore", backup, *place, code=FAILED)["message"]
        assert not (fleet.directory / "target" / "workspaces" / "default").exists()
        (backup / "manifest.json").write_text(json.dumps(manifest))
        run(binary, "restore", backup, *place)


def kill_in_the_middle_leaves_the_old_one(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("a", hub=None)
        agent.update("t1", {"k": "old"})
        run(binary, "backup", fleet.directory / "backup", "--data-dir", agent.directory)
        agent.update("t1", {"k": "new"})
        agent.stop()
        old, new = (json.loads((fleet.directory / "backup" / "manifest.json").read_text())["workspaces"][0]["state_hash"],
                    run(binary, "verify", "--data-dir", agent.directory)["state_hash"])
        outcomes = set()
        for wait in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08):
            process = subprocess.Popen([binary, "restore", str(fleet.directory / "backup"), "--replace", "--data-dir",
                                        str(agent.directory)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait)  # any moment will do: this is where it dies
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            found = run(binary, "verify", "--data-dir", agent.directory)
            assert found["ok"] and found["state_hash"] in (old, new), found
            outcomes.add(found["state_hash"])
        assert outcomes, outcomes
        for step, left in (("restore.prepared", found["state_hash"]), ("restore.exchanged", old), ("restore.in.place", old)):
            died = subprocess.run([binary, "restore", str(fleet.directory / "backup"), "--replace", "--data-dir",
                                   str(agent.directory)], env={**os.environ, "CONTEXTSYNC_FAILPOINT": step},
                                  capture_output=True, timeout=20)
            assert died.returncode == -signal.SIGKILL, (step, died)
            found = run(binary, "verify", "--data-dir", agent.directory)
            assert found["ok"] and found["state_hash"] == left, (step, found)


def main():
    for test in (notebook_is_backed_up_under_load, verify_reads_a_notebook_and_a_hub_that_run,
                 hub_set_back_gets_everything_back, older_notebook_in_place_of_its_own,
                 bad_backups_are_refused_and_change_nothing, kill_in_the_middle_leaves_the_old_one):
        started = time.monotonic()
        test(sys.argv[1])
        print(f"ok {test.__name__} {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
