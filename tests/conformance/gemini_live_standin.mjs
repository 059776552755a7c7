// The official @google/genai client in a session with our Gemini Live stand-in: what the bridge is tested against must
// satisfy Google's own client, and be as strict as its types.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { GoogleGenAI, WebSocket, check, startStandins, until } from "./harness.mjs";
import { examples } from "./gemini_live_frames.mjs";

const apiKey = "invented-key";
const model = "gemini-3.8-live";
const callerClip = new URL("../standins/data/caller/book.ulaw", import.meta.url);
const live = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

/** ITU-T G.711 to PCM16 at 16 kHz, every sample twice: neither the bridge's code nor the stand-in's. */
function pcm16k(ulaw) {
  const out = Buffer.alloc(ulaw.length * 4);
  ulaw.forEach((byte, i) => {
    const code = ~byte & 0xff;
    const magnitude = (((code & 0x0f) << 3) + 132 << ((code & 0x70) >> 4)) - 132;
    const sample = code & 0x80 ? -magnitude : magnitude;
    out.writeInt16LE(sample, i * 4);
    out.writeInt16LE(sample, i * 4 + 2);
  });
  return out;
}

/** Connects as the SDK's documentation shows, and collects what the client hands to its user. */
async function connect(url, config = {}, key = apiKey) {
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, apiVersion: "v1beta" } });
  const talk = { messages: [], closed: null };
  talk.session = await client.live.connect({
    model,
    config: { responseModalities: ["AUDIO"], inputAudioTranscription: {}, outputAudioTranscription: {},
      systemInstruction: "You answer the phone.", sessionResumption: {}, ...config },
    callbacks: {
      onmessage: (message) => talk.messages.push(message),
      onclose: (event) => (talk.closed = { code: event.code, reason: String(event.reason) }),
      onerror: () => {},
    },
  });
  talk.content = (field) => talk.messages.map((message) => message.serverContent?.[field]).filter((value) => value);
  talk.words = (field) => talk.content(field).map(({ text }) => text).join("").trim();
  return talk;
}

