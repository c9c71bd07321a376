"""Measures contextsync against the least that the same work can cost, on this machine, in one run.

    python3 tests/bench/bench.py BINARY STDIO_FLOOR [--quick] [--json FILE] [--rows NAME,...]

Single calls are timed in alternating rounds beside their floor, the client pinned to one core and the servers
to another; medians over the rounds are printed. --quick only shows that everything runs:
its figures mean nothing. The goals and what they mean: docs/performance.md
"""

import argparse
import json
import os
import pathlib
import random
import re
import selectors
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from line_server import (ALL_CORES, CLIENT_CORE, SERVER_CORE, LineServer, Notebook,  # noqa: E402
                         check_success, pin_client, starting_on)

# What an agent typically notes: about 400 bytes.
NOTE = {"status": "in progress", "files_read": ["core/notebook/strand.cc", "core/notebook/journal.cc"],
        "decisions": ["batch writers behind one leader, so that they share one fsync"],
        "next_steps": ["measure the batch size", "look at the tail latency"], "n": 0}
IN_FLIGHT = 32
DELIVERY_SECONDS = 20  # then something is broken, not slow


class Sizes:
    def __init__(self, quick):
        self.rounds = 2 if quick else 11
        self.calls = 10 if quick else 100
        self.starts = 2 if quick else 11
        self.contexts = 200 if quick else 10_000
        self.counted_writes = 40 if quick else 400
        self.deliveries = 20 if quick else 400
        self.listed = 600 if quick else 100_000
        self.lists = 3 if quick else 31
        self.searched = 300 if quick else 100_000
        self.searches = 5 if quick else 100
        self.watchers = 8 if quick else 64
        self.watched_writes = 3 if quick else 50


