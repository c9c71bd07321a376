"""Several processes on one notebook, for tests of who has it open and who relays."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from notebook import NotebookTest, wait_until  # noqa: E402


class SharingTest(NotebookTest):
    def holder(self):
        """The pid in the lock file's note, once there is one."""
        path = self.directory / "shared" / "workspaces" / "default.lock"

        def read():
            try:
                return json.loads(path.read_text())["pid"]
            except (OSError, ValueError, KeyError):
                return None
        return wait_until(read, 20, "a process that has the notebook open")

    def by_pid(self, notebooks, pid):
        return next(each for each in notebooks if each.client.process.pid == pid)

    def pair(self, **options):
        """Two processes on one directory: the one that has it open, and one that relays."""
        first = self.notebook("shared", **options)
        first.status()
        first.update("warm-up", {"k": 1})
        second = self.notebook("shared", **options)
        second.get("warm-up")
        self.assertEqual(self.holder(), first.client.process.pid)
        return first, second
