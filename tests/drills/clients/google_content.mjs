// Google's Node client: generateContent.
import {
  BASE, IMAGE, KEY, MODELS, SCHEMA, SEEN, WEATHER, all, askedFor, assert, breaks, check, fails, isForm, isText,
  load, result, spend, told,
} from "./support/place.mjs";

const { ApiError, GoogleGenAI } = await load("@google/genai");
const at = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: BASE, timeout: 30000 } });
const client = at(KEY);
const contents = "hello";

await check("google: models are listed and retrieved", async () => {
  const names = (await all(await client.models.list())).map((model) => model.name);
  assert.ok(names.includes("models/drill-small"), `${names}`);
  assert.equal((await client.models.get({ model: "drill-small" })).name, "models/drill-small");
});

const whole = (chat, message) => chat.sendMessage({ message });
// A streamed answer as one: its calls, and its text.
const assembled = async (chat, message) => {
  const chunks = await all(await chat.sendMessageStream({ message }));
  const functionCalls = chunks.flatMap((chunk) => chunk.functionCalls ?? []);
  return { functionCalls, text: chunks.map((chunk) => chunk.text ?? "").join("") };
};

async function converse(model, answer) {
  const tools = [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: WEATHER }] }];
  const thinkingConfig = { includeThoughts: true, thinkingLevel: "HIGH" };
  const chat = client.chats.create({ model, config: { tools, thinkingConfig } });
  const steps = [];
  let made = await answer(chat, "What is the weather?");
  while (made.functionCalls?.length && steps.length < 5) {
    steps.push(made.functionCalls.map((call) => call.args.city));
    const responses = made.functionCalls.map(({ id, name, args }) => ({
      functionResponse: { id, name, response: { output: result(args.city) } },
    }));
    made = await answer(chat, responses);
  }
  askedFor(steps);
  told(made.text);
}

for (const [dialect, model] of Object.entries(MODELS)) {
  const name = `google to ${dialect}`;
  await check(`${name}: a plain answer with usage`, async () => {
    const answer = await client.models.generateContent({ model, contents });
    isText(answer.text);
    assert.ok(answer.usageMetadata.promptTokenCount > 0 && answer.usageMetadata.totalTokenCount > 0);
  });
  await check(`${name}: a stream with usage`, async () => {
    const chunks = await all(await client.models.generateContentStream({ model, contents }));
    isText(chunks.map((chunk) => chunk.text ?? "").join(""));
    assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
    assert.ok(chunks.at(-1).usageMetadata.totalTokenCount > 0);
  });
  await check(`${name}: a chat with calls in parallel`, () => converse(model, whole));
  await check(`${name}: the same, streamed`, () => converse(model, assembled));
  await check(`${name}: a structured answer`, async () => {
    const config = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };
    isForm(JSON.parse((await client.models.generateContent({ model, contents, config })).text));
  });
  await check(`${name}: an image is seen`, async () => {
    const part = { inlineData: { mimeType: "image/png", data: IMAGE } };
    assert.equal((await client.models.generateContent({ model, contents: [part] })).text, SEEN);
  });
  await check(`${name}: tokens are counted`, async () => {
    assert.ok((await client.models.countTokens({ model, contents })).totalTokens > 0);
  });
}

const create = (model, key = KEY) => () => at(key).models.generateContent({ model, contents });
for (const [status, word, call] of [
  [401, "UNAUTHENTICATED", create("drill-small", "sk-manti-wrong")],
  [404, "NOT_FOUND", create("no-such-model")],
  [429, "RESOURCE_EXHAUSTED", create("drill-small", await spend())],
  [400, "scripted 400", create("chat/fail-400")],
  [503, "UNAVAILABLE", create("gemini/fail-429")],
  [502, "UNAVAILABLE", create("anthropic/fail-500")],
]) {
  await check(`google: ApiError ${status} ${word}`, async () => {
    const error = await fails(ApiError, call);
    assert.equal(error.status, status);
    assert.ok(error.message.includes(word), error.message);
    assert.match(error.message, /req_/);
  });
}

await breaks("google", Error, async (model) => all(await client.models.generateContentStream({ model, contents })));
