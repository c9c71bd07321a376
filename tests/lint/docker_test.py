#!/usr/bin/env python3
"""docker/Dockerfile without an engine: what it copies exists and suffices, and it installs the project's own lists."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def instructions():
    """(stage number, instruction, argument) with continuation lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "docker/Dockerfile").read_text(encoding="utf-8"))
    stage = -1
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, argument = line.split(None, 1)
        stage += name == "FROM"
        yield stage, name, argument.strip()


def copied_from_context(stage=None):
    for number, name, argument in instructions():
        if name == "COPY" and "--from=" not in argument and stage in (None, number):
            *sources, target = argument.split()
            yield from ((source, target) for source in sources)


class DockerTest(unittest.TestCase):
    def the(self, wanted, stage=1):
        found = [argument for number, name, argument in instructions() if (number, name) == (stage, wanted)]
        self.assertTrue(found, f"no {wanted} in stage {stage}")
        return found

    def test_copies_only_what_exists(self):
        for source, _ in copied_from_context():
            self.assertTrue((ROOT / source).exists(), source)

    def test_the_ignore_file_lets_through_exactly_what_is_copied(self):
        lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        allowed = {line[1:] for line in lines if line.startswith("!")}
        self.assertEqual(allowed, {source for source, _ in copied_from_context()})

    def test_installs_the_projects_package_lists_and_nothing_else(self):
        for stage, file in ((0, "scripts/packages.txt"), (1, "runtime-packages.txt")):
            commands = [command for command in self.the("RUN", stage) if "apt-get install" in command]
            self.assertEqual(len(commands), 1)
            self.assertRegex(commands[0], rf"sed 's/#\.\*//' \S*{re.escape(file)} \|")
            self.assertRegex(commands[0], r"xargs apt-get install -y --no-install-recommends(?:\s+&&|$)")

    def test_what_is_copied_configures(self):
        with tempfile.TemporaryDirectory() as directory:
            context = pathlib.Path(directory)
            for source, target in copied_from_context(stage=0):
                goal = context / (source if target in (".", "./") else target)
                goal.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, goal)
            result = subprocess.run(["cmake", "--preset", "release", "-DBUILD_TESTING=OFF"], cwd=context,
                                    capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_runs_as_nobody_in_particular_and_serves_without_configuration(self):
        self.assertEqual(self.the("USER"), ["10001:10001"])
        self.assertEqual(self.the("ENTRYPOINT"), ['["/usr/local/bin/contextsync"]'])
        self.assertEqual(self.the("CMD"), ['["serve"]'])
        self.assertRegex(self.the("HEALTHCHECK")[0], r'CMD \["/usr/local/bin/contextsync", "healthcheck"\]$')
        self.assertIn('io.modelcontextprotocol.server.name="', self.the("LABEL")[0])

    def test_the_version_is_the_projects(self):
        project = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertIn(f"VERSION={project.group(1)}", self.the("ARG"))

    def test_compose_file_is_valid(self):
        command = ["docker", "compose", "-f", str(ROOT / "docker/compose.yaml"), "config", "--quiet"]
        if not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
            self.skipTest("docker compose is not installed")
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
