"""Runs the real binary: starts it, kills it, and asks its command line."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .wire import Broken, once

ROOT = Path(__file__).resolve().parents[3]

CONFIG = """
[server]
listen = "127.0.0.1:{port}"

[providers.openai]
api_key = "sk-upstream-openai"
base_url = "http://127.0.0.1:{upstream}/v1"

[providers.anthropic]
api_key = "sk-upstream-anthropic"
base_url = "http://127.0.0.1:{upstream}"

[providers.local]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{upstream}/v1"
models = ["drill-small", "fail-400", "fail-401", "fail-404", "fail-429", "fail-500"]
price = {{ input = "0.0375", cached_input = "0.00937", output = "0.150125" }}

[models."claude-drill"]
targets = [{{ provider = "anthropic" }}]
price = {{ input = "3.00", cached_input = "0.30", cache_write_5m = "3.75", cache_write_1h = "6.00", output = "15.00" }}
"""


def binary(given=None):
    """The binary to drill: the one named, else the one that the test script builds."""
    path = Path(given or os.environ.get("MANTI_BINARY") or ROOT / "target/quick/manti")
    if not path.exists():
        sys.exit(f"{path} is missing: build it with `cargo build --profile quick`")
    return str(path.resolve())


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Failed(Exception):
    """The gateway did not do what every drill relies on."""


class Gateway:
    """One data directory, one address, and at most one process at a time."""

    def __init__(self, path, upstream_port, database_url=None, config=CONFIG):
        self.path = path
        self.home = Path(tempfile.mkdtemp(prefix="manti-drill-"))
        self.port = free_port()
        self.log = self.home / "log"
        self.process = None
        settings = self.home / "drill.toml"
        settings.write_text(config.format(port=self.port, upstream=upstream_port))
        # A clean environment: what the shell happens to have set must not configure the gateway.
        self.env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        self.env.update(MANTI_DATA_DIR=str(self.home / "data"), MANTI_CONFIG=str(settings))
        self.env.update(JWT_SECRET=secrets.token_hex(32), NO_COLOR="1")
        if database_url:
            self.env["DATABASE_URL"] = database_url

    def spawn(self):
        """Starts the process without waiting for it."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.path, "serve"], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )

    async def start(self, within=30):
        """Starts the process and waits until it is ready; gives the seconds that took."""
        began = time.monotonic()
        self.spawn()
        await self.ready(within)
        return time.monotonic() - began

    async def ready(self, within=30):
        """Waits until `/readyz` says so."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failed(f"exited with {self.process.returncode} at the start\n{self.tail()}")
            if await self.probe("/readyz") == 200:
                return
            await asyncio.sleep(0.02)
        raise Failed(f"not ready within {within} s\n{self.tail()}")

    async def probe(self, path):
        """The status of a GET, 0 when nothing answers."""
        try:
            return (await once(self.port, "GET", path, timeout=5))[0]
        except Broken:
            return 0

    def kill(self):
        """`kill -9`."""
        self.process.kill()
        self.process.wait()

    async def terminate(self, within=45):
        """SIGTERM; gives the exit code and the seconds until the exit."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        while self.process.poll() is None:
            if time.monotonic() - began > within:
                self.kill()
                raise Failed(f"still running {within} s after SIGTERM\n{self.tail()}")
            await asyncio.sleep(0.01)
        return self.process.returncode, time.monotonic() - began

    def cli(self, *words, stdin=None, check=True):
        """Runs a command against the same configuration."""
        done = subprocess.run(
            [self.path, *words], env=self.env, cwd=self.home, input=stdin, text=True,
            capture_output=True, timeout=120,
        )
        if check and done.returncode:
            raise Failed(f"`manti {' '.join(words)}` exited with {done.returncode}: {done.stderr.strip()}")
        return done

    async def ask(self, *words, stdin=None):
        """As `cli`, parsed from JSON, without holding up the load."""
        done = await asyncio.to_thread(self.cli, *words, "--output", "json", stdin=stdin)
        return json.loads(done.stdout)

    async def make_key(self, email, *options):
        """A user where there is none yet, and a key of theirs."""
        secret = secrets.token_urlsafe(18)
        words = ("user", "create", email, "--password-stdin")
        await asyncio.to_thread(self.cli, *words, stdin=secret + "\n", check=False)
        made = await self.ask("key", "create", "--user", email, "--name", "drill", *options)
        return made["secret"]

    def tail(self, lines=15):
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def remove(self, keep=False):
        """Ends the process and removes its files, unless they are wanted to look at."""
        if self.process and self.process.poll() is None:
            self.kill()
        if keep:
            print(f"kept for a look: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)


class Cluster:
    """A PostgreSQL of the drill's own, to stop and start at will."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="manti-pg-")
        self.url = self._run("start").strip().splitlines()[-1]

    def _run(self, verb, *more):
        done = subprocess.run(
            [str(ROOT / "scripts/postgres"), verb, self.home, *more], text=True,
            stdout=subprocess.PIPE, timeout=180,
        )
        if done.returncode:
            raise Failed(f"scripts/postgres {verb} exited with {done.returncode}")
        return done.stdout

    async def stop(self):
        """Stops the server as if it had crashed."""
        await asyncio.to_thread(self._run, "stop", "immediate")

    async def start(self):
        """Starts it again on the same port with the same data."""
        await asyncio.to_thread(self._run, "start")

    def remove(self):
        """Stops the server and removes its files."""
        try:
            self._run("remove")
        except (Failed, subprocess.SubprocessError):
            shutil.rmtree(self.home, ignore_errors=True)
