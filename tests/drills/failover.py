#!/usr/bin/env python3
"""Two targets of which one misbehaves, dies and comes back; and settings that change under load.

Clients are to feel none of it: nearly every call succeeds, the extra load stays within the retry
budget, a dead target is left alone after a few failures and used again after one good answer.
"""

import argparse
import asyncio
import contextlib
import json
import random
import time

from support.gateway import Gateway, binary, free_port
from support.report import Report, run
from support.upstream import Upstream
from support.wire import Broken, once

CONFIG = """
[server]
listen = "127.0.0.1:{port}"
metrics_token = "drill-metrics"

[providers.good]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{good}/v1"
api_key = "sk-good"

[providers.other]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{other}/v1"
api_key = "sk-other"

[models.drill-small]
targets = [{{ provider = "good" }}, {{ provider = "other" }}]
price = {{ input = "1", output = "2" }}

[models.drill-budget]
strategy = "priority"
targets = [{{ provider = "other" }}, {{ provider = "good" }}]
price = {{ input = "1", output = "2" }}
breaker = false
"""

# What docs/operations.md says of `retry_budget`: a share of the calls, a reserve, one a second.
SHARE, RESERVE = 0.2, 50

# How many calls a second there are to be while settings change.
PACE = 500


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2000, help="how many calls a load has")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


class Flaky(Upstream):
    """Resets some connections and answers 503 to some calls."""

    def __init__(self, share, seed):
        super().__init__()
        self.share, self.chance, self.asked, self.dead = share, random.Random(seed), 0, False
        # How many calls are answered 503, where that is another share, and how many were.
        self.refused, self.failed = None, 0

    async def start_on(self, port):
        """Listens on a port of the caller's choice."""
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        self.port = port

    async def _serve(self, writer, dialect, asked, body):
        self.asked += 1
        if self.dead:
            return await self.refuse(writer)
        if self.chance.random() < self.share:
            writer.transport.abort()
            return False
        if self.chance.random() < (self.share if self.refused is None else self.refused):
            self.failed += 1
            return await self.refuse(writer)
        return await super()._serve(writer, dialect, asked, body)

    @staticmethod
    async def refuse(writer):
        """503."""
        body = json.dumps({"error": {"message": "no room", "type": "server_error"}}).encode()
        head = f"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        return True


async def ask(gateway, key, model="drill-small"):
    """The status of one small call, 0 when none came, and who answered."""
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "user": "nobody"}
    try:
        answer = await once(gateway.port, "POST", "/v1/chat/completions", {"authorization": f"Bearer {key}"}, body, 30)
    except Broken:
        return 0, ""
    return answer[0], answer[1].get("x-manti-provider", "")


async def load(gateway, key, calls, clients, model="drill-small"):
    """So many calls by some clients at once; gives the statuses."""
    left, statuses = [calls], []

    async def client():
        while left[0] > 0:
            left[0] -= 1
            statuses.append((await ask(gateway, key, model))[0])

    await asyncio.gather(*(client() for _ in range(clients)))
    return statuses


def share(statuses):
    """How many of the calls succeeded."""
    return sum(status == 200 for status in statuses) / max(1, len(statuses))


async def misbehaving(report, gateway, key, good, other, asked):
    """One resets 10 % and answers 503 to 10 %."""
    before = good.asked + other.asked
    statuses = await load(gateway, key, asked.calls, asked.clients)
    extra = (good.asked + other.asked - before) / len(statuses) - 1
    report.check(share(statuses) >= 0.999, f"a target that fails now and then: {share(statuses):.2%} of {len(statuses)} succeed")
    report.check(0 < extra <= 0.2, f"a target that fails now and then: {extra:.1%} more calls to the providers")


async def overdrawn(report, gateway, key, good, other, asked):
    """One answers 503 to nearly half of all calls: more than may be tried again."""
    # Nothing is reset, so that what reaches this one is known.
    other.share, other.refused, other.asked, other.failed = 0, 0.45, 0, 0
    calls, before, began = asked.calls, good.asked, time.monotonic()
    statuses = await load(gateway, key, calls, asked.clients, "drill-budget")
    extra, failed = good.asked - before, other.failed
    allowed = SHARE * calls + RESERVE + time.monotonic() - began + 1
    what = f"a target that fails {failed / calls:.0%} of {calls} calls"
    if failed <= allowed:
        report.skip(f"{what}: too few calls to spend the retry budget of {allowed:.0f}")
        return
    report.check(other.asked == calls, f"{what}: is asked once for each")
    report.check(extra <= allowed, f"{what}: {extra} further attempts of at most {allowed:.0f}")
    report.check(extra >= SHARE * calls, f"{what}: the retry budget is spent before it is denied")
    told = sum(status != 200 for status in statuses)
    report.check(told == failed - extra, f"{what}: the other {failed - extra} failures are told to {told} clients")
    other.refused = None


