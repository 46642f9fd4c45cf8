"""OpenAI's client: responses."""

import json

import openai
from pydantic import BaseModel

from support.place import IMAGE, SEEN, WEATHER, asked_for, is_form, made, raises, result, told

TOOLS = [{"type": "function", "name": "get_weather", "description": "Weather", "parameters": WEATHER, "strict": False}]


class Form(BaseModel):
    """The structured answer."""

    city: str
    degrees: int


def run(place):
    """What people do with it."""
    client = openai.OpenAI(base_url=f"{place.base}/v1", api_key=place.key, max_retries=0, timeout=30)
    for dialect, model in place.models.items():
        name = f"openai responses to {dialect}"
        place.test(f"{name}: a plain answer with usage", plain, client, model, dialect)
        place.test(f"{name}: a stream with usage", streamed, client, model, dialect)
        place.test(f"{name}: tools in parallel, reasoning items go back", converse, client, model, whole)
        place.test(f"{name}: the same, streamed", converse, client, model, assembled)
        place.test(f"{name}: a structured answer is parsed", form, client, model)
        place.test(f"{name}: an image is seen", image, client, model)
    place.test("openai responses: NotFoundError", refused, client)
    breaks(place, client)


def plain(client, model, dialect):
    """A whole answer."""
    answer, right = client.responses.create(model=model, input="hello"), made(dialect)
    assert (answer.status, answer.output_text) == ("completed", right.text), answer
    counted(answer.usage, right)


def counted(usage, right):
    """The figures are the provider's."""
    assert (usage.input_tokens, usage.output_tokens) == (right.input, right.output), usage
    assert usage.input_tokens_details.cached_tokens == right.cached, usage
    assert usage.output_tokens_details.reasoning_tokens == right.reasoning, usage


def streamed(client, model, dialect):
    """A streamed answer."""
    events = list(client.responses.create(model=model, input="hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events))), events
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == made(dialect).text == events[-1].response.output_text, text
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed"), events
    counted(events[-1].response.usage, made(dialect))


def whole(client, **asked):
    """A plain answer."""
    return client.responses.create(**asked)


def assembled(client, **asked):
    """A streamed answer, put together by the helper."""
    with client.responses.stream(**asked) as stream:
        for _ in stream:
            pass
        return stream.get_final_response()


def converse(client, model, answer):
    """Two steps with tools and the answer, with a model that wants its thoughts back."""
    items, steps = [{"role": "user", "content": "What is the weather?"}], []
    asked = {"model": model, "tools": TOOLS, "store": False, "include": ["reasoning.encrypted_content"]}
    while len(steps) < 5:
        made = answer(client, **asked, input=items, reasoning={"effort": "high", "summary": "auto"})
        items += made.output
        reasoning = [item for item in made.output if item.type == "reasoning"]
        assert "".join(part.text for part in reasoning[0].summary).startswith("I weigh"), made.output
        calls = [item for item in made.output if item.type == "function_call"]
        if not calls:
            break
        steps.append([json.loads(call.arguments)["city"] for call in calls])
        for call, city in zip(calls, steps[-1]):
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": result(city)})
    assert asked_for(steps), items
    assert told(made.output_text), made


def form(client, model):
    """An answer bound to a schema."""
    answer = client.responses.parse(model=model, input="hello", text_format=Form)
    assert is_form(answer.output_parsed.model_dump()), answer


def image(client, model):
    """A picture in the question."""
    url = {"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}", "detail": "auto"}
    turn = {"role": "user", "content": [{"type": "input_text", "text": "What is it?"}, url]}
    answer = client.responses.create(model=model, input=[turn])
    assert answer.output_text == SEEN, answer


def refused(client):
    """An unknown model."""
    error = raises(openai.NotFoundError, lambda: client.responses.create(model="no-such-model", input="hello"))
    assert error.code == "model_not_found" and error.request_id, repr(error)


def breaks(place, client):
    """A stream that breaks raises, read piece by piece and with the helper."""

    def plainly(model):
        return list(client.responses.create(model=model, input="hello", stream=True))

    def helped(model):
        with client.responses.stream(model=model, input="hello") as stream:
            for _ in stream:
                pass
            return stream.get_final_response()

    place.breaks("openai responses", openai.APIError, plainly)
    place.breaks("openai responses with the helper", openai.APIError, helped)
