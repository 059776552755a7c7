import { parseArgs } from 'node:util';
import { runWorld } from './world.mjs';

const { values: options } = parseArgs({
  options: { pictures: { type: 'string' }, shots: { type: 'string' }, lane: { type: 'string' } },
});
const { passed, failed } = await runWorld({ ...options, documents: options.shots });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
