// OpenAI's Node client: responses.
import {
  BASE, IMAGE, KEY, MODELS, SCHEMA, SEEN, WEATHER, all, askedFor, assert, breaks, check, fails, isForm, isText, load,
  result, told,
} from "./support/place.mjs";

const { OpenAI } = await load("openai");
const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY, maxRetries: 0, timeout: 30000 });
const input = "hello";
const tools = [{ type: "function", name: "get_weather", parameters: WEATHER, strict: false }];

const whole = (asked) => client.responses.create(asked);
const assembled = (asked) => client.responses.stream(asked).finalResponse();

async function converse(model, answer) {
  const items = [{ role: "user", content: "What is the weather?" }];
  const asked = { model, tools, store: false, include: ["reasoning.encrypted_content"] };
  const steps = [];
  let made;
  while (steps.length < 5) {
    made = await answer({ ...asked, input: items, reasoning: { effort: "high", summary: "auto" } });
    items.push(...made.output);
    assert.match(made.output[0].summary[0].text, /^I weigh/);
    const calls = made.output.filter((item) => item.type === "function_call");
    if (!calls.length) break;
    steps.push(calls.map((call) => JSON.parse(call.arguments).city));
    calls.forEach((call, at) =>
      items.push({ type: "function_call_output", call_id: call.call_id, output: result(steps.at(-1)[at]) }));
  }
  askedFor(steps);
  told(made.output_text);
}

for (const [dialect, model] of Object.entries(MODELS)) {
  const name = `openai responses to ${dialect}`;
  await check(`${name}: a plain answer with usage`, async () => {
    const answer = await client.responses.create({ model, input });
    isText(answer.output_text);
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  });
  await check(`${name}: a stream with usage`, async () => {
    const events = await all(await client.responses.create({ model, input, stream: true }));
    isText(events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join(""));
    assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
    assert.equal(events.at(-1).type, "response.completed");
    assert.ok(events.at(-1).response.usage.output_tokens > 0);
  });
  await check(`${name}: tools in parallel, reasoning items go back`, () => converse(model, whole));
  await check(`${name}: the same, streamed`, () => converse(model, assembled));
  await check(`${name}: a structured answer is parsed`, async () => {
    const format = { type: "json_schema", name: "form", schema: SCHEMA, strict: true };
    isForm((await client.responses.parse({ model, input, text: { format } })).output_parsed);
  });
  await check(`${name}: an image is seen`, async () => {
    const image = { type: "input_image", image_url: `data:image/png;base64,${IMAGE}`, detail: "auto" };
    const answer = await client.responses.create({ model, input: [{ role: "user", content: [image] }] });
    assert.equal(answer.output_text, SEEN);
  });
}
await check("openai responses: NotFoundError", async () => {
  const error = await fails(OpenAI.NotFoundError, () => client.responses.create({ model: "no-such-model", input }));
  assert.equal(error.code, "model_not_found");
});

await breaks("openai responses", OpenAI.APIError, async (model) =>
  all(await client.responses.create({ model, input, stream: true })));
await breaks("openai responses with the helper", OpenAI.OpenAIError, (model) =>
  client.responses.stream({ model, input }).finalResponse());
