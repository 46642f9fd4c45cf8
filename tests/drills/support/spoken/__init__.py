"""The four dialects of conversations, as a provider reads and writes them.

Each has `read` (a request), `whole` (an answer), `events` (the same as a stream, names and data)
and `error`.
"""

from . import chat, gemini, messages, responses

__all__ = ["chat", "gemini", "messages", "responses"]
