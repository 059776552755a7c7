// Names of the timings of /latency/stats, in the order in which they are shown.
import type { Bucket, Timing } from './latency_types';

export interface TimingKind {
  name: string;
  label: string;
  explains: string;
}

export const timingKinds: readonly TimingKind[] = [
  { name: 'turn_gap', label: 'Gap heard', explains: 'Caller stopped until the agent is audible' },
  {
    name: 'voice_last_audio_sent',
    label: 'Caller audio sent',
    explains: "Until the caller's last audio had left for the provider",
  },
  {
    name: 'voice_text_final',
    label: 'Understood',
    explains: 'Until the provider had the final text: end of speech and recognition',
  },
  {
    name: 'voice_first_audio',
    label: 'Answer begun',
    explains: 'Until the first audio of the answer arrived',
  },
  {
    name: 'carrier_first_audio',
    label: 'Through the bridge',
    explains: 'Until that audio was handed to the carrier',
  },
  { name: 'audible', label: 'Carrier', explains: 'Until the carrier had it played, by its marks' },
  { name: 'unexplained', label: 'Unexplained', explains: 'What no stamp accounts for' },
  {
    name: 'uplink_transit',
    label: 'Uplink transit',
    explains: 'Caller audio inside the bridge: read from one socket, written to the other',
  },
  {
    name: 'downlink_transit',
    label: 'Downlink transit',
    explains: 'Agent audio inside the bridge: from the moment it was due',
  },
  {
    name: 'pacing_lateness',
    label: 'Pacing lateness',
    explains: 'How late agent audio was handed to the socket against its schedule',
  },
  { name: 'loop_lag', label: 'Loop lag', explains: 'How late timers of our threads run' },
  {
    name: 'carrier_round_trip',
    label: 'Carrier round trip',
    explains: "End of the audio before a mark, by our clock, until the carrier's echo",
  },
  {
    name: 'inbound_gap',
    label: 'Between caller frames',
    explains: '20 ms on a line without jitter',
  },
  {
    name: 'voice_network',
    label: 'Network to the provider',
    explains: "The kernel's round trip time of the voice leg",
  },
  {
    name: 'voice_connect',
    label: 'Provider connect',
    explains: 'From dialling a voice leg until its session is ready',
  },
];

export const labelOf = (name: string): string =>
  timingKinds.find((kind) => kind.name === name)?.label ?? name;

/** "0.085 ms", "3.2 ms", "812 ms": three digits that mean something. */
export function briefTime(us: number): string {
  const ms = us / 1000;
  if (ms >= 100) return `${Math.round(ms).toLocaleString()} ms`;
  return `${ms.toFixed(ms >= 10 ? 1 : ms >= 1 ? 2 : 3)} ms`;
}

export interface Bin {
  from: number;
  to: number;
  count: number;
}

const perOctave = 8;
const octaveOf = (us: number): number => Math.floor(Math.log2(Math.max(1, us)) * perOctave);
const edge = (index: number): number => 2 ** (index / perOctave);

/** The buckets, far finer than a picture needs, in bins of an eighth of an octave without holes. */
export function binsOf(buckets: readonly Bucket[]): Bin[] {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (!first || !last) return [];
  const begin = octaveOf(first[0]);
  const bins: Bin[] = [];
  for (let index = begin; index <= octaveOf(last[0]); index += 1)
    bins.push({ from: index === 0 ? 0 : edge(index), to: edge(index + 1), count: 0 });
  for (const [from, , count] of buckets) {
    const bin = bins[octaveOf(from) - begin];
    if (bin) bin.count += count;
  }
  return bins;
}

export const timingNamed = (timings: readonly Timing[], name: string): Timing | undefined =>
  timings.find((timing) => timing.name === name);
