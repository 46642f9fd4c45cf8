#!/usr/bin/env python3
"""The coding agents Claude Code, Codex CLI and Gemini CLI, unchanged, through the real binary.

`--programs` names the folder with `claude`, `codex` and `gemini`. Each is set up as its page in
docs/clients says and asked, without a terminal, to read a file; the provider is scripted, of the
agent's own dialect and of others. What is in the file must come back, and every call must be
recorded with the agent's session.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from clients.examples import ADDRESS, snippets
from support.gateway import Gateway, binary
from support.place import CONFIG, MODELS
from support.report import Report, run
from support.upstream import Upstream


@dataclass
class Task:
    """One question to one agent: its home, where it works, and whom it asks."""

    home: Path
    base: str
    key: str
    model: str
    question: str


def shell(page, task, last):
    """What the page says to type, with another address, another model and a last line of its own."""
    (lines,) = snippets(page, "sh")
    lines = re.sub(r"(_MODEL=).*", rf"\1{task.model}", lines.replace(ADDRESS, task.base))
    *before, program = lines.strip().splitlines()
    return "\n".join([*before, f"{program} {last}"])


def settings(page, language, path, task):
    """Writes the settings that the page shows."""
    (text,) = snippets(page, language)
    text = re.sub(r'^model = .*', f'model = "{task.model}"', text.replace(ADDRESS, task.base), flags=re.MULTILINE)
    path.parent.mkdir()
    path.write_text(text)


def claude(task):
    """Claude Code; whatever is not asked of the model is of no use here."""
    return shell("claude-code", task, '-p "$QUESTION" --allowedTools Read'), {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def codex(task):
    """Codex CLI, without a sandbox of its own: not every machine lets it have one."""
    settings("codex", "toml", task.home / ".codex/config.toml", task)
    last = 'exec --skip-git-repo-check --sandbox danger-full-access "$QUESTION"'
    return shell("codex", task, last), {}


def gemini(task):
    """Gemini CLI, which without a terminal must be told that it may trust the folder."""
    settings("gemini-cli", "json", task.home / ".gemini/settings.json", task)
    return shell("gemini-cli", task, '-p "$QUESTION"'), {"GEMINI_CLI_TRUST_WORKSPACE": "true"}


# Each agent, its own dialect, and the tags that its calls are recorded with.
AGENTS = {
    "claude": (claude, "messages", {"session"}),
    "codex": (codex, "responses", {"session"}),
    "gemini": (gemini, "gemini", set()),
}
# Claude Code keeps thoughts of a model that answers by the name it was asked by.
NAMES = {("claude", "messages"): "claude-sonnet-4-5"}


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary")
    parser.add_argument("--programs", required=True, help="the folder with the agents' programs")
    parser.add_argument("--only", choices=AGENTS, help="one agent")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


async def ask(asked, name, task):
    """Runs an agent to its end: its exit code and what it printed."""
    command, env = AGENTS[name][0](task)
    place = {key: os.environ[key] for key in ("LANG", "TMPDIR") if key in os.environ}
    place.update(env, HOME=str(task.home), GATEWAY_KEY=task.key, QUESTION=task.question, NO_COLOR="1", CI="1")
    place["PATH"] = f"{Path(asked.programs).resolve()}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command, env=place, cwd=task.home / "work", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 120)
    except asyncio.TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = await process.communicate()
    return process.returncode, said.decode(errors="replace")


async def one(report, asked, gateway, name, dialect):
    """One agent with one provider."""
    told = f"{name} at a provider of {dialect}"
    email = f"{name}-{dialect}-{secrets.token_hex(4)}@example.com"
    key = await gateway.make_key(email)
    home = Path(tempfile.mkdtemp(prefix=f"manti-{name}-"))
    (home / "work").mkdir()
    word = secrets.token_hex(8)
    note = home / "work/note.txt"
    note.write_text(f"The word is {word}.\n")
    question = f"Please read the file {note} and say what is in it."
    model = NAMES.get((name, dialect), MODELS[dialect])
    task = Task(home, f"http://127.0.0.1:{gateway.port}", key, model, question)
    code, said = await ask(asked, name, task)
    report.check(code == 0 and word in said, f"{told}: the file's word comes back", f"exit code {code}\n{said[-3000:]}")
    # Records are written in batches.
    await asyncio.sleep(1)
    records = await gateway.ask("usage", "list", "--user", email)
    bad = [record for record in records if record["status"] != "ok"]
    report.check(len(records) >= 2 and not bad, f"{told}: {len(records)} calls, none refused", json.dumps(bad, indent=1))
    tags = AGENTS[name][2]
    held = all(tags <= set(record["tags"]) for record in records)
    report.check(held, f"{told}: each call has its session", str([record["tags"] for record in records]))
    if asked.keep:
        print(f"kept for a look: {home}")
    else:
        shutil.rmtree(home, ignore_errors=True)


async def each(report, asked, gateway, name):
    """One agent with every provider, that of its own dialect first."""
    own = AGENTS[name][1]
    for dialect in sorted(MODELS, key=lambda dialect: dialect != own):
        await one(report, asked, gateway, name, dialect)


async def drill(report, asked):
    """The agents beside one another."""
    upstream = Upstream()
    await upstream.start()
    gateway = Gateway(binary(asked.binary), upstream.port, config=CONFIG)
    try:
        await gateway.start()
        names = [name for name in AGENTS if asked.only in (None, name)]
        await asyncio.gather(*[each(report, asked, gateway, name) for name in names])
    finally:
        gateway.remove(asked.keep)


if __name__ == "__main__":
    asked = options()
    report = Report("agents")
    run(report, drill(report, asked), 900)
