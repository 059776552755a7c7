// The running calls as the bridge tells them over its admin socket: a snapshot, then what changes. One connection for
// all pages, open while one of them uses it; lost, it is made again with a fresh snapshot.
import { AdminConnection } from './admin_connection';
import { asProblem, Problem } from './api';
import { told } from './live_call';
import type { CallMessage, Command, LiveCall, NodeStatus, ServerMessage } from './live_types';
import { PendingCommands } from './pending_commands';

/** Something that people or the bridge did to a call, for a line of text. */
export type Note = Extract<
  CallMessage,
  { type: 'operator_action' | 'barge_in_resolved' | 'voice_leg_reconnected' }
>;
const notesKept = 20;
/** How long a call that ended stays on the wall. */
const afterglow = 15_000;
/** A long snapshot comes in pieces, the further calls as call_started: those that are not named by then are over. */
const piecesTake = 1000;

/** A running call; each piece of news changes this one object and nothing else on the page. */
export class RunningCall {
  call: LiveCall;
  end = $state.raw<{ reason: string | null; durationMs: number } | null>(null);
  notes = $state.raw<Note[]>([]);

  constructor(call: LiveCall) {
    this.call = $state.raw(call);
  }

  take(message: CallMessage): void {
    this.call = told(this.call, message);
    if (message.type === 'call_ended')
      this.end = { reason: message.end_reason, durationMs: message.duration_ms };
    if (
      message.type === 'operator_action' ||
      message.type === 'barge_in_resolved' ||
      message.type === 'voice_leg_reconnected'
    )
      this.notes = [...this.notes, message].slice(-notesKept);
  }
}

export type Phase = 'off' | 'connecting' | 'live' | 'lost';

const delays = [500, 1000, 2000, 4000, 8000, 15_000];
/** Spread, so that a restarted bridge is not asked by everybody at once. */
const spread = (ms: number): number => ms * (0.8 + 0.4 * Math.random());

const notConnected = new Problem(
  0,
  'There is no live connection',
  'Nothing was done. It is made again by itself; try again in a moment.',
);

class AdminSocket {
  phase = $state<Phase>('off');
  /** When what is shown was last known to be true, ms since 1970 of this machine. */
  knownAt = $state(0);
  problem = $state.raw<Problem | null>(null);
  node = $state.raw<NodeStatus | null>(null);
  /** The oldest first, so that no card moves when a call comes. */
  calls = $state.raw<RunningCall[]>([]);

  readonly #uses = new Map<symbol, string>();
  readonly #listeners = new Set<(message: CallMessage) => void>();
  readonly #ears = new Set<(audio: ArrayBuffer) => void>();
  readonly #commands = new PendingCommands();
  #connection: AdminConnection | null = null;
  #subscribed: 'all' | string[] | null = null;
  #failures = 0;
  #retry = 0;
  #skewMs = 0;
  /** Calls that the newest snapshot has not named so far. */
  #unnamed = new Set<string>();
  #sweep = 0;

