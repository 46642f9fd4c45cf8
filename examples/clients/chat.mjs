// A streamed answer with OpenAI's Node client: GATEWAY_KEY=sk-manti-… node chat.mjs [MODEL]
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: `${process.env.GATEWAY_URL ?? "http://127.0.0.1:8080"}/v1`,
  apiKey: process.env.GATEWAY_KEY,
});
const stream = await client.chat.completions.create({
  model: process.argv[2] ?? "demo",
  messages: [{ role: "user", content: "Hello" }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
process.stdout.write("\n");
