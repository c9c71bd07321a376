#!/usr/bin/env python3
"""mcp-manifest.json is a valid MCPB manifest, says the official validator. Skipped without npm or network."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "@anthropic-ai/mcpb@2.1.2"
PLACE = ROOT / "build/npm"
VALIDATOR = PLACE / "node_modules/.bin/mcpb"
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def install():
    if VALIDATOR.exists():
        return
    if not shutil.which("npm"):
        skip("npm is not installed")
    PLACE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(PLACE), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=180, env={**os.environ, "CI": "1"})
    except subprocess.TimeoutExpired:
        skip("npm did not answer within 180 s")
    if result.returncode != 0:
        skip("npm could not install " + PACKAGE + ": " + result.stderr.strip()[-200:])


def validate(manifest):
    return subprocess.run([str(VALIDATOR), "validate", str(manifest)], capture_output=True, text=True, timeout=60)


class ManifestTest(unittest.TestCase):
    def test_the_manifest_is_valid(self):
        result = validate(ROOT / "mcp-manifest.json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_validator_can_say_no(self):
        broken = PLACE / "broken-manifest.json"
        broken.write_text((ROOT / "mcp-manifest.json").read_text(encoding="utf-8").replace('"author"', '"writer"'))
        self.assertNotEqual(validate(broken).returncode, 0)


if __name__ == "__main__":
    install()
    unittest.main()
