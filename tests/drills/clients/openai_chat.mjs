// OpenAI's Node client: models and chat completions.
import {
  BASE, IMAGE, KEY, MODELS, SCHEMA, SEEN, WEATHER, all, askedFor, assert, breaks, check, fails, isForm, isText,
  load, result, spend, told,
} from "./support/place.mjs";

const { OpenAI } = await load("openai");
const at = (apiKey) => new OpenAI({ baseURL: `${BASE}/v1`, apiKey, maxRetries: 0, timeout: 30000 });
const client = at(KEY);
const messages = [{ role: "user", content: "hello" }];
const tools = [{ type: "function", function: { name: "get_weather", parameters: WEATHER } }];

await check("openai: models are listed and retrieved", async () => {
  const ids = (await all(client.models.list())).map((model) => model.id);
  assert.ok(ids.includes("drill-small"), `${ids}`);
  assert.equal((await client.models.retrieve("drill-small")).id, "drill-small");
});

// A message as it came, and one put together of a stream, of which text and calls are kept.
const whole = async (asked) => (await client.chat.completions.create(asked)).choices[0].message;
const assembled = async (asked) => {
  const { role, content, tool_calls } = await client.chat.completions.stream(asked).finalMessage();
  return tool_calls?.length ? { role, content, tool_calls } : { role, content };
};

async function converse(model, answer) {
  const turns = [{ role: "user", content: "What is the weather?" }];
  const steps = [];
  let message;
  while (steps.length < 5) {
    message = await answer({ model, messages: turns, tools, reasoning_effort: "high" });
    turns.push(message);
    if (!message.tool_calls?.length) break;
    steps.push(message.tool_calls.map((call) => JSON.parse(call.function.arguments).city));
    message.tool_calls.forEach((call, at) =>
      turns.push({ role: "tool", tool_call_id: call.id, content: result(steps.at(-1)[at]) }));
  }
  askedFor(steps);
  told(message.content);
}

for (const [dialect, model] of Object.entries(MODELS)) {
  const name = `openai chat to ${dialect}`;
  await check(`${name}: a plain answer with usage and request id`, async () => {
    const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
    isText(data.choices[0].message.content);
    assert.ok(data.usage.prompt_tokens > 0 && data.usage.completion_tokens > 0);
    assert.match(response.headers.get("x-request-id"), /^req_/);
  });
  await check(`${name}: a stream with usage`, async () => {
    const asked = { model, messages, stream: true, stream_options: { include_usage: true } };
    const chunks = await all(await client.chat.completions.create(asked));
    isText(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join(""));
    assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  });
  await check(`${name}: tools in parallel, results and thoughts go back`, () => converse(model, whole));
  await check(`${name}: the same, streamed, with calls alone`, () => converse(model, assembled));
  await check(`${name}: a structured answer`, async () => {
    const response_format = { type: "json_schema", json_schema: { name: "form", schema: SCHEMA, strict: true } };
    const answer = await client.chat.completions.parse({ model, messages, response_format });
    isForm(answer.choices[0].message.parsed);
  });
  await check(`${name}: an image is seen`, async () => {
    const content = [{ type: "image_url", image_url: { url: `data:image/png;base64,${IMAGE}` } }];
    const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content }] });
    assert.equal(answer.choices[0].message.content, SEEN);
  });
}

const create = (model, apiKey = KEY) => () => at(apiKey).chat.completions.create({ model, messages });
for (const [kind, status, code, call] of [
  ["AuthenticationError", 401, "invalid_api_key", create("drill-small", "sk-manti-wrong")],
  ["NotFoundError", 404, "model_not_found", create("no-such-model")],
  ["RateLimitError", 429, "rate_limit_exceeded", create("drill-small", await spend())],
  ["InternalServerError", 503, "upstream_overloaded", create("chat/fail-429")],
  ["InternalServerError", 502, "upstream_error", create("anthropic/fail-500")],
]) {
  await check(`openai: ${kind} ${status} ${code}`, async () => {
    const error = await fails(OpenAI[kind], call);
    assert.deepEqual([error.status, error.code], [status, code]);
    assert.match(error.requestID, /^req_/);
    if (status === 429) assert.ok(Number(error.headers.get("retry-after")) > 0);
  });
}
await check("openai: BadRequestError with the provider's words", async () => {
  assert.match(`${await fails(OpenAI.BadRequestError, create("gemini/fail-400"))}`, /scripted 400/);
});

await breaks("openai chat", OpenAI.APIError, async (model) =>
  all(await client.chat.completions.create({ model, messages, stream: true })));
await breaks("openai chat with the helper", OpenAI.OpenAIError, (model) =>
  client.chat.completions.stream({ model, messages }).finalMessage());
