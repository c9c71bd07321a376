"""The hub from outside: its address, tokens, routes, events, and how it stops and comes back.

    python3 tests/e2e/hub_http_test.py BINARY
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

START_SECONDS = 20
STOP_SECONDS = 3.5  # what the hub allows itself, and a little
DEVICE = "00000000000000aa"


class Hub:
    """A hub process with token authentication."""

    def __init__(self, binary, directory, *flags):
        self.binary, self.directory = binary, directory
        self.log = open(f"{directory}.log", "ab")
        self.process = subprocess.Popen(
            [binary, "hub", "--listen", "127.0.0.1:0", "--data-dir", directory, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        first = self.process.stdout.readline()
        url = json.loads(first)["listening"]
        assert first == (json.dumps({"listening": url}, separators=(",", ":")) + "\n").encode(), first
        assert url.startswith("http://127.0.0.1:"), url
        self.port = int(url.rsplit(":", 1)[1])

    def request(self, method, path, token=None, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            assert answer.getheader("Cache-Control") == "no-store"
            return answer.status, json.loads(answer.read()), answer.headers
        finally:
            connection.close()

    def end(self, number=signal.SIGTERM):
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(START_SECONDS)
        self.process.stdout.close()
        self.log.close()
        return code, time.monotonic() - started


class WebSocket:
    def __init__(self, port, path, token):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
                             f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        self.status = int(head.split()[1])

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the connection ended inside a frame"
            data += piece
        return data

    def read(self):
        """(opcode, payload) of the next frame."""
        first, length = self._exactly(2)
        if length == 126:
            length = struct.unpack(">H", self._exactly(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._exactly(8))[0]
        return first & 15, self._exactly(length)

    def event(self):
        opcode, payload = self.read()
        assert opcode == 1, (opcode, payload)
        return json.loads(payload)


def token(binary, directory, *arguments):
    done = subprocess.run([binary, "token", *arguments, "--data-dir", directory], capture_output=True,
                          timeout=START_SECONDS)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def create(binary, directory, workspace="w1", role="write", name="alice"):
    code, out, err = token(binary, directory, "create", "--workspace", workspace, "--role", role, "--name", name)
    assert code == 0 and out.count("\n") == 1 and err == "", (code, out, err)
    return out.strip()


def hello(hub, secret):
    status, answer, _ = hub.request("POST", "/v1/workspaces/w1/hello", secret, {
        "protocol": {"min": 1, "max": 1}, "build": "test", "device": DEVICE, "former": [], "next_n": 1, "acked_n": 0,
        "low_base": 0, "cursor": 0, "known": 0, "check": None, "epoch": None, "agent": "tester"})
    assert status == 200, answer
    return answer


def entry(n, context_id, hlc_ms):
    """A delta that sets status, as a notebook would push it."""
    hlc = f"{hlc_ms << 16:016x}"
    content = {
        "id": f"0193a000-0000-7000-8000-{n:012x}", "op": "delta", "level": "task", "context_id": context_id, "base": 0,
        "hlc": hlc, "agent": "tester", "source": "tool",
        "delta": {"v": 1, "hlc": hlc, "device": DEVICE,
                  "cells": {"d": {"h": [0, "obj"]}, "d/status": {"h": [1, "atom", "done"]}}}}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return {**content, "n": n, "hash": hashlib.sha256(canonical).hexdigest()}


def push(hub, secret, greeting, entries):
    status, answer, _ = hub.request("POST", "/v1/workspaces/w1/push", secret, {
        "epoch": greeting["epoch"], "device": DEVICE, "former": [], "acked_n": 0, "low_base": 0, "cursor": 0,
        "known": 0, "check": None, "entries": entries})
    assert status == 200, answer
    return answer["results"]


def tokens_work_whether_the_hub_runs_or_not(binary, directory):
    before = create(binary, directory)
    hub = Hub(binary, directory)
    during = create(binary, directory, name="bob")
    for secret in (before, during):
        assert hub.request("GET", "/v1/workspaces/w1/changes", secret)[0] == 200
    code, out, _ = token(binary, directory, "list", "--json")
    listed = json.loads(out)["tokens"]
    assert code == 0 and [t["name"] for t in listed] == ["alice", "bob"], out
    assert "token" not in listed[0] and before not in out and during not in out

    socket_mode = (pathlib.Path(directory) / "hub.sock").stat().st_mode & 0o777
    assert socket_mode == 0o600, oct(socket_mode)
    stream = WebSocket(hub.port, "/v1/workspaces/w1/events?since=0", during)
    assert stream.status == 101 and stream.event()["event"] == "ready"
    code, out, _ = token(binary, directory, "revoke", listed[1]["id"], "--json")
    assert code == 0 and json.loads(out) == {"id": listed[1]["id"], "revoked": True}, out
    assert hub.request("GET", "/v1/workspaces/w1/changes", during)[0] == 401
    opcode, payload = stream.read()
    while opcode == 1:
        opcode, payload = stream.read()
    assert opcode == 8 and payload[:2] == struct.pack(">H", 4401), (opcode, payload)
    assert hub.end()[0] == 0
    assert not (pathlib.Path(directory) / "hub.sock").exists()

    code, _, err = token(binary, directory, "revoke", "tok-0000000000000000")
    assert code == 1 and "no token" in err, (code, err)
    code, _, err = token(binary, directory, "create", "--workspace", "a/b", "--role", "write", "--name", "x")
    assert code == 64, (code, err)


def routes_are_guarded(binary, directory):
    secret = create(binary, directory)
    reader = create(binary, directory, role="read", name="reader")
    foreign = create(binary, directory, workspace="w2", name="eve")
    hub = Hub(binary, directory)
    routes = [("POST", "hello"), ("POST", "push"), ("GET", "changes"), ("GET", "snapshot"), ("GET", "events")]
    for method, name in routes:
        path = f"/v1/workspaces/w1/{name}"
        body = {} if method == "POST" else None
        status, answer, headers = hub.request(method, path, body=body)
        assert status == 401 and headers["WWW-Authenticate"].startswith("Bearer"), (path, answer)
        assert answer["server_time"] > 0 and answer["error"]["code"] == "unauthorized", answer
        assert hub.request(method, path, "garbage", body)[0] == 401
        assert hub.request(method, path + "?access_token=" + secret, body=body)[0] == 401
        status, answer, _ = hub.request(method, path, foreign, body)
        unknown = hub.request(method, f"/v1/workspaces/none/{name}", foreign, body)
        assert status == unknown[0] == 403 and answer["error"] == unknown[1]["error"], (answer, unknown)
        for header in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
            status, _, headers = hub.request(method, path, secret, body, header)
            assert status == 403 and not any(h.lower().startswith("access-control") for h in headers), (path, header)
        assert hub.request("PUT", path, secret)[0] == 405
    assert hub.request("POST", "/v1/workspaces/w1/push", reader, {})[0] == 403
    assert hub.request("POST", "/v1/workspaces/w1/push", secret, b"{}", {"Content-Encoding": "gzip"})[0] == 415
    assert hub.request("POST", "/v1/workspaces/w1/push", secret, b"{}", {"Content-Type": "text/plain"})[0] == 415
    assert hub.request("POST", "/v1/workspaces/w1/push", secret, b"[" * 100_000)[0] == 400
    assert hub.request("POST", "/v1/workspaces/w1/push", secret, b"", {"Content-Length": "9000000"})[0] == 413
    assert hub.request("GET", "/healthz")[0] == hub.request("GET", "/readyz")[0] == 200
    assert hub.end()[0] == 0


def pushes_survive_a_kill(binary, directory):
    secret = create(binary, directory)
    hub = Hub(binary, directory)
    greeting = hello(hub, secret)
    stream = WebSocket(hub.port, f"/v1/workspaces/w1/events?since=0&epoch={greeting['epoch']}&device=00000000000000bb",
                       secret)
    assert stream.event()["event"] == "ready"
    now = int(time.time() * 1000)
    entries = [entry(n, f"t{n}", now + n) for n in (1, 2, 3)]
    assert [r["status"] for r in push(hub, secret, greeting, entries)] == ["accepted"] * 3
    seen = [stream.event() for _ in entries]
    assert [(e["event"], e["seq"], e["prev"]) for e in seen] == [("context_changed", s, s - 1) for s in (1, 2, 3)], seen
    assert seen[0]["changed_by"] == "tester" and seen[0]["context_id"] == "t1", seen[0]
    assert stream.event()["event"] == "heartbeat"
    hub.end(signal.SIGKILL)

    hub = Hub(binary, directory)
    again = push(hub, secret, greeting, entries)
    assert [(r["status"], r["seq"]) for r in again] == [("duplicate", s) for s in (1, 2, 3)], again
    page = hub.request("GET", "/v1/workspaces/w1/changes?since=0", secret)[1]
    assert [item["seq"] for item in page["changes"]] == [1, 2, 3], page
    assert page["head"] == 3 and page["epoch"] == greeting["epoch"], page
    assert hub.end()[0] == 0


def stops_in_time_with_work_waiting(binary, directory):
    secret = create(binary, directory)
    hub = Hub(binary, directory)
    stream = WebSocket(hub.port, "/v1/workspaces/w1/events?since=0", secret)
    assert stream.event()["event"] == "ready"
    poll = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)
    poll.request("GET", "/v1/workspaces/w1/changes?since=0&wait_ms=25000",
                 headers={"Authorization": f"Bearer {secret}"})
    time.sleep(0.2)  # lets it park; if it has not, the test is only easier
    code, seconds = hub.end()
    assert code == 0 and seconds < STOP_SECONDS, (code, seconds)
    assert json.loads(poll.getresponse().read())["changes"] == []
    assert stream.read()[0] == 8


def keeps_secrets(binary, directory):
    secret = create(binary, directory)
    hub = Hub(binary, directory)
    hello(hub, secret)
    assert hub.end()[0] == 0
    files = [pathlib.Path(f"{directory}.log"), *(p for p in pathlib.Path(directory).rglob("*") if p.is_file())]
    for file in files:
        assert secret[5:69].encode() not in file.read_bytes(), file
    assert pathlib.Path(directory).stat().st_mode & 0o077 == 0


def refuses_what_is_not_safe(binary, directory):
    def run(*flags):
        done = subprocess.run([binary, "hub", "--data-dir", directory, *flags], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=START_SECONDS)
        assert done.stdout == b"", done.stdout
        return done.returncode

    assert run("--listen", "0.0.0.0:0", "--no-auth") == 64
    assert run("--listen", "127.0.0.1:nonsense") == 64
    hub = Hub(binary, directory)
    assert run("--listen", "127.0.0.1:0") == 69, "a second hub on one directory"
    assert hub.end(signal.SIGINT)[0] == 0


def needs_no_token_when_told_so(binary, directory):
    hub = Hub(binary, directory, "--no-auth")
    assert hello(hub, None)["verdict"] in ("ok", "first")
    assert hub.request("GET", "/v1/workspaces/w1/changes")[0] == 200
    assert hub.end()[0] == 0


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    for test in (tokens_work_whether_the_hub_runs_or_not, routes_are_guarded, pushes_survive_a_kill,
                 stops_in_time_with_work_waiting, keeps_secrets, refuses_what_is_not_safe,
                 needs_no_token_when_told_so):
        with tempfile.TemporaryDirectory(prefix="contextsync-hub-") as parent:
            test(binary, f"{parent}/hub")
        print(f"ok: {test.__name__}")


if __name__ == "__main__":
    main()
