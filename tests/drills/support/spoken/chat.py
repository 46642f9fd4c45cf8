"""OpenAI's chat completions."""

import json

from ..conversation import Asked, Step, data_url, pieces

WORDS = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error"}


def read(body):
    """What a request asks."""
    asked = Asked(body["model"], bool(body.get("stream")), "chat")
    asked.marker = body.get("user") or body.get("safety_identifier") or asked.marker
    asked.tools = [tool["function"]["name"] for tool in body.get("tools") or []]
    asked.form = (body.get("response_format") or {}).get("type") == "json_schema"
    asked.thinks = body.get("reasoning_effort") not in (None, "none")
    # A thought has no proof here, so none is wanted back.
    asked.demands = False
    for message in body["messages"]:
        content = message.get("content") or ""
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        text = "".join(part.get("text", "") for part in parts)
        if message["role"] == "tool":
            asked.results.append(text)
        elif message["role"] == "user":
            asked.question(text)
            for part in parts:
                if part["type"] == "image_url":
                    asked.image = data_url(part["image_url"]["url"])
        elif message.get("tool_calls"):
            asked.steps.append(Step([call["id"] for call in message["tool_calls"]]))
    return asked


def usage(made):
    """All input counts, cached tokens are a part of it."""
    return {
        "prompt_tokens": made.input,
        "completion_tokens": made.output,
        "total_tokens": made.input + made.output,
        "prompt_tokens_details": {"cached_tokens": made.cached},
        "completion_tokens_details": {"reasoning_tokens": made.reasoning},
    }


def whole(asked, said):
    """A plain answer."""
    message = {"role": "assistant", "content": said.text, "refusal": None}
    if said.thought:
        message["reasoning_content"] = said.thought.text
    if said.calls:
        message["content"] = None
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in said.calls
        ]
    choice = {"index": 0, "message": message, "logprobs": None}
    choice["finish_reason"] = "tool_calls" if said.calls else "stop"
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000}
    return {**answer, "model": asked.model, "choices": [choice], "usage": usage(said.made)}


def events(asked, said, body):
    """A streamed answer."""
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
    frame["model"] = asked.model

    def chunk(delta, finish=None):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return None, json.dumps({**frame, "choices": [choice]})

    yield chunk({"role": "assistant", "content": "" if said.words else None})
    for piece in pieces(said.thought.text) if said.thought else ():
        yield chunk({"reasoning_content": piece})
    for index, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        opening = {"index": index, "id": call.id, "type": "function", "function": function}
        yield chunk({"tool_calls": [opening]})
        for piece in pieces(call.arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    for word in said.words:
        yield chunk({"content": word})
    yield chunk({}, "tool_calls" if said.calls else "stop")
    if (body.get("stream_options") or {}).get("include_usage"):
        yield None, json.dumps({**frame, "choices": [], "usage": usage(said.made)})
    yield None, "[DONE]"


def error(status, message):
    """An error."""
    kind = WORDS.get(status, "api_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}
