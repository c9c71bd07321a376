"""A command on a pseudo-terminal, as a person has it before them."""

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """One process with a terminal of `columns` for `streams`; of output and errors, the other comes apart."""

    def __init__(self, command, columns=80, env=None, cwd=None, streams=("stdin", "stdout")):
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        ends = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                **dict.fromkeys(streams, follower)}
        self.process = subprocess.Popen(command, env=env, cwd=cwd, start_new_session=True, **ends)
        self._apart = self.process.stderr or self.process.stdout
        os.close(follower)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end inside a letter
        self.text = ""

    def type(self, text):
        os.write(self._leader, text.encode())

    def read_until(self, accept, timeout=20):
        """Everything shown so far, once accept(it) is true."""
        deadline = time.monotonic() + timeout
        while not accept(self.text):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"not shown: {self.text[-2000:]!r}")
        return self.text

    def finish(self, timeout=20):
        """(exit code, everything shown, what came apart)"""
        deadline = time.monotonic() + timeout
        while self._read(max(deadline - time.monotonic(), 0.01)):
            pass
        code = self.process.wait(max(deadline - time.monotonic(), 1))
        return code, self.text, self._apart.read().decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._apart.close()
        os.close(self._leader)

    def _read(self, timeout):
        if not select.select([self._leader], [], [], timeout)[0]:
            return False
        try:
            piece = os.read(self._leader, 65536)
        except OSError:  # nobody holds the other end any more
            return False
        self.text += self._decoder.decode(piece)
        return bool(piece)
