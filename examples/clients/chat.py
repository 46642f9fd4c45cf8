"""A streamed answer with OpenAI's Python client: GATEWAY_KEY=sk-manti-… python chat.py [MODEL]"""

import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("GATEWAY_URL", "http://127.0.0.1:8080") + "/v1",
    api_key=os.environ["GATEWAY_KEY"],
)
stream = client.chat.completions.create(
    model=sys.argv[1] if len(sys.argv) > 1 else "demo",
    messages=[{"role": "user", "content": "Hello"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
