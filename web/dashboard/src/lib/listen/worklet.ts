// Runs on the browser's audio thread: takes packets, gives two tracks. The page's side is listening.svelte.ts.
import { JitterBuffer, type Figures } from './jitter_buffer.ts';
import type { AudioPacket } from './packet.ts';

// TypeScript's library has no AudioWorkletGlobalScope (TypeScript issue 28308).
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

/** How often the page is told the figures: every 64 blocks of 128 samples, 171 ms at 48 kHz. */
const blocksPerReport = 64;

class Tracks extends AudioWorkletProcessor {
  readonly #buffer = new JitterBuffer();
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<AudioPacket>): void => this.#buffer.push(data);
  }

  process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [caller, agent] = [outputs[0]?.[0], outputs[1]?.[0]];
    if (!caller || !agent) return true;
    this.#buffer.pull(caller, agent, sampleRate);
    this.#blocks += 1;
    if (this.#blocks % blocksPerReport === 0)
      this.port.postMessage(this.#buffer.figures() satisfies Figures);
    return true;
  }
}

registerProcessor('tandem-tracks', Tracks);
