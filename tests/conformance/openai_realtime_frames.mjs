// Every frame that our OpenAI Realtime provider encodes against the types of the official package.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { check, probe } from "./harness.mjs";
import { refused } from "./type_check.mjs";

export const examples = JSON.parse(readFileSync(new URL("openai/client_messages.json", import.meta.url))).messages;

const agents = {
  "a bare agent": { api_key: "invented" },
  "an agent with everything": {
    api_key: "invented", instructions: `You answer the phone of "Harbour\nDental".`, greeting: "Good day.",
    voice: "marin", transfer_to: "+14155550199",
  },
};

// Each is one step away from a good frame; a type check that takes one of these proves nothing.
const wrong = {
  "an unknown key": `{"type":"session.update","session":{"type":"realtime","output_audio_format":"g711_ulaw"}}`,
  "a format of the beta":
    `{"type":"session.update","session":{"type":"realtime","audio":{"input":{"format":{"type":"g711_ulaw"}}}}}`,
  "a rate beside mu-law":
    `{"type":"session.update","session":{"type":"realtime","audio":{"output":{"format":{"type":"audio/pcmu","rate":8000}}}}}`,
  "an event of the beta": `{"type":"input_audio_buffer.append_audio","audio":""}`,
  "a text of the wrong side":
    `{"type":"conversation.item.create","item":{"type":"message","role":"assistant","content":[{"type":"input_text","text":"x"}]}}`,
  "a missing position": `{"type":"conversation.item.truncate","item_id":"item_1","content_index":0}`,
  "a number in metadata": `{"type":"response.create","response":{"metadata":{"event_id":7}}}`,
};

const head = `import type { RealtimeClientEvent } from "openai/resources/realtime/realtime";
type Frame = RealtimeClientEvent;
`;

/** [name, JSON text] of everything that the provider can send for this agent. */
function framesOf(what, line) {
  const [answer] = probe("openai", line);
  return { answer, frames: answer.frames.map(([name, text], i) => [`${name} (${i}) of ${what}`, text]) };
}

const kinds = ["answer", "audio", "cancel", "context", "delete", "greeting", "history", "nudge", "pause", "resume", "say",
  "setup", "setup_paused", "text", "tool_error", "tool_result", "truncate"];

export async function checkOpenAiRealtimeFrames() {
  const made = Object.entries(agents).map(([what, line]) => framesOf(what, line));
  const frames = made.flatMap(({ frames }) => frames);
  const bad = refused("openai-types", head, [...frames, ...Object.entries(wrong)]);
  for (const [name, text] of frames) {
    await check(`openai's types accept our frame: ${name}`, () => {
      assert.equal(bad.get(name), undefined, text.slice(0, 300));
    });
  }
  for (const what of Object.keys(wrong)) {
    await check(`openai's types refuse ${what}`, () => assert.ok(bad.has(what)));
  }
  await check("our OpenAI provider sends every kind of frame that it has", () => {
    for (const { answer } of made)
      assert.deepEqual([...new Set(answer.frames.map(([name]) => name))].sort(), kinds);
  });
  await check("the key of OpenAI is in a header and nowhere else", () => {
    for (const { answer } of made) {
      assert.deepEqual(answer.headers, [["Authorization", "Bearer invented"]]);
      assert.equal(answer.url, "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1-mini");
      assert.ok(answer.frames.every(([, text]) => !text.includes("invented")));
    }
  });
  await check("what a caller's name does to JSON does not reach the frames of OpenAI", () => {
    const context = made[1].answer.frames.find(([name]) => name === "context")[1];
    assert.equal(JSON.parse(context).item.content[0].text, `Zoë said "no\\yes"\n\t\u0001 \ufffd end`);
  });
  await check("caller audio goes to OpenAI as mu-law, 20 ms a frame", () => {
    const { audio } = JSON.parse(made[0].answer.frames.find(([name]) => name === "audio")[1]);
    assert.equal(Buffer.from(audio, "base64").length, 160);
  });
}
