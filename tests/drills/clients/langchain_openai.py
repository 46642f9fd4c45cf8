"""LangChain's client of OpenAI, which keeps of an answer its text and its calls alone."""

import openai
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from support.place import IMAGE, SEEN, asked_for, is_form, made, raises, result, told
from support.services import VECTOR


class Form(BaseModel):
    """The structured answer."""

    city: str
    degrees: int


def get_weather(city: str, unit: str = "C") -> str:
    """The weather in a city."""
    return result(city)


def run(place):
    """What people do with it."""
    common = {"base_url": f"{place.base}/v1", "api_key": place.key, "max_retries": 0, "timeout": 30}
    for dialect, model in place.models.items():
        chat = ChatOpenAI(model=model, reasoning_effort="high", use_responses_api=False, **common)
        sealed = {"store": False, "include": ["reasoning.encrypted_content"]}
        newer = ChatOpenAI(model=model, reasoning={"effort": "high"}, use_responses_api=True, **sealed, **common)
        name = f"langchain to {dialect}"
        place.test(f"{name}: a plain answer with usage", plain, chat, dialect)
        place.test(f"{name}: a stream with usage", streamed, chat, dialect)
        place.test(f"{name}: three turns with tools and a model that thinks", converse, chat, whole)
        place.test(f"{name}: the same, streamed", converse, chat, in_pieces)
        place.test(f"{name}: the same by responses", converse, newer, whole)
        place.test(f"{name}: a structured answer", form, chat)
        place.test(f"{name}: an image is seen", image, chat)
    place.test("langchain: a wrong key is an error", refused, common)
    place.test("langchain: embeddings", embeddings, common)

    def broken(model):
        return list(ChatOpenAI(model=model, **common).stream("hello"))

    place.breaks("langchain", openai.APIError, broken)


def plain(chat, dialect):
    """A whole answer."""
    counted(chat.invoke("hello"), made(dialect))


def streamed(chat, dialect):
    """A streamed answer."""
    counted(in_pieces(chat, "hello"), made(dialect))


def counted(message, right):
    """Text and figures are the provider's."""
    assert message.text == right.text, message
    usage = message.usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"]) == (right.input, right.output), usage


def whole(chat, turns):
    """A plain answer."""
    return chat.invoke(turns)


def in_pieces(chat, turns):
    """A streamed answer, added up."""
    chunks = list(chat.stream(turns, stream_usage=True))
    return sum(chunks[1:], chunks[0])


def converse(chat, answer):
    """Two steps with tools and the answer."""
    bound, turns, steps = chat.bind_tools([get_weather]), [HumanMessage("What is the weather?")], []
    while len(steps) < 5:
        message = answer(bound, turns)
        turns.append(message)
        if not message.tool_calls:
            break
        steps.append([call["args"]["city"] for call in message.tool_calls])
        for call in message.tool_calls:
            turns.append(ToolMessage(result(call["args"]["city"]), tool_call_id=call["id"]))
    assert asked_for(steps), turns
    assert told(message.text), message


def form(chat):
    """An answer bound to a schema."""
    answer = chat.with_structured_output(Form, method="json_schema").invoke("hello")
    assert is_form(answer.model_dump()), answer


def image(chat):
    """A picture in the question."""
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}}
    answer = chat.invoke([HumanMessage([{"type": "text", "text": "What is it?"}, url])])
    assert answer.text == SEEN, answer


def refused(common):
    """A wrong key."""
    chat = ChatOpenAI(model="drill-small", **{**common, "api_key": "sk-manti-wrong"})
    raises(openai.AuthenticationError, chat.invoke, "hello")


def embeddings(common):
    """Vectors; lengths are not checked here, which would load the tables of a tokeniser."""
    found = OpenAIEmbeddings(model="chat/service", check_embedding_ctx_length=False, **common).embed_documents(["one"])
    assert tuple(found[0]) == VECTOR, found
