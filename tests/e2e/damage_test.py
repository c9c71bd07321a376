"""Files of a notebook or a hub that were emptied, deleted or damaged while nobody looked: what the hub or the notebooks
still hold comes back, and what is lost is told; nothing opens silently shorter.

    python3 tests/e2e/damage_test.py BINARY
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

BACK_SECONDS = 20


def largest_log(directory):
    logs = [path for path in directory.rglob("*.log") if path.parent.name != "quarantine"]
    return max(logs, key=lambda path: path.stat().st_size)


def empty(path):
    path.write_bytes(b"")


def flip_a_bit_in_the_middle(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(bytes(data))


def markers(agent):
    answer = agent.get("t1")
    return answer["data"]["context"]["data"]["markers"] if answer["success"] else []


def check_same_bytes(fleet, agent):
    """As Fleet.check_identical, for a notebook that goes on telling what it lost."""
    expected = fleet.hubs[0].state_hash()
    agent.stop()
    assert agent.verify()["state_hash"] == expected, "differs from the hub"


def hub_that_lost_its_log(binary, damage):
    """The notebooks hold all of it, and bring it back."""
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        for i in range(3):
            a.update("t1", {"markers": [f"a{i}"]})
            b.update("t1", {"markers": [f"b{i}"]})
        fleet.settle()
        hub.kill(15)
        damage(largest_log(hub.directory))
        a.update("t1", {"markers": ["meanwhile"]})
        hub.start()
        expected = {f"{who}{i}" for who in "ab" for i in range(3)} | {"meanwhile"}
        wait_until(lambda: all(set(markers(one)) == expected for one in (a, b)), BACK_SECONDS, "everything to be back")
        wait_until(lambda: sum(item["context_id"] == "t1" for item in hub.feed()) >= 1, BACK_SECONDS, "the repair")
        fleet.settle()
        fleet.check_identical()


def notebook_that_lost_its_log(binary, damage):
    """It says which entries are gone, and has back what the hub had."""
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a = fleet.agent("a")
        for i in range(3):
            a.update("t1", {"markers": [f"a{i}"]})
        fleet.settle()
        hub.kill()
        a.update("t1", {"markers": ["never pushed"]})
        a.kill()
        damage(largest_log(a.directory))
        a.start()
        hub.start()
        recovery = a.status()["notebook"]["recovery"]
        assert recovery and recovery["lost_to"] >= recovery["lost_from"] >= 1, recovery
        wait_until(lambda: set(markers(a)) == {"a0", "a1", "a2"}, BACK_SECONDS, "what the hub had")
        assert a.update("t1", {"markers": ["on"]})["sync"]["durable"]
        fleet.settle()
        check_same_bytes(fleet, a)


def notebook_with_a_damaged_log(binary):
    """It refuses and says what to do, and the server still speaks."""
    with Fleet(binary) as fleet:
        a = fleet.agent("a", hub=None)
        for i in range(20):
            a.update("t1", {"markers": [f"a{i}"]})
        a.kill()
        log = largest_log(a.directory)
        flip_a_bit_in_the_middle(log)
        damaged = log.read_bytes()
        a.start()
        answer = a.get("t1")
        assert not answer["success"] and answer["error"]["code"] == "STORAGE_UNAVAILABLE", answer
        assert "doctor --recover" in answer["error"]["message"] + answer["error"]["hint"], answer["error"]
        assert not a.update("t1", {"k": 1})["success"]
        assert a.status()["notebook"]["state"] == "unavailable"
        a.stop()
        assert log.read_bytes() == damaged, "the refusal changed the file"


def main():
    binary = sys.argv[1]
    for damage in (empty, pathlib.Path.unlink):
        for test in (hub_that_lost_its_log, notebook_that_lost_its_log):
            test(binary, damage)
            print(f"ok {test.__name__}: {damage.__name__}")
    notebook_with_a_damaged_log(binary)
    print("ok notebook_with_a_damaged_log")


if __name__ == "__main__":
    main()
