#!/usr/bin/env python3
"""Secrets that agents write by mistake leave no trace: in no file, at no hub, in no log, in no answer.

usage: secrets_test.py BINARY [TEST...]
"""

import pathlib
import random
import string
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from notebook import NotebookTest, main  # noqa: E402

ALNUM = string.ascii_letters + string.digits


def drawn(length, alphabet=ALNUM):
    return "".join(random.SystemRandom().choice(alphabet) for _ in range(length))


def canaries():
    """Made-up secrets, put together here so that no scanner takes this file for a leak."""
    pem = "\n".join(["-----BEGIN " + "RSA PRIVATE " + "KEY-----", drawn(64), drawn(64),
                     "-----END " + "RSA PRIVATE " + "KEY-----"])
    return {"github-token": "gh" + "p_" + drawn(36), "private-key": pem,
            "aws-key": "AK" + "IA" + drawn(16, string.ascii_uppercase + "234567"),
            "password-in-url": "postgres://app:" + drawn(16) + "@db.internal/app"}


def secret_part(kind, canary):
    if kind == "password-in-url":
        return canary.split(":")[2].split("@")[0]
    return canary.splitlines()[1] if kind == "private-key" else canary


class SecretsTest(NotebookTest):
    def test_canary_is_in_no_file_and_not_at_the_hub(self):
        hub = self.hub()
        notebook = self.notebook("a", hub=hub.url)
        parts = []
        for kind, canary in canaries().items():
            parts.append(secret_part(kind, canary))
            for arguments in ({"action": "update", "data": {"notes": {"list": ["x", "use " + canary]}}},
                              {"action": "add_insight", "content": canary},
                              {"action": "batch", "operations": [
                                  {"action": "update", "context_id": "t", "data": {"k": canary}}]}):
                if arguments["action"] != "batch":
                    arguments["context_id"] = "t"
                error = notebook.refused_with("SECRET_BLOCKED", arguments)
                self.assertEqual(error["kind"], kind)
                self.assertNotIn(parts[-1], str(error))
        self.assertTrue(notebook.update("t", {"notes": "kept in the vault"}, require="cloud")["success"])
        notebook.settle()
        notebook.client.close()
        hub.kill()
        self.assert_nowhere(parts)

    def test_redacted_write_goes_on_without_the_secret(self):
        hub = self.hub()
        notebook = self.notebook("a", hub=hub.url)
        notebook.update("_policy", {"secrets": {"mode": "redact", "allow": ["/docs/example"]}}, level="global")
        token = canaries()["github-token"]
        answer = notebook.update("t", {"notes": f"use {token} here", "n": 1}, require="cloud")
        self.assertEqual(answer["data"]["redacted"], [{"path": "/notes", "kind": "github-token"}])
        self.assertEqual(notebook.data("t"), {"notes": "use [redacted:github-token] here", "n": 1})
        notebook.settle()
        notebook.client.close()
        hub.kill()
        self.assert_nowhere([token])

    def test_policy_allows_paths_or_only_warns(self):
        notebook = self.notebook()
        token = canaries()["github-token"]
        notebook.update("_policy", {"secrets": {"allow": ["/docs/example"]}}, level="global")
        self.assertTrue(notebook.update("t", {"docs": {"example": token}})["success"])
        self.assertEqual(notebook.refused("SECRET_BLOCKED", action="update", context_id="t",
                                          data={"docs": {"other": token}})["path"], "/docs/other")
        notebook.refused("INVALID_ARGUMENT", action="update", level="global", context_id="_policy",
                         data={"secrets": {"mode": "shout"}})
        notebook.update("_policy", {"secrets": {"mode": "warn"}}, level="global")
        answer = notebook.update("t", {"docs": {"other": token}})
        self.assertEqual(answer["data"]["warned"], [{"path": "/docs/other", "kind": "github-token"}])

    def test_ordinary_notes_are_not_taken_for_secrets(self):
        notebook = self.notebook()
        answer = notebook.update("t", {
            "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8", "id": "550e8400-e29b-41d4-a716-446655440000",
            "files_read": ["core/secrets/token_kinds.cc", "/usr/lib/x86_64-linux-gnu/libssl.so.3"],
            "decisions": ["rotate the API key every 90 days", "password: at least 12 characters"],
            "token_count": 1234567, "url": "https://example.com/?token=abc"})
        self.assertTrue(answer["success"], answer)

    def assert_nowhere(self, parts):
        for file in self.directory.rglob("*"):
            if not file.is_file():
                continue
            content = file.read_bytes()
            for part in parts:
                self.assertNotIn(part.encode(), content, file)


if __name__ == "__main__":
    main()
