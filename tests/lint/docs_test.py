#!/usr/bin/env python3
"""The documents must not drift from the code: links, anchors, settings, arguments, and the test budget."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUDGET_MINUTES = 25


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in out.stdout.split("\0") if name and (ROOT / name).exists()]


def anchors(page):
    """What GitHub makes of the headings of a page."""
    found = set()
    in_code = False
    for line in page.read_text(encoding="utf-8").splitlines():
        in_code ^= line.startswith("```")
        match = re.match(r"#+ +(.*)", line)
        if match and not in_code:
            text = re.sub(r"[^\w\- ]", "", match.group(1).strip().lower())
            found.add(text.replace(" ", "-"))
    return found


def table_rows(page, heading):
    """Cells of the table rows below a heading, up to the next heading."""
    text = page.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows]


class DocsTest(unittest.TestCase):
    def assert_target_exists(self, page, anchor, source):
        self.assertTrue(page.exists(), f"{source} names {page.relative_to(ROOT)}, which does not exist")
        if anchor and page.suffix == ".md":
            self.assertIn(anchor, anchors(page), f"{source} names {page.relative_to(ROOT)}#{anchor}")

    def test_every_page_named_in_the_code_exists(self):
        name = re.compile(r"docs/(?:[\w/-]+\.md|decisions/\d{4})[\w-]*(?:#[\w-]+)?(?:, #[\w-]+)*")
        for file in tracked("core", "storage", "server", "tests", "scripts", "cmake", "CMakeLists.txt", "dev"):
            if file == pathlib.Path(__file__).resolve():
                continue
            for match in name.finditer(file.read_text(encoding="utf-8", errors="replace")):
                path = match.group(0).split("#")[0].rstrip(".,)")
                page = ROOT / path
                if not page.suffix and not page.exists():  # "docs/decisions/0003" means the page of that number
                    page = next(page.parent.glob(page.name + "-*.md"), page)
                for anchor in re.findall(r"#([\w-]+)", match.group(0)) or [None]:
                    self.assert_target_exists(page, anchor, file.relative_to(ROOT))

    def test_every_link_leads_somewhere(self):
        link = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([\w-]+))?\)")
        for page in tracked("*.md"):
            for target, anchor in link.findall(page.read_text(encoding="utf-8")):
                goal = (page.parent / target).resolve() if target else page
                self.assert_target_exists(goal, anchor, page.relative_to(ROOT))

    def test_the_settings_are_those_of_the_field_table(self):
        source = (ROOT / "server/config/field_table.cc").read_text(encoding="utf-8")
        fields = []
        for block in re.findall(r"Field\{(.*?)\}[,;]", source, re.S):
            values = dict(re.findall(r'\.(key|flag|environment|toml) = "([^"]*)"', block))
            fields.append([values.get(name, "–") for name in ("key", "flag", "environment", "toml")])
        rows = table_rows(ROOT / "docs/operations.md", "Settings")
        shown = [[cell.strip("`") for cell in row[:4]] for row in rows if row[0].startswith("`")]
        self.assertEqual(sorted(fields), sorted(shown))

    def test_the_arguments_are_those_of_the_parameter_table(self):
        source = (ROOT / "core/tools/parameters.cc").read_text(encoding="utf-8")
        table = source.split("kParameters = {", 1)[1].split("\n};", 1)[0]
        names = re.findall(r'ParameterInfo\{\s*"(\w+)"', table)
        shown = [row[0].strip("`") for row in table_rows(ROOT / "docs/tools.md", "Arguments")]
        self.assertEqual(["action", *names], [name for name in shown if re.fullmatch(r"\w+", name) and name != "argument"])

    def test_the_budget_of_dev_test_is_kept_and_names_its_steps(self):
        rows = [row for row in table_rows(ROOT / "docs/testing.md", "Budget") if row[1].isdigit()]
        self.assertLessEqual(sum(int(row[1]) for row in rows), BUDGET_MINUTES)
        script = (ROOT / "scripts/check").read_text(encoding="utf-8")
        steps = re.findall(r"^  step (\S+)", script.split("everything_in_time()", 1)[1].split("\n}", 1)[0], re.M)
        self.assertEqual(steps, [row[0].strip("`") for row in rows])

    def test_every_proof_of_a_guarantee_exists(self):
        page = ROOT / "docs/guarantees.md"
        cases = set()
        for file in tracked("tests/*.cc", "tests/*.h"):
            source = file.read_text(encoding="utf-8")
            cases |= {".".join(found) for found in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", source)}
        rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| G")]
        self.assertGreater(len(rows), 10)
        for row in rows:
            proofs = re.findall(r"`([\w/]+\.(?:py|sh)|\w+Test\.\w+)`", row)
            self.assertTrue(proofs, f"a promise without a proof: {row}")
            for proof in proofs:
                found = (ROOT / proof).exists() if "/" in proof else proof in cases
                self.assertTrue(found, f"docs/guarantees.md names {proof}, which does not exist")


if __name__ == "__main__":
    unittest.main()
