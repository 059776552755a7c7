// The official openai client in a session with our Realtime stand-in: what the bridge is tested against must satisfy
// OpenAI's own client, and be as strict as its types.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { OpenAI, OpenAIRealtimeWS, check, startStandins, until } from "./harness.mjs";
import { examples } from "./openai_realtime_frames.mjs";

const apiKey = "invented-key";
const model = "gpt-realtime-2.1-mini";
const callerClip = new URL("../standins/data/caller/book.ulaw", import.meta.url);
const setup = examples.find(({ name }) => name === "session_update_phone").message;

/** The client speaks TLS only: a certificate for the stand-in, made now and trusted by this client alone. */
function makeCertificate(folder) {
  const files = { key: path.join(folder, "key"), certificate: path.join(folder, "certificate") };
  const { status, stderr } = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", files.key, "-out", files.certificate, "-days", "2",
    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return files;
}

/** Connects as the SDK's documentation shows, and collects what the client hands to its user. */
function connect(standins, { key = apiKey, wanted = model } = {}) {
  const client = new OpenAI({ apiKey: key, baseURL: `${standins.urls.openai}/v1` });
  const realtime = new OpenAIRealtimeWS({ model: wanted, options: { ca: standins.ca } }, client);
  const talk = { realtime, events: [], errors: [], closed: null };
  realtime.on("event", (event) => talk.events.push(event));
  realtime.on("error", (error) => talk.errors.push(error));
  realtime.socket.on("close", (code, reason) => (talk.closed = { code, reason: String(reason) }));
  talk.all = (type) => talk.events.filter((event) => event.type === type);
  talk.next = (type, from = 0) => until(`${type}`, () => talk.all(type)[from]);
  talk.send = (event) => realtime.send(event);
  talk.ask = async (event) => {
    const before = talk.events.length;
    talk.send(event);
    await until("an answer", () => talk.events.length > before);
    return talk.events.slice(before);
  };
  return talk;
}

/** Connected, with mu-law both ways. */
async function open(standins) {
  const talk = connect(standins);
  await talk.next("session.created");
  talk.send(setup);
  await talk.next("session.updated");
  return talk;
}

