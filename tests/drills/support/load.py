"""Clients that call without a pause and write down exactly what they saw."""

import asyncio
import json
import random
import time
from dataclasses import dataclass

from .script import script
from .wire import Broken, Connection


@dataclass
class Seen:
    """One call as the client saw it; one that `leaves` drops its stream after the first event."""

    marker: str
    model: str
    route: str
    stream: bool
    began: float
    leaves: bool = False
    request_id: str = ""
    status: int = 0
    ended: bool = False
    taken: float = 0.0
    fault: str = ""
    partial: bool = False

    @property
    def dialect(self):
        """The dialect that the call is spoken in upstream."""
        return "messages" if self.model == "claude-drill" else "chat"


# Route, model: both dialects, each native and translated, and a price that needs rounding.
MIX = [
    ("chat", "gpt-4o"), ("chat", "drill-small"), ("chat", "claude-drill"),
    ("messages", "claude-drill"), ("messages", "gpt-4o"), ("chat", "local/drill-small"),
]


class Load:
    """`clients` clients of one key; `calls` is their log."""

    def __init__(self, port, key, run, clients=24, leave_every=12):
        self.port, self.key, self.run = port, key, run
        self.clients, self.leave_every = clients, leave_every
        self.calls = []
        self._count = 0
        self._tasks = []
        self._going = False

    def begin(self):
        """Lets the clients loose."""
        self._going = True
        self._tasks = [asyncio.create_task(self._client(n)) for n in range(self.clients)]

    async def end(self):
        """Lets every call in flight come to its end, whatever that is."""
        self._going = False
        await asyncio.wait_for(asyncio.gather(*self._tasks), 90)

    async def _client(self, number):
        connection = Connection(self.port)
        chance = random.Random(f"{self.run}-{number}")
        while self._going:
            self._count += 1
            route, model = chance.choice(MIX)
            leaves = self._count % self.leave_every == 0
            marker = f"{self.run}-{self._count}" + ("-leaves" if leaves else "")
            stream = leaves or chance.random() < 0.5
            seen = Seen(marker, model.split("/")[-1], route, stream, time.monotonic(), leaves)
            self.calls.append(seen)
            await call(connection, self.key, model, seen)
            seen.taken = time.monotonic() - seen.began
            if not seen.status:
                # Nothing listens just now.
                await asyncio.sleep(0.02)
        connection.close()


async def call(connection, key, model, seen):
    """Makes one call and notes its outcome in `seen`."""
    text = [{"role": "user", "content": f"Say {seen.marker}."}]
    body = {"model": model, "messages": text, "stream": seen.stream, "max_tokens": 500}
    if seen.route == "chat":
        path, body["user"] = "/v1/chat/completions", seen.marker
    else:
        path, body["metadata"] = "/v1/messages", {"user_id": seen.marker}
    try:
        answer = await connection.call("POST", path, {"authorization": f"Bearer {key}"}, body)
        seen.status = answer.status
        seen.request_id = answer.headers.get("x-request-id", "")
        if answer.status != 200:
            seen.fault = (await answer.body()).decode(errors="replace")[:300]
        elif seen.leaves:
            async for _ in answer.events():
                break
            connection.close()
        elif seen.stream:
            await read_stream(answer, seen)
        else:
            read_plain(await answer.json(), seen)
        if answer.closes:
            connection.close()
    except Broken as broken:
        seen.fault = str(broken)
        seen.partial = broken.answered
        connection.close()


def read_plain(body, seen):
    """A plain answer is ended by its last byte."""
    if seen.route == "chat":
        text = body["choices"][0]["message"]["content"]
    else:
        text = "".join(block.get("text", "") for block in body["content"])
    seen.ended = True
    compare(text, seen)


async def read_stream(answer, seen):
    """A stream is ended by the event that carries the finish reason."""
    text, closed = "", False
    async for _, data in answer.events():
        if data == "[DONE]":
            closed = True
            continue
        event = json.loads(data)
        if "error" in event:
            seen.fault = data[:300]
        elif seen.route == "chat":
            for choice in event["choices"]:
                text += choice["delta"].get("content") or ""
                seen.ended |= choice.get("finish_reason") is not None
        elif event["type"] == "content_block_delta":
            text += event["delta"].get("text", "")
        elif event["type"] == "message_delta":
            seen.ended |= event["delta"].get("stop_reason") is not None
        elif event["type"] == "message_stop":
            closed = True
    if seen.ended:
        compare(text, seen)
        if not closed:
            seen.fault = seen.fault or "no terminator after the finish reason"
    elif not seen.fault:
        # The connection was closed in good order although the answer had no end.
        seen.fault = "ended cleanly without a finish reason"


def compare(text, seen):
    """An answer that ended must be whole."""
    whole = script(seen.marker, seen.dialect).text
    if text != whole:
        seen.fault = f"garbled: {text!r} instead of {whole!r}"
