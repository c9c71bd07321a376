"""Readers of the hub's events that stop reading: they cost it little, disturb nobody, and are told that they missed some.

    python3 tests/e2e/slow_reader_test.py BINARY

CONTEXTSYNC_READERS     how many (default 30; release: 1000, each bounded by the kernel's buffer and 1 MiB)
CONTEXTSYNC_ANSWER_MS   bound of the others' tool calls (default 150)
"""

import json
import os
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, wait_until  # noqa: E402

READERS = int(os.environ.get("CONTEXTSYNC_READERS", "30"))
ANSWER_SECONDS = float(os.environ.get("CONTEXTSYNC_ANSWER_MS", "150")) / 1000
PER_ADDRESS = 50          # the hub lets one address have 64 connections
KERNEL_BUFFER_BYTES = 4 << 20  # what the system keeps for a socket that is not read, at most
OUTBOX_BYTES = 1 << 20
OTHER_BYTES = 48 << 20    # the store's own memory while it is written to
TEXT = "x" * 7000         # below 8 KiB, so that events carry it
IN_FLIGHT = 16
PROBES = 30
DELIVERY_SECONDS = 10 + READERS / 20  # each of them is sent all the events until it is full
EVENTS = (KERNEL_BUFFER_BYTES + 2 * OUTBOX_BYTES) // len(TEXT)


def stopped_reader(port, number):
    """A socket of a notebook that has gone quiet right after the handshake."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
    reader.connect(("127.0.0.1", port))
    reader.sendall(b"GET /v1/workspaces/default/events?since=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                   b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        more = reader.recv(1)
        assert more, head
        head += more
    assert b" 101 " in head, head
    return reader


def frames(reader):
    """Every event that still comes, until there is none for a while or the hub closes."""
    reader.settimeout(2)
    data = b""
    try:
        while more := reader.recv(1 << 16):
            data += more
    except (TimeoutError, ConnectionError):
        pass
    events, at = [], 0
    while at + 2 <= len(data):
        length, at = data[at + 1] & 0x7F, at + 2
        if length == 126:
            length, at = int.from_bytes(data[at:at + 2], "big"), at + 2
        elif length == 127:
            length, at = int.from_bytes(data[at:at + 8], "big"), at + 8
        if data[at:at + 1] == b"{" and at + length <= len(data):
            events.append(json.loads(data[at:at + length])["event"])
        at += length
    return events


def memory_bytes(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def burst(agent):
    """More than a socket that is not read can hold."""
    waiting = []
    for n in range(EVENTS):
        arguments = {"action": "update", "context_id": "t1", "data": {"text": f"{n}{TEXT}", "n": n}}
        waiting.append(agent.client.send_request("tools/call", {"name": "manage_context", "arguments": arguments}))
        if len(waiting) >= IN_FLIGHT:
            agent.client.wait_answer(waiting.pop(0))
    for request in waiting:
        agent.client.wait_answer(request)


def shown(agent):
    return agent.get("t1")["data"]["context"]["data"]["n"]


def main():
    with Fleet(sys.argv[1]) as fleet:
        hub = fleet.hub()
        writer, other = fleet.agent("writer"), fleet.agent("other")
        writer.update("t1", {"text": "", "n": -1})
        fleet.settle()
        readers = [stopped_reader(hub.port, number) for number in range(READERS)]
        before, times = memory_bytes(hub.process), []
        burst(writer)
        wait_until(lambda: shown(other) == EVENTS - 1, DELIVERY_SECONDS, "the last event at another")
        for n in range(EVENTS, EVENTS + PROBES):  # now that all of them are stuck
            began = time.monotonic()
            assert writer.update("t1", {"n": n})["sync"]["durable"]
            times.append(time.monotonic() - began)
            wait_until(lambda: shown(other) == n, 1, "an event in a second")
        grown = memory_bytes(hub.process) - before
        slow = sorted(times)[-2]
        assert slow < ANSWER_SECONDS, f"all but one within {slow * 1000:.0f} ms"
        assert grown < READERS * OUTBOX_BYTES + OTHER_BYTES, f"{grown >> 20} MiB for {READERS} readers"
        events = frames(readers[0])
        assert "lagged" in events, f"{len(events)} events and no word of the missing ones"
        for reader in readers:
            reader.close()
        fleet.settle()
        fleet.check_identical()
        print(f"{READERS} stopped readers, {EVENTS} events: {grown >> 20} MiB, others' writes within {slow * 1000:.0f} ms")


if __name__ == "__main__":
    main()
