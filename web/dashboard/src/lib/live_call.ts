// What a piece of news does to what is known of a running call, and how a running call looks in words. Pure.
import type { TranscriptEntry } from './api';
import { duration } from './format';
import type { CallNews, LiveCall, LiveLine } from './live_types';

/** Kept of each call. A snapshot brings the last 60 lines; those before them are in the record. */
const linesKept = 2000;
const turnsKept = 8;

/** In order; a line that came before (now with what was heard of it) takes its place. */
function withLine(lines: LiveLine[], line: LiveLine): LiveLine[] {
  const others = lines.filter((one) => one.seq !== line.seq);
  return [...others, line].sort((a, b) => a.seq - b.seq).slice(-linesKept);
}

function pausedAfter(paused: boolean, action: string): boolean {
  if (action === 'pause') return true;
  return action === 'resume' ? false : paused;
}

/** A name stands there as often as it listens. */
function listenersAfter(listeners: string[], by: string, action: string): string[] {
  if (action === 'listen_on') return [...listeners, by];
  const gone = action === 'listen_off' ? listeners.indexOf(by) : -1;
  return gone < 0 ? listeners : listeners.toSpliced(gone, 1);
}

export function told(call: LiveCall, news: CallNews): LiveCall {
  switch (news.type) {
    case 'call_started':
      return news.call;
    case 'state_changed':
      return { ...call, state: news.state };
    case 'transcript':
      return { ...call, lines: withLine(call.lines, news.line) };
    case 'turn_completed':
      return { ...call, turns: [...call.turns, news.turn].slice(-turnsKept) };
    case 'voice_leg_reconnected':
      return { ...call, provider: news.provider };
    case 'frame_stats':
      return { ...call, stats: news.stats };
    case 'operator_action':
      return {
        ...call,
        paused: pausedAfter(call.paused, news.action),
        listeners: listenersAfter(call.listeners, news.by, news.action),
      };
    default:
      return call;
  }
}

/** A line as the transcript of a call has it. */
export const entryOf = (line: LiveLine): TranscriptEntry => ({
  seq: line.seq,
  speaker: line.speaker,
  message: line.text,
  timestamp: '',
  offset_ms: line.offset_ms,
  event_type: '',
  audio_ms: line.audio_ms,
  heard_ms: line.heard_ms,
  heard_ratio: line.heard_ratio,
  source: 'live',
});

/** The stored lines and those that are not stored yet, in order; of a line that both have, what was heard of it counts
 *  wherever it is known. */
export function withLive(stored: TranscriptEntry[], live: LiveLine[]): TranscriptEntry[] {
  const fresh = new Map(live.map((line) => [line.seq, entryOf(line)]));
  const merged = stored.map((entry) => {
    const line = fresh.get(entry.seq);
    fresh.delete(entry.seq);
    if (!line || line.heard_ratio === null) return entry;
    const { audio_ms, heard_ms, heard_ratio } = line;
    return { ...entry, audio_ms, heard_ms, heard_ratio };
  });
  return [...merged, ...fresh.values()].sort((a, b) => a.offset_ms - b.offset_ms || a.seq - b.seq);
}

interface Lasting {
  call: LiveCall;
  end: { durationMs: number } | null;
}

/** How long the call has lasted at `now`, ms of the bridge's clock. */
export const lengthWords = ({ call, end }: Lasting, now: number): string =>
  duration(
    end ? end.durationMs / 1000 : (now - Date.parse(call.answered_at ?? call.started_at)) / 1000,
  );

/** ["kim", "local"] → "kim and somebody at this machine listen"; ["local"] → "Somebody at this machine listens". */
export function listenersWords(listeners: readonly string[]): string {
  const words = [...new Set(listeners)].map((name, index) => {
    if (name !== 'local') return name;
    return index === 0 ? 'Somebody at this machine' : 'somebody at this machine';
  });
  const names = new Intl.ListFormat('en').format(words);
  return `${names} ${new Set(listeners).size === 1 ? 'listens' : 'listen'}`;
}