/** Sends caller audio at its own pace, 20 ms a message, then silence until `done` answers true. */
async function speak(talk, audio, done) {
  const begin = Date.now();
  for (let sent = 0; !done(); sent += 1) {
    if (sent > 1500) throw new Error("30 s of audio and no answer");
    const piece = Buffer.alloc(160, 0xff);
    audio.subarray(sent * 160, (sent + 1) * 160).copy(piece);
    talk.send({ type: "input_audio_buffer.append", audio: piece.toString("base64") });
    const wait = begin + (sent + 1) * 20 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

const orderOfAnswer = ["response.created", "rate_limits.updated", "response.output_item.added", "conversation.item.added",
  "response.content_part.added", "response.output_audio_transcript.delta", "response.output_audio.delta",
  "response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done",
  "response.output_item.done", "conversation.item.done", "response.done"];

async function checkConversation(standins) {
  const talk = connect(standins);
  await check("OpenAI's client connects to the stand-in and gets session.created first", async () => {
    await talk.next("session.created");
    assert.equal(talk.events[0].type, "session.created");
    assert.equal(talk.events[0].session.audio.output.format.type, "audio/pcm");
  });
  await check("OpenAI's client sets mu-law both ways and is told so", async () => {
    talk.send(setup);
    const { session } = await talk.next("session.updated");
    assert.equal(session.audio.input.format.type, "audio/pcmu");
    assert.equal(session.audio.output.format.type, "audio/pcmu");
    assert.equal(session.instructions, setup.session.instructions);
  });
  await check("OpenAI's client asks for the greeting, hears mu-law and reads its words, in the real party's order", async () => {
    talk.send({ type: "response.create", response: { instructions: "Greet the caller.", tool_choice: "none" } });
    const { response } = await talk.next("response.done");
    assert.match(response.output[0].content[0].transcript, /^Bramble Lane Dental/);
    const from = talk.events.findIndex(({ type }) => type === "response.created");
    const seen = [...new Set(talk.events.slice(from).map(({ type }) => type))];
    assert.deepEqual(seen, orderOfAnswer);
    const bytes = talk.all("response.output_audio.delta").reduce((sum, { delta }) => sum + Buffer.from(delta, "base64").length, 0);
    const perSecond = bytes / (response.usage.output_token_details.audio_tokens * 0.05);
    assert.ok(perSecond > 7000 && perSecond < 9000, `${perSecond} bytes per second`);
  });
  await check("OpenAI's client speaks and the stand-in hears, writes down and answers", async () => {
    await speak(talk, readFileSync(callerClip), () => talk.all("response.done").length > 1);
    const [started] = talk.all("input_audio_buffer.speech_started");
    assert.equal(talk.all("input_audio_buffer.committed")[0].item_id, started.item_id);
    const words = await talk.next("conversation.item.input_audio_transcription.completed");
    assert.equal(words.transcript, "Hi, I'd like to book a check-up for Thursday.");
    assert.equal(words.item_id, started.item_id);
  });
  await check("OpenAI's client shortens what was said, and what is too long is refused as by OpenAI", async () => {
    const item_id = talk.all("response.done")[0].response.output[0].id;
    const [cut] = await talk.ask({ type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms: 500 });
    assert.equal(cut.type, "conversation.item.truncated");
    await talk.ask({ type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms: 5000 });
    const refusal = await until("the refusal", () => talk.errors[0]);
    assert.equal(refusal.error.message, "Audio content of 500ms is already shorter than 5000ms");
  });
  await check("OpenAI's client cuts in: the answer is cancelled, and what follows is short", async () => {
    const before = talk.all("response.done").length;
    talk.send({ type: "response.create" });
    await talk.next("response.output_audio.delta", talk.all("response.output_audio.delta").length);
    await speak(talk, readFileSync(callerClip), () => talk.all("response.done").length > before);
    const { response } = talk.all("response.done").at(-1);
    assert.equal(response.status, "cancelled");
    assert.equal(response.status_details.reason, "turn_detected");
  });
  await check("the stand-in has nothing to object to in OpenAI's client but the truncation", async () => {
    talk.realtime.close();
    await until("the close", () => talk.closed);
    const { sessions } = await (await fetch(`${standins.urls.control}/openai/sessions`)).json();
    assert.deepEqual(sessions[0].violations, ["truncated at 5000 ms of 500"]);
  });
}

async function checkRaces(standins) {
  const talk = await open(standins);
  await check("a second answer beside the first, and a cancellation of none, are refused and harm nothing", async () => {
    talk.send({ type: "response.cancel", event_id: "ca_1" });
    await until("the first refusal", () => talk.errors.length === 1);
    talk.send({ type: "response.create", event_id: "rc_1" });
    talk.send({ type: "response.create", event_id: "rc_2" });
    await until("the second refusal", () => talk.errors.length === 2);
    assert.deepEqual(talk.errors.map(({ error }) => [error.code, error.event_id]),
      [["response_cancel_not_active", "ca_1"], ["conversation_already_has_active_response", "rc_2"]]);
    await talk.next("response.done");
  });
  await check("OpenAI's client answers a function call of the stand-in and the talk goes on", async () => {
    const order = { count: 1, faults: { tool_call: { name: "find_slot", arguments: `{"day":"Thursday"}` } } };
    await fetch(`${standins.urls.control}/openai/next`, { method: "POST", body: JSON.stringify(order) });
    const next = await open(standins);
    next.send({ type: "response.create" });
    await next.next("response.done");
    await speak(next, readFileSync(callerClip), () => next.all("response.done").length > 1);
    const [call] = next.all("response.done")[1].response.output;
    assert.equal(call.arguments, `{"day":"Thursday"}`);
    const item = { type: "function_call_output", call_id: call.call_id, output: "ten" };
    next.send({ type: "conversation.item.create", item });
    next.send({ type: "response.create" });
    const { response } = await next.next("response.done", 2);
    assert.ok(response.output[0].content[0].transcript.length > 0);
    next.realtime.close();
  });
  talk.realtime.close();
}

async function checkEnds(standins) {
  await check("OpenAI's client with a wrong key is refused with 401", async () => {
    const talk = connect(standins, { key: "another-key" });
    await until("the refusal", () => talk.errors.length > 0);
    assert.match(talk.errors[0].message, /401/);
  });
  await check("OpenAI's client with an unknown model is told so", async () => {
    const talk = connect(standins, { wanted: "gpt-nothing" });
    await until("the close", () => talk.closed);
    assert.equal(talk.errors[0].error.code, "model_not_found");
  });
  await check("a session that is too old ends with an error and close 1001", async () => {
    await fetch(`${standins.urls.control}/openai/next`, { method: "POST", body: JSON.stringify({ session_s: 0 }) });
    const talk = connect(standins);
    await until("the close", () => talk.closed);
    assert.equal(talk.errors[0].error.code, "session_expired");
    assert.deepEqual(talk.closed, { code: 1001, reason: "Your session hit the maximum duration of 60 minutes." });
  });
}

async function checkStrictness(standins) {
  // What needs a past, or is not for WebSockets, or was right in the beta.
  const needsMore = { input_audio_commit: "input_audio_buffer_commit_empty", item_create_tool_output: "item_not_found",
    response_cancel: "response_cancel_not_active", response_cancel_by_id: "response_cancel_not_active",
    item_truncate: "item_not_found", item_delete: "item_not_found", item_retrieve: "item_not_found",
    output_audio_buffer_clear: "invalid_request" };
  const talk = await open(standins);
  for (const { name, message } of examples) {
    await check(`the stand-in ${needsMore[name] ? "refuses" : "takes"} the example ${name}`, async () => {
      const before = talk.errors.length;
      talk.send(message);
      // What is refused is refused in order: this one is, so what came before it has been judged.
      talk.send({ type: "response.cancel", event_id: `after ${name}` });
      if (name.startsWith("response_create")) await until("the answer", () => talk.all("response.done").length > 0);
      else await until("the marker", () => talk.errors.some(({ error }) => error.event_id === `after ${name}`));
      const found = talk.errors.slice(before).filter(({ error }) => error.event_id !== `after ${name}`);
      assert.deepEqual(found.map(({ error }) => error.code), needsMore[name] ? [needsMore[name]] : []);
      talk.events.length = 0;
    });
  }
  const refusals = {
    "a key of the beta": [{ type: "session.update", session: { type: "realtime", output_audio_format: "g711_ulaw" } },
      "unknown_parameter", "session.output_audio_format"],
    "a format of the beta": [{ type: "session.update",
      session: { type: "realtime", audio: { input: { format: { type: "g711_ulaw" } } } } },
      "invalid_value", "session.audio.input.format"],
    "a voice of nobody": [{ type: "session.update", session: { type: "realtime", audio: { output: { voice: "nobody" } } } },
      "invalid_value", "session.audio.output.voice"],
    "an event of nobody": [{ type: "conversation.clear" }, "invalid_value", "type"],
    "a message without content": [{ type: "conversation.item.create", item: { type: "message", role: "user" } },
      "missing_required_parameter", "item.content"],
    "a position that is text": [{ type: "conversation.item.truncate", item_id: "x", content_index: 0, audio_end_ms: "1" },
      "invalid_type", "audio_end_ms"],
  };
  for (const [what, [event, code, param]] of Object.entries(refusals)) {
    await check(`the stand-in refuses ${what} by name`, async () => {
      const before = talk.errors.length;
      talk.send(event);
      const { error } = await until("the refusal", () => talk.errors[before]);
      assert.deepEqual([error.type, error.code, error.param], ["invalid_request_error", code, param]);
    });
  }
  talk.realtime.close();
}

export async function checkOpenAiRealtimeStandin() {
  const folder = mkdtempSync(path.join(tmpdir(), "openai-"));
  const { key, certificate } = makeCertificate(folder);
  const standins = await startStandins(["--openai", "--openai-api-key", apiKey, "--tls-cert", certificate, "--tls-key", key]);
  standins.ca = readFileSync(certificate);
  try {
    await checkConversation(standins);
    await checkRaces(standins);
    await checkEnds(standins);
    await checkStrictness(standins);
  } finally {
    await standins.stop();
    rmSync(folder, { recursive: true });
  }
}
