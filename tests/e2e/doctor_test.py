"""`doctor`, `doctor --recover` and `sync` on the real program: what is told, what is mended, what comes back.

    python3 tests/e2e/doctor_test.py BINARY
"""

import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from fleet import Fleet, free_port, wait_until  # noqa: E402
from rocks_rows import RocksRows  # noqa: E402

DONE, FAILED, USAGE, UNAVAILABLE = 0, 1, 64, 69


def run(binary, *arguments, code=DONE, env=None):
    """The object a command prints with --json; `code` None: whatever it exits with."""
    done = subprocess.run([binary, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "HOME": "/nonexistent", **(env or {})})
    assert code in (done.returncode, None), (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def checks_of(answer):
    for check in answer["checks"]:
        assert set(check) == {"name", "state", "message", "remedy"} and check["state"] in ("ok", "warn", "error"), check
    assert answer["ok"] == all(check["state"] != "error" for check in answer["checks"]), answer
    return {check["name"]: check for check in answer["checks"]}


def store_of(agent):
    return pathlib.Path(agent.directory) / "workspaces" / "default"


def flip_a_bit_in_the_middle_of_the_log(store):
    log = max(store.glob("*.log"), key=lambda file: file.stat().st_size)
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 0x10
    log.write_bytes(data)


def healthy_notebook_has_no_remedies(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        agent = fleet.agent("a")
        agent.update("t1", {"k": 1})
        fleet.settle()
        place = ("--data-dir", agent.directory)
        for flags in (("--hub", hub.url), ()):
            checks = checks_of(run(binary, "doctor", *place, *flags))
            assert all(check["state"] == "ok" and not check["remedy"] for check in checks.values()), checks
        assert set(checks) == {"settings", "directory", "disk", "notebook", "recovery", "purge", "leftovers", "hub",
                               "clock", "clients", "versions"}
        assert "which has the notebook open" in checks["versions"]["message"], checks["versions"]
        lock = store_of(agent).with_name("default.lock")
        note = json.loads(lock.read_text(encoding="utf-8"))
        lock.write_text(json.dumps({**note, "build": "0.0.9"}), encoding="utf-8")
        versions = checks_of(run(binary, "doctor", *place))["versions"]
        assert versions["state"] == "warn" and "is 0.0.9" in versions["message"] and versions["remedy"], versions
        lock.write_text(json.dumps(note), encoding="utf-8")
        home = pathlib.Path(agent.directory) / "home"
        home.mkdir()
        person = {**os.environ, "HOME": str(home)}
        subprocess.run([binary, "setup", "claude", "--with-hooks"], check=True, capture_output=True, env=person)
        assert checks_of(run(binary, "doctor", *place, env=person))["clients"]["message"].startswith(
            "Claude Code with hooks")
        entries = home / ".claude.json"
        entries.write_text(entries.read_text().replace(str(binary), "/gone/contextsync"))
        clients = checks_of(run(binary, "doctor", *place, env=person))["clients"]
        assert clients["state"] == "warn" and "setup claude --with-hooks" in clients["remedy"], clients
        agent.stop()
        answer = run(binary, "doctor", *place, "--recover")
        assert answer["recovery"]["was_damaged"] is False, answer
        checks_of(run(binary, "hub", "doctor", "--data-dir", hub.directory))
        text = subprocess.run([binary, "doctor", *map(str, place)], capture_output=True, text=True, timeout=30)
        assert text.returncode == DONE and "notebook" in text.stdout, text


def what_is_wrong_is_told_with_a_remedy(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("a", hub=None)
        agent.update("t1", {"k": 1})
        agent.stop()
        place = ("--data-dir", agent.directory)
        checks = checks_of(run(binary, "doctor", *place, "--hub", f"http://127.0.0.1:{free_port()}", code=FAILED))
        assert checks["hub"]["state"] == "error" and checks["hub"]["remedy"], checks
        os.chmod(agent.directory, 0o777)
        checks = checks_of(run(binary, "doctor", *place, code=FAILED))
        assert checks["directory"]["state"] == "error" and "notebook" not in checks, checks
        checks = checks_of(run(binary, "doctor", *place, "--fix"))
        assert checks["directory"]["state"] == "ok" and checks["notebook"]["state"] == "ok", checks
        assert os.stat(agent.directory).st_mode & 0o777 == 0o700
        left = store_of(agent).parent / "default.copy-999999999"
        left.mkdir()
        assert checks_of(run(binary, "doctor", *place))["leftovers"]["state"] == "warn"
        run(binary, "doctor", *place, "--fix")
        assert not left.exists()
        checks = checks_of(run(binary, "doctor", *place, env={"CONTEXTSYNC_HUB": "ftp://x"}, code=FAILED))
        assert checks["settings"]["state"] == "error", checks


def hub_that_refuses_us_is_told(binary):
    with Fleet(binary) as fleet:
        directory = fleet.directory / "hub"
        hub = subprocess.Popen([binary, "hub", "--listen", "127.0.0.1:0", "--data-dir", str(directory)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            url = json.loads(hub.stdout.readline())["listening"]
            place = ("--data-dir", fleet.directory / "a", "--hub", url)
            assert "token" in checks_of(run(binary, "doctor", *place, code=FAILED))["hub"]["remedy"]
            token = run(binary, "token", "create", "--data-dir", directory, "--workspace", "default", "--name", "n")["token"]
            assert checks_of(run(binary, "doctor", *place, env={"CONTEXTSYNC_TOKEN": token}))["hub"]["state"] == "ok"
        finally:
            hub.kill()
            hub.wait()
            hub.stdout.close()


def damaged_log_is_refused_recovered_and_pulled_back(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        for i in range(60):
            assert a.update("t1", {"markers": [f"m{i}"]})["success"]
        fleet.settle()
        device = a.status()["identity"]["device"]
        a.kill()
        flip_a_bit_in_the_middle_of_the_log(store_of(a))
        place = ("--data-dir", a.directory)
        a.start()
        answer = a.update("t1", {"k": 1})
        assert answer["error"]["code"] == "STORAGE_UNAVAILABLE" and not answer["sync"]["durable"], answer
        assert "contextsync doctor --recover" in answer["error"]["hint"], answer
        status = a.tool("status")
        assert status["success"] and status["data"]["notebook"]["state"] == "unavailable", status
        assert "doctor --recover" in status["data"]["last_error"]["hint"], status
        checks = checks_of(run(binary, "doctor", *place, code=FAILED))
        assert checks["notebook"]["remedy"] == "Run `contextsync doctor --recover`.", checks
        assert run(binary, "verify", *place, code=UNAVAILABLE)["error"]["code"] == "STORAGE_UNAVAILABLE"

        answer = run(binary, "doctor", "--recover", *place, code=FAILED)  # entries are missing until the hub was asked
        recovery = answer["recovery"]
        assert recovery["was_damaged"] and recovery["copied"], recovery
        assert 1 <= recovery["lost_from"] <= recovery["lost_to"] == 63, recovery  # three parents came first
        assert all((pathlib.Path(recovery["quarantine"]) / name).exists() for name in recovery["copied"]), recovery

        # The server that was refused goes on by itself.
        wait_until(lambda: a.status()["notebook"]["state"] == "normal", 15, "the server to open the notebook")
        status = a.status()
        assert status["identity"]["device"] != device, "numbers that were lost must not be given out again"
        told = status["notebook"]["recovery"]
        assert (told["lost_from"], told["lost_to"]) == (recovery["lost_from"], recovery["lost_to"]), told
        fleet.settle()
        for agent in (a, b):
            markers = agent.get("t1")["data"]["context"]["data"]["markers"]
            assert set(markers) == {f"m{i}" for i in range(60)}, sorted(markers)
        assert a.update("t1", {"k": 1})["success"]
        fleet.settle()
        fleet.check_identical()
        assert run(binary, "doctor", *place)["ok"], "what the hub had is back"


def search_rows(store, letter, word=b""):
    """The rows of the search index of one kind: after a byte for the generation."""
    return [(key, value) for key, value in store.rows("find") if key[1:2 + len(word)] == letter + word]


def found_by(agent, query):
    answer = agent.tool(action="search", query=query)
    assert answer["success"], answer
    return [context["context_id"] for context in answer["data"]["contexts"]]


def lose_a_word(store):
    for key, _ in search_rows(store, b"w", b"refresh\0"):
        store.delete("find", key)


def lose_the_facts(store):
    for key, _ in search_rows(store, b"b"):
        store.delete("find", key)


def spoil_a_row(store):
    (key, _), = search_rows(store, b"w", b"refresh\0")
    store.put("find", key, b"\xff")


def damaged_search_index_is_told_and_made_anew(binary):
    for damage in (lose_a_word, lose_the_facts, spoil_a_row):
        for runs in (False, True):
            with Fleet(binary) as fleet:
                agent = fleet.agent("a", hub=None)
                for i in range(3):
                    agent.update(f"t{i}", {"notes": ["refresh the token", f"number {i}"]})
                assert len(found_by(agent, "refresh")) == 3
                agent.stop()
                with RocksRows(store_of(agent)) as store:
                    damage(store)
                place = ("--data-dir", agent.directory)
                check = checks_of(run(binary, "doctor", *place, code=FAILED))["notebook"]
                assert "search index" in check["message"] and check["remedy"] == "Run `contextsync doctor --fix`.", check
                if runs:
                    agent.start()
                    agent.update("t3", {"notes": ["refresh"]})  # nothing but the search is affected
                answer = run(binary, "doctor", *place, "--fix", code=None)
                assert checks_of(answer)["search index"]["state"] == "ok", answer
                if not runs:
                    agent.start()
                assert len(found_by(agent, "refresh")) == 3 + runs, damage
                assert found_by(agent, '"the token" number 2') == ["t2"], damage
                assert run(binary, "doctor", *place)["ok"]


def lost_current_is_recovered_whole(binary):
    with Fleet(binary) as fleet:
        agent = fleet.agent("a", hub=None)
        agent.update("t1", {"k": 1})
        agent.stop()
        (store_of(agent) / "CURRENT").unlink()
        place = ("--data-dir", agent.directory)
        assert not run(binary, "doctor", *place, code=FAILED)["ok"]
        recovery = run(binary, "doctor", "--recover", *place)["recovery"]
        assert recovery["was_damaged"] and recovery["lost_from"] is None and recovery["message"], recovery
        agent.start()
        assert agent.get("t1")["data"]["context"]["data"] == {"k": 1}


def lost_manifest_is_put_together_from_what_is_left(binary):
    with Fleet(binary) as fleet:
        fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        for i in range(3):  # each opening moves what was in the log to tables
            assert a.update(f"t{i}", {"markers": [f"m{i}"]})["success"]
            fleet.settle()
            a.stop()
            a.start()
        fleet.settle()
        a.kill()
        for manifest in store_of(a).glob("MANIFEST-*"):
            manifest.unlink()
        place = ("--data-dir", a.directory)
        assert not run(binary, "doctor", *place, code=FAILED)["ok"]
        done = subprocess.run([binary, "doctor", "--recover", "--json", *map(str, place)], capture_output=True, text=True,
                              timeout=60)
        assert json.loads(done.stdout)["recovery"]["was_damaged"], done
        a.start()
        fleet.settle()
        for i in range(3):
            for agent in (a, b):
                assert agent.get(f"t{i}")["data"]["context"]["data"]["markers"] == [f"m{i}"], agent.name
        a.update("t0", {"markers": ["later"]})
        fleet.settle()
        fleet.check_identical()
        assert run(binary, "doctor", *place)["ok"]


def damaged_hub_is_recovered_and_repaired(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        a, b = fleet.agent("a"), fleet.agent("b")
        for i in range(60):
            assert a.update("t1", {"markers": [f"m{i}"]})["success"]
        fleet.settle()
        hub.kill()
        flip_a_bit_in_the_middle_of_the_log(pathlib.Path(hub.directory) / "store")
        refused = subprocess.run([binary, "hub", "--listen", f"127.0.0.1:{hub.port}", "--no-auth", "--data-dir",
                                  str(hub.directory)], capture_output=True, text=True, timeout=20)
        assert refused.returncode == UNAVAILABLE and "contextsync hub doctor --recover" in refused.stderr, refused
        assert run(binary, "hub", "doctor", "--recover", "--data-dir", hub.directory)["recovery"]["was_damaged"]
        hub.start()
        fleet.meet_again()
        fleet.settle()
        for agent in (a, b):
            assert len(agent.get("t1")["data"]["context"]["data"]["markers"]) == 60
        fleet.check_identical()


def sync_exchanges_everything_once(binary):
    with Fleet(binary) as fleet:
        hub = fleet.hub()
        other = fleet.agent("other")
        other.update("t2", {"k": 1})
        fleet.settle()
        agent = fleet.agent("a", hub=None)
        agent.update("t1", {"k": 1})
        place = ("--data-dir", agent.directory)
        held = run(binary, "sync", *place, "--hub", hub.url, code=UNAVAILABLE)
        assert "no hub" in held["error"]["message"], held
        agent.stop()
        data = run(binary, "sync", *place, "--hub", hub.url)["data"]
        assert {"pushed", "pulled", "pending", "parked", "head"} <= set(data), data
        assert (data["pending"], data["parked"], data["head"]) == (0, 0, len(hub.feed())) and data["pushed"] >= 1, data
        agent.hub_url = hub.url
        agent.start()
        assert agent.get("t2")["success"]
        data = run(binary, "sync", *place, "--hub", hub.url)["data"]
        assert data["complete"] and data["head"] == len(hub.feed()), "by the process that has it open"
        hub.kill()
        assert agent.update("t1", {"k": 2})["sync"]["state"] == "pending"
        agent.stop()
        started = time.monotonic()
        data = run(binary, "sync", *place, "--hub", hub.url, "--timeout", "5", code=UNAVAILABLE)["data"]
        assert data["pending"] == 1 and data["problem"] and time.monotonic() - started < 15, data
        assert run_usage(binary, "sync", *place) == USAGE, "without a hub"
        run(binary, "sync", "--data-dir", fleet.directory / "none", "--hub", hub.url, code=UNAVAILABLE)
        hub.start()
        assert run(binary, "sync", *place, "--hub", hub.url)["data"]["pending"] == 0


def run_usage(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, timeout=30).returncode


def another_hub_is_adopted_only_on_request(binary):
    with Fleet(binary) as fleet:
        first, second = fleet.hub(), fleet.hub()
        agent = fleet.agent("a")
        agent.update("t1", {"k": 1})
        fleet.settle()
        agent.stop()
        place = ("--data-dir", agent.directory, "--hub", second.url)
        data = run(binary, "sync", *place, code=UNAVAILABLE)["data"]
        assert data["problem"] and second.feed() == [], data
        data = run(binary, "sync", *place, "--adopt-hub")["data"]
        assert data["complete"] and data["pending"] == 0, data
        assert second.state_hash() == first.state_hash()
        assert run(binary, "sync", *place)["data"]["complete"], "from now on it is this notebook's hub"


def another_hub_is_adopted_while_agents_work(binary):
    with Fleet(binary) as fleet:
        first, second = fleet.hub(), fleet.hub()
        agent = fleet.agent("a")
        agent.update("t1", {"k": 1})
        fleet.settle()
        agent.stop()
        agent.hub_url = second.url
        agent.start()
        agent.update("t1", {"k": 2})
        assert second.feed() == []
        place = ("--data-dir", agent.directory, "--adopt-hub")
        run(binary, "sync", *place, "--hub", first.url, code=UNAVAILABLE)
        assert second.feed() == [], "not the hub that was named"
        data = run(binary, "sync", *place, "--hub", second.url)["data"]
        assert data["complete"] and data["pending"] == 0, data
        assert agent.update("t1", {"k": 3})["sync"]["state"] == "synced"
        agent.stop()
        assert run(binary, "sync", *place[:2], "--hub", second.url)["data"]["complete"], "from now on its hub"


def main():
    for test in (healthy_notebook_has_no_remedies, what_is_wrong_is_told_with_a_remedy, hub_that_refuses_us_is_told,
                 damaged_log_is_refused_recovered_and_pulled_back, lost_current_is_recovered_whole,
                 lost_manifest_is_put_together_from_what_is_left, damaged_hub_is_recovered_and_repaired, sync_exchanges_everything_once,
                 another_hub_is_adopted_only_on_request, another_hub_is_adopted_while_agents_work,
                 damaged_search_index_is_told_and_made_anew):
        started = time.monotonic()
        test(sys.argv[1])
        print(f"ok {test.__name__} {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
