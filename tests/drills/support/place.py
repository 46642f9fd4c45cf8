"""Where the official clients are tried: a gateway, its keys, and what is asked of whom."""

import base64
import json
import traceback
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from .conversation import FORM, STEPS, picture
from .script import script
from .services import PIXEL

# A model that thinks at a provider of each dialect.
MODELS = {
    "chat": "chat/gpt-5.2-drill",
    "responses": "responses/gpt-5.2",
    "messages": "anthropic/claude-sonnet-4-5",
    "gemini": "gemini/gemini-3-flash-preview",
}
PROVIDERS = {dialect: model.split("/")[0] for dialect, model in MODELS.items()}

CONFIG = """
[server]
listen = "127.0.0.1:{port}"

[providers.chat]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{upstream}/v1"
models = ["drill-small"]

[providers.responses]
kind = "openai-compatible"
dialect = "responses"
base_url = "http://127.0.0.1:{upstream}/v1"

[providers.anthropic]
api_key = "sk-upstream-anthropic"
base_url = "http://127.0.0.1:{upstream}"

[providers.gemini]
api_key = "sk-upstream-gemini"
base_url = "http://127.0.0.1:{upstream}"

[providers.demo]
"""

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city"],
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
IMAGE = base64.b64encode(PIXEL).decode()
SEEN = f"I see {picture('image/png', IMAGE)}"
# How a stream is broken: by a reset, by an end without a terminator, and before its first event.
CUTS = ("cut-reset", "cut-end", "cut-start")


def made(dialect):
    """What is counted in a call that goes upstream in this dialect."""
    return script("nobody", dialect)


def result(city):
    """What the tool says of a city."""
    return f"21 in {city}"


def told(text):
    """Whether an answer repeats the results of all steps."""
    return all(result(city) in text for cities in STEPS for city in cities)


def asked_for(steps):
    """Whether each step asked for its cities, in parallel and in order."""
    return [tuple(step) for step in steps] == list(STEPS)


def is_form(value):
    """Whether this is the structured answer."""
    return value == FORM


@dataclass
class Place:
    """One gateway; tests that raise are told as failed."""

    base: str
    key: str
    # A key with one request a minute.
    limited: str
    report: object
    models: dict = field(default_factory=lambda: dict(MODELS))

    def spend(self):
        """Uses up what the limited key may; gives the key."""
        body = json.dumps({"model": "drill-small", "messages": [{"role": "user", "content": "hello"}]}).encode()
        headers = {"authorization": f"Bearer {self.limited}", "content-type": "application/json"}
        try:
            urllib.request.urlopen(urllib.request.Request(f"{self.base}/v1/chat/completions", body, headers)).close()
        except urllib.error.HTTPError as error:
            assert error.code == 429, error
        return self.limited

    def test(self, text, test, *arguments):
        """Runs one test; gives what it returns, which later ones may need."""
        try:
            found = test(*arguments)
        except Exception as error:
            self.report.check(False, text, where(error))
            return None
        self.report.check(True, text)
        return found

    def breaks(self, text, kind, stream):
        """Tests that every broken stream of every dialect raises this class, and no other one."""
        for provider in PROVIDERS.values():
            self.test(f"{text}: {provider}'s whole stream does not raise", stream, f"{provider}/whole")
            for cut in CUTS:
                self.test(f"{text}: {provider} {cut} raises", raises, kind, stream, f"{provider}/{cut}")


def where(error):
    """The line of the drill that an error came from, and the error."""
    lines = [line for line in traceback.extract_tb(error.__traceback__) if "/drills/" in line.filename]
    return f"  {lines[-1].filename}:{lines[-1].lineno}: {lines[-1].line}\n  {error!r}"[:3000]


def raises(kind, action, *arguments):
    """The exception of this class that the action ends in; fails without one."""
    try:
        answer = action(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {answer!r}"[:2000])
