// Vercel's AI SDK with four of its providers; those of OpenAI's chat keep of an answer its text
// and its calls alone.
import {
  BASE, IMAGE, KEY, MODELS, SCHEMA, SEEN, assert, askedFor, breaks, check, fails, isForm, isText, loadModule, result, told,
} from "./support/place.mjs";

const { APICallError, Output, embed, generateText, jsonSchema, stepCountIs, streamText, tool } = await loadModule("ai");
const { createAnthropic } = await loadModule("@ai-sdk/anthropic");
const { createGoogleGenerativeAI } = await loadModule("@ai-sdk/google");
const { createOpenAI } = await loadModule("@ai-sdk/openai");
const { createOpenAICompatible } = await loadModule("@ai-sdk/openai-compatible");
const { z } = await loadModule("zod");

// The clients complain of models that they do not know.
globalThis.AI_SDK_LOG_WARNINGS = false;
const baseURL = `${BASE}/v1`;
const openai = createOpenAI({ baseURL, apiKey: KEY });
const compatible = createOpenAICompatible({
  name: "manti", baseURL, apiKey: KEY, includeUsage: true, supportsStructuredOutputs: true,
});
const anthropic = createAnthropic({ baseURL, apiKey: KEY });
const google = createGoogleGenerativeAI({ baseURL: `${BASE}/v1beta`, apiKey: KEY });

// Each way to a model, and how its thinking is asked for.
const thinking = { type: "enabled", budgetTokens: 2000 };
const thinkingConfig = { includeThoughts: true, thinkingLevel: "high" };
const WAYS = {
  "openai chat": [(model) => openai.chat(model), { openai: { reasoningEffort: "high", forceReasoning: true } }],
  "openai responses": [
    (model) => openai.responses(model),
    { openai: { reasoningEffort: "high", forceReasoning: true, store: false, include: ["reasoning.encrypted_content"] } },
  ],
  "openai-compatible": [(model) => compatible(model), { manti: { reasoningEffort: "high" } }],
  anthropic: [(model) => anthropic(model), { anthropic: { thinking } }],
  // A name with a slash is an address for it, unless it begins so.
  google: [(model) => google(`models/${model}`), { google: { thinkingConfig } }],
};
const plain = { prompt: "hello", maxRetries: 0 };

async function converse(model, providerOptions, answer) {
  const steps = [];
  const get_weather = tool({
    description: "Weather",
    inputSchema: z.object({ city: z.string(), unit: z.string().optional() }),
    execute: async ({ city }) => result(city),
  });
  const made = await answer({
    model, providerOptions, tools: { get_weather }, prompt: "What is the weather?", maxRetries: 0, stopWhen: stepCountIs(5),
    onStepFinish: ({ toolCalls }) => toolCalls.length && steps.push(toolCalls.map((call) => call.input.city)),
  });
  askedFor(steps);
  told(made);
}
const whole = async (asked) => (await generateText(asked)).text;
// Errors of a stream are parts of it.
const streamed = async (asked) => {
  const answer = streamText({ ...asked, onError: () => {} });
  for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
  return answer.text;
};

for (const [way, [of, options]] of Object.entries(WAYS)) {
  for (const [dialect, id] of Object.entries(MODELS)) {
    const name = `ai ${way} to ${dialect}`;
    const model = of(id);
    await check(`${name}: a plain answer with usage`, async () => {
      const answer = await generateText({ model, ...plain });
      isText(answer.text);
      assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
    });
    await check(`${name}: a stream with usage`, async () => {
      const answer = streamText({ model, ...plain });
      isText(await answer.text);
      assert.ok((await answer.usage).outputTokens > 0);
      assert.equal(await answer.finishReason, "stop");
    });
    await check(`${name}: three turns with tools and a model that thinks`, () => converse(model, options, whole));
    await check(`${name}: the same, streamed`, () => converse(model, options, streamed));
    await check(`${name}: a structured answer`, async () => {
      const output = Output.object({ schema: jsonSchema(SCHEMA) });
      isForm((await generateText({ model, ...plain, output })).output);
    });
    await check(`${name}: an image is seen`, async () => {
      const content = [{ type: "image", image: IMAGE, mediaType: "image/png" }, { type: "text", text: "What is it?" }];
      assert.equal((await generateText({ model, maxRetries: 0, messages: [{ role: "user", content }] })).text, SEEN);
    });
  }
  await check(`ai ${way}: an unknown model is an APICallError`, async () => {
    const error = await fails(APICallError, () => generateText({ model: of("no-such-model"), ...plain }));
    assert.equal(error.statusCode, 404);
    assert.match(error.responseHeaders["x-request-id"], /^req_/);
  });
  await breaks(`ai ${way}`, Object, (model) => streamed({ model: of(model), ...plain }));
}
await check("ai: embeddings", async () => {
  const { embedding } = await embed({ model: openai.embedding("chat/service"), value: "one" });
  assert.deepEqual(embedding, [0.25, -0.5, 0.125]);
});
