"""Commands the interposed library of disk_faults.cc: makes writes and syncs below a directory fail.

    with DiskFaults(library, directory) as faults:
        agent = fleet.agent("a", env=faults.env)
        faults.order("error", errno.ENOSPC, left=3)   # the third write or sync from now on
"""

import errno
import mmap
import os
import pathlib
import struct
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).parent / "disk_faults.cc"
DEEDS = {"none": 0, "error": 1, "short": 2, "torn": 3, "crash": 4}
KINDS = {"writes": 1, "syncs": 2, "both": 3}
LAYOUT = struct.Struct("=IIIIQQQ")


def build(directory):
    """Compiles the library once for a test; returns its path."""
    library = pathlib.Path(directory) / "disk_faults.so"
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-O1", "-shared", "-fPIC", "-o", str(library),
                    str(SOURCE), "-ldl"], check=True)
    return library


def cut_the_power(below, synced):
    """Takes from the files below a directory all that no sync has made safe: `synced` holds what was noted.

    Precondition: the processes are gone. Names are left as they are: a file nobody synced becomes empty.
    Returns how many bytes that were.
    """
    taken = 0
    for path in pathlib.Path(below).rglob("*"):
        if path.is_symlink() or not path.is_file() or path.suffix == ".reserve":  # that one holds nothing
            continue
        note = pathlib.Path(synced) / str(path.stat().st_ino)
        size, _, content = note.read_bytes().partition(b"\n") if note.exists() else (b"0", b"", b"")
        taken += max(path.stat().st_size - int(size), 0)
        if content:
            path.write_bytes(content)
        elif int(size) < path.stat().st_size:
            os.truncate(path, int(size))
    return taken


class DiskFaults:
    def __init__(self, library, below):
        self.file = tempfile.NamedTemporaryFile(prefix="disk-faults-")
        self.file.truncate(LAYOUT.size)
        self.memory = mmap.mmap(self.file.fileno(), LAYOUT.size)
        self.env = {"LD_PRELOAD": str(library), "DISK_FAULTS_ORDERS": self.file.name,
                    "DISK_FAULTS_BELOW": str(below)}

    def order(self, deed, error_number=errno.EIO, left=1, kinds="both", lasting=False):
        """From now on: the `left`-th call fails, with `lasting` all after it as well."""
        seen = self.seen
        self.memory[:LAYOUT.size] = LAYOUT.pack(0, error_number, KINDS[kinds], lasting, left, seen, 0)
        self.memory[:4] = struct.pack("=I", DEEDS[deed])

    def clear(self):
        self.memory[:4] = struct.pack("=I", 0)

    @property
    def seen(self):
        """Writes and syncs so far."""
        return LAYOUT.unpack(self.memory[:LAYOUT.size])[5]

    @property
    def done(self):
        """How often the order was carried out."""
        return LAYOUT.unpack(self.memory[:LAYOUT.size])[6]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()
        self.file.close()
