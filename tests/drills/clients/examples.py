"""The snippets of `examples/clients` do what they say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.gateway import ROOT


def run(place, node, modules):
    """Each snippet prints an answer of the built-in model."""
    folder = ROOT / "examples/clients"
    commands = {
        "chat.sh": ["bash", str(folder / "chat.sh")],
        "chat.py": [sys.executable, str(folder / "chat.py")],
        "messages.py": [sys.executable, str(folder / "messages.py")],
    }
    copy = None
    if node and modules:
        # Packages are looked up from where a module lies.
        copy = Path(modules) / f"example-{os.getpid()}.mjs"
        shutil.copy(folder / "chat.mjs", copy)
        commands["chat.mjs"] = [node, str(copy)]
    if not shutil.which("curl"):
        commands.pop("chat.sh")
    env = {**os.environ, "GATEWAY_URL": place.base, "GATEWAY_KEY": place.key}
    for name, command in commands.items():
        done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=60)
        said = done.returncode == 0 and done.stdout.strip()
        place.report.check(said, f"examples/clients/{name} prints an answer", done.stdout + done.stderr)
    if copy:
        copy.unlink()
