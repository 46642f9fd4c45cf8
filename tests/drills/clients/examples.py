"""The snippets of `docs/clients` and of `examples/clients` do what they say."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.gateway import ROOT

PAGES = ROOT / "docs/clients"
ADDRESS = "http://127.0.0.1:8080"
LANGUAGES = {"python": ".py", "js": ".mjs"}


def snippets(page, language):
    """The blocks of code in this language on a page, as they stand there."""
    text = (PAGES / f"{page}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(place, node, modules):
    """Each snippet prints an answer of the built-in model."""
    env = {**os.environ, "GATEWAY_URL": place.base, "GATEWAY_KEY": place.key}
    # Packages are looked up from where a module lies.
    folder = Path(modules or "/tmp") / f"snippets-{os.getpid()}"
    folder.mkdir()
    try:
        commands = written(place, folder)
        if not (node and modules):
            commands = {name: path for name, path in commands.items() if path.suffix != ".mjs"}
        # Most of the time of each goes into loading its packages.
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda path: one(path, node, env), commands.values()))
        for name, answer in zip(commands, done):
            said = answer.returncode == 0 and answer.stdout.strip()
            place.report.check(said, f"{name} prints an answer", answer.stdout + answer.stderr)
    finally:
        shutil.rmtree(folder)


def written(place, folder):
    """Every snippet as a file of its own, by what it is called."""
    found = {}
    for path in sorted((ROOT / "examples/clients").iterdir()):
        if path.suffix != ".sh" or shutil.which("curl"):
            found[f"examples/clients/{path.name}"] = Path(shutil.copy(path, folder))
    for page in sorted(path.stem for path in PAGES.glob("*.md") if ".zh-CN" not in path.name):
        for language, ending in LANGUAGES.items():
            for number, text in enumerate(snippets(page, language), 1):
                path = folder / f"{page}-{number}{ending}"
                path.write_text(text.replace(ADDRESS, place.base))
                found[f"docs/clients/{page}.md, {language} {number}"] = path
    return found


def one(path, node, env):
    """Runs one file."""
    program = {".sh": "bash", ".py": sys.executable, ".mjs": node}[path.suffix]
    return subprocess.run([program, str(path)], env=env, text=True, capture_output=True, timeout=60)
