#!/usr/bin/env python3
"""The release binary must be a hardened one: PIE, full RELRO, no executable stack, canaries, FORTIFY.

usage: hardening.py BINARY   (cmake/Hardening.cmake sets the flags)
"""
import subprocess
import sys
import unittest


def readelf(*options):
    result = subprocess.run(["readelf", "-W", *options, BINARY], check=True, capture_output=True, text=True)
    return result.stdout


class HardeningTest(unittest.TestCase):
    def test_is_position_independent(self):
        self.assertRegex(readelf("-h"), r"Type:\s+DYN")
        self.assertRegex(readelf("-d"), r"FLAGS_1\).*\bPIE\b")

    def test_binds_everything_at_start_and_then_seals_the_tables(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"BIND_NOW|FLAGS_1\).*\bNOW\b")

    def test_has_no_executable_stack_and_no_writable_code(self):
        segments = readelf("-l")
        self.assertRegex(segments, r"GNU_STACK\s+(0x\w+\s+){5}RW\s")
        self.assertNotRegex(segments, r"LOAD\s+(0x\w+\s+){5}RWE")

    def test_checks_the_stack_and_known_buffer_sizes(self):
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__\w+_chk@")

    def test_has_no_library_search_path_of_its_own(self):
        self.assertNotRegex(readelf("-d"), r"\((RPATH|RUNPATH)\)")


if __name__ == "__main__":
    BINARY = sys.argv.pop(1)
    unittest.main()
