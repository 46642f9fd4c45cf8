"""Anthropic's client: messages."""

import anthropic
from pydantic import BaseModel

from support.place import IMAGE, SEEN, WEATHER, asked_for, is_form, made, raises, result, told

HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"name": "get_weather", "description": "Weather", "input_schema": WEATHER}]
THINKING = {"type": "enabled", "budget_tokens": 2000}


class Form(BaseModel):
    """The structured answer."""

    city: str
    degrees: int


def run(place):
    """What people do with it."""
    client = anthropic.Anthropic(base_url=place.base, api_key=place.key, max_retries=0, timeout=30)
    place.test("anthropic: models are listed and retrieved", models, client)
    for dialect, model in place.models.items():
        name = f"anthropic to {dialect}"
        place.test(f"{name}: a plain answer with usage and request id", plain, client, model, dialect)
        place.test(f"{name}: a stream with usage", streamed, client, model, dialect)
        place.test(f"{name}: tools in parallel, results and thoughts go back", converse, client, model, whole)
        place.test(f"{name}: the same, streamed", converse, client, model, assembled)
        place.test(f"{name}: a structured answer is parsed", form, client, model)
        place.test(f"{name}: an image is seen", image, client, model)
        place.test(f"{name}: tokens are counted", count, client, model)
    errors(place, client)
    breaks(place, client)


def models(client):
    """The list, and one of it."""
    listed = [model.id for model in client.models.list()]
    assert "drill-small" in listed, listed
    assert client.models.retrieve("drill-small").id == "drill-small"


def plain(client, model, dialect):
    """A whole answer."""
    answer, right = client.messages.create(model=model, messages=HELLO, max_tokens=500), made(dialect)
    text = "".join(block.text for block in answer.content if block.type == "text")
    assert (text, answer.stop_reason) == (right.text, "end_turn"), answer
    counted(answer.usage, right)
    assert answer._request_id.startswith("req_"), answer


def counted(usage, right):
    """The figures are the provider's."""
    read = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    assert (read, usage.output_tokens) == (right.input, right.output), usage
    assert usage.cache_read_input_tokens == right.cached, usage


def streamed(client, model, dialect):
    """A streamed answer."""
    with client.messages.stream(model=model, messages=HELLO, max_tokens=500) as stream:
        text, final = "".join(stream.text_stream), stream.get_final_message()
    assert (text, final.stop_reason) == (made(dialect).text, "end_turn"), final
    counted(final.usage, made(dialect))


def whole(client, **asked):
    """A plain answer."""
    return client.messages.create(**asked)


def assembled(client, **asked):
    """A streamed answer, put together by the helper."""
    with client.messages.stream(**asked) as stream:
        return stream.get_final_message()


def converse(client, model, answer):
    """Two steps with tools and the answer, with a model that wants its thoughts back."""
    turns, steps = [{"role": "user", "content": "What is the weather?"}], []
    while len(steps) < 5:
        message = answer(client, model=model, messages=turns, max_tokens=5000, tools=TOOLS, thinking=THINKING)
        assert message.content[0].type == "thinking", message
        assert message.content[0].thinking.startswith("I weigh"), message
        turns.append({"role": "assistant", "content": message.content})
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            break
        steps.append([call.input["city"] for call in calls])
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": result(call.input["city"])} for call in calls]
        turns.append({"role": "user", "content": results})
    assert asked_for(steps), turns
    assert told("".join(block.text for block in message.content if block.type == "text")), message


def form(client, model):
    """An answer bound to a schema."""
    answer = client.messages.parse(model=model, messages=HELLO, max_tokens=500, output_format=Form)
    assert is_form(answer.parsed_output.model_dump()), answer


def image(client, model):
    """A picture in the question."""
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}}
    turns = [{"role": "user", "content": [block, {"type": "text", "text": "What is it?"}]}]
    answer = client.messages.create(model=model, messages=turns, max_tokens=500)
    assert answer.content[-1].text == SEEN, answer


def count(client, model):
    """What a prompt would cost."""
    assert client.messages.count_tokens(model=model, messages=HELLO).input_tokens > 0


def errors(place, client):
    """Each refusal has the client's own class and a request id."""

    def create(model, key=place.key):
        other = client.with_options(api_key=key)
        return other.messages.create(model=model, messages=HELLO, max_tokens=50)

    def refused(kind, status, word, model, key=place.key):
        error = raises(kind, create, model, key)
        assert (error.status_code, error.body["error"]["type"]) == (status, word), repr(error)
        assert error.request_id.startswith("req_"), repr(error)
        return error

    def limited():
        error = refused(anthropic.RateLimitError, 429, "rate_limit_error", "drill-small", place.spend())
        assert int(error.response.headers["retry-after"]) > 0, error.response.headers

    def said():
        error = refused(anthropic.BadRequestError, 400, "invalid_request_error", "anthropic/fail-400")
        assert "scripted 400" in str(error), repr(error)

    place.test(
        "anthropic: AuthenticationError", refused,
        anthropic.AuthenticationError, 401, "authentication_error", "drill-small", "sk-manti-wrong",
    )
    place.test("anthropic: NotFoundError", refused, anthropic.NotFoundError, 404, "not_found_error", "no-such-model")
    place.test("anthropic: RateLimitError says when to come back", limited)
    place.test("anthropic: BadRequestError with the provider's words", said)
    for provider in ("chat", "responses", "anthropic", "gemini"):
        for model, status, word in (("fail-429", 529, "overloaded_error"), ("fail-500", 502, "api_error")):
            name = f"{provider}/{model}"
            place.test(f"anthropic: {name} is {status}", refused, anthropic.InternalServerError, status, word, name)


def breaks(place, client):
    """A stream that breaks raises, read piece by piece and with the helper."""

    def plainly(model):
        return list(client.messages.create(model=model, messages=HELLO, max_tokens=50, stream=True))

    def helped(model):
        with client.messages.stream(model=model, messages=HELLO, max_tokens=50) as stream:
            return stream.get_final_message()

    place.breaks("anthropic", anthropic.APIError, plainly)
    place.breaks("anthropic with the helper", anthropic.APIError, helped)
