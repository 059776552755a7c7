// The official HumeClient in a chat with our EVI stand-in: what the bridge is tested against must satisfy Hume's own
// client and Hume's own strict schemas.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { HumeClient, check, startStandins, until } from "./harness.mjs";
import { readServerFrame } from "./hume_frames.mjs";

const apiKey = "invented-key";
const callerClip = new URL("../standins/data/caller/book.ulaw", import.meta.url);

/** ITU-T G.711, written a third time on purpose: neither the bridge's nor the stand-in's. */
function linear16(ulaw) {
  const out = Buffer.alloc(ulaw.length * 2);
  ulaw.forEach((byte, i) => {
    const code = ~byte & 0xff;
    const magnitude = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
    out.writeInt16LE(code & 0x80 ? -magnitude : magnitude, i * 2);
  });
  return out;
}

/** Opens a chat as the SDK's documentation shows, and collects what the client hands to its user. */
function openChat(url, key = apiKey) {
  const client = new HumeClient({ apiKey: key, environment: url });
  const socket = client.empathicVoice.chat.connect({
    reconnectAttempts: 0,
    verboseTranscription: true,
    sessionSettings: { audio: { encoding: "linear16", sampleRate: 8000, channels: 1 } },
  });
  const chat = { socket, messages: [], raw: [], errors: [], closed: false };
  socket.on("message", (message) => chat.messages.push(message));
  socket.on("error", (error) => chat.errors.push(error));
  socket.on("close", () => (chat.closed = true));
  socket.socket.addEventListener("message", (event) => chat.raw.push(String(event.data)));
  chat.first = (type, seconds) =>
    until(`a ${type}`, () => chat.messages.find((message) => message.type === type), seconds);
  chat.all = (type) => chat.messages.filter((message) => message.type === type);
  return chat;
}

/** Sends caller audio at its own pace, 20 ms a message, then silence until `done` answers true. */
async function speak(chat, audio, done) {
  const frame = 320;
  const begin = Date.now();
  for (let sent = 0; !done(); sent += 1) {
    if (sent > 1500) throw new Error("30 s of audio and no answer");
    const piece = Buffer.alloc(frame);
    audio.subarray(sent * frame, (sent + 1) * frame).copy(piece);
    chat.socket.sendAudioInput({ data: piece.toString("base64") });
    const wait = begin + (sent + 1) * 20 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function checkConversation(standins) {
  const chat = openChat(standins.urls.evi);
  await check("hume's client connects to the stand-in with its key and gets chat_metadata first", async () => {
    const metadata = await chat.first("chat_metadata");
    assert.equal(chat.messages[0].type, "chat_metadata");
    assert.match(metadata.chatId, /^[0-9a-f-]{36}$/);
    assert.match(metadata.chatGroupId, /^[0-9a-f-]{36}$/);
  });
  await check("hume's client hears the greeting as WAV audio and reads its words", async () => {
    const audio = await chat.first("audio_output");
    await chat.first("assistant_end");
    assert.equal(Buffer.from(audio.data, "base64").toString("latin1", 0, 4), "RIFF");
    assert.ok(chat.all("assistant_message").some((message) => message.message.content.length > 0));
  });
  await check("hume's client speaks and the stand-in writes down and answers", async () => {
    const before = chat.all("assistant_end").length;
    const answered = () => chat.all("assistant_end").length > before;
    await speak(chat, linear16(readFileSync(callerClip)), answered);
    const heard = chat.all("user_message").find((message) => !message.interim);
    assert.ok(heard.message.content.length > 0);
  });
  await check("hume's client has words spoken, pauses and resumes", async () => {
    const before = chat.all("assistant_message").length;
    chat.socket.pauseAssistant();
    chat.socket.resumeAssistant();
    chat.socket.sendAssistantInput({ text: "One moment, please." });
    await until("the words", () =>
      chat.all("assistant_message").slice(before).some((message) => message.message.content === "One moment, please."));
  });
  await check("hume's strict schemas accept every frame of the stand-in", () => {
    assert.ok(chat.raw.length > 5);
    for (const frame of chat.raw) readServerFrame(frame);
  });
  await check("the stand-in has nothing to object to in hume's client but the key in the URL", async () => {
    chat.socket.close();
    const { chats } = await (await fetch(`${standins.urls.control}/evi/chats`)).json();
    assert.equal(chats.length, 1);
    assert.deepEqual(chats[0].violations.map((violation) => violation.text ?? violation), ["the key is in the URL"]);
  });
}

export async function checkHumeStandin() {
  const standins = await startStandins(["--evi", "--evi-api-key", apiKey]);
  try {
    await checkConversation(standins);
    await check("hume's client with a wrong key is refused", async () => {
      const chat = openChat(standins.urls.evi, "another-key");
      await until("the refusal", () => chat.closed || chat.errors.length > 0);
      assert.equal(chat.messages.length, 0);
      chat.socket.close();
    });
  } finally {
    await standins.stop();
  }
}
