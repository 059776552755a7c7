// A running bridge, called by a Twilio that is made of the official package: it signs, reads the TwiML, opens the
// stream and talks. Between bridge and EVI stand-in sits a recorder, so that every live frame meets Hume's schemas.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket, WebSocketServer, check, freePort, options, start, startStandins, twilio, until } from "./harness.mjs";
import { readClientFrame, readServerFrame } from "./hume_frames.mjs";
import { find, parseXml } from "./xml.mjs";

const publicUrl = "https://bridge.example.com";
const account = { sid: "AC00000000000000000000000000005501", token: "invented-token" };
const callId = "CA00000000000000000000000000005501";
const streamId = "MZ00000000000000000000000000005501";
const evi = { key: "invented-evi-key" };

/** Passes every frame between the bridge and `target` on, and keeps a copy. */
async function startRecorder(target) {
  const seen = { upgrades: [], fromBridge: [], toBridge: [] };
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (near, request) => {
    seen.upgrades.push({ url: request.url, headers: request.headers });
    const far = new WebSocket(target.replace("http:", "ws:") + request.url, {
      headers: { "X-Hume-Api-Key": request.headers["x-hume-api-key"] ?? "" },
    });
    const waiting = [];
    near.on("message", (data) => {
      seen.fromBridge.push(String(data));
      if (far.readyState === WebSocket.OPEN) far.send(String(data));
      else waiting.push(String(data));
    });
    far.on("open", () => waiting.forEach((text) => far.send(text)));
    far.on("message", (data) => {
      seen.toBridge.push(String(data));
      near.send(String(data));
    });
    far.on("error", () => near.terminate());
    near.on("close", () => far.close());
    far.on("close", (code) => near.close(code >= 3000 || code === 1000 ? code : 1011));
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    seen,
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

async function startBridge(environment) {
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "tandem-conformance-"));
  const program = start(path.join(options.build, "tandem"), ["serve"], {
    ...environment, PATH: process.env.PATH, PORT: String(port), SPOOL_DIR: path.join(folder, "spool"),
    DRAIN_TIMEOUT_SECONDS: "1",
  });
  const url = `http://127.0.0.1:${port}`;
  await until("the bridge to listen", async () => {
    if (program.exited) throw new Error(`tandem serve ended: ${program.output}`);
    return fetch(`${url}/healthz`).then((answer) => answer.ok, () => false);
  }, 20);
  return {
    url,
    log: () => program.output,
    stop: async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const baseParameters = {
  CallSid: callId, AccountSid: account.sid, From: "+15555550101", To: "+15555550102", Direction: "inbound",
  ApiVersion: "2010-04-01", ToZip: "", CallerName: "Zoë & Co.",
};

/** Posts a webhook as Twilio does; `change` may spoil it after it was signed. */
async function post(bridge, target, parameters, change = (request) => request) {
  const signature = twilio.getExpectedTwilioSignature(account.token, publicUrl + target, parameters);
  const request = change({ target, parameters, signature });
  const headers = { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8" };
  if (request.signature) headers["X-Twilio-Signature"] = request.signature;
  const answer = await fetch(bridge.url + request.target, {
    method: "POST", headers, body: new URLSearchParams(request.parameters).toString(),
  });
  return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
}

const ringing = { ...baseParameters, CallStatus: "ringing" };

async function checkWebhooks(bridge) {
  const spoiled = {
    "no signature": (request) => ({ ...request, signature: "" }),
    "a changed caller": (request) => ({ ...request, parameters: { ...ringing, From: "+15555550109" } }),
    "an added parameter": (request) => ({ ...request, parameters: { ...ringing, Evil: "1" } }),
    "another query": (request) => ({ ...request, target: `${request.target}?x=1` }),
    "a signature of another token": (request) => ({
      ...request, signature: twilio.getExpectedTwilioSignature("other", `${publicUrl}/twilio/voice`, ringing),
    }),
  };
  for (const [what, change] of Object.entries(spoiled)) {
    await check(`T08: the bridge answers 403 to a webhook with ${what}`, async () => {
      assert.equal((await post(bridge, "/twilio/voice", ringing, change)).status, 403);
    });
  }
  let answer;
  await check("the bridge accepts a webhook that twilio's package signed and answers TwiML", async () => {
    answer = await post(bridge, "/twilio/voice", ringing);
    assert.equal(answer.status, 200);
    assert.match(answer.type, /^(text|application)\/xml/);
    const root = parseXml(answer.text);
    assert.equal(root.name, "Response");
    assert.deepEqual(root.children.map((verb) => verb.name), ["Say", "Connect"]);
  });
  return answer && parseXml(answer.text);
}

/** Tries an upgrade; answers {status} or {socket}. */
function upgrade(bridge, streamUrl, signature) {
  const socket = new WebSocket(streamUrl.replace(publicUrl.replace("https:", "wss:"), bridge.url.replace("http:", "ws:")), {
    headers: signature ? { "x-twilio-signature": signature } : {}, perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    const messages = [];
    socket.on("message", (data, isBinary) => messages.push({ text: String(data), isBinary }));
    socket.once("open", () => resolve({ status: 101, socket, messages }));
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      resolve({ status: response.statusCode });
    });
    socket.once("error", reject);
  });
}

const sign = (url) => twilio.getExpectedTwilioSignature(account.token, url, {});

async function checkUpgrade(bridge, streamUrl) {
  await check("T08: the bridge answers 403 to an upgrade unsigned, signed for https, or for another path", async () => {
    for (const signature of ["", sign(streamUrl.replace("wss:", "https:")), sign(`${streamUrl}0`)]) {
      assert.equal((await upgrade(bridge, streamUrl, signature)).status, 403);
    }
  });
  let stream;
  await check("the bridge accepts the upgrade that twilio's package signed", async () => {
    stream = await upgrade(bridge, streamUrl, sign(streamUrl));
    assert.equal(stream.status, 101);
  });
  await check("T09: the same signed upgrade is refused the second time", async () => {
    assert.equal((await upgrade(bridge, streamUrl, sign(streamUrl))).status, 403);
  });
  return stream;
}

/** Speaks Twilio's side of the stream, silence at 20 ms, until `done`. */
async function talk(stream, token, done) {
  let sequence = 0;
  const send = (message) => stream.socket.send(JSON.stringify(message));
  const next = () => String((sequence += 1));
  send({ event: "connected", protocol: "Call", version: "1.0.0" });
  send({
    event: "start", sequenceNumber: next(), streamSid: streamId,
    start: {
      accountSid: account.sid, streamSid: streamId, callSid: callId, tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 }, customParameters: { callToken: token },
    },
  });
  const payload = Buffer.alloc(160, 0xff).toString("base64");
  const begin = Date.now();
  for (let chunk = 1; !done(); chunk += 1) {
    if (chunk > 500) throw new Error("10 s of stream and not done");
    const media = { track: "inbound", chunk: String(chunk), timestamp: String(80 + chunk * 20), payload };
    send({ event: "media", sequenceNumber: next(), media, streamSid: streamId });
    const wait = begin + chunk * 20 - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return () => send({
    event: "stop", sequenceNumber: next(), stop: { accountSid: account.sid, callSid: callId }, streamSid: streamId,
  });
}

const fields = {
  media: { event: "string", streamSid: "string", media: { payload: "string" } },
  mark: { event: "string", streamSid: "string", mark: { name: "string" } },
  clear: { event: "string", streamSid: "string" },
};
const shapeOf = (value) =>
  typeof value === "object" && value
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)])) : typeof value;

