// Runs the lanes side by side, each with its own bridge, and counts.
import { Checks, launch } from '../harness.mjs';
import { lanes } from './lanes.mjs';
import { Pictures } from './pictures.mjs';
import { Stage } from './stage.mjs';

async function perform({ body }, stage, checks, pictures) {
  try {
    await body(checks, stage, pictures);
  } catch (error) {
    checks.broken('the lane goes to its end', error);
  }
  if (checks.failed === 0) return;
  const lines = (await stage.log()).split('\n').slice(-30);
  console.log(`# the end of the bridge's log:\n    ${lines.join('\n    ')}`);
}

async function runLane(browser, lane, pictures) {
  const began = performance.now();
  const stage = await Stage.open(lane.settings);
  // lanes share the machine, and each page waits for a bridge, a database and calls
  const checks = new Checks(browser, new URL(stage.url).host, { patience: 15_000 });
  await perform(lane, stage, checks, pictures);
  await stage.close();
  console.log(`# lane "${lane.name}": ${Math.round((performance.now() - began) / 1000)} s`);
  return checks;
}

/** Counts of all lanes, or of the one of that name. Every look of every page goes to the folder `pictures`, those that
 *  documents show also to `documents`. */
export async function runWorld({ pictures, documents, lane }) {
  // the attacker has a name of his own, which leads here
  const browser = await launch([
    '--host-resolver-rules=MAP evil.test 127.0.0.1',
    '--autoplay-policy=no-user-gesture-required',
  ]);
  const chosen = lanes.filter(({ name }) => !lane || name === lane);
  const places = new Pictures(pictures, documents);
  const all = await Promise.all(chosen.map((one) => runLane(browser, one, places)));
  await browser.close();
  const sum = (what) => all.reduce((total, checks) => total + checks[what], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}
