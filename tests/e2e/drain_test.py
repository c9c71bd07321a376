"""A long time offline, then a hub: everything is delivered quickly, in sight, and nothing is lost.

    python3 tests/e2e/drain_test.py BINARY

CONTEXTSYNC_DRAIN   entries written offline (default 2000; release: 50000, within 60 s)
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet  # noqa: E402

ENTRIES = int(os.environ.get("CONTEXTSYNC_DRAIN", "2000"))
CONTEXTS = 100
IN_FLIGHT = 32
DRAIN_SECONDS = 60


def write_offline(agent):
    """Writes with many calls in flight, as many agents at one notebook would."""
    waiting = []
    for i in range(ENTRIES):
        arguments = {"action": "update", "context_id": f"t{i % CONTEXTS}", "data": {"markers": [i], "last": i}}
        waiting.append(agent.client.send_request("tools/call", {"name": "manage_context", "arguments": arguments}))
        if len(waiting) >= IN_FLIGHT:
            check(agent, waiting.pop(0))
    for request in waiting:
        check(agent, request)


def check(agent, request):
    answer = agent.client.wait_answer(request)["result"]["structuredContent"]
    assert answer["success"] and answer["sync"]["durable"], answer


def watch(agent):
    """What status shows while the journal empties, and how long that took."""
    began, shown = time.monotonic(), [agent.status()["pending"]]
    while shown[-1] > 0:
        assert time.monotonic() - began < DRAIN_SECONDS, f"{shown[-1]} still pending"
        time.sleep(0.02)
        shown.append(agent.status()["pending"])
    return shown, time.monotonic() - began


def main():
    with Fleet(sys.argv[1]) as fleet:
        hub = fleet.hub()
        agent = fleet.agent("a")
        agent.update("t0", {"markers": ["before"]})
        fleet.settle()
        hub.kill()
        began = time.monotonic()
        write_offline(agent)
        wrote = time.monotonic() - began
        agent.kill()
        agent.start()
        assert agent.status()["pending"] == ENTRIES, agent.status()
        other = fleet.agent("b")
        hub.start()
        shown, took = watch(agent)
        assert shown == sorted(shown, reverse=True), "pending went up"
        assert len(set(shown)) >= 4, f"no progress to see: {shown}"
        fleet.settle()
        for one in (agent, other):
            for context in range(CONTEXTS):
                markers = one.get(f"t{context}")["data"]["context"]["data"]["markers"]
                assert [m for m in markers if m != "before"] == list(range(context, ENTRIES, CONTEXTS)), context
        fleet.check_identical()
        print(f"{ENTRIES} entries written in {wrote:.1f} s, drained in {took:.1f} s")


if __name__ == "__main__":
    main()
