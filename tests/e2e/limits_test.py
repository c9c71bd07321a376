#!/usr/bin/env python3
"""Every limit on input: just below it is stored, synchronised and read back equal; just above it is
refused with the right code and numbers, and nothing has changed.

usage: limits_test.py BINARY [TEST...]
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main  # noqa: E402

KIB, MIB = 1024, 1024 * 1024


def nested(levels):
    """An object `levels` deep, itself counted."""
    value = {"k": 1}
    for _ in range(levels - 1):
        value = {"k": value}
    return value


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class LimitsTest(NotebookTest):
    def setUp(self):
        super().setUp()
        hub = self.hub()
        self.writer = self.notebook("writer", hub=hub.url, agent="writer", timeout=60)
        self.reader = self.notebook("reader", hub=hub.url, agent="reader", timeout=60)

    def assert_travels(self, context_id, data):
        """It is stored, and another agent reads the very same."""
        answer = self.writer.update(context_id, data)
        self.assertTrue(answer["success"], answer.get("error"))
        self.assertEqual(sorted(answer["stored_keys"]), sorted(data))
        self.assertEqual(self.writer.data(context_id), data)
        self.writer.settle()
        self.reader.wait_for(context_id, lambda found: found == data)

    def assert_refused(self, code, **arguments):
        """It is refused, and no context and no version is different afterwards."""
        self.writer.settle()
        before = self.writer.call(action="list")["data"]
        error = self.writer.refused(code, **arguments)
        self.assertEqual(self.writer.call(action="list")["data"], before)
        self.assertLess(len(compact(error)), 2 * KIB)
        return error

    def raw(self, data, context_id="raw"):
        """The outcome of an update whose `data` is these bytes: its answer, or the protocol's error."""
        client = self.writer.client
        request_id = f"raw-{len(client.messages)}"
        client.expect(request_id, "tools/call", client.version)
        message = compact({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {
            "_meta": client.meta(), "name": "manage_context",
            "arguments": {"action": "update", "context_id": context_id, "data": "@"}}})
        seen = len(client.messages)
        client.send_raw(message.encode().replace(b'"@"', data) + b"\n")
        answer = client.wait_count(seen + 1)[seen]
        return answer["error"] if "error" in answer else self.writer.checked(answer["result"])

    def test_update_holds_a_quarter_of_a_mebibyte(self):
        frame = len(compact({"k": ""}))
        self.assert_travels("t", {"k": "x" * (256 * KIB - frame)})
        error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data={"k": "x" * (256 * KIB - frame + 1)})
        self.assertEqual((error["what"], error["limit"], error["actual"]), ("data", 256 * KIB, 256 * KIB + 1))
        # Bytes count, not characters, and in their shortest form.
        self.assert_travels("bytes", {"k": "ß" * ((256 * KIB - frame) // 2)})
        self.assert_refused("TOO_LARGE", action="update", context_id="bytes", data={"k": "ß" * (128 * KIB)})

    def test_data_nests_sixty_four_levels(self):
        self.assert_travels("t", nested(64))
        error = self.assert_refused("TOO_DEEP", action="update", context_id="t", data=nested(65))
        self.assertEqual(error["limit"], 64)
        self.assert_refused("TOO_DEEP", action="update", context_id="t", data=compact(nested(65)))
        self.assert_refused("TOO_DEEP", action="update", context_id="t", data={"l": [[[nested(63)]]]})

    def test_merged_depth_stays_within_the_limit(self):
        self.writer.update("t", nested(64))
        self.assertEqual(self.writer.data("t"), nested(64))

    def test_key_has_256_bytes(self):
        self.assert_travels("t", {"k" * 256: 1, "o": {"ü" * 128: 1}})
        for data, path, actual in (({"k" * 257: 1}, "", 257), ({"o": {"ü" * 129: 1}}, "/o", 258),
                                   ({"l": [{"k" * 300_000: 1}]}, "/l/0", 300_000)):
            for form in (data, compact(data)):
                error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data=form)
                self.assertEqual((error["what"], error["limit"], error["actual"], error["path"]),
                                 ("key_bytes", 256, actual, path))

    def test_list_has_ten_thousand_elements(self):
        self.assert_travels("t", {"l": [f"e{i}" for i in range(10_000)]})
        error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data={"l": ["one more"]})
        self.assertEqual((error["what"], error["limit"], error["actual"], error["path"]),
                         ("list_elements", 10_000, 10_001, "/l"))
        for data in ({"todo": ["x"] * 10_001}, {"o": {"l": [f"e{i}" for i in range(10_001)]}}):
            self.assert_refused("TOO_LARGE", action="update", context_id="t2", data=data)

    def test_context_holds_four_mebibytes(self):
        frame = len(compact({"k00": ""})) - 1  # "k00":"",
        for part in range(16):
            size = 250_000 if part < 15 else 256 * KIB - 100
            self.assertTrue(self.writer.update("t", {f"k{part:02}": "x" * size})["success"])
        used = 15 * 250_000 + 256 * KIB - 100 + 16 * frame + 1
        room = 4 * MIB - used - frame
        error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data={"k16": "x" * (room + 1)})
        self.assertEqual((error["what"], error["limit"], error["actual"]), ("context_bytes", 4 * MIB, 4 * MIB + 1))
        self.assertTrue(self.writer.update("t", {"k16": "x" * room})["success"])
        self.writer.settle()
        for part in ("k00", "k15", "k16"):
            wanted = self.writer.data("t", fields=[part])
            self.reader.wait_for("t", lambda found: found == wanted, fields=[part])
        whole = self.reader.get("t")["data"]
        self.assertTrue(whole["truncated"])
        self.assertEqual(len(whole["context"]["data"]) + len(whole["omitted"]), 17)
        self.assertLessEqual(len(compact(whole["context"]["data"])), MIB)
        # Smaller again is always possible.
        self.assertTrue(self.writer.update("t", {"k00": None})["success"])

    def test_message_has_four_mebibytes(self):
        client = self.writer.client
        frame = len(compact({"jsonrpc": "2.0", "id": "big", "method": "tools/call", "params": {
            "_meta": client.meta(), "name": "manage_context", "arguments": {"action": "update", "context_id": "t",
                                                                            "data": ""}}}))
        for size, code in ((4 * MIB, None), (4 * MIB + 1, -32600)):
            message = {"jsonrpc": "2.0", "id": "big", "method": "tools/call", "params": {
                "_meta": client.meta(), "name": "manage_context",
                "arguments": {"action": "update", "context_id": "t", "data": "x" * (size - frame)}}}
            client.expect("big", "tools/call", client.version)
            client.send_raw(compact(message).encode() + b"\n")
            answer = client.wait_answer("big")
            if code is None:
                # The message is let in; what it holds is no object.
                self.assertEqual(answer["result"]["structuredContent"]["error"]["code"], "INVALID_ARGUMENT")
            else:
                self.assertEqual(answer["error"]["code"], code)

    def test_message_has_a_hundred_thousand_values(self):
        self.assert_travels("t", {f"l{i}": [[1] * 990] for i in range(100)})
        client = self.writer.client
        for data in ({"l": [[1] * 9_999] * 11}, nested(300)):
            request_id = client.send_request("tools/call", {"name": "manage_context", "arguments": {
                "action": "update", "context_id": "t2", "data": data}})
            self.assertEqual(client.wait_answer(request_id)["error"]["code"], -32700)
        self.writer.refused("NOT_FOUND", action="get", context_id="t2")

    def test_ids_and_labels(self):
        for context_id in ("i" * 200, "ü" * 100):
            self.assert_travels(context_id, {"k": 1})
        self.assertTrue(self.writer.update("op", {"k": 1}, op_id="o" * 128)["success"])
        self.assertTrue(self.writer.update("op", {"k": 2}, agent="a" * 128)["success"])
        wrong_ids = ["i" * 201, "ü" * 100 + "i", "a\0b", "a\nb", "\x7f", "\x85", "\u202eevil", "\u2066", "\u200f", "\u061c"]
        for context_id in wrong_ids:
            error = self.assert_refused("INVALID_ARGUMENT", action="update", context_id=context_id, data={})
            self.assertEqual(error["parameter"], "context_id")
            error = self.assert_refused("INVALID_ARGUMENT", action="update", context_id="t", parent_id=context_id, data={})
            self.assertEqual(error["parameter"], "parent_id")
            self.assert_refused("INVALID_ARGUMENT", action="get", context_id=context_id)
        error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data={}, op_id="o" * 129)
        self.assertEqual((error["what"], error["limit"], error["actual"]), ("op_id", 128, 129))
        for op_id in ("a b", "ä", "a/b", "a\n"):
            error = self.assert_refused("INVALID_ARGUMENT", action="update", context_id="t", data={}, op_id=op_id)
            self.assertEqual(error["parameter"], "op_id")
        error = self.assert_refused("TOO_LARGE", action="update", context_id="t", data={}, agent="a" * 129)
        self.assertEqual((error["what"], error["limit"], error["actual"]), ("agent", 128, 129))

    def test_content_has_64_kibibytes(self):
        answer = self.writer.call(action="add_insight", context_id="t", content="c" * 64 * KIB)
        self.assertTrue(answer["success"], answer)
        self.writer.settle()
        self.reader.wait_for("t", lambda found: found["insights"][0]["content"] == "c" * 64 * KIB)
        error = self.assert_refused("TOO_LARGE", action="add_progress", context_id="t", content="c" * (64 * KIB + 1))
        self.assertEqual((error["what"], error["limit"], error["actual"]), ("content", 64 * KIB, 64 * KIB + 1))

    def test_duplicate_keys_are_refused_with_their_place(self):
        for data, path in ((b'{"a":1,"a":2}', "/a"), (b'{"o":{"b":1,"\\u0062":2}}', "/o/b"),
                           (b'{"l":[{},{"c":1,"c":1}]}', "/l/1/c")):
            for form in (data, json.dumps(data.decode()).encode()):
                error = self.raw(form)["error"]
                self.assertEqual((error["code"], error["parameter"], error["path"]), ("INVALID_ARGUMENT", "data", path))
        self.writer.refused("NOT_FOUND", action="get", context_id="raw")

    def test_numbers_are_kept_or_refused(self):
        kept = {b"0": 0, b"-0": 0, b"1.0": 1, b"1e2": 100, b"0.1": 0.1, b"1.10": 1.1, b"-9223372036854775808": -(1 << 63),
                b"18446744073709551615": (1 << 64) - 1, b"1.7976931348623157e308": 1.7976931348623157e308,
                b"5e-324": 5e-324, b"9007199254740993": 9007199254740993}
        for number, (text, value) in enumerate(kept.items()):
            self.assertTrue(self.raw(b'{"n":%s}' % text, f"n{number}")["success"], text)
            found = self.writer.data(f"n{number}")["n"]
            self.assertEqual((found, type(found)), (value, type(value)), text)
        for text in (b"18446744073709551616", b"-9223372036854775809", b"1e400", b"-1e400", b"1e-400",
                     b"0.30000000000000004441", b"123456789012345678901234567890"):
            error = self.raw(b'{"o":{"n":%s}}' % text)["error"]
            self.assertEqual((error["code"], error["parameter"], error["path"]), ("INVALID_ARGUMENT", "data", "/o/n"), text)
        self.writer.refused("NOT_FOUND", action="get", context_id="raw")

    def test_nul_is_data_but_no_name(self):
        self.assert_travels("t", {"k": "a\0b", "l": ["\0", "\u202e", "\u2028"]})
        for data in ({"a\0b": 1}, {"o": {"\0": 1}}):
            for form in (data, json.dumps(data)):
                error = self.assert_refused("INVALID_ARGUMENT", action="update", context_id="t", data=form)
                self.assertEqual(error["parameter"], "data")

    def test_bytes_that_are_no_text_are_no_message(self):
        self.writer.update("t", {"k": 1})
        for data in (b'{"k":"a\0b"}', b'{"k":"\xff"}', b'{"k":"\xc0\xaf"}', b'{"k":"\\ud800"}', b'{"\\udc00\\ud800":1}',
                     b'{"k":"\xed\xa0\x80"}', b'{"k":1', b"{'k':1}", b'{"k":01}', b'{"k":NaN}'):
            self.assertEqual(self.raw(data)["code"], -32700, data)
        self.assertTrue(self.raw(b'{"k":"\\ud83d\\ude00"}', "pair")["success"])
        self.assertEqual(self.writer.data("pair"), {"k": "😀"})
        self.writer.refused("NOT_FOUND", action="get", context_id="raw")


if __name__ == "__main__":
    main()
