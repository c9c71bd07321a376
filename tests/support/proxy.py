"""A proxy between notebooks and their hub that does what networks do: drops, delays, cuts, trickles, hangs, and lies.

    proxy = Proxy(hub.port)
    agent = fleet.agent("a", hub=proxy.url)
    proxy.hang = True                      # from now on no byte comes back
    proxy.on_answer = lambda path, body: {**body, "verdict": "cursor_gone"} if path.endswith("/hello") else body

It speaks just enough HTTP/1.1 to tell requests apart; after an upgrade it moves bytes.
"""

import json
import random
import socket
import threading
import time

CHUNK = 16 * 1024
POLL_SECONDS = 0.05
HEAD_BYTES = 64 * 1024


class Proxy:
    """Settings may be changed at any time and hold for the next message.

    down        refuses connections and cuts those there are
    drop        share of requests that never reach the hub: the connection is cut
    lose        share of answers that never come back, though the hub did the work
    cut         share of answers of which only a part comes back
    delay       (least, most) seconds before each answer
    rate        bytes per second towards the notebook; None for all at once
    hang        answers and frames are kept back
    refuse      (status, Retry-After) that the proxy answers by itself
    on_request  (path, body) -> body, for requests with a body
    on_answer   (path, body) -> body
    """

    def __init__(self, target_port, seed=0):
        self.target_port = target_port
        self.down = self.hang = False
        self.drop = self.lose = self.cut = 0.0
        self.delay, self.rate, self.refuse = (0.0, 0.0), None, None
        self.on_request = self.on_answer = lambda path, body: body
        self.requests = []           # (time, path), in order of arrival
        self.most_in_flight = 0      # of one notebook's requests, beside its socket
        self._in_flight = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        self.cut_all()

    def cut_all(self):
        """Ends every connection there is, as a router does that forgets them."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            _end(one)

    # ── inside ──

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        hub = None
        try:
            hub = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
            hub.settimeout(None)
            with self._lock:
                self._sockets |= {client, hub}
            for one in (client, hub):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._exchange(client, hub):
                pass
        except (OSError, ValueError):
            pass
        finally:
            for one in filter(None, (client, hub)):
                _end(one)
                with self._lock:
                    self._sockets.discard(one)

    def _exchange(self, client, hub):
        """One request and its answer; False when the connection is over."""
        request = _read_message(client)
        if request is None or self.down:
            return False
        first, headers, body = request
        path = first.split(b" ")[1].decode()
        with self._lock:
            self.requests.append((time.monotonic(), path))
            is_upgrade = b"upgrade" in headers
            self._in_flight += not is_upgrade
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            return self._answer(client, hub, path, _message(first, headers, self._changed(self.on_request, path, body)))
        finally:
            with self._lock:
                self._in_flight -= not is_upgrade

    def _answer(self, client, hub, path, request):
        if self._happens(self.drop):
            return False
        if self.refuse:
            status, retry_after = self.refuse
            client.sendall(f"HTTP/1.1 {status} No\r\nRetry-After: {retry_after}\r\nContent-Length: 0\r\n\r\n".encode())
            return True
        hub.sendall(request)
        answer = _read_message(hub)
        if answer is None or self._happens(self.lose):
            return False
        first, headers, body = answer
        if first.split(b" ")[1] == b"101":
            return self._relay(client, hub, _message(first, headers, body))
        time.sleep(self._random.uniform(*self.delay))
        data = _message(first, headers, self._changed(self.on_answer, path, body))
        if self._happens(self.cut):
            self._send(client, data[: self._random.randrange(len(data))])
            return False
        self._send(client, data)
        return True

    def _relay(self, client, hub, answer):
        """The event socket: bytes both ways until one side ends."""
        self._send(client, answer)
        back = threading.Thread(target=self._pump, args=(client, hub, False), daemon=True)
        back.start()
        self._pump(hub, client, True)
        return False

    def _pump(self, source, sink, is_to_client):
        try:
            while data := source.recv(CHUNK):
                self._send(sink, data) if is_to_client else sink.sendall(data)
        except OSError:
            pass
        _end(source)
        _end(sink)

    def _send(self, client, data):
        view = memoryview(data)
        while view:
            while self.hang and client.fileno() >= 0:
                time.sleep(POLL_SECONDS)
            if self.rate is None:
                client.sendall(view)
                return
            client.sendall(view[:1])
            view = view[1:]
            time.sleep(1 / self.rate)

    def _happens(self, share):
        return share > 0 and self._random.random() < share

    @staticmethod
    def _changed(change, path, body):
        if not body:
            return body
        try:
            return json.dumps(change(path, json.loads(body)), separators=(",", ":")).encode()
        except json.JSONDecodeError:
            return body


def _end(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def _read_message(source):
    """(first line, {name: value}, body), or None at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = source.recv(CHUNK)
        if not more:
            return None
        data += more
        if len(data) > HEAD_BYTES and b"\r\n\r\n" not in data:
            raise ValueError("no end of the head")
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip()
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        raise ValueError("the hub does not send chunks")
    missing = int(headers.get(b"content-length", b"0")) - len(body)
    parts = [body]
    while missing > 0:
        more = source.recv(min(missing, 1 << 20))
        if not more:
            return None
        parts.append(more)
        missing -= len(more)
    return first, headers, b"".join(parts)


def _message(first, headers, body):
    headers = dict(headers)
    if b"content-length" in headers:
        headers[b"content-length"] = str(len(body)).encode()
    lines = [first, *(name + b": " + value for name, value in headers.items())]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
