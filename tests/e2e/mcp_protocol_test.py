#!/usr/bin/env python3
"""MCP over stdio, from outside: eras, errors, framing, hostile input and shutdown.

usage: mcp_protocol_test.py SERVER      SERVER is contextsync, or the fixture with echo, slow and fail
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from mcp_client import META, MODERN_VERSION, McpClient, McpError  # noqa: E402

SERVER = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""
IS_FIXTURE = "fixture" in os.path.basename(SERVER)
TOOL = "echo" if IS_FIXTURE else "status"
MIB = 1024 * 1024
LEGACY_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")


def ping(request_id):
    return {"jsonrpc": "2.0", "id": request_id, "method": "ping"}


def peak_memory(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.env = {"CONTEXTSYNC_DATA_DIR": directory.name + "/data", "HOME": directory.name,
                    "CONTEXTSYNC_HUB": None, "XDG_RUNTIME_DIR": None}

    def client(self, **options):
        return McpClient([SERVER, "serve"], env=self.env, **options)

    def spawn(self, **options):
        """The bare process, for what a well-behaved client would not do."""
        env = {k: v for k, v in {**os.environ, **self.env}.items() if v is not None}
        return subprocess.Popen([SERVER, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                env=env, bufsize=0, **options)

    def error_without_id(self, client, code):
        return client.wait_message(
            lambda m: m.get("id") is None and m.get("error", {}).get("code") == code)

    def assert_alive(self, client):
        start = time.monotonic()
        self.assertIn("content", client.call_tool(TOOL))
        self.assertLess(time.monotonic() - start, 2)


class EraTest(ProtocolTest):
    def test_modern_client_discovers_lists_and_calls(self):
        with self.client() as client:
            found = client.request("server/discover")
            self.assertEqual([MODERN_VERSION], found["supportedVersions"])
            self.assertNotIn("listChanged", found["capabilities"]["tools"])
            self.assertIn(TOOL, [t["name"] for t in client.request("tools/list")["tools"]])
            result = client.call_tool(TOOL)
            self.assertFalse(result["isError"])
            self.assertEqual(result["structuredContent"], json.loads(result["content"][0]["text"]))

    def test_each_legacy_version_is_spoken_as_asked(self):
        for version in LEGACY_VERSIONS:
            with self.subTest(version), self.client(era="legacy", version=version) as client:
                self.assertEqual(version, client.initialize_result["protocolVersion"])
                self.assertIn("description", client.initialize_result["serverInfo"])
                self.assertEqual({}, client.request("ping"))
                self.assertIn("content", client.call_tool(TOOL))

    def test_unknown_legacy_version_gets_the_newest(self):
        with self.client(era="legacy", version="2099-01-01") as client:
            self.assertEqual("2025-11-25", client.version)

    def test_both_eras_tell_the_same_story(self):
        with self.client() as modern, self.client(era="legacy") as legacy:
            self.assertEqual(modern.request("tools/list")["tools"],
                             legacy.request("tools/list")["tools"])
            found = modern.request("server/discover")
            for member in ("capabilities", "instructions"):
                self.assertEqual(found[member], legacy.initialize_result[member])

    def test_unsupported_version_names_what_is_supported(self):
        with self.client() as client:
            meta = {**client.meta(), META + "protocolVersion": "2031-01-01"}
            with self.assertRaises(McpError) as caught:
                client.request("tools/list", {"_meta": meta})
            self.assertEqual(-32022, caught.exception.code)
            self.assertEqual({"supported": [MODERN_VERSION], "requested": "2031-01-01"},
                             caught.exception.data)

    def test_client_falls_back_to_initialize_on_the_same_process(self):
        with self.client() as client:
            client.request("server/discover")
            client.initialize()
            self.assertNotIn("resultType", client.request("tools/list"))

    def test_methods_of_the_other_era_do_not_exist(self):
        cases = [("modern", "ping"), ("modern", "initialize"), ("modern", "logging/setLevel"),
                 ("modern", "resources/subscribe"), ("legacy", "server/discover"),
                 ("legacy", "subscriptions/listen"), ("modern", "no/such"), ("legacy", "no/such")]
        for era, method in cases:
            with self.subTest(f"{era} {method}"), self.client(era=era) as client:
                with self.assertRaises(McpError) as caught:
                    client.request(method, {})
                self.assertEqual(-32601, caught.exception.code)


class ErrorTest(ProtocolTest):
    def assert_code(self, client, code, method, params):
        with self.assertRaises(McpError) as caught:
            client.request(method, params)
        self.assertEqual(code, caught.exception.code, (method, params))

    def test_malformed_params_are_refused_in_both_eras(self):
        for era in ("modern", "legacy"):
            with self.client(era=era) as client:
                for params in ({}, {"name": 5}, {"name": "nope"}, {"name": TOOL, "arguments": None},
                               {"name": TOOL, "arguments": [1]}):
                    self.assert_code(client, -32602, "tools/call", params)
                self.assert_code(client, -32602, "tools/list", {"cursor": "x"})
                self.assert_alive(client)

    def test_ids_are_echoed_exactly_or_refused(self):
        with self.client(era="legacy") as client:
            for request_id in (0, "", "0", -7, 2**53 + 1, "x" * 10_000, "snow ☃ \u2028 \"\\\n"):
                client.expect(request_id, "ping", client.version)
                client.send(ping(request_id))
                self.assertEqual({}, client.wait_answer(request_id)["result"])
            before = len(client.messages)
            for number, request_id in enumerate((None, 1.5, True, {}, []), 1):
                client.send(ping(request_id))
                answer = client.wait_count(before + number)[-1]
                self.assertEqual(-32600, answer["error"]["code"])
                self.assertNotIn("id", answer)

    def test_parse_error_carries_a_null_id_only_where_the_revision_has_one(self):
        for version in LEGACY_VERSIONS:
            with self.subTest(version), self.client(era="legacy", version=version) as client:
                client.send_raw(b"rubbish\n")
                answer = self.error_without_id(client, -32700)
                self.assertEqual(version != "2025-11-25", "id" in answer)

    def test_batches_belong_to_the_old_revisions(self):
        for version in LEGACY_VERSIONS:
            with self.subTest(version), self.client(era="legacy", version=version) as client:
                batch = [ping("a"), {"jsonrpc": "2.0", "method": "notifications/initialized"},
                         {"jsonrpc": "2.0", "id": "b", "method": "tools/call",
                          "params": {"name": TOOL}}, 5]
                client.expect("b", "tools/call", version)
                client.send(batch)
                if version in ("2025-03-26", "2024-11-05"):
                    self.assertIn("result", client.wait_answer("a"))
                    self.assertIn("content", client.wait_answer("b")["result"])
                self.error_without_id(client, -32600)
                self.assert_alive(client)


class HostileInputTest(ProtocolTest):
    def test_lines_that_are_no_json_are_answered_and_forgotten(self):
        lines = [b'{"jsonrpc":"2.0","id":1,"method":"ping"}\0{}', b'{"id":"\xff"}', b'{"id":"\\ud800"}',
                 b'{"id":"\xc0\xaf"}', b"[" * 1_000_000, b"nul", b'{"a":1} x']
        for line in lines:
            with self.subTest(line[:40]), self.client() as client:
                client.send_raw(line + b"\n")
                self.assertNotIn("id", self.error_without_id(client, -32700))
                self.assert_alive(client)
                self.assertEqual(2, len(client.messages))

    def test_ten_million_brackets_are_cheap(self):
        with self.client() as client:
            start = time.monotonic()
            client.send_raw(b"[" * 10_000_000 + b"\n")
            self.error_without_id(client, -32700)
            self.assertLess(time.monotonic() - start, 2)
            self.assertLess(peak_memory(client.process), 128 * MIB)
            self.assert_alive(client)

    def test_endless_line_costs_no_memory(self):
        with self.client() as client:
            self.assert_alive(client)
            before = peak_memory(client.process)
            for _ in range(64):
                client.send_raw(b"a" * MIB)
            client.send_raw(b"\n")
            self.error_without_id(client, -32700)
            self.assertLess(peak_memory(client.process) - before, 16 * MIB)
            self.assert_alive(client)
            self.assertEqual(3, len(client.messages))

    def test_message_above_the_limit_is_refused_by_its_id(self):
        with self.client() as client:
            huge = {"name": TOOL, "arguments": {"data": "a" * 10 * MIB}}
            with self.assertRaises(McpError) as caught:
                client.request("tools/call", huge)
            self.assertEqual(-32600, caught.exception.code)
            self.assert_alive(client)

    def test_blank_lines_and_line_ends_do_not_matter(self):
        with self.client(era="legacy") as client:
            client.expect("crlf", "ping", client.version)
            client.send_raw(b"\n \r\n\t\n" + json.dumps(ping("crlf")).encode() + b"\r\n")
            client.wait_answer("crlf")
            self.assertEqual(2, len(client.messages))

    def test_message_may_arrive_byte_by_byte(self):
        with self.client(era="legacy") as client:
            client.expect("slowly", "ping", client.version)
            for byte in json.dumps(ping("slowly")).encode() + b"\n":
                client.send_raw(bytes([byte]))
            client.wait_answer("slowly")

    def test_rubbish_without_end_is_not_answered_without_end(self):
        with self.client() as client:
            client.send_raw(b"rubbish\n" * 20_000)
            self.assert_alive(client)
            self.assertLess(len(client.messages), 1000)


class PipeliningTest(ProtocolTest):
    def test_thousand_requests_before_the_first_read(self):
        requests = b"".join(
            json.dumps({"jsonrpc": "2.0", "id": i, "method": "tools/call",
                        "params": {"name": TOOL}}).encode() + b"\n" for i in range(1000))
        env = {k: v for k, v in {**os.environ, **self.env}.items() if v is not None}
        with tempfile.TemporaryFile() as given:
            given.write(requests)
            given.seek(0)
            done = subprocess.run([SERVER, "serve"], stdin=given, capture_output=True, env=env,
                                  timeout=60, check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(list(range(1000)), sorted(a["id"] for a in answers))
        self.assertTrue(all("result" in a for a in answers))

    def test_last_line_needs_no_line_end(self):
        with self.client(era="legacy") as client:
            client.expect("last", "ping", client.version)
            client.send_raw(json.dumps(ping("last")).encode())
            client.close_stdin()
            client.wait_answer("last")

    def test_two_servers_started_together_both_answer(self):
        with self.client() as first, self.client() as second:
            for client in (first, second):
                client.request("server/discover")
                self.assert_alive(client)

    def test_tools_list_is_the_same_bytes_every_time(self):
        seen = set()
        for _ in range(5):
            with self.client() as client:
                seen.update(json.dumps(client.request("tools/list")) for _ in range(2))
        self.assertEqual(1, len(seen))


class ShutdownTest(ProtocolTest):
    def test_end_of_input_ends_with_zero(self):
        client = self.client()
        self.assert_alive(client)
        start = time.monotonic()
        self.assertEqual(0, client.close())
        self.assertLess(time.monotonic() - start, 1)

    def test_request_right_before_the_end_is_answered(self):
        client = self.client()
        request_id = client.send_request("tools/call", {"name": TOOL})
        client.close_stdin()
        self.assertIn("result", client.wait_answer(request_id))
        self.assertEqual(0, client.wait_exit(3))

    def test_signals_end_with_zero_while_the_input_is_open(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                client = self.client()
                self.assert_alive(client)
                client.signal(number)
                self.assertEqual(0, client.wait_exit(2))
                client.check_clean()

    def test_reader_that_left_is_no_crash(self):
        with self.spawn() as process:
            process.stdout.close()
            process.stdin.write(json.dumps(ping(1)).encode() + b"\n")
            self.assertEqual(0, process.wait(3))

    def test_listen_is_ended_with_a_result(self):
        client = self.client()
        client.send_request("subscriptions/listen", {"notifications": {"toolsListChanged": True}},
                            request_id="listen:0")
        acknowledged = client.wait_message(lambda m: "method" in m)
        self.assertEqual({}, acknowledged["params"]["notifications"])
        client.close_stdin()
        self.assertEqual("complete", client.wait_answer("listen:0")["result"]["resultType"])
        self.assertEqual(0, client.wait_exit(2))
        client.check_clean()

    def test_cancelled_listen_is_never_answered(self):
        client = self.client()
        client.send_request("subscriptions/listen", {"notifications": {}}, request_id="l")
        client.wait_message(lambda m: "method" in m)
        client.cancel("l")
        self.assert_alive(client)
        client.close()
        self.assertFalse([m for m in client.messages if m.get("id") == "l"])


@unittest.skipUnless(IS_FIXTURE, "needs the fixture's tools")
class FixtureTest(ProtocolTest):
    def test_cancelled_call_is_not_answered_and_its_id_is_free(self):
        with self.client() as client:
            client.send_request("tools/call", {"name": "slow", "arguments": {"ms": 60_000}}, "s")
            client.cancel("s")
            client.send_request("tools/call", {"name": "echo", "arguments": {"n": 1}}, "s")
            self.assertEqual({"n": 1}, client.wait_answer("s")["result"]["structuredContent"])
            client.close()
            self.assertEqual(1, len([m for m in client.messages if m.get("id") == "s"]))

    def test_duplicate_of_an_id_in_flight_is_refused(self):
        with self.client() as client:
            for _ in range(2):
                client.send_request("tools/call", {"name": "slow", "arguments": {"ms": 200}}, 5)
            refused = self.error_without_id(client, -32600)
            self.assertEqual({"requestId": 5}, refused["error"]["data"])
            self.assertTrue(client.wait_answer(5)["result"]["structuredContent"]["slept"])

    def test_slow_call_does_not_hold_up_others(self):
        with self.client() as client:
            slow = client.send_request("tools/call", {"name": "slow", "arguments": {"ms": 300}})
            client.call_tool("echo")
            client.wait_answer(slow)
            self.assertEqual(slow, client.messages[-1]["id"])

    def test_call_running_at_the_end_of_input_is_finished(self):
        client = self.client()
        slow = client.send_request("tools/call", {"name": "slow", "arguments": {"ms": 300}})
        client.close_stdin()
        self.assertIn("result", client.wait_answer(slow))
        self.assertEqual(0, client.wait_exit(1))

    def test_call_that_takes_too_long_does_not_hold_up_the_exit(self):
        for stop, limit in ((lambda c: c.close_stdin(), 1.8), (lambda c: c.signal(signal.SIGINT), 0.3)):
            client = self.client()
            client.send_request("tools/call", {"name": "slow", "arguments": {"ms": 60_000}})
            self.assert_alive(client)
            start = time.monotonic()
            stop(client)
            self.assertEqual(0, client.wait_exit(5))
            self.assertLess(time.monotonic() - start, limit)

    def test_reader_that_stalls_is_given_nothing_more_to_do(self):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": "echo", "arguments": {"t": "x" * 100_000}}}) + "\n"
        with self.spawn() as process:
            os.set_blocking(process.stdin.fileno(), False)
            taken = 0
            while select.select([], [process.stdin], [], 0.5)[1]:
                taken += process.stdin.write(line.encode()[taken % len(line):]) or 0
            self.assertLess(taken, 8 * MIB)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(0, process.wait(2))

    def test_tool_failure_is_a_result(self):
        with self.client() as client:
            result = client.call_tool("fail")
            self.assertTrue(result["isError"])
            self.assertEqual({"success": False}, result["structuredContent"])

    def test_defect_of_the_arguments_reaches_the_tool(self):
        with self.client(era="legacy") as client:
            client.expect("d", "tools/call", client.version)
            client.send_raw(b'{"jsonrpc":"2.0","id":"d","method":"tools/call","params":'
                            b'{"name":"echo","arguments":{"a":{"b":1,"b":2}}}}\n')
            self.assertEqual({"defect": "/a/b"},
                             client.wait_answer("d")["result"]["structuredContent"])


if __name__ == "__main__":
    unittest.main()
