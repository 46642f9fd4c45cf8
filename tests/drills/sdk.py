#!/usr/bin/env python3
"""The official OpenAI and Anthropic clients, in Python and Node, through the real binary.

Run with the Python that has `openai` and `anthropic` installed; `--modules` names a folder whose
`node_modules` has `openai` and `@anthropic-ai/sdk`. The upstream is scripted, or the built-in
demo where a call is meant to go wrong.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from support.gateway import CONFIG, ROOT, Gateway, binary
from support.report import Report, run
from support.script import script
from support.upstream import Upstream

TOOL = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city"],
}
ARGUMENTS = {"city": "Zürich", "unit": "C"}


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary")
    parser.add_argument("--node", default=shutil.which("node"))
    parser.add_argument("--modules", help="the folder with node_modules")
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    return parser.parse_args()


def raises(kind, action):
    """The exception of this class that the action ends in, else None."""
    try:
        action()
    except kind as error:
        return error
    return None


def openai_checks(check, base, key):
    """Chat completions with OpenAI's client."""
    import openai

    client = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0, timeout=30)
    listed = [model.id for model in client.models.list()]
    check("gpt-4o" in listed and "drill-small" in listed, "openai: models.list", str(listed))
    check(client.models.retrieve("drill-small").id == "drill-small", "openai: models.retrieve")
    hello = [{"role": "user", "content": "hello"}]
    for model, dialect in (("gpt-4o", "chat"), ("claude-drill", "messages")):
        made = script(f"py-{model}", dialect)
        asked = {"model": model, "messages": hello, "user": f"py-{model}", "max_tokens": 500}
        raw = client.chat.completions.with_raw_response.create(**asked)
        answer = raw.parse()
        usage = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
        whole = answer.choices[0].message.content == made.text and usage == (made.input, made.output)
        check(whole, f"openai: a plain answer of {model}", str(answer))
        check(raw.headers.get("x-request-id", "").startswith("req_"), f"openai: {model} has x-request-id")
        text, last = "", None
        for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
            for choice in chunk.choices:
                text += choice.delta.content or ""
            last = chunk
        right = text == made.text and last.usage and last.usage.completion_tokens == made.output
        check(right, f"openai: a stream of {model} with usage", f"{text!r} {last}")
        quiet = [c for c in client.chat.completions.create(**asked, stream=True)]
        hidden = all(c.choices for c in quiet) and not any(c.usage for c in quiet)
        check(hidden, f"openai: a stream of {model} without usage hides it", str(quiet[-1]))

        function = {"name": "get_weather", "description": "Weather", "parameters": TOOL}
        tools = {**asked, "tools": [{"type": "function", "function": function}]}
        message = client.chat.completions.create(**tools).choices[0].message
        made_call = message.tool_calls[0] if message.tool_calls else None
        same = made_call and json.loads(made_call.function.arguments) == ARGUMENTS
        check(same, f"openai: a tool call of {model}", str(message))
        arguments, finish = "", None
        for chunk in client.chat.completions.create(**tools, stream=True):
            for choice in chunk.choices:
                for part in choice.delta.tool_calls or []:
                    arguments += part.function.arguments or ""
                finish = choice.finish_reason or finish
        same = finish == "tool_calls" and json.loads(arguments or "0") == ARGUMENTS
        check(same, f"openai: a streamed tool call of {model}", f"{finish} {arguments!r}")
        if made_call:
            result = {"role": "tool", "tool_call_id": made_call.id, "content": "21 degrees"}
            turns = [*hello, message.model_dump(exclude_none=True), result]
            said = client.chat.completions.create(**{**tools, "messages": turns}).choices[0].message
            check(said.content == made.text, f"openai: a tool result goes back to {model}", str(said))

    def create(model, **more):
        return lambda: client.chat.completions.create(model=model, messages=hello, **more)

    wrong = openai.OpenAI(base_url=f"{base}/v1", api_key="sk-manti-wrong", max_retries=0)
    error = raises(openai.AuthenticationError, lambda: wrong.models.list())
    check(error and error.code == "invalid_api_key", "openai: AuthenticationError", repr(error))
    error = raises(openai.NotFoundError, create("no-such-model"))
    check(error and error.code == "model_not_found", "openai: NotFoundError", repr(error))
    error = raises(openai.BadRequestError, create("gpt-4o", max_tokens="many"))
    check(error is not None, "openai: BadRequestError of our own or the provider's", repr(error))
    error = raises(openai.BadRequestError, create("fail-400"))
    check(error and "scripted 400" in str(error), "openai: BadRequestError with the provider's words", repr(error))
    for model in ("fail-401", "fail-429", "fail-500", "demo/429", "demo/500"):
        error = raises(openai.InternalServerError, create(model))
        status = error and error.status_code
        right = status == (503 if "429" in model else 502) and error.type == "upstream_error"
        check(right, f"openai: InternalServerError for {model}", f"{status} {error!r}")
    error = raises(openai.APIError, lambda: list(create("demo/cut", stream=True)()))
    check(error and error.code == "stream_interrupted", "openai: a cut stream raises APIError", repr(error))
    text = "".join(c.choices[0].delta.content or "" for c in create("demo", stream=True)() if c.choices)
    check(bool(text), "openai: the demo streams")


