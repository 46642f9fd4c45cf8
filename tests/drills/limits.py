#!/usr/bin/env python3
"""Limits under many clients: on one node, on two that share a PostgreSQL, and when one of these is
cut off from it while the other is killed and started again elsewhere.

The provider's own log says what passed. In no minute may that be more than the limit, nearly all of
it must be usable, a refusal must say when the next call passes, and steady load must not wait for
the database.
"""

import argparse
import asyncio
import contextlib
import time

from support.gateway import Cluster, Gateway, binary
from support.report import Report, run
from support.upstream import Upstream
from support.wire import Broken, once

LIMIT = 50
# Between a call's admission and its arrival at the provider lies a moment, now longer, now shorter.
MINUTE = 59.8


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8, help="how long each load lasts")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--redis", help="the address of a Redis to try it with too")
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


class Watched(Upstream):
    """Notes when calls arrive."""

    def __init__(self):
        super().__init__()
        self.arrived = []

    async def _serve(self, writer, dialect, asked, body):
        self.arrived.append(time.monotonic())
        return await super()._serve(writer, dialect, asked, body)

    def most(self):
        """The most that arrived in any minute."""
        times = self.arrived
        return max((sum(1 for at in times if begin <= at < begin + MINUTE) for begin in times), default=0)


class Way:
    """Carries connections to a server until it is cut."""

    def __init__(self, port):
        self.to, self.port, self.open = port, None, True
        self._pairs, self._server = set(), None

    async def start(self):
        """Listens on a free port."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self):
        """Ends every connection and lets none through."""
        self.open = False
        for writer in list(self._pairs):
            writer.close()

    async def _carry(self, reader, writer):
        if not self.open:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._pairs |= {writer, back}
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
        self._pairs -= {writer, back}

    @staticmethod
    async def _copy(reader, writer):
        with contextlib.suppress(ConnectionError, OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


class Crowd:
    """Clients that ask again and again, at these gateways in turn."""

    def __init__(self, gateways, key, clients, pause=0.3):
        self.gateways, self.key, self.pause = gateways, key, pause
        self.passed, self.waits, self.other, self.going = [], [], [], True
        self.tasks = [asyncio.create_task(self._client(number)) for number in range(clients)]

    async def _client(self, number):
        gateway = self.gateways[number % len(self.gateways)]
        while self.going:
            try:
                status, headers = await ask(gateway, self.key)
            except (Broken, OSError, asyncio.TimeoutError):
                # The gateway was killed.
                await asyncio.sleep(0.2)
                continue
            if status == 200:
                self.passed.append(time.monotonic())
            elif status == 429:
                self.waits.append((time.monotonic(), float(headers.get("retry-after", "nan"))))
            else:
                self.other.append(status)
            await asyncio.sleep(self.pause)

    async def end(self):
        """No more calls. A client that misses that it is cancelled ends with its call."""
        self.going = False
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def ask(gateway, key):
    """The status and headers of one small call."""
    body = {"model": "drill-small", "messages": [{"role": "user", "content": "hello"}], "user": "nobody"}
    answer = await once(gateway.port, "POST", "/v1/chat/completions", {"authorization": f"Bearer {key}"}, body, 20)
    return answer[0], answer[1]


async def takes(gateway):
    """How often it was known at once whether a call passes, how often a call waited for somebody who
    was asked, and how often anybody was asked at all."""
    _, _, page = await once(gateway.port, "GET", "/metrics", {"authorization": "Bearer drill-metrics"})
    counts, settled = {}, 0
    for line in page.decode().splitlines():
        if line.startswith("manti_limit_settlements_total{"):
            settled += float(line.split()[-1])
        if line.startswith("manti_limit_takes_total{"):
            way = line.split('way="')[1].split('"')[0]
            counts[way] = counts.get(way, 0) + float(line.split()[-1])
    return counts.get("slice", 0), counts.get("authority", 0) + counts.get("recall", 0), settled


async def flooded(report, gateways, upstream, key, asked, name, most):
    """Many clients against a small limit."""
    upstream.arrived.clear()
    before = [await takes(gateway) for gateway in gateways]
    began = time.monotonic()
    crowd = Crowd(gateways, key, asked.clients)
    await asyncio.sleep(asked.seconds)
    await crowd.end()
    took = time.monotonic() - began
    passed, windows = len(upstream.arrived), max(1, int(took // 61))
    report.check(upstream.most() <= most, f"{name}: at most {most} of {LIMIT} in a minute (was {upstream.most()})")
    usable = LIMIT * windows * 0.95
    report.check(passed >= usable, f"{name}: nearly all of it is usable ({passed} of {LIMIT * windows} in {took:.0f} s)")
    report.check(not crowd.other, f"{name}: no other refusals", str(crowd.other[:5]))
    told = [wait for _, wait in crowd.waits]
    report.check(told and all(1 <= wait <= 67 for wait in told), f"{name}: {len(told)} refusals say when to come back")
    if asked.seconds > 60:
        # The last one refused comes back when it was told to.
        at, wait = crowd.waits[-1]
        await asyncio.sleep(max(0, at + wait - time.monotonic()))
        status, _ = await ask(gateways[0], key)
        report.check(status == 200, f"{name}: who comes back after {wait:.0f} s as told passes (was {status})")
    after = [await takes(gateway) for gateway in gateways]
    known = sum(b[0] - a[0] for a, b in zip(before, after))
    waited = sum(b[1] - a[1] for a, b in zip(before, after))
    report.say(f"{name}: {known:.0f} calls were known at once, {waited:.0f} waited")


async def steady(report, gateways, key, asked, name):
    """Steady load far below a limit."""
    before = [await takes(gateway) for gateway in gateways]
    crowd = Crowd(gateways, key, 16, pause=0.02)
    await asyncio.sleep(min(asked.seconds, 20))
    await crowd.end()
    after = [await takes(gateway) for gateway in gateways]
    known = sum(b[0] - a[0] for a, b in zip(before, after))
    waited = sum(b[1] - a[1] for a, b in zip(before, after))
    settled = sum(b[2] - a[2] for a, b in zip(before, after))
    share = max(waited, settled) / max(1, known + waited)
    report.check(known > 200 and not crowd.waits, f"{name}: {known:.0f} calls passed, {len(crowd.waits)} were refused")
    report.check(share < 0.01, f"{name}: {waited:.0f} steady calls waited, somebody was asked {settled:.0f} times: {share:.2%}")


def gateway_on(asked, upstream, url=None, redis=None):
    """A gateway with a home of its own."""
    gateway = Gateway(binary(asked.binary), upstream.port, url)
    gateway.env["MANTI_SERVER_METRICS_TOKEN"] = "drill-metrics"
    if redis:
        gateway.env["MANTI_REDIS_URL"] = redis
    return gateway


async def drill(report, asked):
    """One node, two nodes, one of two cut off."""
    with contextlib.ExitStack() as stack:
        upstream = Watched()
        await upstream.start()
        stack.callback(upstream.stop)

        one = gateway_on(asked, upstream)
        stack.callback(one.remove, asked.keep)
        await one.start()
        key = await one.make_key("limits@example.com", "--rpm", str(LIMIT))
        await flooded(report, [one], upstream, key, asked, "one node", LIMIT)
        key = await one.make_key("limits@example.com", "--rpm", "60000", "--tpm", "100000000")
        await steady(report, [one], key, asked, "one node")
        await one.terminate()

        cluster = Cluster()
        stack.callback(cluster.remove)
        way = Way(int(cluster.url.rsplit(":", 1)[1].split("/")[0]))
        await way.start()
        cut = gateway_on(asked, upstream, cluster.url.replace(f":{way.to}/", f":{way.port}/"))
        other = gateway_on(asked, upstream, cluster.url)
        for gateway in (cut, other):
            stack.callback(gateway.remove, asked.keep)
            await gateway.start()
        await asyncio.sleep(2.5)
        key = await other.make_key("limits@example.com", "--rpm", str(LIMIT))
        await flooded(report, [cut, other], upstream, key, asked, "two nodes", LIMIT + 1)
        key = await other.make_key("limits@example.com", "--rpm", "60000", "--tpm", "100000000")
        await steady(report, [cut, other], key, asked, "two nodes")

        report.say("one is cut off from the database, the other killed and started elsewhere")
        key = await other.make_key("limits@example.com", "--rpm", str(LIMIT))
        upstream.arrived.clear()
        fresh = gateway_on(asked, upstream, cluster.url)
        stack.callback(fresh.remove, asked.keep)
        crowd = Crowd([cut, other, fresh], key, asked.clients)
        await asyncio.sleep(asked.seconds / 4)
        way.cut()
        await asyncio.sleep(asked.seconds / 4)
        other.kill()
        await fresh.start()
        await asyncio.sleep(max(8, asked.seconds))
        await crowd.end()
        most = upstream.most()
        report.check(most <= LIMIT + 1, f"cut and killed: at most {LIMIT + 1} in a minute (was {most})", fresh.tail())
        report.check(most >= LIMIT * 0.5, f"cut and killed: half of it at least is usable (was {most})")
        report.check(not crowd.other, "cut and killed: no other refusals", str(crowd.other[:5]))

        for gateway in (cut, fresh):
            await gateway.terminate()
        if not asked.redis:
            report.skip("two nodes on Redis: there is none")
            return
        pair = [gateway_on(asked, upstream, cluster.url, asked.redis) for _ in range(2)]
        for gateway in pair:
            stack.callback(gateway.remove, asked.keep)
            await gateway.start()
        await asyncio.sleep(2.5)
        key = await pair[0].make_key("limits@example.com", "--rpm", str(LIMIT))
        await flooded(report, pair, upstream, key, asked, "two nodes on Redis", LIMIT)
        key = await pair[0].make_key("limits@example.com", "--rpm", "60000", "--tpm", "100000000")
        await steady(report, pair, key, asked, "two nodes on Redis")


if __name__ == "__main__":
    asked = options()
    report = Report("limits")
    run(report, drill(report, asked), 240 + 8 * asked.seconds)
