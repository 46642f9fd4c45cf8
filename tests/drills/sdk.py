#!/usr/bin/env python3
"""The official clients, in Python and Node, through the real binary, unchanged.

Run with the Python that has the packages of requirements.txt; `--modules` names a folder whose
`node_modules` has those of package.json. The providers are scripted: one of each dialect, which a
client of every dialect asks. `--only NAME` runs one file of `clients/`.
"""

import argparse
import asyncio
import importlib
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from clients import examples
from support.gateway import Gateway, binary
from support.place import CONFIG, Place
from support.report import Report, run
from support.upstream import Upstream

PYTHON = (
    "openai_chat", "openai_responses", "openai_services", "anthropic_messages", "google_content",
    "langchain_openai",
)
FOLDER = Path(__file__).with_name("clients")


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary")
    parser.add_argument("--node", default=shutil.which("node"))
    parser.add_argument("--modules", help="the folder with node_modules")
    parser.add_argument("--only", help="one of the files in clients/, such as openai_chat.py")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


async def place_of(gateway, report):
    """The gateway with a key, and another one with one request a minute."""
    email = f"sdk-{secrets.token_hex(4)}@example.com"
    key = await gateway.make_key(email)
    limited = await gateway.make_key(email, "--rpm", "1")
    return Place(f"http://127.0.0.1:{gateway.port}", key, limited, report)


async def python(place, wanted):
    """The files of Python's clients, one after the other."""
    for name in PYTHON:
        if wanted(f"{name}.py"):
            began = time.monotonic()
            await asyncio.to_thread(one_in_python, place, name)
            place.report.say(f"clients/{name}.py took {time.monotonic() - began:.1f} s")


def one_in_python(place, name):
    """One file; a package that is missing is a fault."""
    try:
        client = importlib.import_module(f"clients.{name}")
    except ImportError as error:
        place.report.check(False, f"clients/{name}.py can be run", str(error))
        return
    client.run(place)


async def node(place, asked, wanted):
    """The files of Node's clients, one after the other, each in a process of its own."""
    if not asked.node or not asked.modules:
        place.report.skip("Node's clients: there is no Node 20, or no --modules")
        return
    for path in sorted(FOLDER.glob("*.mjs")):
        if wanted(path.name):
            began = time.monotonic()
            await one_in_node(place, asked, path)
            place.report.say(f"clients/{path.name} took {time.monotonic() - began:.1f} s")


async def one_in_node(place, asked, path):
    """One file, which prints what held and what did not."""
    env = {**os.environ, "MODULES": str(Path(asked.modules).resolve())}
    env.update(BASE=place.base, KEY=place.key, LIMITED=place.limited)
    process = await asyncio.create_subprocess_exec(
        asked.node, str(path), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 240)
    for line in said.decode(errors="replace").splitlines():
        word, _, text = line.partition(" ")
        if word in ("ok", "FAIL"):
            place.report.check(word == "ok", text)
        else:
            print(line)
    place.report.check(process.returncode == 0, f"clients/{path.name} comes to its end")


async def drill(report, asked):
    """Python's clients in this process, Node's beside them."""
    upstream = Upstream()
    await upstream.start()
    gateway = Gateway(binary(asked.binary), upstream.port, config=CONFIG)

    def wanted(name):
        return asked.only in (None, name)

    try:
        await gateway.start()
        place = await place_of(gateway, report)
        await asyncio.gather(python(place, wanted), node(place, asked, wanted))
        if wanted("examples.py"):
            await asyncio.to_thread(examples.run, place, asked.node, asked.modules)
    finally:
        gateway.remove(asked.keep)


if __name__ == "__main__":
    asked = options()
    report = Report("sdk")
    run(report, drill(report, asked), 600)
