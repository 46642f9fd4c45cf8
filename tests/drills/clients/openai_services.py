"""OpenAI's client: what is no conversation."""

import base64

import openai

from support.services import PIXEL, VECTOR, sound

MODEL = "chat/service"


def run(place):
    """What people do with it."""
    client = openai.OpenAI(base_url=f"{place.base}/v1", api_key=place.key, max_retries=0, timeout=30)
    for test in (embeddings, moderations, images, speech, transcriptions, rerank):
        place.test(f"openai: {test.__name__}", test, client)


def embeddings(client):
    """Packed, as the client asks by itself, and as numbers."""
    for more in ({}, {"encoding_format": "float"}):
        answer = client.embeddings.create(model=MODEL, input=["one", "two"], **more)
        assert [tuple(found.embedding) for found in answer.data] == [VECTOR, VECTOR], answer
        assert answer.usage.prompt_tokens == 7, answer


def moderations(client):
    """One text."""
    answer = client.moderations.create(model=MODEL, input="hello")
    assert answer.results[0].flagged is False, answer


def images(client):
    """One picture."""
    answer = client.images.generate(model=MODEL, prompt="a red pixel")
    assert base64.b64decode(answer.data[0].b64_json) == PIXEL, answer


def speech(client):
    """Sound as the provider made it."""
    with client.audio.speech.with_streaming_response.create(model=MODEL, voice="alloy", input="hello") as answer:
        assert answer.read() == sound(), answer.headers


def transcriptions(client):
    """A file in a body in parts."""
    answer = client.audio.transcriptions.create(model=MODEL, file=("said.wav", sound()))
    assert answer.text == "wörd by wörd", answer


def rerank(client):
    """No method of its own, but the client's way to any route."""
    body = {"model": MODEL, "query": "q", "documents": ["a", "b"]}
    answer = client.post("/rerank", body=body, cast_to=object)
    assert [found["index"] for found in answer["results"]] == [1, 0], answer
