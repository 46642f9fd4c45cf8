#!/usr/bin/env python3
"""PostgreSQL goes away under load and comes back.

Known keys are served throughout, a key that was never seen is answered 503 and not 401, nothing
is lost although the gateway is killed in the middle of the outage, and all is well within ten
seconds of the database's return without anybody restarting anything.
"""

import argparse
import asyncio
import contextlib
import secrets
import time

from kill import audited
from support.gateway import Cluster, Gateway, binary
from support.load import Load
from support.report import Report, run
from support.upstream import Upstream
from support.wire import Broken, once


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12, help="how long the database is away")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


async def ask(gateway, key):
    """The status of one small call with this key."""
    body = {"model": "drill-small", "messages": [{"role": "user", "content": "hello"}], "user": "nobody"}
    headers = {"authorization": f"Bearer {key}"}
    try:
        return (await once(gateway.port, "POST", "/v1/chat/completions", headers, body, 20))[0]
    except Broken as broken:
        return f"broken ({broken})"


async def until(wanted, ask_again, within):
    """Asks until the answer is the wanted one; gives the last answer and the seconds it took."""
    began = time.monotonic()
    while True:
        answer = await ask_again()
        took = time.monotonic() - began
        if answer == wanted or took > within:
            return answer, took
        await asyncio.sleep(0.2)


def slowest(calls):
    """The 99th percentile of whole answers in milliseconds."""
    taken = sorted(seen.taken for seen in calls if seen.ended and seen.taken)
    return round(taken[int(len(taken) * 0.99)] * 1000) if taken else None


def failures(calls):
    """What known keys were refused or broken, of the calls that have come to an end."""
    kept = [seen for seen in calls if seen.taken and not seen.leaves]
    return [seen for seen in kept if not seen.ended or seen.fault], len(kept)


async def drill(report, asked):
    """A plain outage, an outage with a kill in it, and a start without a database."""
    run_id = f"outage-{secrets.token_hex(4)}"
    email = f"{run_id}@example.com"
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        stack.callback(cluster.remove)
        upstream = Upstream()
        await upstream.start()
        gateway = Gateway(binary(asked.binary), upstream.port, cluster.url)
        stack.callback(lambda: gateway.remove(asked.keep))
        await gateway.start()
        key, unseen = await gateway.make_key(email), await gateway.make_key(email)
        load = Load(gateway.port, key, run_id, asked.clients)

        load.begin()
        await asyncio.sleep(3)
        split = len(load.calls)
        await cluster.stop()
        report.say(f"PostgreSQL is away for {asked.seconds:g} s")
        gone = time.monotonic()
        await asyncio.sleep(1)
        answer = await ask(gateway, unseen)
        report.check(answer == 503, f"a key not seen before is answered 503 (was {answer})")
        forged = key[:-1] + ("0" if key[-1] != "0" else "1")
        answer = await ask(gateway, forged)
        report.check(answer == 401, f"a key with a wrong checksum is answered 401 (was {answer})")
        while time.monotonic() - gone < asked.seconds:
            await asyncio.sleep(0.1)
        ready = await gateway.probe("/readyz")
        report.check(ready == 200, f"/readyz says ready while the grace runs (was {ready})")
        bad, all_of_them = failures(load.calls[split:])
        held = all_of_them and len(bad) <= all_of_them * 0.001
        first = [f"  {seen.marker} {seen.status} {seen.fault}" for seen in bad[:5]]
        report.check(held, f"known keys were served: {all_of_them - len(bad)} of {all_of_them}", "\n".join(first))
        before, during = slowest(load.calls[:split]), slowest(load.calls[split:])
        report.say(f"99th percentile before {before} ms, during {during} ms")

        await cluster.start()
        answer, took = await until(200, lambda: ask(gateway, unseen), 15)
        report.check(answer == 200 and took < 10, f"the unseen key is served {took:.1f} s after the return (was {answer})")
        await load.end()
        audit = await audited(gateway, upstream, load, run_id, email, within=10)
        report.check(audit.clean, f"within 10 s: {audit.summary()}", audit.details() + "\n" + gateway.tail())

        report.say("an outage with a kill in it, and a start while the database is away")
        load.begin()
        await asyncio.sleep(1)
        await cluster.stop()
        await asyncio.sleep(1.5)
        gateway.kill()
        await load.end()
        gateway.spawn()
        answer, took = await until(200, lambda: gateway.probe("/healthz"), 15)
        alive = gateway.process.poll() is None and answer == 200
        report.check(alive, f"it starts without a database, up after {took:.1f} s", gateway.tail())
        ready = await gateway.probe("/readyz")
        report.check(ready == 503, f"and is not ready (was {ready})")
        await cluster.start()
        if alive:
            answer, took = await until(200, lambda: gateway.probe("/readyz"), 15)
            report.check(answer == 200 and took < 10, f"ready {took:.1f} s after the return (was {answer})", gateway.tail())
            audit = await audited(gateway, upstream, load, run_id, email, within=10)
            report.check(audit.clean, f"after the replay: {audit.summary()}", audit.details() + "\n" + gateway.tail())
            code, took = await gateway.terminate()
            report.check(code == 0, f"SIGTERM exits with 0 (was {code})", gateway.tail())


if __name__ == "__main__":
    asked = options()
    report = Report("outage")
    run(report, drill(report, asked), 180 + asked.seconds)