def anthropic_checks(check, base, key):
    """Messages with Anthropic's client."""
    import anthropic

    client = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=30)
    listed = [model.id for model in client.models.list()]
    check("claude-drill" in listed, "anthropic: models.list", str(listed))
    hello = [{"role": "user", "content": "hello"}]
    for model, dialect in (("claude-drill", "messages"), ("gpt-4o", "chat")):
        marker = f"py-a-{model}"
        made = script(marker, dialect)
        asked = {"model": model, "messages": hello, "max_tokens": 500, "metadata": {"user_id": marker}}
        answer = client.messages.create(**asked)
        usage = answer.usage
        read = usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        whole = answer.content[0].text == made.text and (read, usage.output_tokens) == (made.input, made.output)
        check(whole, f"anthropic: a plain answer of {model}", str(answer))
        with client.messages.stream(**asked) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        right = text == made.text and final.stop_reason == "end_turn" and final.usage.output_tokens == made.output
        check(right, f"anthropic: a stream of {model}", f"{text!r} {final}")
        tools = {**asked, "tools": [{"name": "get_weather", "description": "Weather", "input_schema": TOOL}]}
        with client.messages.stream(**tools) as stream:
            final = stream.get_final_message()
        uses = [block for block in final.content if block.type == "tool_use"]
        same = final.stop_reason == "tool_use" and uses and uses[0].input == ARGUMENTS
        check(same, f"anthropic: a streamed tool call of {model}", str(final))
        if uses:
            result = {"type": "tool_result", "tool_use_id": uses[0].id, "content": "21 degrees"}
            content = [block.model_dump(exclude_none=True) for block in final.content]
            content = [{k: v for k, v in block.items() if k in ("type", "id", "name", "input", "text")} for block in content]
            turns = [*hello, {"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
            said = client.messages.create(**{**tools, "messages": turns})
            check(said.content[0].text == made.text, f"anthropic: a tool result goes back to {model}", str(said))
    counted = client.messages.count_tokens(model="claude-drill", messages=hello)
    check(counted.input_tokens > 0, "anthropic: messages.count_tokens", str(counted))

    def create(model):
        return lambda: client.messages.create(model=model, messages=hello, max_tokens=50)

    wrong = anthropic.Anthropic(base_url=base, api_key="sk-manti-wrong", max_retries=0)
    error = raises(anthropic.AuthenticationError, lambda: wrong.messages.create(model="gpt-4o", messages=hello, max_tokens=5))
    kind = error and error.body["error"]["type"]
    check(kind == "authentication_error", "anthropic: AuthenticationError", repr(error))
    error = raises(anthropic.NotFoundError, create("no-such-model"))
    check(error and error.body["error"]["type"] == "not_found_error", "anthropic: NotFoundError", repr(error))
    error = raises(anthropic.BadRequestError, create("fail-400"))
    check(error and "scripted 400" in str(error), "anthropic: BadRequestError with the provider's words", repr(error))
    error = raises(anthropic.APIStatusError, create("demo/429"))
    right = error and error.status_code == 529 and error.body["error"]["type"] == "overloaded_error"
    check(right, "anthropic: an overloaded provider is 529", repr(error))
    error = raises(anthropic.APIStatusError, create("demo/500"))
    right = error and error.status_code == 502 and error.body["error"]["type"] == "api_error"
    check(right, "anthropic: a failed provider is 502", repr(error))


def examples(check, base, key, asked):
    """The snippets of `examples/clients` do what they say."""
    folder = ROOT / "examples/clients"
    commands = {
        "chat.sh": ["bash", str(folder / "chat.sh")],
        "chat.py": [sys.executable, str(folder / "chat.py")],
        "messages.py": [sys.executable, str(folder / "messages.py")],
    }
    copy = None
    if asked.node and asked.modules:
        # Packages are looked up from where a module lies.
        copy = Path(asked.modules) / f"example-{os.getpid()}.mjs"
        shutil.copy(folder / "chat.mjs", copy)
        commands["chat.mjs"] = [asked.node, str(copy)]
    if not shutil.which("curl"):
        commands.pop("chat.sh")
    env = {**os.environ, "GATEWAY_URL": base, "GATEWAY_KEY": key}
    for name, command in commands.items():
        done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=60)
        said = done.returncode == 0 and done.stdout.strip()
        check(said, f"examples/clients/{name} prints an answer", done.stdout + done.stderr)
    if copy:
        copy.unlink()


async def drill(report, asked):
    """Python's clients in this process, Node's in one of their own."""
    upstream = Upstream()
    await upstream.start()
    gateway = Gateway(binary(asked.binary), upstream.port, config=CONFIG + "\n[providers.demo]\n")
    try:
        await gateway.start()
        key = await gateway.make_key(f"sdk-{secrets.token_hex(4)}@example.com")
        base = f"http://127.0.0.1:{gateway.port}"
        for name, checks in (("openai", openai_checks), ("anthropic", anthropic_checks)):
            try:
                await asyncio.to_thread(checks, report.check, base, key)
            except ImportError as error:
                report.skip(f"{name} in Python: {error}")
        await asyncio.to_thread(examples, report.check, base, key, asked)
        if not asked.node or not asked.modules:
            report.skip("Node: no node or no --modules")
            return
        script_path = Path(__file__).with_name("sdk.mjs")
        env = {**os.environ, "MODULES": str(Path(asked.modules).resolve()), "BASE": base, "KEY": key}
        done = await asyncio.to_thread(
            subprocess.run, [asked.node, str(script_path)], env=env, text=True, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for line in done.stdout.splitlines():
            word, _, text = line.partition(" ")
            if word in ("ok", "FAIL"):
                report.check(word == "ok", text)
            else:
                print(line)
        report.check(done.returncode == 0, f"Node's script exits with 0 (was {done.returncode})")
    finally:
        gateway.remove(asked.keep)


if __name__ == "__main__":
    asked = options()
    report = Report("sdk")
    run(report, drill(report, asked), 240)
