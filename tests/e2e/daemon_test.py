"""Processes without a client: `contextsync daemon`, and what drains a notebook when its last client left.

usage: daemon_test.py BINARY [TEST...]
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import suspend  # noqa: E402
from notebook import main, wait_until  # noqa: E402
from sharing import SharingTest  # noqa: E402

SLOW = 4 if os.environ.get("CONTEXTSYNC_SLOW_MACHINE") else 1  # a sanitizer, or too few cores


class DaemonTest(SharingTest):
    """Processes without a client."""

    def daemon(self, *arguments):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CONTEXTSYNC_")}
        process = subprocess.Popen([self.binary, "daemon", "--data-dir", str(self.directory / "shared"), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=clean)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.wait(20)
        process.stdout.close()

    def drainer(self):
        """The pid of a process that drains this notebook; None if there is none."""
        wanted = [b"daemon", b"--until-drained", b"--data-dir", str(self.directory / "shared").encode()]
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes().split(b"\0")[1:5] == wanted:
                    return int(path.parent.name)
            except OSError:
                continue
        return None

    def kill_drainer(self):
        pid = self.drainer()
        if pid:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.drainer() is None, 20, "the end of the process that drains")

    def with_pending(self, count=3):
        """A hub that is down, and a directory whose last client left with writes pending."""
        hub = self.hub()
        notebook = self.notebook("shared", hub=hub.url, env={"CONTEXTSYNC_NO_DRAIN": None})
        notebook.update("t", {"n": 0})
        notebook.settle()
        hub.kill()
        for n in range(1, count + 1):
            notebook.update("t", {f"n{n}": n})
        self.addCleanup(self.kill_drainer)
        return hub, notebook

    def test_daemon_says_where_it_listens_and_serves(self):
        daemon = self.daemon()
        said = json.loads(daemon.stdout.readline())
        self.assertEqual(said["pid"], daemon.pid)
        self.assertTrue(pathlib.Path(said["listening"]).is_socket())
        notebook = self.notebook("shared")
        notebook.update("t", {"k": 1})
        self.assertEqual(self.holder(), daemon.pid)
        daemon.terminate()
        self.assertEqual(daemon.wait(20), 0)
        self.assertEqual(notebook.data("t"), {"k": 1})

    def test_daemon_takes_over_when_the_last_client_leaves(self):
        notebook = self.notebook("shared")
        notebook.update("t", {"k": 1})
        daemon = self.daemon()
        notebook.client.close()
        self.assertEqual(json.loads(daemon.stdout.readline())["pid"], daemon.pid)

    def test_pending_writes_reach_the_hub_after_the_last_client_left(self):
        hub, notebook = self.with_pending()
        notebook.client.close()
        wait_until(self.drainer, 20, "a process that drains")
        hub.start()
        wait_until(lambda: hub.get("/v1/workspaces/default/changes?since=0&limit=1")["head"] >= 7, 40,
                   "the pending writes at the hub")
        wait_until(lambda: self.drainer() is None, 20, "its end once there is nothing to do")
        log = self.directory / "shared" / "daemon.log"
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)

    def test_draining_process_steps_aside_for_a_client(self):
        _, notebook = self.with_pending()
        notebook.client.close()
        wait_until(lambda: self.drainer() and self.holder() == self.drainer(), 20, "a process that drains")
        started = time.monotonic()
        again = self.notebook("shared")
        self.assertEqual(len(again.data("t")), 4)
        self.assertLess(time.monotonic() - started, 3 * SLOW)
        self.assertEqual(self.holder(), again.client.process.pid)

    def test_draining_process_steps_aside_for_a_command(self):
        _, notebook = self.with_pending()
        notebook.client.close()
        wait_until(lambda: self.drainer() and self.holder() == self.drainer(), 20, "a process that drains")
        done = self.command("parked", "list", "--json", "--data-dir", str(self.directory / "shared"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nothing_stays_behind_when_nothing_is_pending_or_it_is_unwanted(self):
        hub = self.hub()
        notebook = self.notebook("shared", hub=hub.url, env={"CONTEXTSYNC_NO_DRAIN": None})
        notebook.update("t", {"k": 1})
        notebook.settle()
        notebook.client.close()
        self.assertIsNone(self.drainer())
        hub.kill()
        notebook = self.notebook("shared", hub=hub.url)
        notebook.update("t", {"k": 2})
        notebook.client.close()
        self.assertIsNone(self.drainer())

    def test_client_that_kills_its_server_loses_nothing(self):
        """SIGINT, 100 ms, SIGTERM, 400 ms, SIGKILL, with a hub that is slow to answer."""
        hub = self.hub()
        for turn in range(4):
            notebook = self.notebook("shared", hub=hub.url)
            notebook.get("global", level="global")
            suspend(hub.process.pid)
            for n in range(3):
                self.assertTrue(notebook.update("t", {f"k{turn}.{n}": n})["sync"]["durable"])
            process = notebook.client.process
            for number, pause in ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.4), (signal.SIGKILL, 0)):
                if process.poll() is None:
                    process.send_signal(number)
                    time.sleep(pause)
            process.wait(20)
            os.kill(hub.process.pid, signal.SIGCONT)
        notebook = self.notebook("shared", hub=hub.url)
        notebook.settle()
        self.assertEqual(len(notebook.data("t")), 12)
        pushed = [item for item in hub.feed() if item.get("context_id") == "t"]
        self.assertEqual(len(pushed), 12, "each write once")


if __name__ == "__main__":
    main()
