#!/usr/bin/env python3
"""SIGTERM under load: no call is broken, the exit code is 0, nothing is lost.

A call is broken when part of its answer came and the rest did not, or when it was sent to the
provider and its client got nothing. A connection that closes before a call on it was taken is
how HTTP/1.1 ends kept connections; clients repeat such a call.
"""

import argparse
import asyncio
import contextlib
import random
import secrets

from kill import audited
from support.gateway import Cluster, Gateway, binary
from support.load import Load
from support.report import Report, run
from support.upstream import Upstream


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--database-url", help="use this PostgreSQL instead of one of its own")
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


def broken(calls, upstream):
    """The calls that a stop must not have touched but did."""
    found = []
    for seen in calls:
        if seen.leaves:
            continue
        reached = seen.marker in upstream.served
        whole = seen.ended and not seen.fault
        refused = seen.status == 503 and not reached
        untaken = seen.status == 0 and not reached and not seen.partial
        if not (whole or refused or untaken):
            where = "reached the upstream" if reached else "never left the gateway"
            found.append(f"  {seen.marker} {seen.route} stream={seen.stream} {seen.status}: {seen.fault} ({where})")
    return found


async def drill(report, asked):
    """All rounds."""
    run_id = f"term-{secrets.token_hex(4)}"
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
        for number in range(1, asked.rounds + 1):
            if number > 1:
                await gateway.start()
            before = len(load.calls)
            load.begin()
            await asyncio.sleep(0.6 + random.random() * 0.6)
            code, took = await gateway.terminate()
            await load.end()
            calls = load.calls[before:]
            faults = broken(calls, upstream)
            whole = sum(seen.ended for seen in calls)
            told = f"round {number}: {whole} answers, exit {code} after {took:.2f} s, {len(faults)} broken"
            report.check(code == 0 and whole and not faults, told, "\n".join(faults[:8]) + "\n" + gateway.tail(8))
            audit = await audited(gateway, upstream, load, run_id, email, within=0)
            report.check(audit.clean, f"round {number}: {audit.summary()}", audit.details())


if __name__ == "__main__":
    asked = options()
    report = Report(f"term-{asked.engine}")
    run(report, drill(report, asked), 90 + asked.rounds * 90)
