// A strict stand-in of the admin socket: tickets, authentication, subscriptions, commands and audio. What it says and
// what it takes is held against the published schema; what is wrong is remembered in `faults`, and every check of the
// pages that use it ends with none.
import { readFileSync } from 'node:fs';
import { fits } from './schema.mjs';
import { acceptWebSocket } from './websocket.mjs';

const schema = JSON.parse(
  readFileSync(new URL('../../web/admin/schema.json', import.meta.url), 'utf8'),
);
const isOf = (side, message) => fits(message, schema.$defs[side], schema);

class Client {
  #seq = 0;
  #hall;
  socket = null;
  isKnown = false;
  calls = [];
  listens = new Set();

  constructor(hall) {
    this.#hall = hall;
  }

  say(type, members = {}, callId = null, offset = null) {
    this.#seq += 1;
    const common = { type, call_id: callId, seq: this.#seq, ts_ms: Date.now(), offset_ms: offset };
    const message = { ...common, ...members };
    if (!isOf('server', message)) this.#hall.faults.push(`said by the fixture: ${type}`);
    this.socket.text(JSON.stringify(message));
  }

  /** As if a message had been lost on the way. */
  skip() {
    this.#seq += 1;
  }

  follows(id) {
    return this.calls === 'all' || this.calls.includes(id);
  }

  take(text) {
    const message = JSON.parse(text);
    if (!isOf('client', message)) return this.#fault(`a message that is none: ${text}`);
    if (!this.isKnown) return this.#authenticate(message.ticket);
    if (message.type === 'subscribe') return this.#subscribe(message);
    if (message.type === 'unsubscribe') return this.#unsubscribe(message);
    return this.#obey(message);
  }

  #authenticate(ticket) {
    if (!this.#hall.tickets.delete(ticket)) return this.#fault('no ticket of ours');
    this.isKnown = true;
    return this.status();
  }

  status() {
    this.say('node_status', { ...this.#hall.node, calls: this.#hall.calls.length });
  }

  /** Adds to what is followed. */
  #subscribe({ id, calls }) {
    this.calls = calls === 'all' || this.calls === 'all' ? 'all' : [...this.calls, ...calls];
    this.say('ack', { id });
    return this.snapshot();
  }

  #unsubscribe({ id, calls }) {
    const isEverything = calls === 'all' || this.calls === 'all';
    this.calls = isEverything ? [] : this.calls.filter((one) => !calls.includes(one));
    this.say('ack', { id });
  }

  snapshot(more = {}) {
    const calls = this.#hall.calls.filter((call) => this.follows(call.call_id));
    this.say('snapshot', { calls, ...more });
  }

  #obey({ id, type, call_id: callId, ...members }) {
    const call = this.#hall.calls.find((one) => one.call_id === callId);
    const refusal = call
      ? this.#hall.refusals[type]
      : { code: 'no_such_call', message: 'There is no such call, or it is over.' };
    this.#hall.commands.push({ type, call_id: callId, ...members });
    if (refusal) return this.say('error', { id, ...refusal });
    if (type === 'listen') this.listens[members.on ? 'add' : 'delete'](call.handle);
    return this.say('ack', { id });
  }

  #fault(words) {
    this.#hall.faults.push(words);
    this.socket.close(1008);
  }
}

/** Everybody who is connected, and what there is to tell them. Tests change it while the server runs. */
export class FixtureAdmin {
  #clients = new Set();
  #period = null;
  tickets = new Set();
  calls = [];
  commands = [];
  faults = [];
  /** By type of command: { code, message }. */
  refusals = {};
  /** False: no tickets are given. */
  isThere = true;
  node = {
    node: 'bridge-1',
    version: '0.0.0',
    role: 'admin',
    name: 'local',
    draining: false,
    spool_fill: 0,
    database: 'ok',
  };

  /** As a new bridge. */
  reset() {
    Object.assign(this, { calls: [], commands: [], faults: [], refusals: {}, isThere: true });
    Object.assign(this.node, { draining: false, database: 'ok', spool_fill: 0 });
  }

  giveTicket() {
    const ticket = `ticket-${Math.random()}`;
    this.tickets.add(ticket);
    return { ticket, expires_in: 30 };
  }

  accept(request, socket) {
    const { origin, host, 'sec-websocket-protocol': offered } = request.headers;
    const isOurs = origin === `http://${host}` && offered === 'admin.v1';
    if (!isOurs || request.url !== '/admin/v1/ws')
      return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const client = new Client(this);
    client.socket = acceptWebSocket(request, socket, {
      protocol: 'admin.v1',
      onText: (text) => client.take(text),
      onClose: () => this.#clients.delete(client),
    });
    this.#clients.add(client);
    this.#period ??= setInterval(() => this.#known((one) => one.status()), 5000).unref();
    return undefined;
  }

  get connected() {
    return this.#clients.size;
  }

  #known(tell) {
    [...this.#clients].filter((client) => client.isKnown).forEach(tell);
  }

  #followers(id, tell) {
    this.#known((client) => client.follows(id) && tell(client));
  }

  tell(type, callId, members, offset = null) {
    this.#followers(callId, (client) => client.say(type, members, callId, offset));
  }

  begin(call) {
    this.calls = [...this.calls, call];
    this.tell('call_started', call.call_id, { call });
  }

  end(callId, end_reason, duration_ms) {
    this.calls = this.calls.filter((call) => call.call_id !== callId);
    this.tell('call_ended', callId, { end_reason, duration_ms });
  }

  /** Mu-law of one track to everybody who listens. */
  play(call, track, offsetMs, ulaw) {
    const message = Buffer.alloc(12 + ulaw.length);
    message.set([1, track], 0);
    message.writeUInt32BE(call.handle, 4);
    message.writeUInt32BE(offsetMs, 8);
    message.set(ulaw, 12);
    this.#known((client) => client.listens.has(call.handle) && client.socket.binary(message));
  }

  get listeners() {
    return [...this.#clients].filter((client) => client.listens.size > 0).length;
  }

  breakAll() {
    this.#clients.forEach((client) => client.socket.break());
  }

  snapshotAll(more) {
    this.#known((client) => client.snapshot(more));
  }

  loseOne() {
    this.#known((client) => client.skip());
  }
}
