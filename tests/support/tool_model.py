"""What manage_context answers, written down a second time, from docs/tools.md and the tables of docs/sync_protocol.md.

It knows one notebook without a hub, whose sessions call one after the other. Times, ids it cannot know and texts for
people are not its business. It shares no code with the program.
"""

import copy
import json

LEVELS = ["global", "project", "branch", "task"]
NOTICE_BYTES = 1024
NOTICE_REST = {"seq": None, "timestamp": "2026-11-22T12:00:00.000Z"}
REPLACED = {"failures", "errors", "todo", "next_steps", "blockers", "open_questions"}
MISSING = object()


def plain(value):
    """A number is what it says, however it is written."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list) else value


def canonical(value):
    value = plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def same(left, right):
    if left is MISSING or right is MISSING:
        return left is right
    return canonical(left) == canonical(right)


def is_replaced(name):
    return name in REPLACED or name.startswith(("current_", "remaining_"))


def united(seen, given):
    """`seen` with the elements of `given` it does not show."""
    result = list(seen)
    for value in given:
        if not any(same(value, other) for other in result):
            result.append(value)
    return result


def without_nulls(value):
    """What takes the place of everything: a member that is null is none."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return value


def merged(seen, update, path, replace):
    """What stands at `path` after `update`, which is not null."""
    if path in replace or not isinstance(update, (dict, list)):
        return without_nulls(update)
    if isinstance(update, dict):
        result = dict(seen) if isinstance(seen, dict) else {}
        for name, value in update.items():
            merge_member(result, name, value, path, replace)
        return result
    name = path.rsplit("/", 1)[-1]
    if is_replaced(name):
        return list(update)
    if isinstance(seen, list):
        return united(seen, update)
    if seen is not MISSING and not update:
        return seen
    return united([], update)


def merge_member(members, name, value, path, replace):
    inner = f"{path}/{name}"
    if value is None:
        members.pop(name, None)
    else:
        members[name] = merged(members.get(name, MISSING), value, inner, replace)


def asked_for(seen, update, path, replace):
    """Whether what stands at `path` reads as the caller asked."""
    if update is None:
        return seen is MISSING
    if path in replace or not isinstance(update, (dict, list)):
        return same(seen, without_nulls(update))
    if isinstance(update, dict):
        return isinstance(seen, dict) and all(asked_for(seen.get(name, MISSING), value, f"{path}/{name}", replace)
                                              for name, value in update.items())
    if is_replaced(path.rsplit("/", 1)[-1]):
        return same(seen, update)
    return isinstance(seen, list) and all(any(same(value, other) for other in seen) for value in update)


def segments(pointer):
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def at(data, pointer):
    for part in segments(pointer):
        if not isinstance(data, dict) or part not in data:
            return MISSING
        data = data[part]
    return data


