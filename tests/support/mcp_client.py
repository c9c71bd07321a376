"""An MCP client over stdio for tests: starts a server, speaks either era, never waits without end.

    with McpClient([binary, "serve"], env={"CONTEXTSYNC_DATA_DIR": d}) as client:
        answer = client.call_tool("manage_context", {"action": "list"})

Every message received is checked against mcp_shapes; leaving the `with` block fails on a violation,
and so does check_clean(). Only the standard library is needed.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mcp_shapes  # noqa: E402

MODERN_VERSION = "2026-07-28"
META = "io.modelcontextprotocol/"


class McpError(Exception):
    """The server answered with a protocol error."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code = error.get("code")
        self.message = error.get("message")
        self.data = error.get("data")


class McpTimeout(AssertionError):
    """The server did not do in time what the test waited for."""


class McpEnded(McpTimeout):
    """Nor will it: its output ended."""


class McpClient:
    """One server process and the conversation with it.

    cmd       the command line, a list
    env       variables to set in addition to this process's; a value of None removes one
    era       "modern" (every request says its version) or "legacy" (opens with `initialize`)
    version   the legacy version to ask for
    timeout   seconds any wait may take unless it says otherwise
    handshake False leaves `initialize` to the test
    """

    def __init__(self, cmd, env=None, era="modern", *, version="2025-11-25", name="test-client",
                 cwd=None, timeout=10.0, handshake=True, check_shapes=True):
        self.era = era
        self.version = version if era == "legacy" else MODERN_VERSION
        self.name = name
        self.timeout = timeout
        self.messages = []      # all of them, in order of arrival
        self.violations = []    # what was wrong with them, or with the stream
        self.initialize_result = None
        self._check_shapes = check_shapes
        self._stderr = bytearray()
        self._answers = {}      # id as JSON text -> answers not collected yet
        self._asked = {}        # id as JSON text -> (method, version)
        self._next_id = 0
        self._eof = False
        self._changed = threading.Condition()
        self.process = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=_environment(env), cwd=cwd,
                                        bufsize=0)
        self._threads = [threading.Thread(target=target, daemon=True)
                         for target in (self._read_stdout, self._read_stderr)]
        for thread in self._threads:
            thread.start()
        if era == "legacy" and handshake:
            self.initialize(version)

    # ── asking ──

    def meta(self):
        """What a modern request carries as params._meta."""
        return {META + "protocolVersion": MODERN_VERSION,
                META + "clientInfo": {"name": self.name, "version": "1"},
                META + "clientCapabilities": {}}

    def initialize(self, version="2025-11-25"):
        """The legacy handshake; from here on the client is a legacy one."""
        self.era, self.version = "legacy", version
        params = {"protocolVersion": version, "capabilities": {},
                  "clientInfo": {"name": self.name, "version": "1"}}
        result = self.request("initialize", params)
        self.version = result["protocolVersion"]
        self.initialize_result = result
        self.notify("notifications/initialized")
        return result

    def call_tool(self, name, args=None, timeout=None):
        """The whole result of tools/call, whether the tool succeeded or not."""
        return self.request("tools/call", {"name": name, "arguments": args or {}}, timeout)

    def request(self, method, params=None, timeout=None):
        """The result of a request; McpError if it failed, McpTimeout if nothing came."""
        answer = self.wait_answer(self.send_request(method, params), timeout)
        if "error" in answer:
            raise McpError(answer["error"])
        return answer["result"]

    def send_request(self, method, params=None, request_id=None):
        """Sends without waiting; returns the id, for wait_answer."""
        if request_id is None:
            request_id = self._next_id
            self._next_id += 1
        if self.era == "modern":
            params = {"_meta": self.meta(), **(params or {})}
        self.expect(request_id, method, self.version)
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)
        return request_id

    def expect(self, request_id, method, version):
        """Tells the shape check what a request sent by hand was."""
        with self._changed:
            self._asked[json.dumps(request_id)] = (method, version)

    def notify(self, method, params=None):
        message = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)

    def cancel(self, request_id):
        self.notify("notifications/cancelled", {"requestId": request_id})

    def send(self, message):
        self.send_raw(json.dumps(message).encode() + b"\n")

    def send_raw(self, data):
        """Bytes as they are; the line end is yours."""
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view):]

    # ── waiting ──

    def wait_answer(self, request_id, timeout=None):
        """The message that answers `request_id`, result or error."""
        key = json.dumps(request_id)
        return self._wait(lambda: self._answers[key].pop(0) if self._answers.get(key) else None,
                          timeout, f"an answer to id {key}")

    def wait_message(self, matches, timeout=None):
        """The first message received, from the start on, for which matches(message) is true."""
        return self._wait(lambda: next((m for m in self.messages if matches(m)), None), timeout,
                          "a message")

    def wait_count(self, count, timeout=None):
        """All messages so far, once there are at least `count`."""
        return self._wait(lambda: list(self.messages) if len(self.messages) >= count else None,
                          timeout, f"{count} messages")

    def wait_eof(self, timeout=None):
        """Returns when the server has closed its output."""
        self._wait(lambda: self._eof or None, timeout, "the end of the output", eof_ends=False)

    def wait_exit(self, timeout=None):
        """The exit code; negative for a signal, as in subprocess."""
        try:
            code = self.process.wait(self.timeout if timeout is None else timeout)
        except subprocess.TimeoutExpired:
            raise McpTimeout(f"the server is still running; stderr:\n{self.stderr_text}") from None
        self._join()
        return code

    @property
    def stderr_text(self):
        with self._changed:
            return self._stderr.decode(errors="replace")

    # ── ending ──

    def close_stdin(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL, and waits until the process is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(self.timeout)
        self._join()

    def close(self, timeout=None):
        """Ends the input and returns the exit code; kills a server that does not leave."""
        self.close_stdin()
        try:
            return self.wait_exit(timeout)
        except McpTimeout:
            self.kill()
            raise

    def check_clean(self):
        """Fails if the server said anything on stdout that it must not say."""
        if self.violations:
            raise AssertionError("protocol violations:\n" + "\n".join(self.violations[:20]))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            if kind is None:
                self.close()
            else:
                self.kill()
        self._join()
        if kind is None:
            self.check_clean()

    # ── inside ──

    def _wait(self, poll, timeout, what, eof_ends=True):
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        with self._changed:
            while True:
                found = poll()
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or (self._eof and eof_ends):
                    break
                self._changed.wait(left)
            kind, why = (McpEnded, "the output ended") if self._eof else (McpTimeout, "deadline")
        raise kind(f"waited for {what}: {why}; violations: {self.violations[:3]}; "
                   f"stderr:\n{self.stderr_text[-2000:]}")

    def _read_stdout(self):
        for line in _lines(self.process.stdout):
            self._take_line(line)
        with self._changed:
            self._eof = True
            self._changed.notify_all()

    def _take_line(self, line):
        with self._changed:
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("unterminated line")
                value = json.loads(line.decode("utf-8"))
            except ValueError as error:
                self.violations.append(f"stdout: {error}: {line[:200]!r}")
                self._changed.notify_all()
                return
            for message in value if isinstance(value, list) else [value]:
                self._take_message(message)
            self._changed.notify_all()

    def _take_message(self, message):
        self.messages.append(message)
        has_id = isinstance(message, dict) and "id" in message
        key = json.dumps(message["id"]) if has_id else None
        method, version = self._asked.get(key, (None, self.version))
        if self._check_shapes:
            self.violations += [f"{problem}: {json.dumps(message)[:300]}"
                                for problem in mcp_shapes.check(message, method, version)]
        if has_id and "method" not in message:
            self._answers.setdefault(key, []).append(message)

    def _read_stderr(self):
        while chunk := self.process.stderr.read(65536):
            with self._changed:
                self._stderr += chunk

    def _join(self):
        """Takes in what the process left behind. A child that still holds a stream is not waited for."""
        self.process.stdin.close()
        for thread, stream in zip(self._threads, (self.process.stdout, self.process.stderr)):
            thread.join(2)
            if not thread.is_alive():
                stream.close()


def _lines(stream):
    """The lines of an unbuffered stream, each with its line end; the last may lack it."""
    rest = b""
    while chunk := stream.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _environment(changes):
    # No process stays behind a test unless it asks for that.
    env = {**os.environ, "CONTEXTSYNC_NO_DRAIN": "true"}
    for name, value in (changes or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = str(value)
    return env
