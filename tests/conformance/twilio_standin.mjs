// The official twilio client and verifier against our Twilio stand-in: what the bridge is tested against must look
// like Twilio to Twilio's own package.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { check, startStandins, twilio, until } from "./harness.mjs";

const account = {
  sid: "AC00000000000000000000000000005501", token: "invented-token",
  key: "SK00000000000000000000000000005501", secret: "invented-secret", number: "+15555550102",
};

/** A webhook receiver written with the official package only. */
async function startReceiver() {
  const seen = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const parameters = Object.fromEntries(new URLSearchParams(body));
      const url = `http://${request.headers.host}${request.url}`;
      const signature = request.headers["x-twilio-signature"];
      seen.push({ path: request.url, parameters, valid: twilio.validateRequest(account.token, signature, url, parameters) });
      const document = new twilio.twiml.VoiceResponse();
      document.say("Goodbye.");
      document.hangup();
      response.writeHead(200, { "Content-Type": "text/xml" }).end(document.toString());
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { seen, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** The official REST client, sent to the stand-in instead of api.twilio.com. */
function officialClient(base, password) {
  class Redirected extends twilio.RequestClient {
    request(options) {
      return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", base) });
    }
  }
  return twilio(account.key, password, { accountSid: account.sid, httpClient: new Redirected() });
}

async function checkOutboundCall(standins, receiver) {
  const client = officialClient(standins.urls.twilio, account.secret);
  let call;
  await check("twilio's client places a call at the stand-in", async () => {
    call = await client.calls.create({
      to: "+15555550101", from: account.number, url: `${receiver.url}/voice?job=42`,
      statusCallback: `${receiver.url}/status?job=42`,
      statusCallbackEvent: ["initiated", "ringing", "answered", "completed"], timeout: 30, timeLimit: 900,
    });
    assert.match(call.sid, /^CA[0-9a-f]{32}$/);
    assert.equal(call.status, "queued");
    assert.equal(call.direction, "outbound-api");
  });
  await check("the stand-in runs the document of twilio's builder and the call completes", async () => {
    const ended = await until("the end of the call", async () => {
      const now = await client.calls(call.sid).fetch();
      return now.status === "completed" && now;
    }, 20);
    assert.ok(Number(ended.duration) >= 0);
  });
  await check("twilio's verifier accepts every webhook of the stand-in", async () => {
    await until("the last callback", () =>
      receiver.seen.some(({ parameters }) => parameters.CallStatus === "completed"));
    assert.ok(receiver.seen.length >= 5);
    assert.deepEqual(receiver.seen.filter(({ valid }) => !valid), []);
    assert.ok(receiver.seen.some(({ path }) => path === "/voice?job=42"));
  });
  await check("the stand-in objects to nothing that twilio's packages did", async () => {
    const report = await (await fetch(`${standins.urls.control}/calls/${call.sid}`)).json();
    assert.deepEqual(report.violations, []);
  });
}

async function checkRefusals(standins) {
  await check("twilio's client hangs up, lists and learns of unknown calls and wrong keys as from Twilio", async () => {
    const client = officialClient(standins.urls.twilio, account.secret);
    const calls = await client.calls.list({ to: "+15555550101", limit: 5 });
    assert.equal(calls.length, 1);
    const unknown = await client.calls("CA00000000000000000000000000000000").fetch().catch((error) => error);
    assert.deepEqual([unknown.status, unknown.code], [404, 20404]);
    const wrong = await officialClient(standins.urls.twilio, "x").calls.list({ limit: 1 }).catch((error) => error);
    assert.deepEqual([wrong.status, wrong.code], [401, 20003]);
  });
}

export async function checkTwilioStandin() {
  const standins = await startStandins([
    "--twilio", "--account-sid", account.sid, "--auth-token", account.token, "--api-key", account.key,
    "--api-secret", account.secret, "--phone-number", account.number, "--say-speed", "20",
  ]);
  const receiver = await startReceiver();
  try {
    await checkOutboundCall(standins, receiver);
    await checkRefusals(standins);
  } finally {
    receiver.stop();
    await standins.stop();
  }
}
