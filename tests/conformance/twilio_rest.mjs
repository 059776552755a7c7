// Our REST requests against those that the official client makes, and our reading of answers against its own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { check, probe, twilio } from "./harness.mjs";

const accountId = "AC00000000000000000000000000005501";
const callId = "CA00000000000000000000000000005501";
const user = "SK00000000000000000000000000005501";
const password = "not-a-secret";
const vectors = JSON.parse(readFileSync(new URL("./twilio/vectors.json", import.meta.url)));

/** An HTTP client that keeps the request and answers with `answer`. */
class Recorder {
  constructor(answer) {
    this.answer = answer;
  }
  async request(options) {
    this.options = options;
    return { statusCode: this.answer.http_status, body: this.answer.body, headers: {} };
  }
}

function officialClient(answer) {
  const recorder = new Recorder(answer);
  const client = twilio(user, password, { accountSid: accountId, httpClient: recorder });
  return [client, recorder];
}

/** Form and query parameters as sorted name-value pairs, whatever the order and the number of repetitions. */
const sortedPairs = (parameters) => [...new URLSearchParams(parameters)].sort((a, b) => (`${a}` < `${b}` ? -1 : 1));

function pairsOfObject(object) {
  const pairs = Object.entries(object ?? {}).flatMap(([name, value]) =>
    [value].flat().filter((one) => one !== undefined).map((one) => [name, String(one)]));
  return sortedPairs(pairs);
}

async function compare(what, line, example, act) {
  await check(`our REST request equals the official client's: ${what}`, async () => {
    const [client, recorder] = officialClient(example);
    await act(client);
    const { options } = recorder;
    const [ours] = probe("rest", { account_id: accountId, user, password, call_id: callId, ...line });
    const url = new URL(ours.url);
    assert.equal(ours.method, options.method.toUpperCase());
    assert.equal(url.origin + url.pathname, options.uri);
    assert.deepEqual(sortedPairs(url.search), pairsOfObject(options.params));
    assert.deepEqual(sortedPairs(ours.body), pairsOfObject(options.data));
    const credentials = Buffer.from(`${options.username}:${options.password}`).toString("base64");
    assert.equal(ours.authorization, `Basic ${credentials}`);
  });
}

async function checkRequests() {
  const numbers = { to: "+15555550101", from: "+15555550102" };
  const statusUrl = "https://bridge.example.com/twilio/status?job=42";
  const urls = {
    voice_url: "https://bridge.example.com/twilio/voice?job=42", fallback_url: "https://fallback.example.net/voice",
    status_url: statusUrl, amd_url: "https://bridge.example.com/twilio/amd",
  };
  const { create_call: created, fetch_call: fetched, hang_up: ended } = vectors.rest;
  await compare("create", { request: "create", ...numbers, ...urls }, created.response, (client) =>
    client.calls.create({
      ...numbers, url: urls.voice_url, method: "POST", fallbackUrl: urls.fallback_url,
      statusCallback: `${statusUrl}#rc=2&rp=ct,rt,5xx`, statusCallbackMethod: "POST",
      statusCallbackEvent: ["initiated", "ringing", "answered", "completed"], timeout: 30, timeLimit: 3600,
      machineDetection: "Enable", asyncAmd: "true", asyncAmdStatusCallback: urls.amd_url,
      asyncAmdStatusCallbackMethod: "POST",
    }));
  await compare("fetch", { request: "fetch" }, fetched.response, (client) => client.calls(callId).fetch());
  await compare("hang up", { request: "hang_up" }, ended.response, (client) =>
    client.calls(callId).update({ status: "completed" }));
  await compare("cancel", { request: "cancel" }, ended.response, (client) =>
    client.calls(callId).update({ status: "canceled" }));
  const document = "<Response><Say>Please hold.</Say><Hangup/></Response>";
  await compare("redirect", { request: "redirect", twiml: document }, ended.response, (client) =>
    client.calls(callId).update({ twiml: document }));
  await compare("list", { request: "list", ...numbers }, { http_status: 200, body: { calls: [] } }, (client) =>
    client.calls.list({ ...numbers, pageSize: 50, limit: 50 }));
}

async function checkAnswers() {
  await check("we and the official client read the same call out of an answer", async () => {
    const { response } = vectors.rest.create_call;
    const [client] = officialClient(response);
    const call = await client.calls.create({ to: "+15555550101", from: "+15555550102", url: "https://x.example" });
    const [ours] = probe("parse-rest", { answer: "create", status: 201, body: JSON.stringify(response.body) });
    assert.deepEqual([ours.ok, ours.sid, ours.status], [true, call.sid, call.status]);
  });
  for (const [name, { http_status: status, body }] of Object.entries(vectors.rest.errors)) {
    if (name === "_note") continue;
    await check(`we and the official client read the same code out of a refusal: ${name}`, async () => {
      const [client] = officialClient({ http_status: status, body });
      const error = await client.calls(callId).fetch().then(() => undefined, (reason) => reason);
      const [ours] = probe("parse-rest", { answer: "fetch", status, body: JSON.stringify(body) });
      assert.deepEqual([ours.ok, ours.code], [false, error.code]);
    });
  }
}

export async function checkTwilioRest() {
  await checkRequests();
  await checkAnswers();
}
