#!/usr/bin/env python3
"""A real model through the gateway, asked by the official clients.

`REAL_UPSTREAM` (or `--upstream`) is the address of a running OpenAI-compatible server with a real
model, such as http://127.0.0.1:18500. Without one the drill says that it was skipped.
"""

import argparse
import asyncio
import os
import secrets
import sys

from support.gateway import Gateway, binary
from support.report import Report, run

CONFIG = """
[server]
listen = "127.0.0.1:{port}"

[upstream]
first_token_timeout = "10m"
idle_timeout = "5m"

[providers.real]
kind = "openai-compatible"
base_url = "{upstream}/v1"
models = ["real"]
price = {{ input = "0.10", output = "0.40" }}
"""


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary")
    parser.add_argument("--upstream", default=os.environ.get("REAL_UPSTREAM"))
    return parser.parse_args()


def ask(check, base, key):
    """One streamed and one plain question with each client."""
    import anthropic
    import openai

    hello = [{"role": "user", "content": "Name three colours."}]
    client = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0, timeout=600)
    asked = {"model": "real", "messages": hello, "max_tokens": 24}
    text, usage = "", None
    for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    check(text and usage and usage.completion_tokens, f"openai, streamed: {text!r}", str(usage))
    answer = client.chat.completions.create(**asked)
    check(answer.choices[0].message.content and answer.usage.prompt_tokens, "openai, plain")
    client = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=600)
    with client.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    check(text and final.usage.output_tokens, f"anthropic, streamed: {text!r}", str(final))


async def drill(report, asked):
    """The questions, then the usage they left."""
    gateway = Gateway(binary(asked.binary), asked.upstream.rstrip("/"), config=CONFIG)
    try:
        await gateway.start()
        email = f"real-{secrets.token_hex(4)}@example.com"
        key = await gateway.make_key(email)
        await asyncio.to_thread(ask, report.check, f"http://127.0.0.1:{gateway.port}", key)
        await asyncio.sleep(1)
        total = (await gateway.ask("usage", "report", "--user", email))["total"]
        held = total["requests"] == 3 and total["input_tokens"] and total["output_tokens"]
        report.check(held, f"usage report: {total}")
    finally:
        gateway.remove()


if __name__ == "__main__":
    asked = options()
    report = Report("real")
    if not asked.upstream:
        report.skip("REAL_UPSTREAM is not set")
        print(f"{report.name}: 0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    run(report, drill(report, asked), 1800)