async def dead(report, gateway, key, other, asked):
    """One answers nothing but 503, and then comes back."""
    other.share, other.dead, other.asked = 0, True, 0
    failures = 0
    while other.asked < 100 and failures < 200:
        await ask(gateway, key)
        failures += 1
    report.check(other.asked <= 10, f"a dead target: left alone after {other.asked} failures")
    statuses = await load(gateway, key, asked.calls // 4, asked.clients)
    report.check(share(statuses) > 0.99, f"a dead target: {share(statuses):.2%} of {len(statuses)} succeed")
    _, _, page = await once(gateway.port, "GET", "/metrics", {"authorization": "Bearer drill-metrics"})
    line = 'manti_breaker_state{provider="other",model="drill-small"} 2'
    report.check(line in page.decode(), "a dead target: the figures say that its breaker is open")
    other.dead, other.asked = False, 0
    began = time.monotonic()
    while other.asked == 0 and time.monotonic() - began < 70:
        await ask(gateway, key)
        await asyncio.sleep(0.02)
    took = time.monotonic() - began
    served = [await ask(gateway, key) for _ in range(60)]
    back = sum(provider == "other" for _, provider in served)
    report.check(back >= 10, f"a target that is back: used again after {took:.1f} s, for {back} of the next 60")


async def gone(report, gateway, key, other, asked):
    """One is not there at all."""
    port = other.port
    other.stop()
    statuses = await load(gateway, key, asked.calls // 2, asked.clients)
    report.check(share(statuses) > 0.99, f"a target that is gone: {share(statuses):.2%} of {len(statuses)} succeed")
    await other.start_on(port)


async def changed(report, gateway, key, settings):
    """The settings change all the time while calls come in."""
    text, path = settings
    going, statuses = [True], []

    async def client():
        while going[0]:
            statuses.append((await ask(gateway, key))[0])

    clients = [asyncio.create_task(client()) for _ in range(20)]
    began = time.monotonic()
    for round_ in range(6):
        path.write_text(text + f'\n[models.new-{round_}]\ntargets = [{{ provider = "good" }}]\n')
        await asyncio.sleep(1.1)
    path.write_text(text + "\n[models.broken]\nstrategy = 5\n")
    await asyncio.sleep(1.5)
    going[0] = False
    await asyncio.gather(*clients)
    pace = len(statuses) / (time.monotonic() - began)
    report.check(share(statuses) == 1, f"settings that change: all of {len(statuses)} calls succeed")
    path.write_text(text)
    await paced(report, gateway, key, pace, len(statuses))


async def paced(report, gateway, key, pace, calls):
    """Whether there were as many calls a second as there are to be, where the machine does so many."""
    what = f"settings that change: {pace:.0f} calls a second"
    if pace >= PACE:
        report.check(True, f"{what}, of at least {PACE}")
        return
    began = time.monotonic()
    await load(gateway, key, calls, 20)
    rest = calls / (time.monotonic() - began)
    if rest >= PACE:
        report.check(False, f"{what}, of at least {PACE}: {rest:.0f} while they do not change")
        return
    report.skip(f"{what}: this machine does {rest:.0f} while they do not change, fewer than {PACE}")


async def drill(report, asked):
    """A target that misbehaves, one that dies, one that is gone, and settings that change."""
    with contextlib.ExitStack() as stack:
        good, other = Flaky(0, 1), Flaky(0.1, 2)
        for upstream in (good, other):
            await upstream.start_on(free_port())
            stack.callback(upstream.stop)
        gateway = Gateway(binary(asked.binary), good.port)
        stack.callback(gateway.remove, asked.keep)
        text = CONFIG.format(port=gateway.port, good=good.port, other=other.port)
        path = gateway.home / "drill.toml"
        path.write_text(text)
        await gateway.start()
        key = await gateway.make_key("failover@example.com")
        await misbehaving(report, gateway, key, good, other, asked)
        await overdrawn(report, gateway, key, good, other, asked)
        await dead(report, gateway, key, other, asked)
        await gone(report, gateway, key, other, asked)
        await changed(report, gateway, key, (text, path))
        await gateway.terminate()


if __name__ == "__main__":
    asked = options()
    report = Report("failover")
    run(report, drill(report, asked), 300 + asked.calls / 20)
