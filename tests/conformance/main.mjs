import { summary, versionOf } from "./harness.mjs";
import { checkHumeFrames } from "./hume_frames.mjs";
import { checkHumeStandin } from "./hume_standin.mjs";
import { checkLiveBridge } from "./live_bridge.mjs";
import { checkTwilioRest } from "./twilio_rest.mjs";
import { checkTwilioSignatures } from "./twilio_signatures.mjs";
import { checkTwilioStandin } from "./twilio_standin.mjs";
import { checkTwiml } from "./twilio_twiml.mjs";

console.log(`# node ${process.version}, twilio ${versionOf("twilio")}, hume ${versionOf("hume")}`);
await checkTwilioSignatures();
await checkTwiml();
await checkTwilioRest();
await checkHumeFrames();
await checkHumeStandin();
await checkTwilioStandin();
await checkLiveBridge();
process.exit(summary() ? 0 : 1);
