// OpenAI's Node client: what is no conversation.
import { BASE, IMAGE, KEY, assert, check, load } from "./support/place.mjs";

const { OpenAI, toFile } = await load("openai");
const client = new OpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY, maxRetries: 0, timeout: 30000 });
const model = "chat/service";

await check("openai: embeddings, packed and as numbers", async () => {
  for (const more of [{}, { encoding_format: "float" }]) {
    const answer = await client.embeddings.create({ model, input: ["one", "two"], ...more });
    assert.deepEqual(answer.data.map((found) => found.embedding), [[0.25, -0.5, 0.125], [0.25, -0.5, 0.125]]);
    assert.equal(answer.usage.prompt_tokens, 7);
  }
});
await check("openai: moderations", async () => {
  assert.equal((await client.moderations.create({ model, input: "hello" })).results[0].flagged, false);
});
await check("openai: images", async () => {
  assert.equal((await client.images.generate({ model, prompt: "a red pixel" })).data[0].b64_json, IMAGE);
});
await check("openai: speech, and what was said in it", async () => {
  const speech = await client.audio.speech.create({ model, voice: "alloy", input: "hello" });
  const sound = Buffer.from(await speech.arrayBuffer());
  assert.equal(sound.subarray(0, 4).toString(), "RIFF");
  const answer = await client.audio.transcriptions.create({ model, file: await toFile(sound, "said.wav") });
  assert.equal(answer.text, "wörd by wörd");
});
