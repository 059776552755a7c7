// Every frame that our EVI provider encodes against the strict schemas of the official package.
import assert from "node:assert/strict";
import { check, humeSchemas, probe } from "./harness.mjs";

const strict = {
  unrecognizedObjectKeys: "fail", allowUnrecognizedUnionMembers: false, allowUnrecognizedEnumValues: false,
};

/** The official reading of one client frame; throws when the schema refuses it. */
export function readClientFrame(text) {
  const read = humeSchemas.chat.PublishEvent.parse(JSON.parse(text), strict);
  if (!read.ok) throw new Error(`refused: ${JSON.stringify(read.errors)}\n${text.slice(0, 300)}`);
  return read.value;
}

/** The official reading of one server frame. */
export function readServerFrame(text) {
  const read = humeSchemas.chat.SubscribeEvent.parse(JSON.parse(text), strict);
  if (!read.ok) throw new Error(`refused: ${JSON.stringify(read.errors)}\n${text.slice(0, 300)}`);
  return read.value;
}

const chats = {
  "a bare chat": { api_key: "invented", config_id: "" },
  "a chat with prompt, context and variables": {
    api_key: "invented", config_id: "00000000-0000-4000-8000-000000005501",
    system_prompt: "You answer the phone. Today is {{today}}.", context: `Rang "twice" this week.`, variable: "today",
  },
};

const types = {
  opening: "session_settings", audio: "audio_input", say: "assistant_input", context: "session_settings",
  pause: "pause_assistant_message", resume: "resume_assistant_message", tool_response: "tool_response",
  tool_error: "tool_error",
};

export async function checkHumeFrames() {
  for (const [what, line] of Object.entries(chats)) {
    const [chat] = probe("hume", line);
    for (const [name, text] of chat.frames) {
      await check(`hume's strict schema accepts our frame and loses nothing: ${name} of ${what}`, () => {
        const value = readClientFrame(text);
        assert.equal(value.type, types[name]);
        const again = humeSchemas.chat.PublishEvent.jsonOrThrow(value, { ...strict, omitUndefined: true });
        assert.deepEqual(again, JSON.parse(text));
      });
    }
    await check(`the key of ${what} is in a header and nowhere in the URL`, () => {
      assert.equal(chat.headers["X-Hume-Api-Key"], "invented");
      assert.ok(!chat.url.includes("invented") && !chat.url.includes("api_key"));
      assert.equal(new URL(chat.url).pathname, "/v0/evi/chat");
    });
  }
  await check("hume's strict schema refuses a frame with one key too many", () => {
    assert.throws(() => readClientFrame(`{"type":"audio_input","data":"","extra":1}`), /refused/);
  });
}
