"""The hub goes away and comes back: writes stay durable and quick, say `pending`, and arrive by themselves.

    python3 tests/e2e/outage_test.py BINARY
"""

import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

ANSWER_SECONDS = 0.150
BACK_SECONDS = 8  # socket back-off is at most 4 s; the rest is a slow machine


def second_agent_notices_and_reads(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        wait_until(lambda: b.status()["websocket"] == "connected", 10, "b's socket")
        written = a.update("t1", {"files_read": ["a.cc"], "status": "started"})
        assert written["success"] and written["sync"]["durable"], written
        assert written["stored_keys"] == ["files_read", "status"], written
        answer = wait_until(lambda: next((x for x in [b.get("t1")] if x["success"]), None), 5, "t1 at b")
        assert answer["data"]["context"]["data"]["files_read"] == ["a.cc"], answer
        notices = answer["notices"]
        assert any(n["context_id"] == "t1" and n["changed_by"] == "a" for n in notices), answer
        assert b.get("t1")["notices"] == [], "a notice is shown once"
        assert a.get("t1")["notices"] == [], "own changes are never noticed"


def outage(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        a.update("t1", {"n": 0})
        fleet.settle()
        hub.kill()
        wait_until(lambda: a.status()["link"] == "offline", 10, "a to notice the outage")
        slowest = 0.0
        for i in range(20):
            started = time.monotonic()
            answer = a.update("t1", {"list": [f"a{i}"]})
            slowest = max(slowest, time.monotonic() - started)
            assert answer["sync"]["durable"] and answer["sync"]["state"] == "pending", answer
        assert slowest < ANSWER_SECONDS, f"an answer took {slowest * 1000:.0f} ms with the hub down"
        b.update("t1", {"list": ["b0"]})
        a.kill()
        a.start()
        assert a.status()["pending"] == 20, a.status()
        hub.start()
        wait_until(lambda: a.status()["pending"] == 0 and b.status()["pending"] == 0, BACK_SECONDS, "delivery")
        fleet.settle()
        expected = {f"a{i}" for i in range(20)} | {"b0"}
        for agent in (a, b):
            assert set(agent.get("t1")["data"]["context"]["data"]["list"]) == expected
        fleet.check_identical()
        print(f"outage: slowest answer {slowest * 1000:.1f} ms")


def without_a_hub_it_is_local(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("alone", hub=None)
        answer = agent.update("t1", {"k": 1})
        assert answer["sync"]["state"] == "local" and answer["sync"]["pending"] == 0, answer
        assert answer["sync"]["icon"] == "⚪" and answer["sync"]["age_seconds"] is None, answer
        assert agent.status()["link"] is None
        agent.kill()
        agent.start()
        assert agent.get("t1")["data"]["context"]["data"] == {"k": 1}


def local_notebook_meets_a_hub(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        other = fleet.agent("other")
        other.update("t1", {"from": "other", "list": ["other"]})
        alone = fleet.agent("alone", hub=None)
        for i in range(5):
            alone.update("t1", {"list": [f"alone{i}"]})
        alone.stop()
        alone.hub_url = fleet.hubs[0].url
        alone.start()
        fleet.settle()
        expected = {"other"} | {f"alone{i}" for i in range(5)}
        for agent in (alone, other):
            assert set(agent.get("t1")["data"]["context"]["data"]["list"]) == expected, agent.get("t1")
        fleet.check_identical()


def leaves_within_a_second_of_end_of_input(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        agent = fleet.agent("a")
        agent.update("t1", {"k": 1})
        started = time.monotonic()
        assert agent.stop() == 0
        assert time.monotonic() - started < 1.0


def pipeline_of_calls_is_answered_before_the_end(binary):
    with Fleet(binary) as fleet:
        lines = b"".join(
            b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"manage_context","arguments":%s}}\n' % row
            for row in [(1, b'{"action":"update","context_id":"t1","data":{"k":1}}'),
                        (2, b'{"action":"get","context_id":"t1"}')])
        done = subprocess.run([binary, "serve", "--data-dir", str(fleet.directory / "pipe")], input=lines,
                              capture_output=True, timeout=20)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(b"\n") == 2 and b'"k":1' in done.stdout, done.stdout


def main():
    for test in (second_agent_notices_and_reads, outage, without_a_hub_it_is_local, local_notebook_meets_a_hub,
                 leaves_within_a_second_of_end_of_input, pipeline_of_calls_is_answered_before_the_end):
        test(sys.argv[1])
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    main()
