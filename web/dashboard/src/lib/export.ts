// An export is streamed by the bridge and may be long: it is counted while it comes, and saved when it is whole.
import { open, Problem } from './api';

export type Format = 'csv' | 'json';

export interface Progress {
  bytes: number;
  calls: number;
}

const kinds: Record<Format, string> = { csv: 'text/csv', json: 'application/json' };
const brokeOff = new Problem(
  0,
  'The export broke off',
  'Nothing was saved, because a part would look like the whole. Try again.',
);
/** What is gathered is handed to the browser in pieces of this size, which may lie on its disk. */
const pieceBytes = 8 * 1024 * 1024;

const newline = 0x0a;
const quote = 0x22;
const brace = 0x7b;

/** Counts the calls in the bytes of a file, however they are cut. */
export class CallCounter {
  calls = 0;
  readonly #format: Format;
  #isQuoted = false;
  #before = 0;

  constructor(format: Format) {
    this.#format = format;
    if (format === 'csv') this.calls = -1; // the names of the columns
  }

  /** CSV: line ends outside of quotes. JSON: lines that begin an object (web/export.cpp writes one call a line). */
  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#format === 'csv') {
        if (byte === quote) this.#isQuoted = !this.#isQuoted;
        else if (byte === newline && !this.#isQuoted) this.calls += 1;
      } else if (byte === brace && this.#before === newline) {
        this.calls += 1;
      }
      this.#before = byte;
    }
  }
}

/** The whole file. `tell` is called with each piece that came. Throws Problem, or the abort of `signal`. */
export async function fetchExport(
  address: string,
  format: Format,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<Blob> {
  const response = await open(address, signal, kinds[format]);
  const counter = new CallCounter(format);
  let parts: BlobPart[] = [];
  let [bytes, loose] = [0, 0];
  try {
    const reader = response.body?.getReader();
    for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
      counter.take(piece.value);
      parts.push(piece.value);
      bytes += piece.value.length;
      loose += piece.value.length;
      if (loose > pieceBytes) [parts, loose] = [[new Blob(parts)], 0];
      tell({ bytes, calls: Math.max(0, counter.calls) });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw brokeOff;
  }
  return new Blob(parts, { type: kinds[format] });
}

export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
