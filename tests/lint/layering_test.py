#!/usr/bin/env python3
"""scripts/layering.py must accept what the layers allow and name what they forbid."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True
import layering  # noqa: E402


class LayeringTest(unittest.TestCase):
    def verdict(self, path, *includes, also=()):
        with tempfile.TemporaryDirectory() as root:
            for name in (path, *also):
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("".join(f"#include {i}\n" for i in includes) if name == path else "")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = layering.main(root)
            return code, out.getvalue()

    def assert_refused(self, path, *includes, also=()):
        code, text = self.verdict(path, *includes, also=also)
        self.assertEqual(code, 1, f"{path} was allowed to include {includes}")
        self.assertIn(path, text)

    def assert_allowed(self, path, *includes, also=()):
        code, text = self.verdict(path, *includes, also=also)
        self.assertEqual(code, 0, text)

    def test_allows_the_arrows_of_the_layers(self):
        self.assert_allowed("core/document/join.cc", '"core/base/result.h"', "<vector>")
        self.assert_allowed("core/sync/pusher.cc", '"core/notebook/notebook.h"')
        self.assert_allowed("core/tools/synced_tool.cc", '"core/sync/syncer.h"')
        self.assert_allowed("storage/memory/memory_store.cc", '"core/ports/table_store.h"')
        self.assert_allowed("server/mcp/session.cc", '"core/tools/tool.h"', '"server/net/url.h"')
        self.assert_allowed("tests/unit/hub/a_test.cc", '"core/hub/hub_service.h"', "<gtest/gtest.h>")

    def test_refuses_arrows_against_the_layers(self):
        self.assert_refused("core/base/log.cc", '"core/document/json.h"')
        self.assert_refused("core/document/cell.h", '"core/ports/clock.h"')
        self.assert_refused("core/hub/hub_service.cc", '"core/notebook/notebook.h"')
        self.assert_refused("core/notebook/notebook.cc", '"core/sync/syncer.h"')
        self.assert_refused("core/sync/syncer.cc", '"core/hub/hub_service.h"')
        self.assert_refused("core/ports/clock.h", '"storage/memory/memory_store.h"')
        self.assert_refused("storage/rocks/rocks_db.cc", '"server/config/settings.h"')
        self.assert_refused("server/app/local_app.cc", '"tests/support/fake_clock.h"')
        self.assert_refused("server/relay/relay_wire.h", '"server/app/notebook_host.h"')
        self.assert_refused("server/hub/routes.cc", '"server/cli/answer.h"')

    def test_refuses_third_party_headers_outside_their_home(self):
        self.assert_refused("core/notebook/notebook.cc", "<rocksdb/db.h>")
        self.assert_refused("storage/memory/memory_store.cc", "<rocksdb/db.h>")
        self.assert_refused("core/sync/syncer.cc", "<boost/asio.hpp>")
        self.assert_refused("storage/rocks/rocks_db.cc", "<curl/curl.h>")
        self.assert_refused("server/app/local_app.cc", "<spdlog/spdlog.h>")
        self.assert_refused("core/base/result.h", "<gtest/gtest.h>")

    def test_refuses_the_heavy_json_header_where_no_tree_is_held(self):
        self.assert_refused("core/ports/hub_wire.h", "<nlohmann/json.hpp>")
        self.assert_refused("server/mcp/session.h", "<nlohmann/json.hpp>")
        self.assert_allowed("core/ports/hub_wire.cc", "<nlohmann/json.hpp>")
        self.assert_allowed("core/document/render.h", "<nlohmann/json.hpp>")

    def test_refuses_machine_headers_in_the_core(self):
        for header in ("<sys/socket.h>", "<unistd.h>", "<fstream>", "<filesystem>", "<iostream>"):
            self.assert_refused("core/notebook/notebook.cc", header)

    def test_refuses_unrooted_includes(self):
        self.assert_refused("core/base/hex.cc", '"hex.h"')
        self.assert_refused("core/base/hex.cc", '"../base/result.h"')

    def test_wants_the_own_header_first(self):
        own = ("core/base/hex.h",)
        self.assert_refused("core/base/hex.cc", "<string>", '"core/base/hex.h"', also=own)
        self.assert_allowed("core/base/hex.cc", '"core/base/hex.h"', "<string>", also=own)


if __name__ == "__main__":
    unittest.main()
