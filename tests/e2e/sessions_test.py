"""What a new session is told, and what a new notebook knows.

    python3 tests/e2e/sessions_test.py BINARY
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402


CATCH_UP_SECONDS = 2.5  # kCatchUpWait of server/app/notebook_host.cc, and a slow machine


def new_notebook_has_the_history_from_before_it(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a = fleet.agent("a")
        for n in range(3):
            a.update("t1", {"n": n})
        fleet.settle()
        b = fleet.agent("b")
        fleet.settle()
        expected = a.tool(action="history", context_id="t1")["data"]["versions"]
        found = b.tool(action="history", context_id="t1")["data"]["versions"]
        assert len(found) == 3 and [v["version"] for v in found] == [v["version"] for v in expected], found
        assert {v["agent"] for v in found} == {"a"}, found


def nobody_is_told_of_what_happened_before_the_session(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a = fleet.agent("a")
        for n in range(20):
            a.update(f"t{n}", {"n": n})
        fleet.settle()
        b = fleet.agent("b")
        assert b.get("t1")["notices"] == []
        wait_until(lambda: b.get("t19")["success"], 10, "t19 at b")
        assert b.get("t19")["notices"] == []


def first_call_tells_what_happened_since_the_start(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        wait_until(lambda: (b.directory / "workspaces" / "default" / "INITIALIZED").exists(), 10, "b's notebook")
        # b must not be asked anything before, and its session begins at the latest this long after its notebook opened.
        time.sleep(CATCH_UP_SECONDS)
        a.update("t1", {"k": 1})
        answer = wait_until(lambda: next((x for x in [b.get("t1")] if x["success"]), None), 5, "t1 at b")
        assert [n["context_id"] for n in answer["notices"]].count("t1") == 1, answer["notices"]


def age_survives_a_restart(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a = fleet.agent("a")
        a.update("t1", {"k": 1})
        fleet.settle()
        hub.kill()
        a.stop()
        a.start()
        status = a.status()
        assert status["color"] == "green" and status["age_seconds"] is not None, status


def main():
    for test in (new_notebook_has_the_history_from_before_it, nobody_is_told_of_what_happened_before_the_session,
                 first_call_tells_what_happened_since_the_start, age_survives_a_restart):
        test(sys.argv[1])
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    main()
