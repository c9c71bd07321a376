"""A secret that was stored is purged: from the notebook, its history, the hub and every other notebook, down to the
bytes in their files; and neither a notebook that was away nor a hub put back from a backup brings it back.

    python3 tests/e2e/purge_test.py BINARY
"""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

SECRET = "zwiebelkuchenrezept"  # one word, so that the search index holds it as it is


def run(binary, *arguments, code=0):
    done = subprocess.run([binary, *arguments], capture_output=True, timeout=120)
    assert done.returncode == code, (arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode()


def purge(agent, *arguments, code=0):
    hub = ["--hub", agent.hub_url] if agent.hub_url else []
    answer = json.loads(run(agent.binary, "purge", "task", *arguments, "--json", "--data-dir", str(agent.directory),
                            *hub, code=code))
    return answer["data"] if answer["success"] else answer["error"]


def holders(directory):
    """Files that hold the secret."""
    return [str(path) for path in pathlib.Path(directory).rglob("*")
            if path.is_file() and SECRET.encode() in path.read_bytes()]


def alone(fleet):
    agent = fleet.agent("alone", None)
    agent.update("t1", {"key": SECRET, "note": "fine"})
    agent.update("t1", {"key": "other"})
    agent.update("t1", {"list": [SECRET]})
    agent.tool(action="search", query=SECRET)
    assert purge(agent, "t1", "/key")["found"] == {"shown": True, "versions": 0, "pending": 2, "parked": 0}
    assert purge(agent, "nowhere", "/key", code=1)["code"] == "INVALID_ARGUMENT"
    assert holders(agent.directory), "a plan changes nothing"
    known = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    for flags in (("--yes", "--reason", f"leaked {known}"), ("--yes", "--agent", known)):
        refused = purge(agent, "t1", "/key", *flags, code=1)
        assert "looks like a secret" in refused["message"] and known not in json.dumps(refused), refused
    assert agent.get("t1")["data"]["context"]["data"]["key"] == "other", "a refused purge changes nothing"
    for path in ("/key", "/list"):
        assert purge(agent, "t1", path, "--yes", "--reason", "leaked")["purged"]
    assert not holders(agent.directory), holders(agent.directory)
    assert agent.get("t1")["data"]["context"]["data"] == {"note": "fine", "list": []}, agent.get("t1")
    log = agent.tool(action="history", context_id="t1")["data"]["versions"]
    assert log[0]["change_type"] == "purge", log[0]
    agent.stop()
    agent.verify()
    print("purge: alone")


def without_its_hub(fleet):
    """The hub is no longer in the settings: the purge waits for it, and both commands that a person uses say so."""
    fleet.hub()
    agent = fleet.agent("left")
    agent.update("t1", {"key": SECRET, "note": "fine"})
    fleet.settle()
    agent.stop()
    where = ["--data-dir", str(agent.directory)]
    answer = json.loads(run(agent.binary, "purge", "task", "t1", "/key", "--yes", "--json", *where, code=69))
    assert not answer["data"]["purged"] and "belongs to a hub" in answer["data"]["problem"], answer

    def purges():
        checks = json.loads(run(agent.binary, "doctor", "--json", *where))["checks"]
        return [(check["state"], check["message"]) for check in checks if check["name"] == "purge"]
    assert purges() == [("warn", "1 purge waits for the hub this notebook belongs to, and none is set")], purges()
    run(agent.binary, "sync", *where, "--hub", agent.hub_url)
    assert purges() == [("ok", "none waits")], purges()
    agent.start()
    assert agent.get("t1")["data"]["context"]["data"] == {"note": "fine"}
    print("purge: without the hub it belongs to")


def everywhere(fleet, binary):
    hub = fleet.hub()
    writer, reader, away = (fleet.agent(name) for name in ("writer", "reader", "away"))
    writer.update("t1", {"key": SECRET, "note": "fine"})
    fleet.settle()
    for agent in (writer, reader, away):
        assert SECRET in json.dumps(agent.get("t1")), agent.directory
    away.stop()
    backup = fleet.directory / "hub-backup"
    run(binary, "hub", "backup", str(backup), "--data-dir", str(hub.directory))
    reader.update("t1", {"key": SECRET + " twice"})
    fleet.agents.remove(away)
    fleet.settle()
    assert purge(writer, "t1", "/key", "--yes")["purged"]
    fleet.settle()
    for directory in (writer.directory, reader.directory, hub.directory):
        wait_until(lambda: not holders(directory), 30, f"clean files in {directory}: {holders(directory)}")
    assert reader.get("t1")["data"]["context"]["data"] == {"note": "fine"}
    print("purge: at the hub and both notebooks")

    away.start()
    fleet.agents.append(away)
    fleet.settle()
    wait_until(lambda: not holders(away.directory), 30, f"clean files: {holders(away.directory)}")
    assert away.get("t1")["data"]["context"]["data"] == {"note": "fine"}
    print("purge: a notebook that was away")

    assert holders(backup), "a backup is not purged"
    hub.kill()
    run(binary, "hub", "restore", str(backup), "--replace", "--data-dir", str(hub.directory))
    hub.start()
    fleet.meet_again()
    fleet.settle()
    for agent in (writer, reader, away):
        assert agent.get("t1")["data"]["context"]["data"] == {"note": "fine"}, agent.get("t1")
    wait_until(lambda: not holders(hub.directory), 30, "clean files of the hub")
    fleet.check_identical()
    print("purge: a hub put back from a backup")


def main(binary):
    with Fleet(binary) as fleet:
        alone(fleet)
    with Fleet(binary) as fleet:
        without_its_hub(fleet)
    with Fleet(binary) as fleet:
        everywhere(fleet, binary)


if __name__ == "__main__":
    main(sys.argv[1])
