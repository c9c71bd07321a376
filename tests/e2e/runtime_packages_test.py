#!/usr/bin/env python3
"""docker/runtime-packages.txt brings every library the binary loads.

usage: runtime_packages_test.py BINARY
"""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def packages_of_libraries(binary):
    """Packages of the libraries the binary itself names; theirs come as dependencies."""
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", binary))
    places = dict(re.findall(r"(\S+) => (/\S+)", output("ldd", binary)))
    for library in needed:
        if library in places:
            file = pathlib.Path(places[library]).resolve()
            yield re.split(":| ", output("dpkg", "-S", "*/" + file.name))[0]


class RuntimePackagesTest(unittest.TestCase):
    def test_the_list_is_complete(self):
        text = (ROOT / "docker/runtime-packages.txt").read_text(encoding="utf-8")
        listed = set(re.sub(r"#.*", "", text).split())
        wanted = set(packages_of_libraries(BINARY)) - {"libc6", "libgcc-s1"}  # in every Debian image
        self.assertEqual(wanted - listed, set(), "not in docker/runtime-packages.txt")
        self.assertEqual(listed - wanted - {"ca-certificates"}, set(), "listed, but nothing needs it")


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    if not shutil.which("dpkg"):
        print("skipped: not a Debian system")
        sys.exit(SKIPPED)
    unittest.main()
