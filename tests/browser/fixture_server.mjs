// Answers the dashboard and its API as the bridge does, from fixtures, with the bridge's own security headers.
// tests/unit/web holds the shapes and the headers of the fixtures against the real program.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { FixtureAdmin } from './fixture_admin.mjs';
import { answerDial, isDialRoute, makeDial } from './fixtures/dial.mjs';
import { answerLatency, makeLatency } from './fixtures/latency_monitor.mjs';
import { answerPeople, isAccountRoute, makePeople } from './fixtures/people.mjs';
import {
  makeCalls,
  oneCall,
  pendingVerdict,
  searched,
  securityHeaders,
} from './fixtures/world.mjs';
import { report } from './fixtures/report.mjs';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What tests change while the server runs. */
export const world = {
  calls: makeCalls(Date.now()),
  broken: false,
  requests: [],
  /** Of orders to judge a call: { status, title, detail }. */
  refusal: null,
  /** Ids of calls that wait to be judged again. */
  waiting: new Set(),
  /** Members of a call's answers that differ from the fixture. */
  changes: {},
  /** Ids of calls that were hung up over the API. */
  hungUp: [],
  /** When the second half of an export follows, and whether it breaks off instead. */
  export: { half: null, breaks: false },
  /** Its admin socket (fixture_admin.mjs). */
  admin: new FixtureAdmin(),
  /** Lists of dialling, and calls that are asked for (fixtures/dial.mjs). */
  dial: makeDial(),
  people: makePeople(),
  /** There are calls that no search finds. */
  sealed: false,
  /** Of the latency page. */
  latency: makeLatency(),
};

