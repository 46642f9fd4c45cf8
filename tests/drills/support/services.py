"""What the scripted provider answers where nothing is conversed about, as OpenAI does."""

import base64
import io
import struct
import wave

# A picture of one red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
VECTOR = (0.25, -0.5, 0.125)


def sound():
    """A tenth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(1600))
    return file.getvalue()


def embeddings(body):
    """One vector for each text."""
    asked = body["input"]
    count = len(asked) if isinstance(asked, list) else 1
    packed = base64.b64encode(struct.pack("<3f", *VECTOR)).decode()
    vector = packed if body.get("encoding_format") == "base64" else list(VECTOR)
    found = [{"object": "embedding", "index": at, "embedding": vector} for at in range(count)]
    return {"object": "list", "model": body["model"], "data": found, "usage": {"prompt_tokens": 7, "total_tokens": 7}}


def moderations(body):
    """Nothing is flagged."""
    result = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.01}}
    return {"id": "modr-1", "model": body["model"], "results": [result]}


def images(_body):
    """One picture, paid by the token."""
    used = {"input_tokens": 9, "output_tokens": 300, "total_tokens": 309}
    return {"created": 1_700_000_000, "data": [{"b64_json": base64.b64encode(PIXEL).decode()}], "usage": used}


def rerank(body):
    """The documents in reverse."""
    count = len(body["documents"])
    found = [{"index": at, "relevance_score": (at + 1) / (count + 1)} for at in reversed(range(count))]
    return {"id": "rerank-1", "model": body["model"], "results": found, "usage": {"total_tokens": 12}}


def transcriptions(_body):
    """What was said."""
    return {"text": "wörd by wörd", "usage": {"type": "duration", "seconds": 2}}


ANSWERS = {
    "/embeddings": embeddings,
    "/moderations": moderations,
    "/images/generations": images,
    "/rerank": rerank,
    "/audio/transcriptions": transcriptions,
}
