#!/usr/bin/env python3
"""An independent reading of docs/sync_protocol.md: joins deltas in their wire form and renders them.

Runs the command given (or reads stdin) for JSON lines {"deltas": [...], "view": {...}}: every delta once or
more, in any order, and the view the program under test ended with. Exits 1 at the first line whose view it does
not reproduce.
"""
import hashlib
import json
import subprocess
import sys

NEVER = ("", "", -1)  # below every stamp
KINDS = ["del", "obj", "list", "atom"]


def number(value):
    """The one text form of a number."""
    if isinstance(value, int):
        return str(value)
    if value == int(value) and -(2**63) <= value < 2**64:
        return str(int(value))
    sign = "-" if value < 0 else ""
    digits, exponent = to_digits(repr(abs(value)))
    point = len(digits) + exponent
    if 0 < point <= 16:
        if exponent >= 0:
            return sign + digits + "0" * exponent
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return "%s%s%se%s%d" % (sign, digits[0], tail, "+" if point > 0 else "-", abs(point - 1))


def to_digits(text):
    """Decimal digits without zeros at either end, and the power of ten of the last one."""
    exponent = 0
    if "e" in text:
        text, power = text.split("e")
        exponent = int(power)
    if "." in text:
        whole, fraction = text.split(".")
        text, exponent = whole + fraction, exponent - len(fraction)
    text = text.lstrip("0")
    stripped = text.rstrip("0")
    return stripped, exponent + len(text) - len(stripped)


def string(value):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (c if c >= " " else "\\u%04x" % ord(c)) for c in value) + '"'


def canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    members = sorted(value.items(), key=lambda item: item[0].encode())
    return "{" + ",".join(string(k) + ":" + canonical(v) for k, v in members) + "}"


class Cell:
    def __init__(self):
        self.head = None  # (stamp, kind number, canonical text, value)
        self.clr = NEVER
        self.elements = {}  # key -> [first, last, rm, canonical text, value]


def larger_head(left, right):
    if left is None or right is None:
        return left or right
    return max(left, right, key=lambda head: (head[0], head[1], head[2].encode()))


def first_of(left, right):
    return min((stamp for stamp in (left, right) if stamp != NEVER), default=NEVER)


def take_delta(state, delta):
    hlc, device, devices = delta.get("hlc"), delta.get("device"), delta.get("devices")

    def stamp(raw):
        return (raw[0], devices[raw[1]], raw[2]) if devices is not None else (hlc, device, raw)

    for path, raw in delta["cells"].items():
        cell = state.setdefault(path, Cell())
        if "h" in raw:
            value = raw["h"][2] if len(raw["h"]) > 2 else None
            text = canonical(value) if len(raw["h"]) > 2 else ""
            cell.head = larger_head(cell.head, (stamp(raw["h"][0]), KINDS.index(raw["h"][1]), text, value))
        if "c" in raw:
            cell.clr = max(cell.clr, stamp(raw["c"]))
        for item in raw.get("e", []):
            take_element(cell.elements, item, stamp)


def take_element(elements, item, stamp):
    last = stamp(item["a"]) if "a" in item else NEVER
    first = last
    if "f" in item:
        first = NEVER if item["f"] is None else stamp(item["f"])
    text = canonical(item["v"]) if "v" in item else ""
    if "k" in item:
        key = item["k"]
    elif item.get("l"):
        born = first if first != NEVER else last
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        key = "%s.%s.%d.%s" % (born[0], born[1], born[2], digest)
    else:
        key = "%s#%d" % (text, item.get("o", 0))
    known = elements.setdefault(key, [NEVER, NEVER, NEVER, "", None])
    known[0] = first_of(known[0], first)
    known[1] = max(known[1], last)
    known[2] = max(known[2], stamp(item["r"]) if "r" in item else NEVER)
    if text.encode() > known[3].encode():
        known[3], known[4] = text, item["v"]


def shown_list(cell, floor):
    shown = []
    for key, (first, last, rm, _, value) in cell.elements.items():
        bound = max(floor, rm)
        if last > bound:
            shown.append((first if first > bound else last, key.encode(), value))
    return [value for _, _, value in sorted(shown, key=lambda item: item[:2])]


def children_of(state):
    """Parent path -> its children, by the last slash."""
    children = {}
    for path in state:
        if "/" in path:
            children.setdefault(path.rpartition("/")[0], []).append(path)
    return children


def show(state, children, path, floor):
    """(is visible, value) of a path whose parent is a visible object."""
    cell = state.get(path)
    if cell is None:
        return False, None
    floor = max(floor, cell.clr)
    if cell.head is None or cell.head[1] == 0 or cell.head[0] <= floor:
        return False, None
    kind = KINDS[cell.head[1]]
    if kind == "atom":
        return True, cell.head[3]
    if kind == "list":
        return True, shown_list(cell, floor)
    value = {}
    for child in children.get(path, []):
        is_visible, member = show(state, children, child, floor)
        if is_visible:
            key = child.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            value[key] = member
    return True, value


def created_at(state):
    cell = state.get("m/created")
    if cell is None or "1#0" not in cell.elements:
        return 0
    first, last, rm, _, _ = cell.elements["1#0"]
    clears = [state[path].clr for path in ("d", "m", "m/created") if path in state]
    bound = max(clears + [rm])
    return int((first if first > bound else last)[0], 16) >> 16


def render(state):
    exists, data = show(state, children_of(state), "d", NEVER)
    if not exists:
        return {"exists": False, "data": {}, "parent": None, "created_at": 0}
    parent = state["m/parent"].head if "m/parent" in state else None
    shown = parent[3] if parent is not None and KINDS[parent[1]] == "atom" else None
    return {"exists": True, "data": data, "parent": shown, "created_at": created_at(state)}


def compare(lines):
    """How many lines agree; the first that does not ends the program."""
    count = 0
    for count, line in enumerate(lines, 1):
        case = json.loads(line)
        state = {}
        for delta in case["deltas"]:
            take_delta(state, delta)
        expected, found = canonical(case["view"]), canonical(render(state))
        if expected != found:
            sys.exit("line %d\nprogram: %s\noracle:  %s" % (count, expected, found))
    return count


def main(command):
    if not command:
        count = compare(sys.stdin)
    else:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        count = compare(program.stdout)
        if program.wait() != 0:
            sys.exit("the program failed")
    if count == 0:
        sys.exit("nothing to compare")
    print("%d views equal" % count)


if __name__ == "__main__":
    main(sys.argv[1:])
