// Cuts the text of a transcript entry into pieces: heard or not, quoted as evidence or not.
import type { TranscriptEntry } from './api';

export interface Piece {
  text: string;
  unheard: boolean;
  quoted: boolean;
}

/** What the page shows of one line. A browser needs seconds to lay out a line of a million letters (faults A02), and
 *  nobody says that much in one breath. */
const lettersShown = 20_000;

export function clipped(entry: TranscriptEntry, letters: number = lettersShown): TranscriptEntry {
  const { message, heard_ratio: ratio } = entry;
  if (message.length <= letters) return entry;
  // The share that was heard is one of the whole line.
  const heard = ratio === null ? null : Math.min(1, (ratio * message.length) / letters);
  return { ...entry, message: message.slice(0, letters), heard_ratio: heard };
}

/** Where the unheard part begins. Speech is not text: the share of the audio that was heard is laid over the
 *  letters and moved to the next word's start, so this is a good guess and no more. */
export function heardLength(entry: TranscriptEntry): number {
  const { message, heard_ratio: ratio } = entry;
  if (entry.speaker !== 'assistant' || ratio === null || ratio >= 1) return message.length;
  if (ratio <= 0) return 0;
  const space = message.indexOf(' ', Math.floor(message.length * ratio));
  return space < 0 ? message.length : space;
}

/** The line that was the newest at a moment of the call, in seconds; the first one before that. */
export function lineAt(entries: readonly TranscriptEntry[], seconds: number): number | null {
  const line = entries.findLast((entry) => entry.offset_ms <= seconds * 1000) ?? entries[0];
  return line?.seq ?? null;
}

const plain = (text: string): string => text.toLowerCase().replace(/[’‘]/g, "'");

/** [begin, end) of each quote that the message holds; case and kind of apostrophe do not matter. */
function quoteRanges(message: string, quotes: readonly string[]): [number, number][] {
  const haystack = plain(message);
  return quotes.flatMap((quote): [number, number][] => {
    const needle = plain(quote.trim());
    const begin = needle ? haystack.indexOf(needle) : -1;
    return begin < 0 || haystack.length !== message.length ? [] : [[begin, begin + needle.length]];
  });
}

export function pieces(entry: TranscriptEntry, quotes: readonly string[]): Piece[] {
  const { message } = entry;
  const heard = heardLength(entry);
  const ranges = quoteRanges(message, quotes);
  const cuts = [...new Set([0, heard, message.length, ...ranges.flat()])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((begin, index) => ({
    text: message.slice(begin, cuts[index + 1]),
    unheard: begin >= heard,
    quoted: ranges.some(([from, to]) => begin >= from && begin < to),
  }));
}
