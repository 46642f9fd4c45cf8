// The official Node clients through the gateway at BASE with KEY; packages from MODULES.
// Started by sdk.py, which reads the lines `ok …` and `FAIL …`.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.MODULES}/`);
const OpenAI = require("openai").default ?? require("openai");
const Anthropic = require("@anthropic-ai/sdk").default ?? require("@anthropic-ai/sdk");
const { BASE, KEY } = process.env;
const hello = [{ role: "user", content: "hello" }];
const schema = { type: "object", properties: { city: { type: "string" }, unit: { type: "string" } }, required: ["city"] };
let failed = 0;

async function check(name, test) {
  try {
    const wrong = await test();
    if (wrong) throw new Error(typeof wrong === "string" ? wrong : JSON.stringify(wrong));
    console.log(`ok node ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL node ${name}`);
    console.log(`  ${error?.stack ?? error}`.slice(0, 1500));
  }
}

// Null when the call fails with this class and the rest holds, else what came instead.
async function fails(kind, call, holds) {
  try {
    const answer = await call();
    return `no error: ${JSON.stringify(answer)}`;
  } catch (error) {
    return error instanceof kind && holds(error) ? null : `${error?.constructor?.name} ${error}`;
  }
}

const openai = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY, maxRetries: 0, timeout: 30000 });
await check("openai: models.list", async () => {
  const ids = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  return ids.includes("gpt-4o") && ids.includes("drill-small") ? null : ids;
});
for (const model of ["gpt-4o", "claude-drill"]) {
  const asked = { model, messages: hello, user: `node-${model}`, max_tokens: 500 };
  await check(`openai: a plain answer of ${model}`, async () => {
    const answer = await openai.chat.completions.create(asked);
    return answer.choices[0].message.content.includes("says:") && answer.usage.total_tokens > 0 ? null : answer;
  });
  await check(`openai: a stream of ${model} with usage`, async () => {
    let text = "", usage = null, finish = null;
    const stream = await openai.chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    return text.includes("wörd-1") && finish === "stop" && usage?.completion_tokens > 0 ? null : { text, finish, usage };
  });
  await check(`openai: a streamed tool call of ${model}`, async () => {
    const tools = [{ type: "function", function: { name: "get_weather", parameters: schema } }];
    let text = "", finish = null;
    for await (const chunk of await openai.chat.completions.create({ ...asked, tools, stream: true })) {
      text += chunk.choices[0]?.delta?.tool_calls?.[0]?.function?.arguments ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    return finish === "tool_calls" && JSON.parse(text).city === "Zürich" ? null : { text, finish };
  });
}
const create = (model, more = {}) => () => openai.chat.completions.create({ model, messages: hello, ...more });
await check("openai: AuthenticationError", () =>
  fails(OpenAI.AuthenticationError, () => new OpenAI({ baseURL: `${BASE}/v1`, apiKey: "sk-manti-wrong", maxRetries: 0 }).models.list(), (e) => e.code === "invalid_api_key"));
await check("openai: NotFoundError", () => fails(OpenAI.NotFoundError, create("no-such-model"), (e) => e.code === "model_not_found"));
await check("openai: BadRequestError", () => fails(OpenAI.BadRequestError, create("fail-400"), (e) => `${e}`.includes("scripted 400")));
await check("openai: InternalServerError", () => fails(OpenAI.InternalServerError, create("demo/500"), (e) => e.status === 502));
await check("openai: a cut stream throws", () =>
  fails(OpenAI.APIError, async () => { for await (const _ of await create("demo/cut", { stream: true })()); }, () => true));

const anthropic = new Anthropic({ baseURL: BASE, apiKey: KEY, maxRetries: 0, timeout: 30000 });
await check("anthropic: models.list", async () => {
  const ids = [];
  for await (const model of anthropic.models.list()) ids.push(model.id);
  return ids.includes("claude-drill") ? null : ids;
});
for (const model of ["claude-drill", "gpt-4o"]) {
  const asked = { model, messages: hello, max_tokens: 500, metadata: { user_id: `node-a-${model}` } };
  await check(`anthropic: a plain answer of ${model}`, async () => {
    const answer = await anthropic.messages.create(asked);
    return answer.content[0].text.includes("says:") && answer.usage.output_tokens > 0 ? null : answer;
  });
  await check(`anthropic: a stream of ${model}`, async () => {
    const final = await anthropic.messages.stream(asked).finalMessage();
    return final.content[0].text.includes("wörd-1") && final.stop_reason === "end_turn" ? null : final;
  });
  await check(`anthropic: a streamed tool call of ${model}`, async () => {
    const tools = [{ name: "get_weather", input_schema: schema }];
    const final = await anthropic.messages.stream({ ...asked, tools }).finalMessage();
    const use = final.content.find((block) => block.type === "tool_use");
    return final.stop_reason === "tool_use" && use?.input?.city === "Zürich" ? null : final;
  });
}
const message = (model) => () => anthropic.messages.create({ model, messages: hello, max_tokens: 50 });
await check("anthropic: NotFoundError", () => fails(Anthropic.NotFoundError, message("no-such-model"), (e) => e.error?.error?.type === "not_found_error"));
await check("anthropic: BadRequestError", () => fails(Anthropic.BadRequestError, message("fail-400"), (e) => `${e}`.includes("scripted 400")));
await check("anthropic: InternalServerError", () => fails(Anthropic.InternalServerError, message("demo/429"), (e) => e.status === 529));
process.exit(failed ? 1 : 0);
