// What runs beside each other: each lane has a bridge, a database and stand-ins of its own.
import { callsChecks } from './calls_checks.mjs';
import { diallingChecks } from './dialling_checks.mjs';
import { forgeryChecks } from './forgery_checks.mjs';
import { hostileChecks } from './hostile_checks.mjs';
import { liveChecks } from './live_checks.mjs';
import { peopleChecks } from './people_checks.mjs';

async function attacks(checks, stage) {
  const call = await hostileChecks(checks, stage);
  await forgeryChecks(checks, stage, call);
}

export const lanes = [
  { name: 'calls', settings: {}, body: callsChecks },
  { name: 'attacks', settings: {}, body: attacks },
  { name: 'dialling', settings: {}, body: diallingChecks },
  { name: 'live', settings: {}, body: liveChecks },
  { name: 'people', settings: {}, body: peopleChecks },
];
