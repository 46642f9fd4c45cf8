"""A streamed answer with Anthropic's Python client: GATEWAY_KEY=sk-manti-… python messages.py [MODEL]"""

import os
import sys

from anthropic import Anthropic

client = Anthropic(
    base_url=os.environ.get("GATEWAY_URL", "http://127.0.0.1:8080"),
    api_key=os.environ["GATEWAY_KEY"],
)
with client.messages.stream(
    model=sys.argv[1] if len(sys.argv) > 1 else "demo",
    max_tokens=200,
    messages=[{"role": "user", "content": "Hello"}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
