// Our TwiML against the documents that the official VoiceResponse builder makes.
import assert from "node:assert/strict";
import { check, probe, twilio } from "./harness.mjs";
import { parseXml } from "./xml.mjs";

const { VoiceResponse } = twilio.twiml;
const awkward = `Tom & "Jo" <O'Neil> – Zoë 📞`;
const actionUrl = "https://bridge.example.com/twilio/connect-done?a=1&b=2";
const streamUrl = "wss://bridge.example.com/media-stream/0123456789abcdef";
const statusUrl = "https://bridge.example.com/twilio/stream-status";

function connect(disclosure) {
  const response = new VoiceResponse();
  if (disclosure) response.say(disclosure);
  const stream = response.connect({ action: actionUrl, method: "POST" }).stream({
    url: streamUrl, name: "agent", statusCallback: statusUrl, statusCallbackMethod: "POST",
  });
  stream.parameter({ name: "callToken", value: "t0ken" });
  stream.parameter({ name: "note", value: awkward });
  const line = {
    document: "connect", disclosure, action_url: actionUrl, stream_url: streamUrl, stream_name: "agent",
    status_url: statusUrl, parameters: [["callToken", "t0ken"], ["note", awkward]],
  };
  return [line, response];
}

function transfer(announcement, callerId, action) {
  const response = new VoiceResponse();
  if (announcement) response.say(announcement);
  const attributes = { timeout: 20, ...(callerId && { callerId }), ...(action && { action }) };
  response.dial(attributes).number("+15555550199");
  const line = {
    document: "transfer", announcement, number: "+15555550199", caller_id: callerId, timeout: 20, action_url: action,
  };
  return [line, response];
}

function apology(text) {
  const response = new VoiceResponse();
  response.say(text);
  response.hangup();
  return [{ document: "apology", text }, response];
}

function bare(document, build) {
  const response = new VoiceResponse();
  build(response);
  return [{ document }, response];
}

const documents = {
  "the connect document with a disclosure": connect(awkward),
  "the connect document without a disclosure": connect(""),
  "a transfer with announcement, caller id and action": transfer("One moment.", "+15555550102", actionUrl),
  "a bare transfer": transfer("", "", ""),
  "an apology": apology(awkward),
  "a hang-up": bare("hang_up", (response) => response.hangup()),
  "a busy rejection": bare("reject_busy", (response) => response.reject({ reason: "busy" })),
  "a rejection": bare("reject_rejected", (response) => response.reject({ reason: "rejected" })),
  "an empty acknowledgement": bare("empty", () => {}),
};

export async function checkTwiml() {
  for (const [what, [line, response]] of Object.entries(documents)) {
    await check(`our TwiML equals what twilio's builder makes: ${what}`, () => {
      const [{ xml }] = probe("twiml", line);
      assert.ok(xml.startsWith(`<?xml version="1.0" encoding="UTF-8"?>`));
      assert.deepEqual(parseXml(xml), parseXml(response.toString()));
    });
  }
}
