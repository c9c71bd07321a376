"""Conflicts between two agents: found, reviewed, resolved, shown; and the race of expected_version.

    python3 tests/e2e/conflicts_test.py BINARY
"""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

ROUNDS = 20


def write_apart(fleet, hub, a, b, left, right):
    """Both write without the other's write in sight."""
    fleet.settle()
    hub.kill()
    first, second = left(a), right(b)
    assert first["success"] and second["success"], (first, second)
    hub.start()
    fleet.settle()
    return first, second


def conflicts(agent, **arguments):
    return agent.tool(action="conflicts", force_refresh=True, **arguments)["data"]["conflicts"]


def manual_conflict_is_reviewed_and_resolved(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"status": "open"})
        write_apart(fleet, hub, a, b,
                    lambda agent: agent.update("t1", {"status": "done"}, on_conflict="manual"),
                    lambda agent: agent.update("t1", {"status": "blocked"}, on_conflict="manual"))

        record = wait_until(lambda: next(iter(conflicts(a)), None), 10, "the record at a")
        assert conflicts(b) == [record], conflicts(b)
        assert record["status"] == "open" and record["path"] == "/status" and record["kind"] == "scalar", record
        assert {record["current"]["value"], record["incoming"]["value"]} == {"done", "blocked"}, record
        for agent in (a, b):
            answer = agent.get("t1")
            assert answer["data"]["context"]["data"]["status"] == record["current"]["value"], answer
            assert answer["sync"]["state"] == "conflict", answer["sync"]
            assert [c["id"] for c in answer["conflicts"]] == [record["id"]], answer["conflicts"]
            assert agent.status()["conflicts_open"] == 1

        resolved = a.tool(action="resolve_conflict", conflict_id=record["id"], choose="incoming", op_id="r1",
                          require="cloud")
        assert resolved["success"] and resolved["data"]["changed"], resolved
        assert resolved["data"]["conflict"]["status"] == "resolved", resolved
        again = a.tool(action="resolve_conflict", conflict_id=record["id"], choose="current")
        assert again["success"] and not again["data"]["changed"], again
        assert again["data"]["conflict"]["resolution"]["choose"] == "incoming", again
        fleet.settle()
        for agent in (a, b):
            assert agent.get("t1")["data"]["context"]["data"]["status"] == record["incoming"]["value"]
            assert conflicts(agent) == []
            assert [c["id"] for c in conflicts(agent, status="resolved")] == [record["id"]]
            assert agent.status()["conflicts_open"] == 0
        versions = a.tool(action="history", context_id="t1")["data"]["versions"]
        assert versions[0]["change_type"] == "resolve" and versions[0]["source"] == "resolve", versions[0]
        assert any(version.get("strategy") == "manual" for version in versions), versions
        fleet.check_identical()


def versions_stand_beside_the_data_until_a_knowing_write(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"status": "open", "title": "x"})
        write_apart(fleet, hub, a, b,
                    lambda agent: agent.update("t1", {"status": "done"}, on_conflict="version"),
                    lambda agent: agent.update("t1", {"status": "blocked"}, on_conflict="version"))

        shown = wait_until(lambda: a.get("t1")["data"]["context"].get("_versions"), 10, "versions at a")
        assert shown == b.get("t1")["data"]["context"]["_versions"]
        assert {side["value"] for side in shown["/status"]} == {"done", "blocked"}, shown
        context = a.get("t1")["data"]["context"]
        assert context["data"]["status"] == shown["/status"][0]["value"], context
        assert "_versions" not in a.get("t1", fields=["title"])["data"]["context"]

        answer = b.update("t1", {"status": "known"}, require="cloud")
        assert answer["success"], answer
        fleet.settle()
        for agent in (a, b):
            assert "_versions" not in agent.get("t1")["data"]["context"]
        fleet.check_identical()