class Report:
    """The rows of the table."""

    def __init__(self):
        self.rows = []

    def add(self, name, ours, goal, met, floor="", ratio=""):
        self.rows.append({"name": name, "ours": ours, "floor": floor, "ratio": ratio, "goal": goal, "met": bool(met)})

    def print(self):
        head = ("what", "contextsync", "floor", "ratio", "goal", "")
        lines = [head] + [(r["name"], r["ours"], r["floor"], r["ratio"], r["goal"], "met" if r["met"] else "MISSED")
                          for r in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        for line in lines:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


class Bench:
    def __init__(self, binary, floor, quick):
        self.binary, self.floor, self.sizes = binary, floor, Sizes(quick)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="contextsync-bench-"))
        self.report = Report()
        pin_client()

    def notebook(self, name, **options):
        return Notebook(self.binary, self.directory / name, **options)

    def echo(self, *arguments, **options):
        return LineServer([self.floor, *arguments], **options)

    # ── one call at a time ──

    def read_and_write(self):
        ours = self.notebook("calls", cores={SERVER_CORE})
        echo = self.echo(cores={SERVER_CORE})
        synced = self.echo("--sync", str(self.directory / "floor.log"), cores={SERVER_CORE})
        ours.ask(action="update", context_id="t", data=NOTE)
        count = iter(range(1, 1_000_000))
        read = lambda: ours.call(action="get", context_id="t")  # noqa: E731
        write = lambda: ours.call(action="update", context_id="t", data={**NOTE, "n": next(count)})  # noqa: E731
        self.compare("get", (ours, read), (echo, read), (1.5, 2.0))
        self.compare("update, durable", (ours, write), (synced, write), (1.2, 2.0))
        for server in (ours, echo, synced):
            server.close()

    def resolve(self):
        """A chain of four levels that has not changed, beside a get of its task."""
        ours = self.notebook("levels", cores={SERVER_CORE})
        for level in ("global", "project", "branch", "task"):
            named = {"context_id": "t"} if level == "task" else {}
            ours.ask(action="update", level=level, data={**NOTE, level: NOTE}, **named)
        resolve = lambda: ours.call(action="resolve", context_id="t")  # noqa: E731
        read = lambda: ours.call(action="get", context_id="t")  # noqa: E731
        self.compare("resolve, four levels", (ours, resolve), (ours, read), (2.0, 2.0))
        ours.close()

    def compare(self, name, ours, floor, goals):
        pairs = []
        for number in range(self.sizes.rounds + 1):
            sides = [ours, floor] if number % 2 else [floor, ours]
            figures = {id(side): self.round(*side) for side in sides}
            pairs.append((figures[id(ours)], figures[id(floor)]))
        pairs = pairs[1:]  # the first one warmed up
        for at, (percentile, goal) in enumerate(zip(("p50", "p99"), goals)):
            ratio = statistics.median(mine[at] / least[at] for mine, least in pairs)
            self.report.add(f"{name} {percentile}", micros(statistics.median(mine[at] for mine, _ in pairs)),
                            f"<= {goal} x", ratio <= goal,
                            micros(statistics.median(least[at] for _, least in pairs)), f"{ratio:.2f}")

    def round(self, server, make_line):
        seconds = []
        for _ in range(self.sizes.calls):
            elapsed, _ = server.exchange(make_line())
            seconds.append(elapsed)
        return percentile_of(seconds, 50), percentile_of(seconds, 99)

    # ── through another process ──

    def relay(self):
        """Two processes on one directory: the one that has the notebook is the other's floor."""
        a = self.notebook("shared", agent="a", cores={SERVER_CORE})
        a.ask(action="update", context_id="t", data=NOTE)
        b = self.notebook("shared", agent="b", cores={SERVER_CORE})
        count = iter(range(1, 1_000_000))
        for name, goal, make in (
                ("get", 1e-3, lambda server: server.call(action="get", context_id="t")),
                ("update", 1e-3, lambda server: server.call(action="update", context_id="t",
                                                            data={**NOTE, "n": next(count)}))):
            pairs = [(self.round(b, lambda: make(b))[0], self.round(a, lambda: make(a))[0])
                     for _ in range(self.sizes.rounds + 1)][1:]
            through, direct = (statistics.median(side) for side in zip(*pairs))
            self.report.add(f"{name} through another process p50", micros(through), "<= 1 ms more",
                            through - direct <= goal, micros(direct), f"{through / direct:.2f}")
        seconds = [self.deliver(a, b, n) for n in range(1, self.sizes.deliveries + 1)]
        own = statistics.median(self.round(a, lambda: a.call(action="update", context_id="t", data={"n": next(count)}))[0]
                                for _ in range(self.sizes.rounds))
        p50 = percentile_of(seconds, 50)
        self.report.add("A's update noticed in another process p50", micros(p50), "<= 1 ms more", p50 - own <= 1e-3,
                        micros(own), f"{p50 / own:.2f}")
        for server in (b, a):
            server.close()

    # ── syncs per write ──

    def syncs(self):
        if not shutil.which("strace"):
            self.report.add("syncs per write", "strace is missing", "1 / < 0.3", False)
            return
        count = self.sizes.counted_writes
        alone = self.count_syncs("alone", count, 1)
        self.report.add("syncs per write, one at a time", f"{alone:.2f}", "1", abs(alone - 1) < 0.02)
        together = self.count_syncs("together", count * 4, IN_FLIGHT)
        self.report.add(f"syncs per write, {IN_FLIGHT} in flight", f"{together:.2f}", "< 0.3", together < 0.3)

    def count_syncs(self, name, writes, in_flight):
        trace = self.directory / f"{name}.strace"
        calls = "trace=fsync,fdatasync,sync_file_range,msync"
        wrap = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", calls, "-o", str(trace)]
        server = self.notebook(name, wrap=wrap)
        for i in range(IN_FLIGHT):
            server.ask(action="update", context_id=f"t{i}", data=NOTE)
        before = len(trace.read_text().splitlines())
        server.run_in_flight((server.call(action="update", context_id=f"t{i % IN_FLIGHT}", data={**NOTE, "n": i})
                              for i in range(1, writes + 1)), in_flight)
        text = trace.read_text()
        server.close()
        return len(re.findall(r"(?:sync|range)\(", "\n".join(text.splitlines()[before:]))) / writes

    # ── start, memory, end ──

    def life(self):
        self.starts("new notebook", lambda i: f"new{i}", 40)
        filler = self.notebook("full")
        elapsed = filler.run_in_flight((filler.call(action="update", context_id=f"c{i}", data={**NOTE, "n": i})
                                        for i in range(self.sizes.contexts)), IN_FLIGHT)
        written_mib = filler.resident_mib()
        filler.close()
        name = f"{self.sizes.contexts} contexts"
        self.report.add(f"writes a second, {IN_FLIGHT} in flight", f"{self.sizes.contexts / elapsed:.0f}", "-", True)
        self.starts(name, lambda i: "full", 60)
        self.memory("at start", "rss-new", 0, 30)
        self.memory(f"{name}, all read", "full", self.sizes.contexts, 60)
        self.report.add(f"resident, {name} just written", f"{written_mib:.1f} MiB", "<= 60 MiB", written_mib <= 60)

    def starts(self, what, name_of, goal):
        initialized, answered, ended = [], [], []
        for i in range(self.sizes.starts):
            server = self.notebook(name_of(i))
            check = server.exchange(server.call(action="list", limit=1))[1]
            answered.append(time.perf_counter() - server.started)
            check_success(check)
            initialized.append(server.initialized_seconds)
            ended.append(server.close())
        median = statistics.median(answered) * 1000
        self.report.add(f"start to initialize, {what}", millis(statistics.median(initialized)), "-", True)
        self.report.add(f"start to first tool answer, {what}", f"{median:.1f} ms", f"<= {goal} ms", median <= goal)
        worst = max(ended) * 1000
        figures = f"{millis(statistics.median(ended))}, max {worst:.1f} ms"
        self.report.add(f"end of input to exit, {what}", figures, "<= 50 ms", worst <= 50)

    def memory(self, what, name, reads, goal):
        server = self.notebook(name)
        server.ask(action="list", limit=1)
        server.run_in_flight((server.call(action="get", context_id=f"c{i}") for i in range(reads)), IN_FLIGHT)
        mib = server.resident_mib()
        server.close()
        self.report.add(f"resident, {what}", f"{mib:.1f} MiB", f"<= {goal} MiB", mib <= goal)

    # ── finding one's way in many contexts ──

    def lists(self):
        count = self.sizes.listed
        server = self.notebook("listed", cores={SERVER_CORE})
        for start in range(0, count, 100):
            server.ask(action="batch", operations=[
                {"action": "update", "context_id": f"c{i}",
                 "data": {**NOTE, "n": i, "status": "started" if i % 10 == 0 else "done"}}
                for i in range(start, start + 100)])
        server.ask(action="update", context_id="c7", agent="rare", data={"note": "by another"})
        server.ask(action="update", context_id="c8", parent_id="elsewhere", data={"note": "moved"})
        server.ask(action="search", query="moved")  # waits until the index has all
        last = server.ask(action="list", limit=1)["data"]["contexts"][0]["updated_at"]
        for name, wanted in (("a tenth matches", {"filters": {"status": "started"}}),
                             ("one number matches", {"filters": {"n": count // 2}}),
                             ("a small number matches one", {"filters": {"n": 5}}),
                             ("one text matches", {"filters": {"note": "moved"}}),
                             ("no text matches", {"filters": {"status": "unheard of"}}),
                             ("no such key", {"filters": {"unheard_of": True}}),
                             ("of one agent", {"agent": "rare"}),
                             ("of nobody", {"agent": "nobody"}),
                             ("of one parent", {"parent_id": "elsewhere"}),
                             ("all since a time", {"updated_since": "2020-01-01T00:00:00Z"}),
                             ("one since a time", {"updated_since": last})):
            seconds = [server.exchange(server.call(action="list", **wanted))[0] for _ in range(self.sizes.lists)]
            median = statistics.median(seconds) * 1000
            self.report.add(f"list of {count} contexts, {name}", f"{median:.1f} ms", "<= 20 ms", median <= 20)
        server.close()

    # ── search ──

    def search(self):
        """Notes of words as common as in a language: the r-th one 1/r as often as the first."""
        chance = random.Random(1)
        words = [f"{chance.choice('bdfgklmnprstvz')}{chance.choice('aeiou')}{n:x}" for n in range(20_000)]
        weights = [1 / (rank + 1) for rank in range(len(words))]
        server = self.notebook("searched")
        server.run_in_flight((self.searchable(server, n, chance.choices(words, weights, k=40))
                              for n in range(self.sizes.searched)), IN_FLIGHT)
        elapsed, answer = server.exchange(server.call(action="search", query="first"))
        check_success(answer)
        self.report.add("search, first after the writes", millis(elapsed), "-", True)
        queries = {"a rare word": lambda: words[chance.randrange(5_000, 20_000)],
                   "two words": lambda: f"{words[chance.randrange(20, 200)]} {words[chance.randrange(20, 200)]}",
                   "a beginning": lambda: f"{words[chance.randrange(200, 5_000)][:4]}*",
                   "a phrase": lambda: f'"{words[chance.randrange(5, 50)]} {words[chance.randrange(5, 50)]}"',
                   "a common word": lambda: words[chance.randrange(3)]}
        everything = []
        for name, make in queries.items():
            seconds = [self.time_search(server, make()) for _ in range(self.sizes.searches)]
            everything += seconds
            self.report.add(f"search, {name} p50", millis(percentile_of(seconds, 50)), "-", True)
        p50 = percentile_of(everything, 50)
        self.report.add(f"search, {self.sizes.searched} contexts p50", millis(p50), "< 5 ms", p50 < 0.005)
        self.report.add(f"search, {self.sizes.searched} contexts p99", millis(percentile_of(everything, 99)), "-", True)

    @staticmethod
    def searchable(server, number, text):
        return server.call(action="update", context_id=f"c{number}", data={"notes": " ".join(text[:20]),
                                                                           "decisions": [" ".join(text[20:])]})

    @staticmethod
    def time_search(server, query):
        elapsed, answer = server.exchange(server.call(action="search", query=query))
        check_success(answer)
        return elapsed

    # ── from one agent to another ──

    def delivery(self):
        where = ["--listen", "127.0.0.1:0", "--data-dir", str(self.directory / "hub")]
        with starting_on(ALL_CORES):
            hub = subprocess.Popen([self.binary, "hub", *where, "--no-auth"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        address = json.loads(hub.stdout.readline())["listening"]
        a, b = (self.notebook(name, agent=name, hub=address) for name in ("a", "b"))
        wait_for(lambda: all(n.ask("status")["data"]["websocket"] == "connected" for n in (a, b)))
        floors = self.delivery_floors()
        a.ask(action="update", context_id="t", data=NOTE)
        seconds = [self.deliver(a, b, n) for n in range(1, self.sizes.deliveries + 1)]
        for server in (a, b):
            server.close()
        hub.terminate()
        hub.wait(20)
        hub.stdout.close()
        p50, p99, least = percentile_of(seconds, 50), percentile_of(seconds, 99), sum(floors)
        name = "A's update readable and noticed at B"
        ratio = p50 / least
        self.report.add(f"{name} p50", micros(p50), "<= 2 x", ratio <= 2, micros(least), f"{ratio:.2f}")
        self.report.add(f"{name} p99", micros(p99), "<= 10 ms", p99 <= 0.010)

    def deliver(self, a, b, number):
        began = time.perf_counter()
        a.send(a.call(action="update", context_id="t", data={"n": number}))
        shown = (f'"n":{number}}}'.encode(), f'"n":{number},'.encode())
        is_noticed = is_readable = False
        while not (is_readable and is_noticed):
            _, answer = b.exchange(b.call(action="get", context_id="t"))
            is_noticed = is_noticed or b'"changed_by":"a"' in answer
            is_readable = any(text in answer for text in shown)
            if time.perf_counter() - began > DELIVERY_SECONDS:
                raise RuntimeError(f"B does not see update {number}")
        elapsed = time.perf_counter() - began
        check_success(a.receive())
        time.sleep(0.002)  # a quiet loopback: the last one's confirmation is not part of this one
        return elapsed

    # ── from one session to all others of a notebook ──

    def watching(self):
        """Sessions that watch, a process each; one more writes. From its call until each is answered."""
        names = [f"w{number}" for number in range(self.sizes.watchers)]
        writer = self.notebook("watched", agent="writer")
        writer.ask(action="update", context_id="t", data=NOTE)
        watchers = [self.notebook("watched", agent=name) for name in names]
        seconds = []
        try:
            for watcher in watchers:
                watcher.ask("status")
            for number in range(1, self.sizes.watched_writes + 1):
                seconds += self.watch_once(writer, watchers, number)
        finally:
            for server in (*watchers, writer):
                server.close()
        name = f"a change answers {len(watchers)} watches"
        p50, p99 = percentile_of(seconds, 50), percentile_of(seconds, 99)
        self.report.add(f"{name} p50", micros(p50), "<= 5 ms", p50 <= 0.005)
        self.report.add(f"{name} p99", micros(p99), "", True)

    def watch_once(self, writer, watchers, number):
        for watcher in watchers:
            watcher.send(watcher.call(action="watch", level="task", context_id="t"))
            watcher.exchange(watcher.call("status"))
        answered = {}
        began = time.perf_counter()
        writer.send(writer.call(action="update", context_id="t", data={"n": number}))
        with selectors.DefaultSelector() as selector:
            for watcher in watchers:
                selector.register(watcher.fileno(), selectors.EVENT_READ, watcher)
            while len(answered) < len(watchers):
                ready = selector.select(DELIVERY_SECONDS)
                if not ready:
                    raise RuntimeError(f"{len(watchers) - len(answered)} sessions were not told")
                now = time.perf_counter() - began
                for key, _ in ready:
                    answered[key.data] = now
                    selector.unregister(key.fileobj)
        for server in (writer, *watchers):
            check_success(server.receive())
        return list(answered.values())

    def delivery_floors(self):
        """A's durable answer, the durable push to the hub, the event to B, and B's read."""
        log = str(self.directory / "delivery.log")
        line = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"filler":"' + b"x" * 600 + b'"}}\n'
        parts = [(("--sync", log), False, 1), (("--sync", log), True, 1), ((), True, 0.5), ((), False, 1)]
        floors = []
        for arguments, over_tcp, share in parts:
            server = self.echo(*arguments, over_tcp=over_tcp)
            seconds = [server.exchange(line)[0] for _ in range(self.sizes.deliveries)]
            server.close()
            floors.append(statistics.median(seconds) * share)
        return floors


def percentile_of(values, percent):
    values = sorted(values)
    return values[max(0, -(-len(values) * percent // 100) - 1)]  # nearest rank


def micros(seconds):
    return f"{seconds * 1e6:.0f} us"


def millis(seconds):
    return f"{seconds * 1e3:.1f} ms"


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the notebooks did not connect")
        time.sleep(0.01)


PARTS = {"calls": Bench.read_and_write, "levels": Bench.resolve, "relay": Bench.relay, "syncs": Bench.syncs,
         "life": Bench.life, "lists": Bench.lists, "search": Bench.search, "watch": Bench.watching,
         "delivery": Bench.delivery}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binary")
    arguments.add_argument("floor")
    arguments.add_argument("--quick", action="store_true", help="only show that everything runs")
    arguments.add_argument("--json", metavar="FILE")
    arguments.add_argument("--parts", default=",".join(PARTS), help="of " + ", ".join(PARTS))
    options = arguments.parse_args()
    os.environ["CONTEXTSYNC_NO_DRAIN"] = "true"  # no process stays behind the one that is measured
    bench = Bench(options.binary, options.floor, options.quick)
    try:
        for part in options.parts.split(","):
            PARTS[part](bench)
    finally:
        shutil.rmtree(bench.directory, ignore_errors=True)
    print(f"client on core {CLIENT_CORE}, single calls' servers on core {SERVER_CORE}, others on all; "
          f"load {os.getloadavg()[0]:.1f}" + ("; --quick: the figures mean nothing" if options.quick else ""))
    bench.report.print()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.report.rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
