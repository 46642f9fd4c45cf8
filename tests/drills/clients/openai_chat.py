"""OpenAI's client: models and chat completions."""

import json

import openai
from pydantic import BaseModel

from support.place import IMAGE, SEEN, WEATHER, asked_for, is_form, made, raises, result, told

HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": WEATHER}}]


class Form(BaseModel):
    """The structured answer."""

    city: str
    degrees: int


def run(place):
    """What people do with it."""
    client = openai.OpenAI(base_url=f"{place.base}/v1", api_key=place.key, max_retries=0, timeout=30)
    place.test("openai: models are listed and retrieved", models, client)
    for dialect, model in place.models.items():
        name = f"openai chat to {dialect}"
        place.test(f"{name}: a plain answer with usage and request id", plain, client, model, dialect)
        place.test(f"{name}: a stream with usage", streamed, client, model, dialect)
        place.test(f"{name}: a stream without usage hides it", quiet, client, model)
        place.test(f"{name}: tools in parallel, results and thoughts go back", converse, client, model, whole)
        place.test(f"{name}: the same, streamed, with calls alone", converse, client, model, assembled)
        place.test(f"{name}: a structured answer is parsed", form, client, model)
        place.test(f"{name}: an image is seen", image, client, model)
        place.test(f"{name}: the thought is shown", thought, client, model)
    errors(place, client)
    breaks(place, client)


def models(client):
    """The list, and one of it."""
    listed = [model.id for model in client.models.list()]
    assert "drill-small" in listed, listed
    assert client.models.retrieve("drill-small").id == "drill-small"


def plain(client, model, dialect):
    """A whole answer."""
    raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO, max_completion_tokens=500)
    answer, right = raw.parse(), made(dialect)
    assert answer.choices[0].message.content == right.text, answer
    assert answer.choices[0].finish_reason == "stop", answer
    counted(answer.usage, right)
    assert raw.headers["x-request-id"].startswith("req_"), raw.headers


def counted(usage, right):
    """The figures are the provider's."""
    assert (usage.prompt_tokens, usage.completion_tokens) == (right.input, right.output), usage
    assert usage.prompt_tokens_details.cached_tokens == right.cached, usage


def streamed(client, model, dialect):
    """A streamed answer."""
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, **options))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == made(dialect).text, text
    counted(chunks[-1].usage, made(dialect))


def quiet(client, model):
    """Nobody asked for usage."""
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    assert all(chunk.choices and not chunk.usage for chunk in chunks), chunks[-1]


def whole(client, **asked):
    """A message as it came, to be given back with everything that is in it."""
    return client.chat.completions.create(**asked).choices[0].message.model_dump(exclude_none=True)


def assembled(client, **asked):
    """A streamed message, of which text and calls are kept, as most programs do."""
    with client.chat.completions.stream(**asked) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    kept = {"role": "assistant", "content": message.content}
    if message.tool_calls:
        kept["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
            for call in message.tool_calls
        ]
    return kept


def converse(client, model, answer):
    """Two steps with tools and the answer, with a model that wants its thoughts back."""
    turns, steps = [{"role": "user", "content": "What is the weather?"}], []
    while len(steps) < 5:
        message = answer(client, model=model, messages=turns, tools=TOOLS, reasoning_effort="high")
        turns.append(message)
        if not message.get("tool_calls"):
            break
        steps.append([])
        for call in message["tool_calls"]:
            city = json.loads(call["function"]["arguments"])["city"]
            steps[-1].append(city)
            turns.append({"role": "tool", "tool_call_id": call["id"], "content": result(city)})
    assert asked_for(steps), turns
    assert told(message["content"]), message


def form(client, model):
    """An answer bound to a schema."""
    answer = client.chat.completions.parse(model=model, messages=HELLO, response_format=Form)
    assert is_form(answer.choices[0].message.parsed.model_dump()), answer


def image(client, model):
    """A picture in the question."""
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}}
    turns = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, url]}]
    answer = client.chat.completions.create(model=model, messages=turns)
    assert answer.choices[0].message.content == SEEN, answer


def thought(client, model):
    """The text of what was thought, which some providers have to be asked for."""
    more = {"reasoning_effort": "high", "extra_body": {"include_reasoning": True}}
    answer = client.chat.completions.create(model=model, messages=HELLO, **more)
    assert answer.choices[0].message.reasoning_content.startswith("I weigh"), answer


def errors(place, client):
    """Each refusal has the client's own class and a request id."""

    def create(model, **more):
        return client.chat.completions.create(model=model, messages=HELLO, **more)

    def refused(kind, code, action, *arguments, **more):
        error = raises(kind, lambda: action(*arguments, **more))
        assert error.code == code, repr(error)
        assert error.request_id.startswith("req_"), repr(error)
        return error

    def others(key):
        other = openai.OpenAI(base_url=f"{place.base}/v1", api_key=key, max_retries=0)
        return other.chat.completions.create(model="drill-small", messages=HELLO)

    def limited():
        error = refused(openai.RateLimitError, "rate_limit_exceeded", others, place.spend())
        assert int(error.response.headers["retry-after"]) > 0, error.response.headers

    def said():
        error = raises(openai.BadRequestError, create, "chat/fail-400")
        assert "scripted 400" in str(error), repr(error)

    def failed(status, model):
        error = raises(openai.InternalServerError, create, model)
        assert (error.status_code, error.type) == (status, "upstream_error"), repr(error)

    place.test("openai: AuthenticationError", refused, openai.AuthenticationError, "invalid_api_key", others, "sk-manti-wrong")
    place.test("openai: NotFoundError", refused, openai.NotFoundError, "model_not_found", create, "no-such-model")
    place.test("openai: RateLimitError says when to come back", limited)
    place.test("openai: BadRequestError with the provider's words", said)
    for model, status in (("fail-401", 502), ("fail-429", 503), ("fail-500", 502)):
        for provider in ("chat", "responses", "anthropic", "gemini"):
            place.test(f"openai: {provider}/{model} is InternalServerError", failed, status, f"{provider}/{model}")


def breaks(place, client):
    """A stream that breaks raises, read piece by piece and with the helper."""

    def plainly(model):
        return list(client.chat.completions.create(model=model, messages=HELLO, stream=True))

    def helped(model):
        with client.chat.completions.stream(model=model, messages=HELLO) as stream:
            for _ in stream:
                pass
            return stream.get_final_completion()

    place.breaks("openai chat", openai.APIError, plainly)
    place.breaks("openai chat with the helper", openai.APIError, helped)
