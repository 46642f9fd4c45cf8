// Anthropic's Node client: messages.
import {
  BASE, IMAGE, KEY, MODELS, SCHEMA, SEEN, WEATHER, all, askedFor, assert, breaks, check, fails, isForm, isText,
  load, result, spend, told,
} from "./support/place.mjs";

const { Anthropic } = await load("@anthropic-ai/sdk");
const at = (apiKey) => new Anthropic({ baseURL: BASE, apiKey, maxRetries: 0, timeout: 30000 });
const client = at(KEY);
const hello = { messages: [{ role: "user", content: "hello" }], max_tokens: 500 };
const tools = [{ name: "get_weather", input_schema: WEATHER }];
const textOf = (message) => message.content.filter((block) => block.type === "text").map((block) => block.text).join("");

await check("anthropic: models are listed and retrieved", async () => {
  const ids = (await all(client.models.list())).map((model) => model.id);
  assert.ok(ids.includes("drill-small"), `${ids}`);
  assert.equal((await client.models.retrieve("drill-small")).id, "drill-small");
});

const whole = (asked) => client.messages.create(asked);
const assembled = (asked) => client.messages.stream(asked).finalMessage();

async function converse(model, answer) {
  const turns = [{ role: "user", content: "What is the weather?" }];
  const thinking = { type: "enabled", budget_tokens: 2000 };
  const steps = [];
  let message;
  while (steps.length < 5) {
    message = await answer({ model, messages: turns, max_tokens: 5000, tools, thinking });
    assert.match(message.content[0].thinking, /^I weigh/);
    turns.push({ role: "assistant", content: message.content });
    const calls = message.content.filter((block) => block.type === "tool_use");
    if (!calls.length) break;
    steps.push(calls.map((call) => call.input.city));
    const content = calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: result(call.input.city) }));
    turns.push({ role: "user", content });
  }
  askedFor(steps);
  told(textOf(message));
}

for (const [dialect, model] of Object.entries(MODELS)) {
  const name = `anthropic to ${dialect}`;
  await check(`${name}: a plain answer with usage and request id`, async () => {
    const answer = await client.messages.create({ model, ...hello });
    isText(textOf(answer));
    assert.ok(answer.usage.input_tokens >= 0 && answer.usage.output_tokens > 0);
    assert.match(answer._request_id, /^req_/);
  });
  await check(`${name}: a stream`, async () => {
    const final = await assembled({ model, ...hello });
    isText(textOf(final));
    assert.equal(final.stop_reason, "end_turn");
    assert.ok(final.usage.output_tokens > 0);
  });
  await check(`${name}: tools in parallel, results and thoughts go back`, () => converse(model, whole));
  await check(`${name}: the same, streamed`, () => converse(model, assembled));
  await check(`${name}: a structured answer`, async () => {
    const output_config = { format: { type: "json_schema", schema: SCHEMA } };
    isForm(JSON.parse(textOf(await client.messages.create({ model, ...hello, output_config }))));
  });
  await check(`${name}: an image is seen`, async () => {
    const source = { type: "base64", media_type: "image/png", data: IMAGE };
    const messages = [{ role: "user", content: [{ type: "image", source }] }];
    assert.equal(textOf(await client.messages.create({ model, messages, max_tokens: 500 })), SEEN);
  });
  await check(`${name}: tokens are counted`, async () => {
    assert.ok((await client.messages.countTokens({ model, messages: hello.messages })).input_tokens > 0);
  });
}

const create = (model, apiKey = KEY) => () => at(apiKey).messages.create({ model, ...hello });
for (const [kind, status, word, call] of [
  ["AuthenticationError", 401, "authentication_error", create("drill-small", "sk-manti-wrong")],
  ["NotFoundError", 404, "not_found_error", create("no-such-model")],
  ["RateLimitError", 429, "rate_limit_error", create("drill-small", await spend())],
  ["InternalServerError", 529, "overloaded_error", create("chat/fail-429")],
  ["InternalServerError", 502, "api_error", create("gemini/fail-500")],
]) {
  await check(`anthropic: ${kind} ${status} ${word}`, async () => {
    const error = await fails(Anthropic[kind], call);
    assert.deepEqual([error.status, error.error.error.type], [status, word]);
    assert.match(error.requestID, /^req_/);
    if (status === 429) assert.ok(Number(error.headers.get("retry-after")) > 0);
  });
}
await check("anthropic: BadRequestError with the provider's words", async () => {
  assert.match(`${await fails(Anthropic.BadRequestError, create("responses/fail-400"))}`, /scripted 400/);
});

await breaks("anthropic", Anthropic.APIError, async (model) =>
  all(await client.messages.create({ model, ...hello, stream: true })));
await breaks("anthropic with the helper", Anthropic.AnthropicError, (model) => assembled({ model, ...hello }));