function json(response, status, body, type = 'application/json') {
  response.writeHead(status, {
    ...securityHeaders,
    'Content-Type': type,
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

const problem = (response, status, title, detail) =>
  json(
    response,
    status,
    { type: 'about:blank', title, status, detail },
    'application/problem+json',
  );

const matches = (call, query) =>
  (!query.get('outcome') || call.outcome.label === query.get('outcome')) &&
  (!query.get('number') || call.phone_number.includes(query.get('number').replace(/\D/g, ''))) &&
  (!query.get('status') || call.status === query.get('status')) &&
  (!query.get('direction') || call.direction === query.get('direction')) &&
  (!query.get('from') || call.start_time >= query.get('from')) &&
  (!query.get('to') || call.start_time < query.get('to')) &&
  (!query.get('min_duration') || call.duration >= Number(query.get('min_duration')));

function listCalls(response, query) {
  if (/[^\d+ ]/.test(query.get('number') ?? '')) {
    return problem(response, 400, 'A parameter is wrong', 'number: digits only, with or without +');
  }
  const limit = Number(query.get('limit') ?? 50);
  const begin = Number(query.get('cursor') ?? 0);
  const words = query.get('q');
  const found = world.calls
    .filter((call) => matches(call, query))
    .map((call) => (words ? searched(call, words) : call))
    .filter(Boolean);
  const end = begin + limit;
  return json(response, 200, {
    calls: found.slice(begin, end),
    next_cursor: end < found.length ? String(end) : null,
    ...(words && { sealed_not_searched: world.sealed }),
  });
}

function judge(response, id) {
  if (world.refusal) {
    const { status, title, detail } = world.refusal;
    return problem(response, status, title, detail);
  }
  world.waiting.add(id);
  return json(response, 202, { call_id: id, state: 'queued' });
}

/** As web/export.cpp writes it, in two pieces; between them it waits for `world.export.half`, and may break off. */
async function exported(response, format) {
  const rows = world.calls.map(({ id }) => (format === 'csv' ? `${id},"a\nb"\r\n` : `{"id":"${id}"}`));
  const text = format === 'csv' ? `id,reason\r\n${rows.join('')}` : `[\n${rows.join(',\n')}\n]\n`;
  const half = Math.floor(text.length / 2);
  response.writeHead(200, { ...securityHeaders, 'Content-Type': 'text/csv; charset=utf-8' });
  response.write(text.slice(0, half));
  await world.export.half;
  if (world.export.breaks) response.destroy();
  else response.end(text.slice(half));
}

/** One part of a call: as in the fixture, but for what a check changed. */
function answerPart(id, part, found) {
  const answer = { ...found[part], ...world.changes[part] };
  if (part !== 'call' || !world.waiting.has(id)) return answer;
  return { ...answer, outcome: { ...pendingVerdict, state: 'queued' } };
}

function api(response, url, method) {
  world.requests.push(url.pathname + url.search);
  if (world.broken)
    return problem(response, 503, 'The database does not answer', 'Try again soon.');
  const [, , , , id, part = 'call'] = url.pathname.split('/');
  if (!id) return listCalls(response, url.searchParams);
  if (id.startsWith('export.')) return exported(response, id.slice('export.'.length));
  const found = oneCall(id, world.calls);
  if (found && part === 'analyze' && method === 'POST') return judge(response, id);
  if (found && part === 'hangup' && method === 'POST') {
    world.hungUp.push(id);
    return json(response, 202, { call_id: id, command: 'hangup' });
  }
  if (!found?.[part]) return problem(response, 404, 'There is no such call', 'Look at the list.');
  return json(response, 200, answerPart(id, part, found));
}

function ticket(response, method) {
  if (method === 'POST' && world.admin.isThere)
    return json(response, 201, world.admin.giveTicket());
  return problem(response, 503, 'The bridge is starting', 'Try again soon.');
}

async function people(request, response, url) {
  let text = '';
  for await (const piece of request) text += piece;
  const { status, body } = answerPeople(world.people, request, url, text ? JSON.parse(text) : {});
  if (body) json(response, status, body);
  else response.writeHead(status, securityHeaders).end();
}

async function latency(request, response, url) {
  let text = '';
  for await (const piece of request) text += piece;
  const sent = text ? JSON.parse(text) : {};
  const { status, body } = answerLatency(world.latency, url, request.method, sent);
  json(response, status, body, status < 400 ? 'application/json' : 'application/problem+json');
}

async function dial(request, response, url) {
  let text = '';
  for await (const piece of request) text += piece;
  const answer = answerDial(world.dial, request, url, text ? JSON.parse(text) : {});
  if (answer === null) return request.socket.destroy();
  const type = answer.status < 400 ? 'application/json' : 'application/problem+json';
  return json(response, answer.status, answer.body, type);
}

function analytics(response, query) {
  world.requests.push(`/api/v1/analytics?${query}`);
  if (world.broken) return problem(response, 503, 'The database does not answer', 'Try again soon.');
  return json(response, 200, { ...report(query), ...world.changes.report });
}

function asset(response, dist, path) {
  const isPage =
    ['/', '/login', '/setup', '/people', '/live', '/latency-monitor', '/analytics', '/compliance'].includes(path) ||
    /^\/calls\/[\dA-Za-z-]{1,64}$/.test(path);
  const file = join(dist, isPage ? 'index.html' : path);
  if (!isPage && !(/^\/assets\/[\w.-]+$/.test(path) && existsSync(file))) {
    return problem(response, 404, 'Not found', '');
  }
  response.writeHead(200, { ...securityHeaders, 'Content-Type': types[extname(file)] });
  return createReadStream(file).pipe(response);
}

/** Serves the built dashboard in `dist`; answers its address and how to stop it. */
export async function serveFixtures(dist) {
  readFileSync(join(dist, 'index.html')); // a clear error now rather than an empty page later
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    if (url.pathname === '/api/v1/ws-ticket') ticket(response, request.method);
    else if (isDialRoute(url.pathname, request.method)) void dial(request, response, url);
    else if (url.pathname === '/api/v1/analytics') analytics(response, url.searchParams);
    else if (url.pathname.startsWith('/api/v1/calls')) api(response, url, request.method);
    else if (url.pathname.startsWith('/latency/')) void latency(request, response, url);
    else if (isAccountRoute(url.pathname)) void people(request, response, url);
    else asset(response, dist, url.pathname);
  });
  server.on('upgrade', (request, socket) => world.admin.accept(request, socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
