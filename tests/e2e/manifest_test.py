#!/usr/bin/env python3
"""mcp-manifest.json says of the server what the server says of itself.

usage: manifest_test.py BINARY
"""
import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from mcp_client import McpClient  # noqa: E402

MANIFEST = json.loads((ROOT / "mcp-manifest.json").read_text(encoding="utf-8"))


class ManifestTest(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        # Empty values are what a desktop client passes on for fields its user left empty.
        settings = {name: "" for name in MANIFEST["server"]["mcp_config"]["env"]}
        env = {**settings, "HOME": home.name, "CONTEXTSYNC_DATA_DIR": home.name + "/data", "XDG_RUNTIME_DIR": None}
        self.client = McpClient([BINARY, *MANIFEST["server"]["mcp_config"]["args"]], env=env, era="legacy")
        self.addCleanup(self.client.close)

    def test_name_and_version_are_the_servers(self):
        info = self.client.initialize_result["serverInfo"]
        self.assertEqual((MANIFEST["name"], MANIFEST["version"]), (info["name"], info["version"]))

    def test_tools_are_those_of_the_server(self):
        tools = self.client.request("tools/list")["tools"]
        self.assertEqual([tool["name"] for tool in MANIFEST["tools"]], [tool["name"] for tool in tools])


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main()
