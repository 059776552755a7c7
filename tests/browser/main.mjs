import { parseArgs } from 'node:util';
import { analyticsChecks } from './analytics_checks.mjs';
import { callChecks } from './call_checks.mjs';
import { complianceChecks } from './compliance_checks.mjs';
import { serveFixtures } from './fixture_server.mjs';
import { fixtureChecks } from './fixture_checks.mjs';
import { Checks, launch } from './harness.mjs';
import { latencyChecks } from './latency_checks.mjs';
import { listenChecks } from './listen_checks.mjs';
import { liveChecks } from './live_checks.mjs';
import { newCallChecks } from './new_call_checks.mjs';
import { pageChecks } from './page_checks.mjs';
import { peopleChecks } from './people_checks.mjs';
import { sourceChecks } from './source_checks.mjs';
import { verdictChecks } from './verdict_checks.mjs';
import { runWorld } from './world/world.mjs';

const { values: options } = parseArgs({
  options: { url: { type: 'string' }, dist: { type: 'string' }, shots: { type: 'string' } },
});

const server = options.url ? null : await serveFixtures(options.dist);
const url = (server?.url ?? options.url).replace(/\/$/, '');
const browser = await launch();
const checks = new Checks(browser, new URL(url).host);
// before the fixtures, not beside them: what people say on the telephone takes its time, and two cores are soon busy
const real = server
  ? await runWorld({ pictures: `${options.shots}/world` })
  : { passed: 0, failed: 0 };

if (server) sourceChecks(checks);
await pageChecks(checks, url, options.shots);
if (server) {
  await fixtureChecks(checks, url, options.shots);
  await callChecks(checks, url, options.shots);
  await verdictChecks(checks, url, options.shots);
  await peopleChecks(checks, url, options.shots);
  await newCallChecks(checks, url, options.shots);
  await complianceChecks(checks, url, options.shots);
  await analyticsChecks(checks, url, options.shots);
  await latencyChecks(checks, url, options.shots);
  await liveChecks(checks, url, options.shots);
  await listenChecks(checks, url);
}

await browser.close();
server?.close();
const [passed, failed] = [checks.passed + real.passed, checks.failed + real.failed];
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && checks.passed > 0 ? 0 : 1;