def one_of_two_with_the_same_expectation_wins(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        agents = [fleet.agent("a"), fleet.agent("b")]
        agents[0].update("t1", {"turn": "nobody"})
        fleet.settle()
        for number in range(ROUNDS):
            version = agents[0].get("t1", force_refresh=True)["data"]["context"]["version"]
            answers = {}

            def write(agent):
                answers[agent.name] = agent.update("t1", {"turn": f"{number} {agent.name}"}, require="cloud",
                                                   expected_version=version)

            threads = [threading.Thread(target=write, args=(agent,)) for agent in agents]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            winners = [name for name, answer in answers.items() if answer["success"]]
            assert len(winners) == 1, answers
            loser = next(answer for name, answer in answers.items() if name not in winners)
            assert loser["error"]["code"] == "VERSION_MISMATCH", loser
            assert loser["error"]["expected"] == version and loser["error"]["version"] > version, loser["error"]
            assert not loser["sync"]["durable"] and loser["sync"]["parked"] == 0, loser["sync"]
            fleet.settle()
            for agent in agents:
                data = agent.get("t1")["data"]["context"]["data"]
                assert data == {"turn": f"{number} {winners[0]}"}, (data, winners)
        fleet.check_identical()


def a_late_mismatch_is_parked_and_noticed(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"status": "open"})
        fleet.settle()
        version = a.get("t1")["data"]["context"]["version"]
        b.get("t1", force_refresh=True)
        looked = {agent.name: agent.tool(action="changes")["data"]["cursor"] for agent in (a, b)}
        hub.kill()
        a.update("t1", {"status": "done"}, expected_version=version)
        b.update("t1", {"status": "blocked"}, expected_version=version)
        hub.start()
        fleet.settle()
        parked = wait_until(lambda: [x for x in (a, b) if x.status()["parked"] == 1], 10, "a parked entry")
        assert len(parked) == 1
        changes = parked[0].tool(action="changes", since=looked[parked[0].name])["data"]["changes"]
        assert ("conflict", ["status"]) in [(change["change_type"], change["keys"]) for change in changes], changes
        answer = parked[0].get("t1")
        assert answer["sync"]["indicator"] != "synced" and answer["sync"]["state"] == "pending", answer["sync"]


def wrong_arguments_are_refused(binary):
    with Fleet(binary) as fleet:
        a = fleet.agent("a", hub=None)
        a.update("t1", {"status": "open"})

        def code(**arguments):
            answer = a.tool(**arguments)
            return answer["error"]["code"], answer["error"].get("parameter")

        assert code(action="update", context_id="t1", data={}, on_conflict="newest") == \
            ("INVALID_ARGUMENT", "on_conflict")
        assert code(action="update", context_id="t1", data={}, on_conflict="manual", expected_version=1) == \
            ("INVALID_ARGUMENT", "on_conflict")
        assert code(action="resolve_conflict", conflict_id="c-0000000000000000", choose="incoming")[0] == "NOT_FOUND"
        assert code(action="resolve_conflict", choose="incoming") == ("MISSING_FIELD", "conflict_id")
        assert code(action="resolve_conflict", conflict_id="c-1") == ("MISSING_FIELD", "choose")
        assert code(action="resolve_conflict", conflict_id="c-1", choose="value") == ("MISSING_FIELD", "value")
        assert code(action="resolve_conflict", conflict_id="c-1", choose="current", value=1) == \
            ("INVALID_ARGUMENT", "value")
        assert code(action="conflicts", status="closed") == ("INVALID_ARGUMENT", "status")
        assert code(action="conflicts", cursor="nonsense")[0] == "INVALID_ARGUMENT"
        policy = {"conflict": {"paths": {"/status": "newest"}}}
        assert code(action="update", level="global", context_id="_policy", data=policy)[0] == "INVALID_ARGUMENT"
        assert code(action="get", level="global", context_id="_policy")[0] == "NOT_FOUND"
        assert a.tool(action="conflicts", status="all")["data"] == {"conflicts": [], "next_cursor": None}


def main():
    for test in (wrong_arguments_are_refused, one_of_two_with_the_same_expectation_wins,
                 a_late_mismatch_is_parked_and_noticed, versions_stand_beside_the_data_until_a_knowing_write,
                 manual_conflict_is_reviewed_and_resolved):
        test(sys.argv[1])
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    main()
