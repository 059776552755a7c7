// Both tracks of a call on one time axis, and the place on it that is heard now. Pure: samples come in with their
// offset in the call, samples go out at the rate of the sound card; only the sound card's pulls move time.
//
// How far that place is behind the newest audio is the delay. It is kept near a target: 80 ms, more while audio arrives
// unevenly, never over 220 ms. Small errors are corrected by playing 3 % faster or slower, what cannot be corrected so
// (a stall, a suspended tab) by a jump; audio that comes after its turn is dropped.
import { linearOfUlaw, phoneRate, samplesPerMs, type AudioPacket, type Track } from './packet.ts';
import { reach, samplesOf, Timeline, timelineSamples } from './timeline.ts';

export const targetMs = 80;
export const targetMsMax = 220;
/** What the most uneven arrival of the last seconds leaves before its turn. */
const guardMs = 30;
const toleranceMs = 12;
const correction = 0.03;
/** Over this nobody waits for 3 %. */
const jumpMs = 350;
/** Late for so long is no stall: the way has become longer. */
const lateMax = samplesOf(240);
/** Packets over which evenness is judged: 2 s. */
const remembered = 100;
/** After so much silence of the track that leads, the other one leads. */
const leaderGone = samplesOf(500);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

export interface Figures {
  /** From arrival to the loudspeaker's turn, of the newest packet, ms. */
  delayMs: number;
  /** What the delay is steered to, ms. */
  targetMs: number;
  /** Audio that came too late to be played, ms, all in all. */
  lateMs: number;
  jumps: number;
}

export class JitterBuffer {
  readonly #tracks: Record<Track, Timeline> = { caller: new Timeline(), agent: new Timeline() };
  /** Where the newest packet of each track ended. */
  readonly #ends: Record<Track, number> = { caller: 0, agent: 0 };
  /** The sample of the call that is heard next; null before the first packet. */
  #position: number | null = null;
  #leader: Track = 'caller';
  #leaderHeardAt = Number.NEGATIVE_INFINITY;
  /** Samples of the call that were played so far, which is time. */
  #played = 0;
  /** How early the last packets of the leader were, ms; the newest last. */
  #early: number[] = [];
  /** When packets began to be late, in samples played; null: the newest was not. */
  #lateSince: number | null = null;
  #lateSamples = 0;
  #jumps = 0;

  push(packet: AudioPacket): void {
    const begin = samplesOf(packet.offsetMs);
    this.#chooseLeader(packet.track);
    if (packet.track === this.#leader) this.#steer(begin);
    this.#store(packet, begin);
  }

  /** Fills one block of each track; `rate` is that of the sound card. */
  pull(caller: Float32Array, agent: Float32Array, rate: number): void {
    if (this.#position === null) {
      caller.fill(0);
      agent.fill(0);
      return;
    }
    const step = (phoneRate / rate) * this.#speed();
    const before = this.#position;
    for (let index = 0; index < caller.length; index += 1) {
      caller[index] = this.#tracks.caller.at(this.#position);
      agent[index] = this.#tracks.agent.at(this.#position);
      this.#position += step;
    }
    this.#played += caller.length * (phoneRate / rate);
    this.#forget(before, this.#position);
  }

  figures(): Figures {
    const delayMs = this.#early.at(-1) ?? 0;
    const lateMs = this.#lateSamples / samplesPerMs;
    return { delayMs, targetMs: this.#target(), lateMs, jumps: this.#jumps };
  }

  /** The caller's track comes in real time, without holes, so it leads as long as it is there. */
  #chooseLeader(track: Track): void {
    const gone = this.#played - this.#leaderHeardAt > leaderGone;
    if (track === this.#leader || gone || track === 'caller') {
      if (track !== this.#leader) this.#early = [];
      this.#leader = track;
      this.#leaderHeardAt = this.#played;
    }
  }

  #steer(begin: number): void {
    if (this.#position === null) return this.#place(begin);
    const early = (begin - this.#position) / samplesPerMs;
    this.#lateSince = early < 0 ? (this.#lateSince ?? this.#played) : null;
    const isLate = this.#lateSince !== null && this.#played - this.#lateSince > lateMax;
    if (early > jumpMs || isLate) {
      this.#jumps += 1;
      return this.#place(begin);
    }
    this.#early.push(early);
    if (this.#early.length > remembered) this.#early.shift();
  }

  /** Has `begin` heard one target from now. */
  #place(begin: number): void {
    const position = begin - samplesOf(targetMs);
    if (this.#position !== null) this.#forget(this.#position, position);
    this.#position = position;
    this.#early = [targetMs];
    this.#lateSince = null;
  }

  #target(): number {
    if (this.#early.length === 0) return targetMs;
    const uneven = mean(this.#early) - Math.min(...this.#early);
    return Math.min(targetMsMax, Math.max(targetMs, uneven + guardMs));
  }

  /** 1, or a little more or less while the delay is off its target. */
  #speed(): number {
    if (this.#early.length === 0) return 1;
    const error = mean(this.#early.slice(-10)) - this.#target();
    if (Math.abs(error) <= toleranceMs) return 1;
    return error > 0 ? 1 + correction : 1 - correction;
  }

  #store({ track, ulaw }: AudioPacket, begin: number): void {
    if (this.#position === null) return;
    const first = Math.max(begin, Math.floor(this.#position));
    const end = Math.min(
      begin + ulaw.length,
      Math.floor(this.#position) + timelineSamples - 4 * reach,
    );
    this.#lateSamples += Math.min(first - begin, ulaw.length);
    // A packet before the end of an earlier one replaces the rest of it: the agent was silenced.
    if (begin < this.#ends[track]) this.#tracks[track].forget(first, this.#ends[track]);
    this.#ends[track] = begin + ulaw.length;
    if (first >= end) return;
    const bytes = ulaw.subarray(first - begin, end - begin);
    const values = Float32Array.from(bytes, (byte) => linearOfUlaw[byte] ?? 0);
    this.#tracks[track].write(first, values);
  }

  #forget(from: number, to: number): void {
    const [begin, end] = [Math.floor(from) - reach, Math.floor(to) - reach];
    this.#tracks.caller.forget(begin, end);
    this.#tracks.agent.forget(begin, end);
  }
}
