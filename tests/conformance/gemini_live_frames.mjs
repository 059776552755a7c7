// Every frame that our Gemini Live provider encodes against the types of the official package, as literals in strict
// TypeScript, so that a key, a word or a type too many is an error.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { check, probe } from "./harness.mjs";
import { refused } from "./type_check.mjs";

const agents = {
  "a bare agent": { api_key: "invented" },
  "an agent with everything": {
    api_key: "invented", prompt: `You answer the phone of "Harbour\nDental".`, greeting: "Good day.", voice: "Kore",
    language: "en-US", transfer_to: "+14155550199",
  },
};

// Each is one step away from a good frame; a type check that takes one of these proves nothing.
const wrong = {
  "an unknown key": `{"setup":{"model":"m","toolConfig":{}}}`,
  "a word that does not exist":
    `{"setup":{"realtimeInputConfig":{"automaticActivityDetection":{"endOfSpeechSensitivity":"MEDIUM"}}}}`,
  "a number where 64 bits travel as text": `{"setup":{"contextWindowCompression":{"triggerTokens":40000}}}`,
  "a key in another case": `{"clientContent":{"turns":[],"turn_complete":true}}`,
  "an unknown key deep inside": `{"setup":{"tools":[{"functionDeclarations":[{"name":"f","behaviour":"BLOCKING"}]}]}}`,
  "a text where an object is due": `{"toolResponse":{"functionResponses":[{"response":"ok"}]}}`,
};

const head = `import type * as genai from "@google/genai";
// On the wire an enumeration is its word.
type Wire<T> = T extends string ? \`\${T}\` : T extends (infer U)[] ? Wire<U>[]
  : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
type Frame = Wire<genai.LiveClientMessage>;
`;

/** [name, JSON text] of everything that the provider can send for this agent. */
function framesOf(what, line) {
  const [answer] = probe("gemini", line);
  return { answer, frames: answer.frames.map(([name, text]) => [`${name} of ${what}`, text]) };
}

export async function checkGeminiLiveFrames() {
  const made = Object.entries(agents).map(([what, line]) => framesOf(what, line));
  const frames = made.flatMap(({ frames }) => frames);
  const bad = refused("gemini-types", head, [...frames, ...Object.entries(wrong)]);
  for (const [name, text] of frames) {
    await check(`@google/genai's types accept our frame: ${name}`, () => {
      assert.equal(bad.get(name), undefined, text.slice(0, 300));
      assert.equal(Object.keys(JSON.parse(text)).length, 1);
    });
  }
  for (const what of Object.keys(wrong)) {
    await check(`@google/genai's types refuse ${what}`, () => assert.ok(bad.has(what)));
  }
  await check("our Gemini provider sends every kind of frame that it has", () => {
    const kinds = new Set(made[1].answer.frames.map(([name]) => name));
    assert.deepEqual([...kinds].sort(), ["audio", "context", "greeting", "hang_up", "history", "missed", "nudge", "repeat", "say",
      "setup", "setup_history", "setup_resume", "text", "tool_error", "tool_result"]);
  });
  await check("the key of Gemini Live is in a header and nowhere else", () => {
    for (const { answer } of made) {
      assert.deepEqual(answer.headers, [["x-goog-api-key", "invented"]]);
      assert.equal(answer.url, "wss://generativelanguage.googleapis.com" +
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent");
      assert.ok(answer.frames.every(([, text]) => !text.includes("invented")));
    }
  });
  await check("what a caller's name does to JSON does not reach the frames of Gemini Live", () => {
    const say = made[1].answer.frames.find(([name]) => name === "say")[1];
    assert.ok(JSON.parse(say).clientContent.turns[0].parts[0].text.endsWith(`Zoë said "no\\yes"\n\t\u0001 \ufffd end`));
  });
  await check("caller audio is 16 kHz PCM in 20 ms frames", () => {
    const { audio } = JSON.parse(made[0].answer.frames.find(([name]) => name === "audio")[1]).realtimeInput;
    assert.equal(audio.mimeType, "audio/pcm;rate=16000");
    const bytes = Buffer.from(audio.data, "base64").length;
    assert.ok(bytes > 500 && bytes <= 640 && bytes % 2 === 0, `${bytes} bytes`);
  });
}

export const examples = JSON.parse(readFileSync(new URL("gemini/live_messages.json", import.meta.url)));
