// The signatures of the official package against our verifier, both ways.
import assert from "node:assert/strict";
import { check, probe, twilio, twilioBodyHash } from "./harness.mjs";

const token = "12345";
const publicUrl = "https://bridge.example.com";
const formType = "application/x-www-form-urlencoded";

const parameterSets = {
  "an inbound call": {
    CallSid: "CA00000000000000000000000000005501", AccountSid: "AC00000000000000000000000000005501",
    From: "+15555550101", To: "+15555550102", CallStatus: "ringing", Direction: "inbound", ToZip: "",
  },
  "spaces, plus signs and UTF-8": { CallSid: "CA01", CallerName: " Zoë & Co. + 50% ", FromCity: "São Paulo" },
  "names that differ in case only": { to: "a", To: "b", _to: "c", CallSid: "CA01", callSid: "x" },
  "one parameter": { CallSid: "CA01" },
};

const encode = (parameters) => new URLSearchParams(parameters).toString();

function webhook(target, parameters, signature) {
  return {
    tokens: [token], public_url: publicUrl, target, content_type: formType, body: encode(parameters), signature,
  };
}

async function checkWebhooks() {
  for (const [what, parameters] of Object.entries(parameterSets)) {
    await check(`twilio signs a webhook and we accept it: ${what}`, () => {
      const target = "/twilio/voice?job=42&name=O'Neil%20%2B1,x";
      const signature = twilio.getExpectedTwilioSignature(token, publicUrl + target, parameters);
      const [answer] = probe("verify-webhook", webhook(target, parameters, signature));
      assert.equal(answer.error, "none");
      assert.equal(answer.form, "as_written");
    });
    await check(`we sign a webhook and twilio accepts it: ${what}`, () => {
      const url = `${publicUrl}/twilio/status?job=42`;
      const [{ signature }] = probe("sign", { token, url, params: Object.entries(parameters) });
      assert.ok(twilio.validateRequest(token, signature, url, parameters));
    });
  }
}

async function checkRefusals() {
  const target = "/twilio/voice";
  const parameters = parameterSets["an inbound call"];
  const signature = twilio.getExpectedTwilioSignature(token, publicUrl + target, parameters);
  const { ToZip, ...withoutEmpty } = parameters;
  const changes = {
    "a changed value": [{ ...parameters, From: "+15555550109" }, publicUrl + target, signature],
    "an added parameter": [{ ...parameters, Evil: "1" }, publicUrl + target, signature],
    "a missing empty parameter": [withoutEmpty, publicUrl + target, signature],
    "another path": [parameters, `${publicUrl}/twilio/status`, signature],
    "a trailing slash": [parameters, `${publicUrl}${target}/`, signature],
    "an added query": [parameters, `${publicUrl}${target}?x=1`, signature],
    "a signature of another token": [
      parameters, publicUrl + target, twilio.getExpectedTwilioSignature("12346", publicUrl + target, parameters),
    ],
    "a shortened signature": [parameters, publicUrl + target, signature.slice(0, -1)],
    "no signature": [parameters, publicUrl + target, ""],
  };
  for (const [what, [changed, url, header]] of Object.entries(changes)) {
    await check(`twilio and we refuse the same webhook: ${what}`, () => {
      assert.equal(twilio.validateRequest(token, header, url, changed), false);
      const [answer] = probe("verify-webhook", webhook(url.slice(publicUrl.length), changed, header));
      assert.equal(answer.error, what === "no signature" ? "no_header" : "mismatch");
    });
  }
}

async function checkJsonBodies() {
  await check("a JSON webhook with twilio's bodySHA256 is accepted, a changed body is not", () => {
    const body = JSON.stringify({ CallSid: "CA01", note: "café" });
    const target = `/twilio/events?bodySHA256=${twilioBodyHash(body)}`;
    const signature = twilio.getExpectedTwilioSignature(token, publicUrl + target, {});
    const line = {
      tokens: [token], public_url: publicUrl, target, content_type: "application/json", body, signature,
    };
    assert.ok(twilio.validateRequestWithBody(token, signature, publicUrl + target, body));
    assert.equal(probe("verify-webhook", line)[0].error, "none");
    const changed = body.replace("CA01", "CA02");
    assert.equal(twilio.validateRequestWithBody(token, signature, publicUrl + target, changed), false);
    assert.equal(probe("verify-webhook", { ...line, body: changed })[0].error, "body_mismatch");
  });
}

async function checkUpgrades() {
  const streamUrl = "wss://bridge.example.com/media-stream/0123456789abcdef0123456789abcdef";
  const sign = (url) => twilio.getExpectedTwilioSignature(token, url, {});
  const formOf = (signed) => {
    const [answer] = probe("verify-upgrade", { tokens: [token], stream_url: streamUrl, signature: sign(signed) });
    return answer.error === "none" ? answer.form : answer.error;
  };
  await check("twilio signs an upgrade and we accept it, with or without the trailing slash", () => {
    assert.equal(formOf(streamUrl), "as_written");
    assert.equal(formOf(`${streamUrl}/`), "other_slash");
  });
  await check("an upgrade signed for https, for another path or by another token is refused", () => {
    assert.equal(formOf(streamUrl.replace("wss:", "https:")), "mismatch");
    assert.equal(formOf(`${streamUrl}0`), "mismatch");
    const signature = twilio.getExpectedTwilioSignature("12346", streamUrl, {});
    const [answer] = probe("verify-upgrade", { tokens: [token], stream_url: streamUrl, signature });
    assert.equal(answer.error, "mismatch");
  });
  await check("we sign an upgrade and twilio accepts it", () => {
    const [{ signature }] = probe("sign", { token, url: streamUrl, params: [] });
    assert.ok(twilio.validateRequest(token, signature, streamUrl, {}));
  });
}

export async function checkTwilioSignatures() {
  await checkWebhooks();
  await checkRefusals();
  await checkJsonBodies();
  await checkUpgrades();
}
