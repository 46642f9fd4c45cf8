"""Google's generateContent."""

import json

from ..conversation import Asked, Step, Thought, picture, standard

WORDS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


def field(value, name):
    """A field, which Google takes in two spellings."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return value.get(name, value.get(snake))


def read(body, model, stream):
    """What a request asks; the model and the kind of answer stand in its address."""
    asked = Asked(model, stream, "gemini")
    for tool in body.get("tools") or []:
        asked.tools += [function["name"] for function in field(tool, "functionDeclarations") or []]
    settings = field(body, "generationConfig") or {}
    asked.form = bool(field(settings, "responseJsonSchema") or field(settings, "responseSchema"))
    asked.thinks = model.startswith("gemini-3")
    asked.shows = bool(field(field(settings, "thinkingConfig") or {}, "includeThoughts"))
    for content in body["contents"]:
        parts = content["parts"]
        calls = [part for part in parts if "functionCall" in part]
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        if content["role"] == "model":
            if calls:
                ids = [part["functionCall"].get("id") for part in calls]
                proof = field(calls[0], "thoughtSignature")
                asked.steps.append(Step(ids, Thought("", standard(proof)) if proof else None))
        elif results:
            asked.results += [spelled(result["response"]) for result in results]
        else:
            asked.question("".join(part.get("text", "") for part in parts))
            for part in parts:
                image = field(part, "inlineData")
                if image:
                    asked.image = picture(field(image, "mimeType"), standard(image["data"]))
    return asked


def spelled(response):
    """The text of a result: a text that was put into an object by whoever had to, or the object."""
    alone = list(response.values())[0] if len(response) == 1 else None
    return alone if isinstance(alone, str) else json.dumps(response, ensure_ascii=False)


def usage(made):
    """Thoughts are counted beside the candidates."""
    return {
        "promptTokenCount": made.input,
        "cachedContentTokenCount": made.cached,
        "candidatesTokenCount": made.output - made.reasoning,
        "thoughtsTokenCount": made.reasoning,
        "totalTokenCount": made.input + made.output,
    }


def parts_of(asked, said):
    """The parts of an answer: calls come whole, and the first has the proof."""
    if said.thought and asked.shows:
        yield {"text": said.thought.text, "thought": True}
    for word in said.words:
        yield {"text": word}
    for number, call in enumerate(said.calls):
        part = {"functionCall": {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}}
        if said.thought and number == 0:
            part["thoughtSignature"] = said.thought.proof
        yield part


def answer(asked, parts, said, finish=None):
    """An answer or a part of one."""
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    about = {"usageMetadata": usage(said.made), "modelVersion": asked.model, "responseId": "answer-1"}
    return {"candidates": [candidate], **about}


def whole(asked, said):
    """A plain answer."""
    joined = [part for part in parts_of(asked, said) if "thought" in part or "functionCall" in part]
    if said.words:
        joined.append({"text": said.text})
    return answer(asked, joined, said, "STOP")


def events(asked, said, _body):
    """A streamed answer."""
    parts = list(parts_of(asked, said))
    calls = [part for part in parts if "functionCall" in part]
    for part in parts[: len(parts) - len(calls)]:
        yield None, json.dumps(answer(asked, [part], said))
    if calls:
        # Calls that are made in parallel come together.
        yield None, json.dumps(answer(asked, calls, said))
    last = {"text": ""}
    if said.thought and not said.calls:
        # The proof of an answer without calls comes in a last part without a text.
        last["thoughtSignature"] = said.thought.proof
    yield None, json.dumps(answer(asked, [last], said, "STOP"))


def error(status, message):
    """An error."""
    return {"error": {"code": status, "message": message, "status": WORDS.get(status, "INTERNAL")}}
