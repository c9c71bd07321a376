"""A line-by-line server as a child process, driven with as little client cost as Python allows.

One blocking thread, raw descriptors, no JSON on the measured path: what is timed is the server.
"""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import time

ALL_CORES = os.sched_getaffinity(0)
CLIENT_CORE, SERVER_CORE = min(ALL_CORES), max(ALL_CORES)
READ_BYTES = 1 << 20
PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031
EXIT_SECONDS = 20


def pin_client():
    """Binds this process to the client's core."""
    os.sched_setaffinity(0, {CLIENT_CORE})


@contextlib.contextmanager
def starting_on(cores):
    """What is started inside may run on `cores`."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    yield
    os.sched_setaffinity(0, own)


class LineServer:
    """One server on pipes, or on a loopback connection if `over_tcp`.

    cores   where the child may run
    """

    def __init__(self, command, cores=ALL_CORES, over_tcp=False, stderr=subprocess.DEVNULL):
        self._buffer = bytearray()
        self.started = time.perf_counter()
        with starting_on(cores):
            if over_tcp:
                self._start_on_socket(command, stderr)
            else:
                self._start_on_pipes(command, stderr)

    def _start_on_pipes(self, command, stderr):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=stderr, bufsize=0)
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        for descriptor in (self._in, self._out):
            fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_BYTES)

    def _start_on_socket(self, command, stderr):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._socket = socket.create_connection(listener.getsockname())
            theirs, _ = listener.accept()
        for end in (self._socket, theirs):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=stderr)
        theirs.close()
        self._in = self._out = self._socket.fileno()

    def send(self, lines):
        view = memoryview(lines)
        while view:
            view = view[os.write(self._in, view):]

    def fileno(self):
        return self._out

    def receive(self):
        """The next line, without its end."""
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[:end + 1]
                return line
            got = os.read(self._out, READ_BYTES)
            if not got:
                raise RuntimeError(f"the server ended: {self.process.wait()}")
            self._buffer += got

    def exchange(self, line):
        """Sends one request and returns (seconds, answer)."""
        began = time.perf_counter()
        self.send(line)
        answer = self.receive()
        return time.perf_counter() - began, answer

    def close(self):
        """Ends the input; returns the seconds until the process was gone."""
        began = time.perf_counter()
        if self.process.stdin:
            self.process.stdin.close()
        else:
            self._socket.close()
        self.process.wait(EXIT_SECONDS)
        ended = time.perf_counter() - began
        if self.process.stdout:
            self.process.stdout.close()
        return ended

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")


class Notebook(LineServer):
    """`contextsync serve` after its handshake."""

    def __init__(self, binary, directory, agent="bench", hub="", wrap=(), **options):
        command = [*wrap, binary, "serve", "--data-dir", str(directory), "--agent", agent]
        if hub:
            command += ["--hub", hub]
        super().__init__(command, **options)
        self._id = 0
        self.send(self.request("initialize", {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"}}))
        self.receive()
        self.initialized_seconds = time.perf_counter() - self.started
        self.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')

    def request(self, method, params):
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        return json.dumps(message, separators=(",", ":")).encode() + b"\n"

    def call(self, tool="manage_context", **arguments):
        """The line of a tool call."""
        return self.request("tools/call", {"name": tool, "arguments": arguments})

    def ask(self, tool="manage_context", **arguments):
        """The structured answer of a tool call."""
        _, answer = self.exchange(self.call(tool, **arguments))
        return structured(answer)

    def run_in_flight(self, lines, in_flight):
        """Sends all `lines`, keeping so many unanswered; every answer must be a success."""
        began = time.perf_counter()
        lines = iter(lines)
        waiting = 0
        for line in lines:
            self.send(line)
            waiting += 1
            if waiting == in_flight:
                check_success(self.receive())
                waiting -= 1
        for _ in range(waiting):
            check_success(self.receive())
        return time.perf_counter() - began


def structured(answer):
    return json.loads(answer)["result"]["structuredContent"]


def check_success(answer):
    if b'"isError":false' not in answer:
        raise RuntimeError(f"refused: {answer[:500]!r}")
