import { parseArgs } from 'node:util';
import { runWorld } from './world.mjs';

const { values: options } = parseArgs({
  options: { shots: { type: 'string' }, lane: { type: 'string' } },
});
const { passed, failed } = await runWorld(options);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
