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


def packages_of(files):
    """The package of each file. dpkg knows a library as /lib/… or as /usr/lib/…, which are one place."""
    places = {str(pathlib.Path(file).resolve()) for file in files}
    names = places | {place.removeprefix("/usr") for place in places}
    # It fails for the names it does not know and still answers for the others.
    found = subprocess.run(["dpkg", "-S", *sorted(names)], capture_output=True, text=True).stdout
    holder = {}
    for line in found.splitlines():
        package, _, name = line.partition(": ")
        holder[str(pathlib.Path(name).resolve())] = package.split(":")[0]
    missing = places - holder.keys()
    if missing:
        raise AssertionError(f"no package holds {sorted(missing)}")
    return set(holder.values())


class RuntimePackagesTest(unittest.TestCase):
    def setUp(self):
        text = (ROOT / "docker/runtime-packages.txt").read_text(encoding="utf-8")
        self.listed = set(re.sub(r"#.*", "", text).split())
        self.places = dict(re.findall(r"(\S+) => (/\S+)", output("ldd", BINARY)))

    def test_every_library_the_binary_names_is_listed(self):
        needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", BINARY))
        packages = packages_of(self.places[library] for library in needed if library in self.places)
        # libc6 and libgcc-s1 are in every Debian image.
        self.assertEqual(packages - self.listed - {"libc6", "libgcc-s1"}, set())

    def test_nothing_is_listed_that_is_not_loaded(self):
        loaded = packages_of(self.places.values())
        self.assertEqual(self.listed - loaded - {"ca-certificates"}, set())


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    if not shutil.which("dpkg"):
        print("skipped: not a Debian system")
        sys.exit(SKIPPED)
    unittest.main()
