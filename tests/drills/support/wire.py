"""A small HTTP/1.1 client on asyncio that tells a broken answer from a finished one.

The usual clients hide exactly what the drills ask about: whether the body ended as announced,
and whether a single byte of the answer had come before the connection broke.
"""

import asyncio
import json


class Broken(Exception):
    """The connection failed before the answer was complete."""

    def __init__(self, reason, answered):
        super().__init__(reason)
        # Whether a byte of the answer had arrived: if not, the call may never have been taken.
        self.answered = answered


class Answer:
    """The head of an answer and the means to read its body, once."""

    def __init__(self, status, headers, reader):
        self.status = status
        self.headers = headers
        self._reader = reader
        self.closes = headers.get("connection", "").lower() == "close"

    async def pieces(self):
        """The body as it arrives; raises `Broken` when it ends before it should."""
        reader = self._reader
        try:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                while True:
                    size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
                    data = await reader.readexactly(size + 2)
                    if size == 0:
                        return
                    yield data[:-2]
            elif "content-length" in self.headers:
                left = int(self.headers["content-length"])
                while left:
                    data = await reader.read(min(left, 65536))
                    if not data:
                        raise Broken("the body ended early", True)
                    left -= len(data)
                    yield data
            else:
                self.closes = True
                while True:
                    data = await reader.read(65536)
                    if not data:
                        return
                    yield data
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, OSError) as error:
            raise Broken(f"in the body: {error!r}", True) from error

    async def body(self):
        """The whole body."""
        return b"".join([piece async for piece in self.pieces()])

    async def json(self):
        """The whole body, parsed."""
        return json.loads(await self.body())

    async def events(self):
        """Server-sent events as `(name, data)`."""
        buffer = b""
        async for piece in self.pieces():
            buffer += piece
            while b"\n\n" in buffer:
                raw, buffer = buffer.split(b"\n\n", 1)
                name, data = None, []
                for line in raw.decode().split("\n"):
                    if line.startswith("event:"):
                        name = line[6:].strip()
                    elif line.startswith("data:"):
                        data.append(line[5:].lstrip(" "))
                if data:
                    yield name, "\n".join(data)


class Connection:
    """A kept connection that is opened when it is first needed, and again after a failure."""

    def __init__(self, port, host="127.0.0.1"):
        self._host, self._port = host, port
        self._reader = self._writer = None

    async def call(self, method, path, headers=None, body=None, timeout=60):
        """Sends a request and reads the head of its answer."""
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body is not None:
            lines += ["content-type: application/json", f"content-length: {len(payload)}"]
        try:
            if self._writer is None:
                self._reader, self._writer = await asyncio.wait_for(
                    asyncio.open_connection(self._host, self._port), 10
                )
            self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)
            await self._writer.drain()
            head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), timeout)
        except asyncio.IncompleteReadError as error:
            self.close()
            raise Broken("closed before the answer", bool(error.partial)) from error
        except (ConnectionError, OSError, asyncio.TimeoutError) as error:
            self.close()
            raise Broken(f"before the answer: {error!r}", False) from error
        status, *fields = head.decode("latin-1").split("\r\n")
        pairs = (field.split(":", 1) for field in fields if ":" in field)
        found = {name.strip().lower(): value.strip() for name, value in pairs}
        return Answer(int(status.split(" ")[1]), found, self._reader)

    def close(self):
        """Drops the connection; the next call opens a new one."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def once(port, method, path, headers=None, body=None, timeout=60):
    """One call on a connection of its own: `(status, headers, body)`."""
    connection = Connection(port)
    try:
        answer = await connection.call(method, path, headers, body, timeout)
        return answer.status, answer.headers, await answer.body()
    finally:
        connection.close()
