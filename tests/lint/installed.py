"""What `cmake --install` puts where: the program runs from there, and the service starts it.

    python3 tests/lint/installed.py BUILD_DIRECTORY
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["cmake", "--install", str(build)], check=True, capture_output=True,
                       env={**os.environ, "DESTDIR": directory})
        place = pathlib.Path(directory)
        units = list(place.rglob("systemd/user/contextsync.service"))
        assert len(units) == 1, units
        unit = units[0].read_text(encoding="utf-8")
        program = re.search(r"^ExecStart=(\S+) daemon$", unit, re.MULTILINE)[1]
        shown = subprocess.run([f"{place}{program}", "version"], check=True, capture_output=True, text=True).stdout
        assert shown.startswith("contextsync "), shown
        page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
        assert unit.replace(program, "/usr/local/bin/contextsync") in page, "docs/operations.md shows another unit"
        for name in ("LICENSE", "README.md", "CHANGELOG.md"):
            assert list(place.rglob(f"doc/contextsync/{name}")), f"{name} is not installed"
    print("program, service and documents are installed")


if __name__ == "__main__":
    main()