def differences(before, after, path=""):
    """By leaf, in the order of the keys."""
    if same(before, after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(set(before) | set(after), key=str.encode)
        return [change for name in names
                for change in differences(before.get(name, MISSING), after.get(name, MISSING), f"{path}/{name}")]
    if isinstance(before, list) and isinstance(after, list):
        return [list_difference(before, after, path)]
    if isinstance(before, dict) and before and after is MISSING:
        return [change for name in sorted(before, key=str.encode)
                for change in differences(before[name], MISSING, f"{path}/{name}")]
    if before is MISSING and isinstance(after, dict) and after:
        return [change for name in sorted(after, key=str.encode)
                for change in differences(MISSING, after[name], f"{path}/{name}")]
    if before is MISSING:
        return [{"path": path, "op": "add", "after": after}]
    if after is MISSING:
        return [{"path": path, "op": "remove", "before": before}]
    return [{"path": path, "op": "change", "before": before, "after": after}]


def list_difference(before, after, path):
    rest = list(before)
    added = []
    for value in after:
        twin = next((index for index, other in enumerate(rest) if same(other, value)), MISSING)
        if twin is MISSING:
            added.append(value)
        else:
            del rest[twin]  # by its place: to Python, True is 1
    change = {"path": path, "op": "list", "added": added, "removed": rest}
    return change if added or rest else {**change, "reordered": True}


class Refused(Exception):
    def __init__(self, code, **details):
        super().__init__(code)
        self.error = {"code": code, **details}


class Context:
    def __init__(self, ref, parent):
        self.ref, self.parent = ref, parent
        self.data, self.is_deleted, self.version, self.updated_by = {}, False, 0, ""
        self.history = []  # of {"version", "change_type", "agent", "keys", "source"}, and "data", "parent" as it was then

    def as_ref(self):
        return {"level": self.ref[0], "context_id": self.ref[1]}


class Notebook:
    def __init__(self):
        self.contexts = {}
        self.log = []     # (session, change), in the order of the writes
        self.looked = {}   # session -> how much of the log it has looked at
        self.noticed = {}  # session -> how much of the log it has been shown
        self.shown = {}    # session -> what it has been shown beyond that

    def find(self, ref):
        context = self.contexts.get(ref)
        return context if context and not context.is_deleted else None

    def need(self, ref):
        context = self.find(ref)
        if not context:
            raise Refused("NOT_FOUND", level=ref[0], context_id=ref[1])
        return context

    def children(self, ref):
        return [context for context in self.contexts.values() if context.parent == ref and not context.is_deleted]

    def note(self, context, change_type, keys, agent, session, source="tool"):
        context.version += 1
        context.updated_by = agent
        context.history.append({"version": context.version, "change_type": change_type, "agent": agent,
                                "keys": sorted(keys, key=str.encode), "source": source, "data": copy.deepcopy(context.data),
                                "is_deleted": context.is_deleted})
        self.log.append((session, {**context.as_ref(), "changed_by": agent, "change_type": change_type,
                                   "keys": sorted(keys, key=str.encode), "version": context.version}))

    # ── writes ──

    def update(self, call, must_not_exist=False):
        ref, agent = call.ref, call.agent
        context = self.contexts.get(ref)
        shown = self.find(ref)
        if must_not_exist and shown:
            raise Refused("ALREADY_EXISTS", version=shown.version)
        self.check_version(shown, call)
        before = shown.data if shown else {}
        after = copy.deepcopy(before)
        for name, value in call.data.items():
            merge_member(after, name, copy.deepcopy(value), "", call.replace)
        for pointer, values in call.remove.items():
            self.take_out(after, pointer, values)
        stored, ignored = self.keys(before, after, call)
        changed = not shown or not same(before, after)
        created_parents = []
        if not shown:
            created_parents = self.create_parents(ref, agent, call.session)
        if changed:
            context = context or Context(ref, self.parent_of(ref))
            self.contexts[ref] = context
            keys = [name for name in set(before) | set(after)
                    if not same(before.get(name, MISSING), after.get(name, MISSING))]
            context.data, context.is_deleted = after, False
            self.note(context, "update" if shown else "create", keys, agent, call.session, call.source)
        data = {"level": ref[0], "context_id": ref[1], "version": context.version, "created": not shown, "changed": changed}
        if created_parents:
            data["parents_created"] = created_parents
        return data, stored, ignored

    @staticmethod
    def take_out(data, pointer, values):
        target = at(data, pointer)
        if isinstance(target, list):
            target[:] = [value for value in target if not any(same(value, other) for other in values)]

    @staticmethod
    def keys(before, after, call):
        stored, ignored = set(), set()
        for name, value in call.data.items():
            seen, was = after.get(name, MISSING), before.get(name, MISSING)
            has_effect = not same(seen, was)
            reads_so = asked_for(seen, value, f"/{name}", call.replace)
            is_idle = (value is None and was is MISSING) or (value == [] and not has_effect and not same(seen, []))
            (stored if reads_so and not is_idle else ignored).add(name)
        for pointer, values in call.remove.items():
            name = segments(pointer)[0]
            (stored if isinstance(at(before, pointer), list) else ignored).add(name)
        return sorted(stored, key=str.encode), sorted(ignored - stored, key=str.encode)

    def check_version(self, shown, call):
        if call.expected_version is None:
            return
        version = shown.version if shown else 0
        if version != call.expected_version:
            context = self.contexts.get(call.ref)
            changed = {key for entry in (context.history if context else [])
                       if entry["version"] > call.expected_version for key in entry["keys"]}
            raise Refused("VERSION_MISMATCH", version=version, expected=call.expected_version,
                          changed_keys=sorted(changed, key=str.encode))

    def parent_of(self, ref):
        above = LEVELS.index(ref[0]) - 1
        return (LEVELS[above], "global" if above == 0 else "default") if above >= 0 else None

    def create_parents(self, ref, agent, session):
        created, line, above = [], [], self.parent_of(ref)
        while above:
            line.insert(0, above)
            above = self.parent_of(above)
        for parent in line:
            if self.find(parent):
                continue
            context = self.contexts.setdefault(parent, Context(parent, self.parent_of(parent)))
            context.is_deleted, context.data = False, {}
            self.note(context, "create", [], agent, session)
            created.append(context.as_ref())
        return created

    def delete(self, call, cascade):
        context = self.need_to_write(call.ref)
        self.check_version(context, call)
        children = self.children(call.ref)
        if children and not cascade:
            sample = sorted((child.as_ref() for child in children), key=lambda child: child["context_id"].encode())[:5]
            raise Refused("HAS_CHILDREN", children=len(children), sample=sample)
        count = self.delete_tree(context, call)
        return {"level": call.ref[0], "context_id": call.ref[1], "version": context.version, "deleted": True,
                "deleted_count": count}, [], []

    def need_to_write(self, ref):
        context = self.contexts.get(ref)
        if context and context.is_deleted:
            raise Refused("NOT_FOUND", level=ref[0], context_id=ref[1], deleted_by=context.updated_by)
        return self.need(ref)

    def delete_tree(self, context, call):
        count = 1
        for child in sorted(self.children(context.ref), key=lambda child: child.ref[1].encode()):
            count += self.delete_tree(child, call)
        keys = list(context.data)
        context.data, context.is_deleted = {}, True
        self.note(context, "delete", keys, call.agent, call.session)
        return count

    def append(self, call, name, entry):
        """`entry`: as it was answered, since nobody else can know its id and time."""
        call.data, call.replace, call.remove = {name: [entry]}, [], {}
        data, stored, ignored = self.update(call)
        return {**data, "entry": entry}, stored, ignored

    def revert(self, call, version):
        context = self.contexts.get(call.ref)
        if not context:
            raise Refused("NOT_FOUND", level=call.ref[0], context_id=call.ref[1])
        wanted = self.kept(context, version)
        self.check_version(self.find(call.ref), call)
        shown = self.find(call.ref)
        before = shown.data if shown else {}
        changed = wanted["is_deleted"] != context.is_deleted or not same(before, wanted["data"])
        keys = [name for name in set(before) | set(wanted["data"])
                if not same(before.get(name, MISSING), wanted["data"].get(name, MISSING))]
        if changed:
            context.data, context.is_deleted = copy.deepcopy(wanted["data"]), wanted["is_deleted"]
            kind = "delete" if context.is_deleted else "update" if shown else "create"
            self.note(context, kind, keys, call.agent, call.session, "revert")
        return {"level": call.ref[0], "context_id": call.ref[1], "version": context.version, "reverted_to": version,
                "created": not shown and not context.is_deleted, "changed": changed}

    # ── reads ──

    def kept(self, context, version):
        for entry in context.history:
            if entry["version"] == version:
                return entry
        raise Refused("NOT_FOUND", level=context.ref[0], context_id=context.ref[1], oldest=1)

    def get(self, ref):
        context = self.need_to_write(ref)
        return {**context.as_ref(), "version": context.version, "data": context.data, "updated_by": context.updated_by,
                "parent": context.parent and {"level": context.parent[0], "context_id": context.parent[1]}}

    def history(self, ref):
        context = self.contexts.get(ref)
        if not context:
            raise Refused("NOT_FOUND", level=ref[0], context_id=ref[1])
        versions = [{key: entry[key] for key in ("version", "change_type", "agent", "keys", "source")}
                    for entry in reversed(context.history)]
        return {**context.as_ref(), "versions": versions, "oldest": 1}

    def diff(self, ref, start, end):
        context = self.contexts.get(ref)
        if not context:
            raise Refused("NOT_FOUND", level=ref[0], context_id=ref[1])
        end = context.version if end is None else end
        start = max(end - 1, 0) if start is None else start
        sides = [{} if version == 0 else self.kept(context, version)["data"] for version in (start, end)]
        return {**context.as_ref(), "from": start, "to": end, "changes": differences(*sides)}

    def list(self, level, key, value):
        found = []
        for context in self.contexts.values():
            stored = context.data.get(key, MISSING)
            holds = same(stored, value) or isinstance(stored, list) and any(same(value, other) for other in stored)
            if context.ref[0] == level and not context.is_deleted and (key is None or holds):
                found.append({**context.as_ref(), "version": context.version, "keys": sorted(context.data, key=str.encode)})
        return found

    # ── what others did ──

    def changes(self, session, level):
        """What the others did since this session last looked; moves that place."""
        start = self.looked.get(session, 0)
        found = [(number, change) for number, change in self.others(session, start)
                 if level in (None, change["level"])][:500]
        if level:
            self.shown.setdefault(session, set()).update(number for number, _ in found)
        else:
            self.noticed[session] = len(self.log)
        self.looked[session] = len(self.log)
        return [change for _, change in found]

    def others(self, session, start):
        return [(number, change) for number, (writer, change) in enumerate(self.log[start:], start) if writer != session]

    def notices(self, session):
        """(notices, how many more there are) of the session's next answer."""
        seen = self.shown.get(session, set())
        news = [pair for pair in self.others(session, self.noticed.get(session, 0)) if pair[0] not in seen]
        shown, size = [], 0
        for _, change in news[:10]:
            notice = {name: change[name] for name in ("level", "context_id", "changed_by", "change_type")}
            notice["keys"] = change["keys"][:8]
            size += len(canonical({**notice, **NOTICE_REST}).encode()) + 1
            if size > NOTICE_BYTES and shown:
                break
            shown.append(notice)
        rest = news[len(shown):]
        self.noticed[session] = rest[0][0] if rest else len(self.log)
        return shown, len(rest)
