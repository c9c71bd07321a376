"""What every message of an MCP server must look like, per revision: the checks that matter.

check(message, method, version) returns a list of complaints; an empty one means all is in order.
`method` is that of the request it answers, or None for a notification or an error without id.
"""

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")
# Errors that answer no readable id: these revisions write null, the later ones leave the id out.
NULL_ID = ("2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")
MODERN_ONLY = ("resultType", "ttlMs", "cacheScope")
SERVER_INFO = "io.modelcontextprotocol/serverInfo"
SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
CONTENT_MEMBERS = {
    "text": {"text": str},
    "image": {"data": str, "mimeType": str},
    "audio": {"data": str, "mimeType": str},
    "resource": {"resource": dict},
    "resource_link": {"uri": str, "name": str},
}
# Fields of a result, by method: name -> type. The modern revision adds its own to each.
RESULT_MEMBERS = {
    "initialize": {"protocolVersion": str, "capabilities": dict, "serverInfo": dict},
    "server/discover": {"supportedVersions": list, "capabilities": dict},
    "tools/list": {"tools": list},
    "tools/call": {"content": list},
    "resources/list": {"resources": list},
    "resources/templates/list": {"resourceTemplates": list},
    "resources/read": {"contents": list},
    "prompts/list": {"prompts": list},
    "prompts/get": {"messages": list},
    "completion/complete": {"completion": dict},
}
CACHED = ("server/discover", "tools/list", "prompts/list", "resources/list",
          "resources/templates/list", "resources/read")
ANNOTATION_FLAGS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def is_id(value):
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def check(message, method, version):
    if not isinstance(message, dict):
        return [f"a message must be an object: {message!r:.80}"]
    problems = []
    if message.get("jsonrpc") != "2.0":
        problems.append("jsonrpc is not 2.0")
    unknown = set(message) - {"jsonrpc", "id", "method", "params", "result", "error"}
    if unknown:
        problems.append(f"unknown members {sorted(unknown)}")
    if "method" in message:
        return problems + _check_notification(message)
    if "error" in message:
        return problems + _check_error(message, version)
    if not is_id(message.get("id")):
        problems.append("an answer needs the id of its request")
    return problems + _check_result(message.get("result"), method, version)


def _check_notification(message):
    problems = [] if isinstance(message["method"], str) else ["method is no string"]
    if "id" in message:
        problems.append("we never send requests")
    params = message.get("params", {})
    if not isinstance(params, dict):
        return problems + ["params is no object"]
    if message["method"] == "notifications/subscriptions/acknowledged":
        problems += _members(params, {"_meta": dict, "notifications": dict}, "params")
        if not is_id(params.get("_meta", {}).get(SUBSCRIPTION_ID)):
            problems.append("subscriptionId missing")
    return problems


def _check_error(message, version):
    problems = [] if "result" not in message else ["both result and error"]
    if "id" in message and message["id"] is None:
        if version not in NULL_ID:
            problems.append(f"id null is not allowed in {version}")
    elif "id" in message and not is_id(message["id"]):
        problems.append("id is neither integer nor string")
    elif "id" not in message and version in NULL_ID:
        problems.append(f"{version} wants id null rather than no id")
    error = message["error"]
    problems += _members(error, {"code": int, "message": str}, "error")
    code = error.get("code")
    if isinstance(code, int) and -32019 <= code <= -32000 and version == MODERN:
        problems.append(f"error code {code} has no meaning in {MODERN}")
    if code == -32022:
        problems += _members(error.get("data", {}), {"supported": list, "requested": str}, "data")
    return problems


def _check_result(result, method, version):
    if not isinstance(result, dict):
        return ["result is no object"]
    problems = _members(result, RESULT_MEMBERS.get(method, {}), method or "result")
    problems += _check_era(result, method, version)
    if method == "initialize":
        problems += _members(result.get("serverInfo"), {"name": str, "version": str}, "serverInfo")
        if result.get("protocolVersion") not in LEGACY:
            problems.append("initialize must agree on a legacy version")
    if method == "server/discover" and result.get("supportedVersions") != [MODERN]:
        problems.append("supportedVersions must hold the modern versions")
    if method == "tools/list":
        for tool in result.get("tools", []):
            problems += _check_tool(tool)
    if method == "tools/call":
        problems += _check_call(result)
    return problems


def _check_era(result, method, version):
    if version != MODERN:
        return [f"{name} does not exist in {version}" for name in MODERN_ONLY if name in result]
    problems = _members(result, {"resultType": str, "_meta": dict}, "modern result")
    if method in CACHED:
        problems += _members(result, {"ttlMs": int, "cacheScope": str}, method)
        if result.get("cacheScope") not in ("public", "private") or result.get("ttlMs", 0) < 0:
            problems.append("bad cache hint")
    meta = result.get("_meta", {})
    problems += _members(meta.get(SERVER_INFO), {"name": str, "version": str}, SERVER_INFO)
    if method == "subscriptions/listen" and not is_id(meta.get(SUBSCRIPTION_ID)):
        problems.append("the end of a listen needs its subscriptionId")
    return problems


def _check_tool(tool):
    problems = _members(tool, {"name": str, "inputSchema": dict}, "tool")
    for name in ("inputSchema", "outputSchema"):
        if name in tool and tool[name].get("type") != "object":
            problems.append(f"{name} of {tool.get('name')} is not of type object")
    for name in ("title", "description"):
        if name in tool and not isinstance(tool[name], str):
            problems.append(f"{name} of {tool.get('name')} is no string")
    for flag in ANNOTATION_FLAGS:
        if not isinstance(tool.get("annotations", {}).get(flag, True), bool):
            problems.append(f"{flag} of {tool.get('name')} is no boolean")
    return problems


def _check_call(result):
    problems = []
    if not isinstance(result.get("isError", False), bool):
        problems.append("isError is no boolean")
    if "structuredContent" in result and not isinstance(result["structuredContent"], dict):
        problems.append("structuredContent is no object")
    for block in result.get("content", []):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in CONTENT_MEMBERS:
            problems.append(f"unknown content block {kind!r}")
        else:
            problems += _members(block, CONTENT_MEMBERS[kind], f"{kind} block")
    return problems


def _members(value, members, where):
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    problems = []
    for name, kind in members.items():
        found = value.get(name)
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            problems.append(f"{where}.{name} is missing or not of type {kind.__name__}")
    return problems
