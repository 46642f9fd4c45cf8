#!/usr/bin/env python3
"""`kill -9` under load, again and again; then the three logs must agree.

Each round runs clients against the gateway until enough calls were made, kills it in the middle
of its work, starts it again on the same data and compares what the clients saw end, what the
upstream served and what is recorded. Every fourth round kills it a second time while it replays.
"""

import argparse
import asyncio
import contextlib
import random
import secrets
import time

from support.audit import Audit, totals_agree
from support.gateway import Cluster, Gateway, binary
from support.load import Load
from support.report import Report, run
from support.upstream import Upstream


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--calls", type=int, default=400, help="calls a round, at least")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--database-url", help="use this PostgreSQL instead of one of its own")
    parser.add_argument("--binary")
    parser.add_argument("--seed", default=secrets.token_hex(3), help="repeats the moments of a run")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


async def audited(gateway, upstream, load, run_id, email, within=20):
    """The audit, once nothing is missing any more or patience is at its end."""
    end = time.monotonic() + within
    while True:
        records = await gateway.ask("usage", "list", "--user", email, "--limit", "0")
        audit = Audit(run_id, load.calls, upstream, records)
        if not audit.missing or time.monotonic() > end:
            return audit
        await asyncio.sleep(0.25)


async def one_round(gateway, load, asked, chance):
    """Load, a kill in the middle of it, and the end of every client's call."""
    before = len(load.calls)
    load.begin()
    end = time.monotonic() + 90
    while sum(seen.status != 0 for seen in load.calls[before:]) < asked:
        if time.monotonic() > end:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(chance.random() * 0.2)
    gateway.kill()
    await load.end()
    return len([seen for seen in load.calls[before:] if seen.status])


async def drill(report, asked):
    """All rounds."""
    chance = random.Random(asked.seed)
    run_id = f"kill-{asked.seed}-{secrets.token_hex(3)}"
    email = f"{run_id}@example.com"
    with contextlib.ExitStack() as stack:
        url = asked.database_url
        if asked.engine == "postgres" and not url:
            cluster = Cluster()
            stack.callback(cluster.remove)
            url = cluster.url
        upstream = Upstream()
        await upstream.start()
        gateway = Gateway(binary(asked.binary), upstream.port, url)
        stack.callback(lambda: gateway.remove(asked.keep))
        await gateway.start()
        key = await gateway.make_key(email)
        load = Load(gateway.port, key, run_id, asked.clients)
        report.say(f"{asked.engine}, {asked.clients} clients, seed {asked.seed}")
        for number in range(1, asked.rounds + 1):
            made = await one_round(gateway, load, asked.calls, chance)
            if number % 4 == 0:
                gateway.spawn()
                await asyncio.sleep(chance.random() * 0.3)
                gateway.kill()
            took = await gateway.start()
            audit = await audited(gateway, upstream, load, run_id, email)
            text = f"round {number}: {made} calls answered, back in {took:.2f} s; {audit.summary()}"
            held = audit.clean and made >= asked.calls
            if not report.check(held, text, audit.details() + "\n" + gateway.tail(8)):
                break
        code, took = await gateway.terminate()
        report.check(code == 0, f"SIGTERM exits with 0 (was {code}, after {took:.2f} s)", gateway.tail())
        audit = await audited(gateway, upstream, load, run_id, email, within=0)
        report.check(audit.clean, f"afterwards, without the server: {audit.summary()}", audit.details())
        listed = await gateway.ask("usage", "report", "--by", "model", "--user", email)
        wrong = totals_agree(listed, audit.records)
        report.check(not wrong, "the report is the exact sum of the records", f"  (report, sum) {wrong}")


if __name__ == "__main__":
    asked = options()
    report = Report(f"kill-{asked.engine}")
    run(report, drill(report, asked), 120 + asked.rounds * 150)
