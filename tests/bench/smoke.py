"""The benchmark runs through and reports every row. Says nothing about times.

    python3 tests/bench/smoke.py BINARY STDIO_FLOOR
"""

import json
import pathlib
import subprocess
import sys
import tempfile

EXPECTED = ["get p50", "get p99", "update, durable p50", "update, durable p99",
            "resolve, four levels p50", "resolve, four levels p99", "syncs per write",
            "get through another process p50", "A's update noticed in another process p50",
            "writes a second", "start to initialize, new", "start to first tool answer, new",
            "end of input to exit, new",
            "start to first tool answer, 200 contexts", "resident, at start", "resident, 200 contexts, all read",
            "list of 600 contexts, a tenth matches", "list of 600 contexts, no text matches",
            "search, first after the writes", "search, a phrase p50", "search, 300 contexts p50",
            "A's update readable and noticed at B p50", "A's update readable and noticed at B p99",
            "a change answers 8 watches p50"]


def main():
    bench = pathlib.Path(__file__).with_name("bench.py")
    with tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory) / "report.json"
        done = subprocess.run([sys.executable, str(bench), *sys.argv[1:3], "--quick", "--json", str(report)],
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = json.loads(report.read_text(encoding="utf-8"))
    for name in EXPECTED:
        assert any(row["name"].startswith(name) for row in rows), f"no row {name}"
    for row in rows:
        assert row["name"] in done.stdout, f"{row['name']} was not printed"
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
