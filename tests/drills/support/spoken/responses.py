"""OpenAI's responses."""

import json

from ..conversation import Asked, Step, Thought, data_url, pieces
from .chat import error

__all__ = ["error", "events", "read", "whole"]

CALL, RESULT = ("function_call", "custom_tool_call"), ("function_call_output", "custom_tool_call_output")


def read(body):
    """What a request asks."""
    asked = Asked(body["model"], bool(body.get("stream")), "responses")
    asked.marker = body.get("user") or body.get("safety_identifier") or asked.marker
    asked.tools = [tool["name"] for tool in body.get("tools") or [] if "name" in tool]
    asked.form = ((body.get("text") or {}).get("format") or {}).get("type") == "json_schema"
    reasoning = body.get("reasoning") or {}
    asked.thinks = asked.model.startswith("gpt-5") and reasoning.get("effort") != "none"
    asked.proves = "reasoning.encrypted_content" in (body.get("include") or [])
    # What the provider stores it need not be given back.
    asked.demands = asked.proves or body.get("store") is False
    asked.shows = bool(reasoning.get("summary"))
    said = body["input"]
    items = [{"role": "user", "content": said}] if isinstance(said, str) else said
    thought = None
    for item, before in zip(items, [{}, *items]):
        kind = item.get("type", "message")
        if kind == "reasoning":
            thought = Thought("".join(part["text"] for part in item["summary"]), item.get("encrypted_content"))
        elif kind in CALL and before.get("type") in CALL:
            asked.steps[-1].calls.append(item["call_id"])
        elif kind in CALL:
            asked.steps.append(Step([item["call_id"]], thought))
            thought = None
        elif kind in RESULT:
            asked.results.append(plain(item["output"]))
        elif item.get("role") == "user":
            asked.question(plain(item["content"]))
            for part in item["content"] if isinstance(item["content"], list) else ():
                if part["type"] == "input_image":
                    asked.image = data_url(part["image_url"])
    return asked


def plain(content):
    """The text of a turn or of a result."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def usage(made):
    """All input counts, cached tokens are a part of it."""
    return {
        "input_tokens": made.input,
        "input_tokens_details": {"cached_tokens": made.cached},
        "output_tokens": made.output,
        "output_tokens_details": {"reasoning_tokens": made.reasoning},
        "total_tokens": made.input + made.output,
    }


def items_of(asked, said):
    """The items of an answer."""
    if said.thought:
        summary = [{"type": "summary_text", "text": said.thought.text}] if asked.shows else []
        item = {"type": "reasoning", "id": "rs_1", "summary": summary}
        yield {**item, "encrypted_content": said.thought.proof} if asked.proves else item
    if said.words:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        yield {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    for number, call in enumerate(said.calls):
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": call.id, "status": "completed"}
        yield {**item, "name": call.name, "arguments": call.arguments}


def frame(asked, status, **more):
    """What every answer has."""
    answer = {"id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": status}
    rest = {"error": None, "incomplete_details": None, "instructions": None, "metadata": {}}
    asked_for = {"parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0}
    return {**answer, **rest, **asked_for, "model": asked.model, "output": [], "usage": None, **more}


def whole(asked, said):
    """A plain answer."""
    return frame(asked, "completed", output=list(items_of(asked, said)), usage=usage(said.made))


def events(asked, said, _body):
    """A streamed answer."""
    count = iter(range(1_000_000))

    def event(kind, **fields):
        return kind, json.dumps({"type": kind, **fields, "sequence_number": next(count)})

    yield event("response.created", response=frame(asked, "in_progress"))
    yield event("response.in_progress", response=frame(asked, "in_progress"))
    for index, item in enumerate(items_of(asked, said)):
        at = {"item_id": item["id"], "output_index": index}
        empty = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
        begun = {**item, **empty[item["type"]]}
        if item["type"] != "reasoning":
            begun["status"] = "in_progress"
        elif "encrypted_content" in item:
            # The value changes until the item is done, as it does at OpenAI.
            begun["encrypted_content"] = item["encrypted_content"][:40] + "AA"
        yield event("response.output_item.added", output_index=index, item=begun)
        for name, fields in inside(item, said):
            yield event(f"response.{name}", **at, **fields)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=whole(asked, said))


def inside(item, said):
    """What happens between an item's beginning and its end."""
    if item["type"] == "function_call":
        for piece in pieces(item["arguments"]):
            yield "function_call_arguments.delta", {"delta": piece}
        yield "function_call_arguments.done", {"arguments": item["arguments"], "name": item["name"]}
    elif item["type"] == "message":
        part, at = item["content"][0], {"content_index": 0}
        yield "content_part.added", {**at, "part": {**part, "text": ""}}
        for word in said.words:
            yield "output_text.delta", {**at, "delta": word, "logprobs": []}
        yield "output_text.done", {**at, "text": part["text"], "logprobs": []}
        yield "content_part.done", {**at, "part": part}
    for number, part in enumerate(item.get("summary", ())):
        at = {"summary_index": number}
        yield "reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
        for piece in pieces(part["text"]):
            yield "reasoning_summary_text.delta", {**at, "delta": piece}
        yield "reasoning_summary_text.done", {**at, "text": part["text"]}
        yield "reasoning_summary_part.done", {**at, "part": part}
