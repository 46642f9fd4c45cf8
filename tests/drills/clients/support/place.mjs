// Where Node's clients are tried, and how: packages from MODULES, the gateway at BASE with KEY.
// Each check prints a line `ok …` or `FAIL …`, which sdk.py counts.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.MODULES}/`);
export { assert };
export const { BASE, KEY } = process.env;

// Uses up what a key with one request a minute may; gives the key.
export async function spend() {
  const headers = { authorization: `Bearer ${process.env.LIMITED}`, "content-type": "application/json" };
  const body = JSON.stringify({ model: "drill-small", messages: [{ role: "user", content: "hello" }] });
  await (await fetch(`${BASE}/v1/chat/completions`, { method: "POST", headers, body })).text();
  return process.env.LIMITED;
}

// A package of MODULES: files outside of that folder cannot name it themselves.
export const load = async (name) => {
  const found = require(name);
  return found.default && !found.__esModule ? found.default : found;
};
// The same for packages that are modules only.
export const loadModule = (name) => import(pathToFileURL(require.resolve(name)).href);

// A model that thinks at a provider of each dialect; support/place.py has the same.
export const MODELS = {
  chat: "chat/gpt-5.2-drill",
  responses: "responses/gpt-5.2",
  messages: "anthropic/claude-sonnet-4-5",
  gemini: "gemini/gemini-3-flash-preview",
};
export const PROVIDERS = Object.values(MODELS).map((model) => model.split("/")[0]);
export const CUTS = ["cut-reset", "cut-end", "cut-start"];
export const IMAGE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
export const SEEN = `I see image/png of ${Buffer.from(IMAGE, "base64").length} bytes`;
export const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, unit: { type: "string" } },
  required: ["city"],
};
export const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};
export const result = (city) => `21 in ${city}`;
const STEPS = [["Zürich", "Oslo"], ["Rome"]];

// Whether each step asked for its cities, in parallel and in order.
export const askedFor = (steps) => assert.deepEqual(steps, STEPS);
// Whether an answer repeats the results of all steps.
export const told = (text) => {
  for (const city of STEPS.flat()) assert.ok(text?.includes(result(city)), `no ${city} in ${text}`);
};
export const isForm = (value) => assert.deepEqual(value, { city: "Zürich", degrees: 21 });
// The text of a plain answer.
export const isText = (text) => assert.match(text ?? "", /^nobody says: wörd-0 wörd-1/);

export async function check(name, test) {
  try {
    await test();
    console.log(`ok node ${name}`);
  } catch (error) {
    const line = `${error?.stack}`.split("\n").find((text) => text.includes("/drills/")) ?? "";
    console.log(`FAIL node ${name}\n ${line}\n  ${error?.constructor?.name} ${error}`.slice(0, 2500));
  }
}

// The error of this class that a call ends in.
export async function fails(kind, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    assert.ok(error instanceof kind, `${error?.constructor?.name} ${error}`);
    return error;
  }
  return assert.fail(`no error but ${JSON.stringify(answer)}`.slice(0, 1500));
}

// Every broken stream of every dialect ends in this class, and no other stream does.
export async function breaks(name, kind, stream) {
  for (const provider of PROVIDERS) {
    await check(`${name}: ${provider}'s whole stream does not throw`, () => stream(`${provider}/whole`));
    for (const cut of CUTS)
      await check(`${name}: ${provider} ${cut} throws`, () => fails(kind, () => stream(`${provider}/${cut}`)));
  }
}

// Everything that a stream brings.
export async function all(stream) {
  const found = [];
  for await (const piece of stream) found.push(piece);
  return found;
}
