"""Anthropic's messages."""

import json
import secrets

from ..conversation import Asked, Step, Thought, picture, pieces

WORDS = {
    400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error",
    429: "rate_limit_error", 529: "overloaded_error",
}


def read(body):
    """What a request asks."""
    asked = Asked(body["model"], bool(body.get("stream")), "messages")
    asked.marker = (body.get("metadata") or {}).get("user_id") or asked.marker
    asked.tools = [tool["name"] for tool in body.get("tools") or []]
    form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    asked.form = form.get("type") == "json_schema"
    asked.thinks = (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        of = lambda kind: [block for block in blocks if block["type"] == kind]
        if message["role"] == "assistant":
            if of("tool_use"):
                asked.steps.append(Step([block["id"] for block in of("tool_use")], proven(blocks)))
        elif of("tool_result"):
            asked.results += [plain(block.get("content")) for block in of("tool_result")]
        else:
            asked.question("".join(block["text"] for block in of("text")))
            for block in of("image"):
                asked.image = picture(block["source"]["media_type"], block["source"]["data"])
    return asked


def proven(blocks):
    """The thought that begins a turn."""
    first = blocks[0]
    return Thought(first["thinking"], first["signature"]) if first["type"] == "thinking" else None


def plain(content):
    """The text of a result."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [])


def usage(made):
    """Cached and written tokens are counted beside the input."""
    return {
        "input_tokens": made.input - made.cached - made.written,
        "cache_read_input_tokens": made.cached,
        "cache_creation_input_tokens": made.written,
        "output_tokens": made.output,
    }


def whole(asked, said):
    """A plain answer."""
    content = []
    if said.thought:
        content.append({"type": "thinking", "thinking": said.thought.text, "signature": said.thought.proof})
    if said.words:
        content.append({"type": "text", "text": said.text})
    for call in said.calls:
        content.append({"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)})
    answer = {"id": f"msg_{secrets.token_hex(12)}", "type": "message", "role": "assistant", "model": asked.model}
    stop = {"stop_reason": "tool_use" if said.calls else "end_turn", "stop_sequence": None}
    return {**answer, "content": content, **stop, "usage": usage(said.made)}


def events(asked, said, _body):
    """A streamed answer."""

    def event(name, **fields):
        return name, json.dumps({"type": name, **fields})

    start = {**whole(asked, said), "content": [], "stop_reason": None}
    start["usage"] = {**usage(said.made), "output_tokens": 1}
    yield event("message_start", message=start)
    for index, (opening, deltas) in enumerate(blocks_of(said)):
        yield event("content_block_start", index=index, content_block=opening)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    delta = {"stop_reason": "tool_use" if said.calls else "end_turn", "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": said.made.output})
    yield event("message_stop")


def blocks_of(said):
    """Each block's beginning and what is added to it."""
    if said.thought:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(said.thought.text)]
        deltas.append({"type": "signature_delta", "signature": said.thought.proof})
        yield {"type": "thinking", "thinking": "", "signature": ""}, deltas
    if said.words:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in said.words]
    for call in said.calls:
        opening = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        yield opening, [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(call.arguments)]]


def error(status, message):
    """An error."""
    kind = WORDS.get(status, "api_error")
    return {"type": "error", "error": {"message": message, "type": kind}, "request_id": "req_upstream"}
