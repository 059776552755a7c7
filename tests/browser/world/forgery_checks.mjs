// A04: pages of another origin, in the browser of somebody who may use the dashboard, get nothing done.
import { expect, expectEqual } from '../harness.mjs';
import { attack, serveAttacker, submitForm } from './attacker.mjs';

const forget = (troubles) => troubles.splice(0); // refused requests are what the check is about

const who = (origin, state) =>
  `${new URL(origin).hostname}${state ? ', in the browser of an admin,' : ''}`;

/** Changes that would be worth an attack, on a call that runs. */
const targetsOf = (call) => [
  { path: `/api/v1/calls/${call.id}/say`, body: '{"text":"forged words"}' },
  { path: `/api/v1/calls/${call.id}/hangup`, body: '' },
  { path: `/api/v1/calls/${call.id}/analyze`, body: '' },
  { path: '/api/v1/erase', body: '{"number":"+14155550171"}' },
  { path: '/api/v1/calls', body: '{"to":"+14155550172","purpose":"reminder"}' },
  { path: '/api/v1/dialling', body: '{"stopped":false,"reason":"forged"}' },
  { path: '/api/v1/users', body: '{"name":"mallory","password":"forged-password","role":"admin"}' },
  { path: '/api/v1/ws-ticket', body: '' },
];

/** What the record and the audit log say: rows that only a forged change could add. */
async function traces(stage, call) {
  const rows = await stage.sql(`select event_type from bridge.events where call_id = '${call.id}'
      and (event_type like 'operator%' or event_type = 'ended')
    union all select action from bridge.audit_log where actor in ('local', 'ada') union all select phone_hash::text from bridge.erasures
    union all select outcome from bridge.booking_analysis where call_id = '${call.id}'`);
  return rows.map(([what]) => what);
}

/** What the bridge answers, also where the browser keeps the answer from the page. */
async function watchAnswers(page, bridge) {
  const [asked, answered] = [new Map(), []];
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', ({ requestId, request }) =>
    asked.set(requestId, `${request.method} ${request.url}`),
  );
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const request = asked.get(requestId) ?? '';
    if (request.includes(bridge)) answered.push(`${request} ${statusCode}`);
  });
  await session.send('Network.enable');
  return answered;
}

async function scripted(checks, stage, call, { origin, state }) {
  const name = `A04: scripts, beacons, images and sockets of ${who(origin, state)} change nothing and learn nothing`;
  await checks.check(name, { host: null, state }, async (page, troubles) => {
    const answered = await watchAnswers(page, stage.url);
    const before = await traces(stage, call);
    await page.goto(origin);
    const learnt = await page.evaluate(attack, { bridge: stage.url, targets: targetsOf(call) });
    expectEqual(
      answered.filter((line) => /^(POST|DELETE)/.test(line) && !/ (401|403|404|405)$/.test(line)),
      [],
      'changes that were not refused',
    );
    const tried = answered.filter((line) => line.startsWith('POST')).length;
    expect(tried >= 24, `only ${tried} forged posts reached the bridge`);
    const told = learnt.filter(({ text, opened, loaded }) => text || opened || loaded);
    expectEqual(told, [], 'what the page learnt');
    expectEqual(await traces(stage, call), before, 'what changed');
    forget(troubles);
  });
}

async function forms(checks, stage, call, { origin, state }) {
  const name = `A04: forms of ${who(origin, state)} are refused`;
  await checks.check(name, { host: null, state }, async (page, troubles) => {
    const before = await traces(stage, call);
    for (const { path, body } of targetsOf(call).slice(0, 3)) {
      for (const enctype of ['application/x-www-form-urlencoded', 'text/plain']) {
        await page.goto(origin);
        const left = page.waitForResponse((response) => response.url() === stage.url + path);
        const arrived = page.waitForURL(stage.url + path);
        await page.evaluate(submitForm, { address: stage.url + path, body: body || 'x=', enctype });
        await arrived;
        const status = (await left).status();
        expect([401, 403, 404, 405, 415].includes(status), `${path} as ${enctype}: ${status}`);
      }
    }
    expectEqual(await traces(stage, call), before, 'what changed');
    forget(troubles);
  });
}

async function framed(checks, stage, { origin }) {
  const name = `A04: ${who(origin)} cannot show the dashboard in a frame and steer clicks into it`;
  await checks.check(name, { host: null }, async (page, troubles) => {
    await page.goto(origin);
    await page.evaluate((address) => {
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
      return new Promise((resolve) => (frame.onload = resolve));
    }, `${stage.url}/`);
    const frame = page.frames().find((one) => one !== page.mainFrame());
    expect(!frame.url().startsWith(stage.url), `the frame shows ${frame.url()}`);
    forget(troubles);
  });
}

async function rebound(checks, stage) {
  const name = 'A04: a foreign name that leads to this machine gets no data';
  await checks.check(name, { host: null }, async (page, troubles) => {
    const address = stage.url.replace('127.0.0.1', 'evil.test');
    for (const path of ['/api/v1/calls', '/api/v1/session', '/latency/stats', '/metrics']) {
      const answer = await page.goto(address + path);
      expect([401, 403].includes(answer.status()), `${path}: ${answer.status()}`);
    }
    forget(troubles);
  });
}

/** `state`: of a browser in which somebody is logged in; nothing: where nobody has to. */
export async function forgeryChecks(checks, stage, call, state) {
  const attacker = await serveAttacker();
  for (const origin of attacker.origins) {
    await scripted(checks, stage, call, { origin, state });
    await forms(checks, stage, call, { origin, state });
    if (!state) await framed(checks, stage, { origin });
  }
  if (!state) await rebound(checks, stage);
  attacker.close();
  const [[running]] = await stage.sql(
    `select count(*) from bridge.calls where id = '${call.id}' and end_reason is null`,
  );
  checks.checkPlain('A04: the call that was attacked runs on', () =>
    expectEqual(running, '1', 'running calls'),
  );
}