/** Sends caller audio at its own pace, 20 ms a message, then silence until `done` answers true. */
async function speak(talk, audio, done) {
  const frame = 640;
  const begin = Date.now();
  for (let sent = 0; !done(); sent += 1) {
    if (sent > 1500) throw new Error("30 s of audio and no answer");
    const piece = Buffer.alloc(frame);
    audio.subarray(sent * frame, (sent + 1) * frame).copy(piece);
    talk.session.sendRealtimeInput({ audio: { mimeType: "audio/pcm;rate=16000", data: piece.toString("base64") } });
    const wait = begin + (sent + 1) * 20 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function checkConversation({ urls }) {
  const talk = await connect(urls.gemini);
  await check("Google's client connects to the stand-in and gets setupComplete first", () => {
    assert.ok(talk.messages[0].setupComplete);
  });
  await check("Google's client asks for the greeting, hears 24 kHz PCM and reads its words", async () => {
    talk.session.sendClientContent({ turns: "Greet the caller.", turnComplete: true });
    await until("the end of the greeting", () => talk.content("turnComplete").length > 0);
    const part = talk.content("modelTurn")[0].parts[0].inlineData;
    assert.equal(part.mimeType, "audio/pcm;rate=24000");
    assert.ok(talk.messages.some((message) => message.data));
    assert.match(talk.words("outputTranscription"), /^Bramble Lane Dental/);
    assert.equal(talk.content("generationComplete").length, 1);
  });
  await check("Google's client speaks and the stand-in writes down and answers", async () => {
    const before = talk.content("turnComplete").length;
    await speak(talk, pcm16k(readFileSync(callerClip)), () => talk.content("generationComplete").length > before);
    assert.equal(talk.words("inputTranscription"), "Hi, I'd like to book a check-up for Thursday.");
    await until("the end of the turn", () => talk.content("turnComplete").length > before);
  });
  await check("Google's client gets a handle, and resumes with it once the old session is closed", async () => {
    const { newHandle } = talk.messages.findLast((message) => message.sessionResumptionUpdate?.resumable)
      .sessionResumptionUpdate;
    await assert.rejects(connect(urls.gemini, { sessionResumption: { handle: newHandle } }), /1011/);
    talk.session.close();
    await until("the close", () => talk.closed);
    const next = await connect(urls.gemini, { sessionResumption: { handle: newHandle } });
    next.session.close();
    await assert.rejects(connect(urls.gemini, { sessionResumption: { handle: "unknown" } }), /1008.*entity/);
  });
  await check("the stand-in has nothing to object to in Google's client but the key in the URL", async () => {
    const { sessions } = await (await fetch(`${urls.control}/gemini/live/sessions`)).json();
    assert.deepEqual(sessions[0].violations, ["the key is in the URL"]);
    assert.equal(sessions[0].closed_by, "client");
  });
}

async function checkTools({ urls }) {
  const order = { count: 1, faults: { tool_call: { name: "find_slot", args: { day: "Thursday" } } } };
  await fetch(`${urls.control}/gemini/live/next`, { method: "POST", body: JSON.stringify(order) });
  const talk = await connect(urls.gemini, { tools: [{ functionDeclarations: [{ name: "find_slot" }] }] });
  await check("Google's client answers a function call of the stand-in and the talk goes on", async () => {
    talk.session.sendClientContent({ turns: "Greet the caller.", turnComplete: true });
    await until("the greeting", () => talk.content("turnComplete").length > 0);
    let answered = false;
    await speak(talk, pcm16k(readFileSync(callerClip)), () => {
      const call = talk.messages.find((message) => message.toolCall)?.toolCall.functionCalls[0];
      if (!call || answered) return talk.content("generationComplete").length > 1;
      answered = true;
      assert.deepEqual(call.args, { day: "Thursday" });
      talk.session.sendToolResponse({ functionResponses: [{ id: call.id, name: call.name, response: { output: "ten" } }] });
      return false;
    });
    assert.ok(answered);
  });
  talk.session.close();
}

async function checkRefusals({ urls }) {
  await check("Google's client with a wrong key is refused in Google's words", () =>
    assert.rejects(connect(urls.gemini, {}, "another-key"), /1007.*API key not valid/));
  await check("Google's client with an unknown voice is refused", () =>
    assert.rejects(connect(urls.gemini, {
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Nobody" } } } }), /1007/));
  await check("Google's client with what gemini-3.8-live lost is refused", () =>
    assert.rejects(connect(urls.gemini, { thinkingConfig: { thinkingBudget: 1 } }), /1007/));
}

/** What the stand-in answers to one client message on a raw socket: null, or its close. */
function answerTo(url, ...messages) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace("http", "ws") + live, { headers: { "x-goog-api-key": apiKey } });
    socket.on("error", reject);
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    socket.on("open", () => socket.send(JSON.stringify(messages[0])));
    socket.on("message", (data) => {
      if (!JSON.parse(data).setupComplete) return;
      for (const message of messages.slice(1)) socket.send(JSON.stringify(message));
      setTimeout(() => socket.terminate(), 150);
    });
  });
}

async function checkStrictness({ urls }) {
  const setup = { setup: { model: `models/${model}` } };
  // What only works elsewhere, or needs a session with a past.
  const elsewhere = new Set(["setup_resume", "setup_resume_transparent", "realtimeInput_mediaChunks_refused",
    "toolResponse_result", "toolResponse_error", "toolResponse_silent", "toolResponse_interrupt",
    "toolResponse_will_continue"]);
  for (const { name, message } of examples.client) {
    const first = message.setup ? message : setup;
    const rest = message.setup ? [] : [message];
    const is_refused = elsewhere.has(name);
    await check(`the stand-in ${is_refused ? "refuses" : "takes"} the example ${name}`, async () => {
      const { code } = await answerTo(urls.gemini, first, ...rest);
      assert.equal(code === 1006, !is_refused, `closed with ${code}`);
    });
  }
  await check("the stand-in refuses an unknown key in Google's words", async () => {
    const { code, reason } = await answerTo(urls.gemini, { setup: { ...setup.setup, toolConfig: {} } });
    assert.equal(code, 1007);
    assert.match(reason, /^Invalid JSON payload received\. Unknown name "toolConfig" at 'setup'/);
  });
}

export async function checkGeminiLiveStandin() {
  const standins = await startStandins(["--gemini", "--gemini-api-key", apiKey]);
  try {
    await checkConversation(standins);
    await checkTools(standins);
    await checkRefusals(standins);
    await checkStrictness(standins);
  } finally {
    await standins.stop();
  }
}
