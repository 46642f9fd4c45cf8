"""A scripted provider that speaks both dialects and keeps its own account of what it served.

The marker of a call is what the client names as its end user; it reaches the provider with the
body, whichever dialect the call was translated to.
"""

import asyncio
import json
from dataclasses import dataclass

from .script import script


@dataclass
class Served:
    """One call as the provider saw it."""

    marker: str
    model: str
    dialect: str
    stream: bool
    ended: bool = False


class Upstream:
    """Serves on a free port; `served` is the log, by marker."""

    def __init__(self):
        self.served = {}
        self.repeated = []
        self.requests = []
        self.port = None
        self._server = None

    async def start(self):
        """Listens on a free port of the loopback address."""
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self):
        """Stops listening."""
        self._server.close()

    async def _connection(self, reader, writer):
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            writer.close()

    async def _one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:]:
            if ":" in line:
                name, value = line.split(":", 1)
                headers[name.lower()] = value.strip()
        raw = b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            while True:
                size = int(await reader.readuntil(b"\r\n"), 16)
                piece = await reader.readexactly(size + 2)
                if not size:
                    break
                raw += piece[:-2]
        elif "content-length" in headers:
            raw = await reader.readexactly(int(headers["content-length"]))
        body = json.loads(raw) if raw else {}
        path = path.split("?")[0]
        self.requests.append((method, path, headers, body))
        if path.endswith("/messages/count_tokens"):
            await plain(writer, 200, {"input_tokens": 11})
        elif path.endswith("/messages"):
            await self._serve(writer, body, "messages")
        elif path.endswith("/chat/completions"):
            await self._serve(writer, body, "chat")
        elif path.endswith("/models"):
            await plain(writer, 200, {"object": "list", "data": []})
        else:
            await plain(writer, 404, {"error": {"message": f"no {path}", "type": "not_found"}})
        return True

    async def _serve(self, writer, body, dialect):
        model = body["model"]
        if model.startswith("fail-"):
            await fail(writer, int(model[5:]), dialect)
            return
        user = body.get("user") or body.get("safety_identifier")
        marker = user or (body.get("metadata") or {}).get("user_id") or "nobody"
        entry = Served(marker, model, dialect, bool(body.get("stream")))
        if marker in self.served and marker != "nobody":
            self.repeated.append(marker)
        self.served[marker] = entry
        made = script(marker, dialect)
        await asyncio.sleep(made.first)
        call = wants_call(body)
        answer = chat if dialect == "chat" else messages
        if entry.stream:
            await stream(writer, answer.events(made, model, body, call), made.gap)
        else:
            await plain(writer, 200, answer.whole(made, model, call))
        entry.ended = True


def wants_call(body):
    """The arguments of a tool call when tools are offered and no result has come yet."""
    last = body["messages"][-1]
    content = last.get("content")
    results = isinstance(content, list) and any(b.get("type") == "tool_result" for b in content)
    if not body.get("tools") or last["role"] == "tool" or results:
        return None
    return json.dumps({"city": "Zürich", "unit": "C"}, ensure_ascii=False)


class chat:
    """Answers in OpenAI's chat completions."""

    @staticmethod
    def usage(made):
        """All input counts, cached tokens are a part of it."""
        return {
            "prompt_tokens": made.input,
            "completion_tokens": made.output,
            "total_tokens": made.input + made.output,
            "prompt_tokens_details": {"cached_tokens": made.cached},
            "completion_tokens_details": {"reasoning_tokens": made.reasoning},
        }

    @classmethod
    def whole(cls, made, model, call):
        """A plain answer."""
        message = {"role": "assistant", "content": made.text, "refusal": None}
        if call:
            function = {"name": "get_weather", "arguments": call}
            message = {"role": "assistant", "content": None}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "logprobs": None}
        choice["finish_reason"] = "tool_calls" if call else "stop"
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000}
        return {**answer, "model": model, "choices": [choice], "usage": cls.usage(made)}

    @classmethod
    def events(cls, made, model, body, call):
        """A streamed answer."""
        frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000}
        frame["model"] = model

        def chunk(delta, finish=None):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return None, json.dumps({**frame, "choices": [choice]})

        if call:
            function = {"name": "get_weather", "arguments": ""}
            opening = {"index": 0, "id": "call_1", "type": "function", "function": function}
            yield chunk({"role": "assistant", "content": None, "tool_calls": [opening]})
            for at in range(0, len(call), 7):
                part = {"index": 0, "function": {"arguments": call[at : at + 7]}}
                yield chunk({"tool_calls": [part]})
        else:
            yield chunk({"role": "assistant", "content": ""})
            for word in made.words:
                yield chunk({"content": word})
        yield chunk({}, "tool_calls" if call else "stop")
        if (body.get("stream_options") or {}).get("include_usage"):
            yield None, json.dumps({**frame, "choices": [], "usage": cls.usage(made)})
        yield None, "[DONE]"


class messages:
    """Answers in Anthropic's messages."""

    @staticmethod
    def usage(made):
        """Cached and written tokens are counted beside the input."""
        return {
            "input_tokens": made.input - made.cached - made.written,
            "cache_read_input_tokens": made.cached,
            "cache_creation_input_tokens": made.written,
            "output_tokens": made.output,
        }

    @classmethod
    def whole(cls, made, model, call):
        """A plain answer."""
        block = {"type": "text", "text": made.text}
        if call:
            arguments = json.loads(call)
            block = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": arguments}
        answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
        stop = {"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None}
        return {**answer, "content": [block], **stop, "usage": cls.usage(made)}

    @classmethod
    def events(cls, made, model, _body, call):
        """A streamed answer."""

        def event(name, **fields):
            return name, json.dumps({"type": name, **fields})

        start = cls.whole(made, model, None)
        usage = {**cls.usage(made), "output_tokens": 1}
        start.update(content=[], stop_reason=None, usage=usage)
        yield event("message_start", message=start)
        if call:
            opening = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
            yield event("content_block_start", index=0, content_block=opening)
            pieces = [call[at : at + 7] for at in range(0, len(call), 7)]
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        else:
            opening = {"type": "text", "text": ""}
            yield event("content_block_start", index=0, content_block=opening)
            deltas = [{"type": "text_delta", "text": word} for word in made.words]
        for delta in deltas:
            yield event("content_block_delta", index=0, delta=delta)
        yield event("content_block_stop", index=0)
        delta = {"stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None}
        yield event("message_delta", delta=delta, usage={"output_tokens": made.output})
        yield event("message_stop")


async def plain(writer, status, body, headers=()):
    """Writes a JSON answer."""
    raw = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json"]
    lines += [f"content-length: {len(raw)}", *headers]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)
    await writer.drain()


async def stream(writer, events, gap):
    """Writes server-sent events with a pause between them."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    for name, data in events:
        raw = (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()
        writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        await writer.drain()
        await asyncio.sleep(gap)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def fail(writer, status, dialect):
    """Answers with an error in the dialect's envelope."""
    words = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error"}
    error = {"message": f"scripted {status}", "type": words.get(status, "api_error")}
    if dialect == "chat":
        body = {"error": {**error, "param": None, "code": None}}
    else:
        body = {"type": "error", "error": error, "request_id": "req_upstream"}
    await plain(writer, status, body, ["retry-after: 1"] if status in (429, 503, 529) else [])
