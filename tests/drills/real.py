#!/usr/bin/env python3
"""A real model through the gateway, asked by the official clients.

`REAL_UPSTREAM` (or `--upstream`) is the address of a running OpenAI-compatible server with a real
model, such as http://127.0.0.1:18500. Without one the drill says that it was skipped.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import subprocess
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


# OpenAI's Node client, streamed; prints the text and the usage as JSON.
NODE = """
const OpenAI = require(process.env.MODULES + "/node_modules/openai");
const client = new (OpenAI.default ?? OpenAI)({ baseURL: process.env.BASE + "/v1", apiKey: process.env.KEY, maxRetries: 0, timeout: 600000 });
(async () => {
  const messages = [{ role: "user", content: "Name three colours." }];
  const asked = { model: "real", messages, max_tokens: 24, stream: true, stream_options: { include_usage: true } };
  let text = "", usage = null;
  for await (const chunk of await client.chat.completions.create(asked)) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  console.log(JSON.stringify({ text, tokens: usage.completion_tokens }));
})();
"""


def options():
    """What can be asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary")
    parser.add_argument("--node", default=shutil.which("node"))
    parser.add_argument("--modules", help="the folder with node_modules")
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


def ask_in_node(check, base, key, asked):
    """The streamed question with OpenAI's Node client."""
    env = {**os.environ, "MODULES": os.path.abspath(asked.modules), "BASE": base, "KEY": key}
    done = subprocess.run([asked.node, "-e", NODE], env=env, text=True, capture_output=True, timeout=900)
    told = json.loads(done.stdout) if done.returncode == 0 else {}
    check(told.get("text") and told.get("tokens"), f"openai in Node, streamed: {told.get('text')!r}", done.stderr)


async def drill(report, asked):
    """The questions, then the usage they left."""
    gateway = Gateway(binary(asked.binary), asked.upstream.rstrip("/"), config=CONFIG)
    try:
        await gateway.start()
        email = f"real-{secrets.token_hex(4)}@example.com"
        key = await gateway.make_key(email)
        base = f"http://127.0.0.1:{gateway.port}"
        await asyncio.to_thread(ask, report.check, base, key)
        questions = 3
        if asked.node and asked.modules:
            await asyncio.to_thread(ask_in_node, report.check, base, key, asked)
            questions += 1
        else:
            report.skip("Node: no node or no --modules")
        await asyncio.sleep(1)
        total = (await gateway.ask("usage", "report", "--user", email))["total"]
        held = total["requests"] == questions and total["input_tokens"] and total["output_tokens"]
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
