"""A scripted provider that speaks every dialect and keeps its own account of what it served.

The marker of a call is what the client names as its end user; it reaches the provider with the
body, whichever dialect the call was translated to. A model whose name is `fail-STATUS` fails;
`cut-reset` breaks the connection in the middle of a stream, `cut-end` ends the stream there as if
it were complete, and `cut-start` before its first event.
"""

import asyncio
import json
import socket
import struct
import traceback
from dataclasses import dataclass

from . import services
from .conversation import missing, says
from .spoken import chat, gemini, messages, responses


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
        except Exception:
            # What the script does not expect: the caller sees a connection that closes.
            traceback.print_exc()
        finally:
            writer.close()

    async def _one(self, reader, writer):
        method, path, headers, raw = await request(reader)
        path = path.split("?")[0]
        parts = headers.get("content-type", "").startswith("multipart/")
        body = json.loads(raw) if raw and not parts else {}
        self.requests.append((method, path, headers, body))
        service = next((answer for end, answer in services.ANSWERS.items() if path.endswith(end)), None)
        if path.endswith("/messages/count_tokens"):
            await plain(writer, 200, {"input_tokens": 11})
        elif path.endswith(":countTokens"):
            await plain(writer, 200, {"totalTokens": 11})
        elif path.endswith("/messages"):
            return await self._serve(writer, messages, messages.read(body), body)
        elif path.endswith("/chat/completions"):
            return await self._serve(writer, chat, chat.read(body), body)
        elif path.endswith("/responses"):
            return await self._serve(writer, responses, responses.read(body), body)
        elif path.endswith("enerateContent"):
            model, _, verb = path.rpartition("/models/")[2].partition(":")
            asked = gemini.read(body, model, verb != "generateContent")
            return await self._serve(writer, gemini, asked, body)
        elif path.endswith("/audio/speech"):
            await raw_bytes(writer, services.sound(), "audio/wav")
        elif service:
            await plain(writer, 200, service(body))
        elif path.endswith("/models"):
            await plain(writer, 200, {"object": "list", "data": []})
        else:
            await plain(writer, 404, {"error": {"message": f"no {path}", "type": "not_found"}})
        return True

    async def _serve(self, writer, dialect, asked, body):
        if asked.model.startswith("fail-"):
            await fail(writer, int(asked.model[5:]), dialect)
            return True
        lacks = missing(asked)
        if lacks:
            await plain(writer, 400, dialect.error(400, lacks))
            return True
        marker = asked.marker
        entry = Served(marker, asked.model, asked.dialect, asked.stream)
        if marker in self.served and marker != "nobody":
            self.repeated.append(marker)
        self.served[marker] = entry
        said = says(asked)
        await asyncio.sleep(said.made.first)
        if not asked.stream:
            await plain(writer, 200, dialect.whole(asked, said))
        else:
            events = list(dialect.events(asked, said, body))
            if asked.model.startswith("cut-"):
                return await cut(writer, events, asked.model)
            await stream(writer, events, said.made.gap)
        entry.ended = True
        return True


async def request(reader):
    """Reads a request: its method, address, headers and body."""
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
    return method, path, headers, raw


async def plain(writer, status, body, headers=()):
    """Writes a JSON answer."""
    await raw_bytes(writer, json.dumps(body).encode(), "application/json", status, headers)


async def raw_bytes(writer, raw, media_type, status=200, headers=()):
    """Writes an answer of any type."""
    lines = [f"HTTP/1.1 {status} X", f"content-type: {media_type}"]
    lines += [f"content-length: {len(raw)}", *headers]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)
    await writer.drain()


async def begin(writer):
    """Writes the head of a stream."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    await writer.drain()


async def send(writer, events, gap):
    """Writes server-sent events with a pause between them."""
    for name, data in events:
        raw = (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()
        writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        await writer.drain()
        await asyncio.sleep(gap)


async def stream(writer, events, gap):
    """Writes a whole stream."""
    await begin(writer)
    await send(writer, events, gap)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def cut(writer, events, how):
    """Writes half a stream, or nothing of it, and breaks off; whether the connection goes on."""
    await begin(writer)
    await send(writer, [] if how == "cut-start" else events[: len(events) // 2], 0.01)
    if how != "cut-reset":
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
    await asyncio.sleep(0.05)
    # Without lingering the other side is told of a reset and not of an end.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    return False


async def fail(writer, status, dialect):
    """Answers with an error in the dialect's envelope."""
    headers = ["retry-after: 1"] if status in (429, 503, 529) else []
    await plain(writer, status, dialect.error(status, f"scripted {status}"), headers)
