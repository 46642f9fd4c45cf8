"""What the scripted provider is asked and says, whichever dialect that is spelled in.

A thought carries a proof that is made of its own text and of the call it led to. A model that
thinks wants the thoughts of the running turn back, each unchanged and before its calls, as the
providers do: without them the answer is 400.
"""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field

from .script import Script, script

# What is in a structured answer.
FORM = {"city": "Zürich", "degrees": 21}

# The steps of a turn with tools: the cities that are asked for, in parallel within a step. Only
# models that think take the second.
STEPS = (("Zürich", "Oslo"), ("Rome",))

# How agents read a file: the name of their tool, and its arguments.
READERS = {
    "Read": lambda path: {"file_path": path},
    "read_file": lambda path: {"file_path": path},
    "exec_command": lambda path: {"cmd": f"cat {path}"},
    "shell_command": lambda path: {"command": f"cat {path}"},
    "shell": lambda path: {"command": ["cat", path]},
}


@dataclass
class Call:
    """One call of a tool."""

    id: str
    name: str
    arguments: str


@dataclass
class Thought:
    """What was thought, and its proof."""

    text: str
    proof: str


@dataclass
class Step:
    """A turn of the model's own that called tools, as it came back."""

    calls: list
    thought: Thought = None


@dataclass
class Asked:
    """A request."""

    model: str
    stream: bool
    dialect: str
    marker: str = "nobody"
    tools: list = field(default_factory=list)
    # The turns that called tools, since the last question and before it.
    steps: list = field(default_factory=list)
    earlier: int = 0
    results: list = field(default_factory=list)
    words: str = ""
    image: str = ""
    form: bool = False
    thinks: bool = False
    # Whether thoughts come with their text, whether with a proof, and whether they must come back.
    shows: bool = True
    proves: bool = True
    demands: bool = True

    def question(self, text):
        """A turn of the user's: what came before it is over."""
        self.words += text
        self.earlier += len(self.steps)
        self.steps, self.results = [], []


@dataclass
class Said:
    """An answer."""

    made: Script
    words: tuple = ()
    calls: list = field(default_factory=list)
    thought: Thought = None

    @property
    def text(self):
        """The whole text."""
        return "".join(self.words)


def says(asked):
    """The answer to a request."""
    made = script(asked.marker, asked.dialect)
    said = Said(made, made.words)
    calls = wanted(asked)
    if calls:
        said.words, said.calls = (), calls
    elif asked.image:
        said.words = ("I see ", asked.image)
    elif asked.results:
        said.words = ("I was told: ", *[f"{text}; " for text in asked.results])
    elif asked.form:
        text = json.dumps(FORM, ensure_ascii=False)
        said.words = tuple(text[at : at + 6] for at in range(0, len(text), 6))
    if asked.thinks:
        said.thought = thought(calls[0].id if calls else secrets.token_hex(8), asked.dialect)
    return said


def wanted(asked):
    """The calls that are due."""
    done = len(asked.steps)
    if "get_weather" in asked.tools:
        if done >= (2 if asked.thinks else 1):
            return []
        cities = [{"city": city, "unit": "C"} for city in STEPS[done]]
        return [call("get_weather", arguments, asked.dialect) for arguments in cities]
    if "json" in asked.tools:
        # The form of an answer, asked for as a tool.
        return [call("json", FORM, asked.dialect)]
    path = re.search(r"file (/[\w./-]+\w)", asked.words)
    reader = next((name for name in READERS if name in asked.tools), None)
    if done or asked.earlier or not path or not reader:
        return []
    return [call(reader, READERS[reader](path[1]), asked.dialect)]


def call(name, arguments, dialect):
    """A call with an id of the length that the dialect's providers give."""
    text = json.dumps(arguments, ensure_ascii=False)
    begin = {"messages": "toolu_01", "gemini": ""}.get(dialect, "call_")
    return Call(begin + secrets.token_hex(4 if dialect == "gemini" else 12), name, text)


def thought(about, dialect):
    """The thought that leads to the call of this id, with its proof."""
    text = f"I weigh {about}: wörd by wörd.  \n"
    proof = hashlib.sha512(f"{dialect} {text}".encode()).digest()
    return Thought(text, base64.b64encode(b"\x12\x40" + proof + b"\x18\x01").decode())


def missing(asked):
    """What a model that thinks does not get back as it was, or nothing."""
    if not asked.thinks or not asked.demands:
        return None
    for at, step in enumerate(asked.steps):
        right = thought(step.calls[0], asked.dialect)
        given = step.thought
        if given is None or given.proof != right.proof:
            return f"step {at} of the turn lacks the thought with which it was made"
        if given.text and given.text != right.text:
            return f"step {at} of the turn has an altered thought"
    return None


def standard(data):
    """Base64 in the alphabet that all but Google insist on."""
    return data.replace("-", "+").replace("_", "/")


def picture(media_type, data):
    """How an image is described."""
    return f"{media_type} of {len(base64.b64decode(data))} bytes"


def data_url(url):
    """The same for an image in an address."""
    head, _, data = url.partition(",")
    return picture(head.removeprefix("data:").removesuffix(";base64"), data)


def pieces(text, length=7):
    """A text in pieces, as it is streamed."""
    return [text[at : at + length] for at in range(0, len(text), length)]