  /** Has the calls told, all of them or one, until the function that it answers is called. */
  use(calls: string): () => void {
    const key = Symbol(calls);
    this.#uses.set(key, calls);
    if (this.phase === 'off') this.#connect();
    else this.#subscribe();
    return () => {
      this.#uses.delete(key);
      // The next page has its turn first: going from one to another keeps the connection.
      window.setTimeout(() => (this.#uses.size === 0 ? this.#close() : this.#subscribe()), 0);
    };
  }

  /** Every message about a call, in order; answers the function that ends it. */
  follow(listener: (message: CallMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Every message of audio. */
  hear(ear: (audio: ArrayBuffer) => void): () => void {
    this.#ears.add(ear);
    return () => void this.#ears.delete(ear);
  }

  find(id: string): RunningCall | null {
    return this.calls.find(({ call }) => call.call_id === id) ?? null;
  }

  /** Throws Problem with the bridge's words when it is refused. Accepted is not done: what came of it is told. */
  async command(callId: string, command: Command): Promise<void> {
    if (!this.#connection?.isOpen || this.phase !== 'live') throw notConnected;
    const { id, done } = this.#commands.add();
    this.#connection.send({ ...command, id, call_id: callId });
    await done;
  }

  /** The bridge's clock, which tells when a call began, at a moment of this machine's. */
  serverTime(local: number): number {
    return local + this.#skewMs;
  }

  /** At once, instead of after the delay. */
  reconnect(): void {
    if (this.phase === 'lost') this.#connect();
  }

  #connect(): void {
    window.clearTimeout(this.#retry);
    this.#connection?.close();
    if (this.phase === 'off') this.phase = 'connecting';
    this.#subscribed = null;
    this.node = null;
    this.#connection = new AdminConnection({
      said: (message) => this.#take(message),
      heard: (audio) => this.#ears.forEach((ear) => ear(audio)),
      over: (why) => this.#lose(why),
    });
  }

  #close(): void {
    window.clearTimeout(this.#retry);
    window.clearTimeout(this.#sweep);
    this.#connection?.close();
    this.#connection = null;
    this.#commands.abandon();
    this.phase = 'off';
    this.problem = null;
    this.calls = [];
  }

  #lose(why: Problem): void {
    this.phase = 'lost';
    this.problem = why;
    this.#commands.abandon();
    const delay = delays[Math.min(this.#failures, delays.length - 1)] ?? 0;
    this.#failures += 1;
    this.#retry = window.setTimeout(() => this.#connect(), spread(delay));
  }

  #subscribe(): void {
    const wanted = [...new Set(this.#uses.values())];
    const calls = wanted.includes('all') ? 'all' : wanted;
    if (!this.#connection?.isOpen || !this.node) return;
    if (JSON.stringify(calls) === JSON.stringify(this.#subscribed)) return;
    if (this.#subscribed) this.#ask({ type: 'unsubscribe', calls: this.#subscribed });
    this.#subscribed = calls;
    this.#ask({ type: 'subscribe', calls });
  }

  #ask(message: object): void {
    const { id, done } = this.#commands.add();
    this.#connection?.send({ ...message, id });
    done.catch((error: unknown) => (this.problem = asProblem(error)));
  }

  #take(message: ServerMessage): void {
    this.knownAt = Date.now();
    if (message.type === 'ack') return this.#commands.settle(message.id, null);
    if (message.type === 'error') return this.#refused(message.id, message.message);
    if (message.type === 'node_status') return this.#look(message, message.ts_ms);
    if (message.type === 'snapshot') return this.#replace(message.calls);
    this.#tell(message as CallMessage);
  }

  #refused(id: string | null, words: string): void {
    const problem = new Problem(0, 'The bridge refused', words);
    if (id === null) this.problem = problem;
    else this.#commands.settle(id, problem);
  }

  #look(node: NodeStatus, serverMs: number): void {
    this.#skewMs = serverMs - Date.now();
    this.node = node;
    this.#subscribe();
  }

  #replace(calls: LiveCall[]): void {
    this.phase = 'live';
    this.problem = null;
    this.#failures = 0;
    const before = this.calls.filter(({ end }) => end === null);
    this.#unnamed = new Set(before.map(({ call }) => call.call_id));
    calls.forEach((call) => this.#name(call));
    window.clearTimeout(this.#sweep);
    this.#sweep = window.setTimeout(() => this.#dropUnnamed(), piecesTake);
  }

  /** A call as it is now: in the object that the page shows already, or in a new one. */
  #name(call: LiveCall): void {
    this.#unnamed.delete(call.call_id);
    const known = this.find(call.call_id);
    if (known) known.call = call;
    else this.#add(new RunningCall(call));
  }

  #add(entry: RunningCall): void {
    const key = ({ call }: RunningCall): string => `${call.started_at} ${call.call_id}`;
    this.calls = [...this.calls, entry].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  #dropUnnamed(): void {
    this.calls = this.calls.filter(({ call }) => !this.#unnamed.has(call.call_id));
    this.#unnamed.clear();
  }

  #tell(message: CallMessage): void {
    if (message.type === 'call_started') this.#name(message.call);
    else this.find(message.call_id)?.take(message);
    if (message.type === 'call_ended')
      window.setTimeout(() => this.#forget(message.call_id), afterglow);
    this.#listeners.forEach((listener) => listener(message));
  }

  #forget(id: string): void {
    this.calls = this.calls.filter((one) => one.call.call_id !== id || one.end === null);
  }
}

export const admin = new AdminSocket();