async function checkStream(stream, token, recorder) {
  const parsed = () => stream.messages.map(({ text }) => JSON.parse(text));
  const heardMs = () => parsed().filter(({ event }) => event === "media")
    .reduce((sum, { media }) => sum + Buffer.from(media.payload, "base64").length / 8, 0);
  let stop;
  await check("the bridge carries the agent's greeting to the stream and the caller's audio to the agent", async () => {
    stop = await talk(stream, token, () => heardMs() > 500 && recorder.seen.fromBridge.length > 100);
  });
  await check("every message to Twilio has exactly the documented fields, as a text frame", () => {
    assert.ok(stream.messages.length > 0);
    for (const { text, isBinary } of stream.messages) {
      const message = JSON.parse(text);
      assert.equal(isBinary, false);
      assert.equal(message.streamSid, streamId);
      assert.deepEqual(shapeOf(message), fields[message.event]);
    }
  });
  await check("hume's strict schemas accept every live frame of the bridge", () => {
    const types = new Set(recorder.seen.fromBridge.map((text) => readClientFrame(text).type));
    assert.ok(types.has("audio_input"));
    for (const text of recorder.seen.toBridge) readServerFrame(text);
  });
  await check("E28: the bridge's key for Hume travels in a header, never in the URL", () => {
    for (const { url, headers } of recorder.seen.upgrades) {
      assert.equal(headers["x-hume-api-key"], evi.key);
      assert.ok(!url.includes(evi.key) && !url.includes("api_key"));
    }
  });
  stop?.();
  stream.socket.close(1000);
}

