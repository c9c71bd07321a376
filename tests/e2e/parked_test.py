"""A write that something on the way refuses is parked: shown here, listed, exported, retried, discarded.

    python3 tests/e2e/parked_test.py BINARY
"""

import http.client
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

POISON = b"poisonous"


class PickyProxy(http.server.BaseHTTPRequestHandler):
    """Passes everything to the hub but pushes that hold POISON: too large, it says."""

    protocol_version = "HTTP/1.1"
    hub = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        # No WebSocket passes here: the notebook polls.
        self.answer(404, b"{}") if self.path.split("?")[0].endswith("/events") else self.forward(None)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(413, b"") if POISON in body else self.forward(body)

    def forward(self, body):
        upstream = http.client.HTTPConnection(self.hub.hostname, self.hub.port, timeout=10)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        self.answer(reply.status, reply.read())
        upstream.close()

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except BrokenPipeError:
            pass  # the agent left meanwhile


def parked(agent, *arguments, code=0):
    done = subprocess.run([agent.binary, "parked", *arguments, "--json", "--data-dir", str(agent.directory)],
                          capture_output=True, timeout=60)
    assert done.returncode == code, (arguments, done.returncode, done.stderr.decode())
    answer = json.loads(done.stdout)
    return answer["data"] if answer["success"] else answer["error"]


def park_three(fleet, binary):
    """Three writes that cannot pass, among some that can. Returns the agent, stopped."""
    hub = fleet.hub()
    PickyProxy.hub = urllib.parse.urlparse(hub.url)
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PickyProxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    agent = fleet.agent("a", f"http://127.0.0.1:{proxy.server_port}")
    for n in range(3):
        assert agent.update(f"good{n}", {"n": n})["success"]
        assert agent.update(f"bad{n}", {"n": POISON.decode()})["success"]
    wait_until(lambda: agent.status()["parked"] == 3, 30, "three parked writes")
    wait_until(lambda: agent.status()["pending"] == 0, 30, "the others at the hub")
    return agent


def main(binary):
    with Fleet(binary) as fleet:
        agent = park_three(fleet, binary)
        assert agent.status()["color"] != "green", "never green while something is parked"
        assert agent.get("bad0")["data"]["context"]["data"] == {"n": POISON.decode()}, "shown here"
        busy = parked(agent, "list", code=69)
        assert busy["code"] == "STORAGE_UNAVAILABLE" and "open" in busy["message"], busy
        agent.stop()

        listed = parked(agent)["parked"]
        assert [row["context_id"] for row in listed] == ["bad0", "bad1", "bad2"], listed
        assert set(listed[0]) == {"n", "level", "context_id", "code", "message", "at"}, listed[0]
        assert {row["code"] for row in listed} == {"too_large"}, listed
        numbers = [str(row["n"]) for row in listed]
        exported = parked(agent, "export", numbers[0])
        assert POISON.decode() in json.dumps(exported["delta"]), exported

        parked(agent, "discard", numbers[1], code=64)
        assert len(parked(agent)["parked"]) == 3
        assert len(parked(agent, "discard", numbers[1], "--yes")["parked"]) == 2
        assert [row["context_id"] for row in parked(agent, "retry", numbers[0])["parked"]] == ["bad2"]
        assert parked(agent, "retry", numbers[0], code=1)["code"] == "NOT_FOUND"

        agent.hub_url = fleet.hubs[0].url
        agent.start()
        fleet.settle()
        # The address is another one, the history the same: the notebook has only moved.
        assert agent.get("bad0")["data"]["context"]["data"] == {"n": POISON.decode()}
        assert agent.get("bad1")["error"]["code"] == "NOT_FOUND", "discarded"
        assert agent.status()["parked"] == 1, agent.status()
        second = fleet.agent("b")
        fleet.settle()
        assert second.get("bad0")["success"] and not second.get("bad2")["success"]
        fleet.check_identical()
    print("parked: listed, exported, retried, discarded")


if __name__ == "__main__":
    main(sys.argv[1])
