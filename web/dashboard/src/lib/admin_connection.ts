// One connection to the admin socket, from the ticket to its end. What it says is passed on in order; a hole in its
// numbering, or silence, ends it: half-known calls are worse than a new snapshot.
import { asProblem, Problem, send } from './api';
import type { ServerMessage } from './live_types';

export interface ConnectionOwner {
  said(message: ServerMessage): void;
  heard(audio: ArrayBuffer): void;
  /** Once, and nothing after it. */
  over(why: Problem): void;
}

/** The server speaks at least every 5 s (node_status). */
const silenceMax = 12_000;

const lost = new Problem(
  0,
  'The live connection broke',
  'It is made again by itself. What is shown may be old.',
);

export class AdminConnection {
  readonly #owner: ConnectionOwner;
  #socket: WebSocket | null = null;
  #seq = 0;
  #watch = 0;
  #isOver = false;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    void this.#open();
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message: object): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify(message));
  }

  /** Ends it without a word to the owner. */
  close(): void {
    this.#isOver = true;
    window.clearTimeout(this.#watch);
    const socket = this.#socket;
    // closed before it is open, it would be an error in the browser's console
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = (): void => socket.close(1000);
    else socket?.close(1000);
  }

  async #open(): Promise<void> {
    try {
      const answer = await send<{ ticket: string }>('POST', '/api/v1/ws-ticket');
      if (!this.#isOver && answer) this.#connect(answer.ticket);
    } catch (error) {
      this.#end(asProblem(error));
    }
  }

  #connect(ticket: string): void {
    const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${window.location.host}/admin/v1/ws`, 'admin.v1');
    socket.binaryType = 'arraybuffer';
    socket.onopen = (): void => this.send({ type: 'auth', ticket });
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>): void => this.#take(data);
    socket.onclose = (): void => this.#end(lost);
    this.#socket = socket;
    this.#stayAwake();
  }

  #take(data: string | ArrayBuffer): void {
    if (this.#isOver) return;
    this.#stayAwake();
    if (typeof data !== 'string') return this.#owner.heard(data);
    const message = JSON.parse(data) as ServerMessage;
    this.#seq += 1;
    if (message.seq !== this.#seq) return this.#end(lost);
    this.#owner.said(message);
  }

  #stayAwake(): void {
    window.clearTimeout(this.#watch);
    this.#watch = window.setTimeout(() => this.#end(lost), silenceMax);
  }

  #end(why: Problem): void {
    if (this.#isOver) return;
    this.close();
    this.#owner.over(why);
  }
}