async function checkEnd(bridge) {
  const completed = { ...baseParameters, CallStatus: "completed", SequenceNumber: "3", CallDuration: "4" };
  await check("the bridge hangs up after the stream and acknowledges the last callback", async () => {
    await until("the hang-up", async () => {
      const done = await post(bridge, "/twilio/connect-done", { ...baseParameters, CallStatus: "in-progress" });
      return done.status === 200 && find(parseXml(done.text), "Hangup") && !find(parseXml(done.text), "Say");
    });
    assert.ok([200, 204].includes((await post(bridge, "/twilio/status", completed)).status));
  });
  // This bridge has no database to ask; with one it hangs up (tests/integration/calls/survival.py).
  await check("T27: a caller whom nobody knows gets a fresh agent while the record cannot be asked", async () => {
    const unknown = { ...baseParameters, CallSid: "CA00000000000000000000000000009999", CallStatus: "in-progress" };
    const done = await post(bridge, "/twilio/connect-done", unknown);
    assert.equal(done.status, 200);
    assert.ok(find(parseXml(done.text), "Connect"));
  });
  await check("no secret and no whole telephone number is in the bridge's log", () => {
    for (const secret of [account.token, evi.key, baseParameters.From]) assert.ok(!bridge.log().includes(secret));
  });
}

async function checkCall(bridge, recorder) {
  const document = await checkWebhooks(bridge);
  const streamElement = document && find(document, "Stream");
  await check("the TwiML names a wss address without a query and carries a token", () => {
    const { url } = streamElement.attributes;
    assert.ok(url.startsWith("wss://bridge.example.com/") && !url.includes("?"));
    assert.match(find(document, "Parameter").attributes.value, /^.{22,}$/);
  });
  if (!streamElement) return;
  const stream = await checkUpgrade(bridge, streamElement.attributes.url);
  if (!stream?.socket) return;
  await checkStream(stream, find(document, "Parameter").attributes.value, recorder);
  await checkEnd(bridge);
}

export async function checkLiveBridge() {
  const standins = await startStandins([
    "--account-sid", account.sid, "--auth-token", account.token, "--evi-api-key", evi.key, "--scenario", "booking",
  ]);
  const recorder = await startRecorder(standins.urls.evi);
  let bridge;
  try {
    await check("the bridge starts against stand-ins", async () => {
      bridge = await startBridge({
        PUBLIC_URL: publicUrl, TWILIO_ACCOUNT_SID: account.sid, TWILIO_AUTH_TOKEN: account.token,
        TWILIO_API_URL: standins.urls.twilio, HUME_API_KEY: evi.key, HUME_URL: recorder.url,
        GEMINI_API_KEY: "invented", GEMINI_URL: standins.urls.gemini,
        // No database listens there: the call path must not notice.
        DATABASE_URL: "postgresql://tandem@127.0.0.1:9/nowhere",
      });
    });
    if (bridge) await checkCall(bridge, recorder);
  } finally {
    await bridge?.stop();
    recorder.stop();
    await standins.stop();
  }
}
