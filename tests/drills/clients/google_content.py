"""Google's client: generateContent."""

import base64

from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from support.place import IMAGE, SEEN, asked_for, is_form, made, raises, result, told

HELLO = "hello"


class Form(BaseModel):
    """The structured answer."""

    city: str
    degrees: int


def client_of(place, key):
    """A client of the gateway."""
    options = types.HttpOptions(base_url=place.base, timeout=30_000)
    return genai.Client(api_key=key, http_options=options)


def run(place):
    """What people do with it."""
    client = client_of(place, place.key)
    place.test("google: models are listed and retrieved", models, client)
    for dialect, model in place.models.items():
        name = f"google to {dialect}"
        place.test(f"{name}: a plain answer with usage", plain, client, model, dialect)
        place.test(f"{name}: a stream with usage", streamed, client, model, dialect)
        place.test(f"{name}: a chat whose functions are called", chats, client, model, whole)
        place.test(f"{name}: the same, streamed", chats, client, model, in_pieces)
        place.test(f"{name}: a structured answer is parsed", form, client, model)
        place.test(f"{name}: an image is seen", image, client, model)
        place.test(f"{name}: tokens are counted", count, client, model)
    refusals(place, client)

    def broken(model):
        return list(client.models.generate_content_stream(model=model, contents=HELLO))

    place.breaks("google", errors.ServerError, broken)


def models(client):
    """The list, and one of it."""
    listed = [model.name for model in client.models.list()]
    assert "models/drill-small" in listed, listed
    assert client.models.get(model="drill-small").name == "models/drill-small"


def plain(client, model, dialect):
    """A whole answer."""
    answer, right = client.models.generate_content(model=model, contents=HELLO), made(dialect)
    assert answer.text == right.text, answer
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP, answer
    counted(answer.usage_metadata, right)


def counted(usage, right):
    """The figures are the provider's; thoughts are counted beside the candidates."""
    written = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    assert (usage.prompt_token_count, written) == (right.input, right.output), usage
    assert (usage.cached_content_token_count or 0) == right.cached, usage


def streamed(client, model, dialect):
    """A streamed answer."""
    chunks = list(client.models.generate_content_stream(model=model, contents=HELLO))
    text = "".join(chunk.text or "" for chunk in chunks)
    assert text == made(dialect).text, text
    counted(chunks[-1].usage_metadata, made(dialect))


def whole(chat, question):
    """A plain answer."""
    return chat.send_message(question).text


def in_pieces(chat, question):
    """A streamed answer."""
    return "".join(chunk.text or "" for chunk in chat.send_message_stream(question))


def chats(client, model, answer):
    """The client calls the functions by itself; the model wants its thoughts back."""
    cities = []

    def get_weather(city: str, unit: str = "C") -> str:
        """The weather in a city."""
        cities.append(city)
        return result(city)

    thinking = types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH")
    config = types.GenerateContentConfig(tools=[get_weather], thinking_config=thinking)
    chat = client.chats.create(model=model, config=config)
    text = answer(chat, "What is the weather?")
    steps = [cities[:2], cities[2:]]
    assert asked_for(steps), chat.get_history()
    assert told(text), text


def form(client, model):
    """An answer bound to a schema."""
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Form)
    answer = client.models.generate_content(model=model, contents=HELLO, config=config)
    assert is_form(answer.parsed.model_dump()), answer


def image(client, model):
    """A picture in the question."""
    part = types.Part.from_bytes(data=base64.b64decode(IMAGE), mime_type="image/png")
    answer = client.models.generate_content(model=model, contents=[part, "What is it?"])
    assert answer.text == SEEN, answer


def count(client, model):
    """What a prompt would cost."""
    assert client.models.count_tokens(model=model, contents=HELLO).total_tokens > 0


def refusals(place, client):
    """Each refusal has the client's own class."""

    def refused(kind, code, status, model, key=None):
        asked = client_of(place, key) if key else client
        error = raises(kind, lambda: asked.models.generate_content(model=model, contents=HELLO))
        assert (error.code, error.status) == (code, status), repr(error)
        return error

    def said():
        error = refused(errors.ClientError, 400, "INVALID_ARGUMENT", "gemini/fail-400")
        assert "scripted 400" in error.message, repr(error)

    def limited():
        error = refused(errors.ClientError, 429, "RESOURCE_EXHAUSTED", "drill-small", place.spend())
        assert int(error.response.headers["retry-after"]) > 0, error.response.headers
        assert error.response.headers["x-request-id"].startswith("req_"), error.response.headers

    for text, *wanted in (
        ("a wrong key", errors.ClientError, 401, "UNAUTHENTICATED", "drill-small", "sk-manti-wrong"),
        ("an unknown model", errors.ClientError, 404, "NOT_FOUND", "no-such-model"),
        ("an overloaded provider", errors.ServerError, 503, "UNAVAILABLE", "gemini/fail-429"),
        ("a failed provider", errors.ServerError, 502, "UNAVAILABLE", "anthropic/fail-500"),
    ):
        place.test(f"google: {text} is {wanted[0].__name__} {wanted[2]}", refused, *wanted)
    place.test("google: a limit says when to come back", limited)
    place.test("google: ClientError with the provider's words", said)
