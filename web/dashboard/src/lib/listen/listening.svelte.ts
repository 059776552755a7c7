// Listening to one running call in this browser: the caller on the left, the agent on the right, or both in the middle.
import { admin, type RunningCall } from '../admin_socket.svelte';
import { asProblem, Problem } from '../api';
import type { Figures } from './jitter_buffer.ts';
import { readPacket } from './packet.ts';
import workletAddress from './worklet.ts?worker&url';

interface Sound {
  context: AudioContext;
  tracks: AudioWorkletNode;
  sides: StereoPannerNode[];
  gain: GainNode;
}

const noSound = new Problem(
  0,
  'This browser gives no sound',
  'Listening needs Web Audio with worklets, over https or on this machine.',
);

async function makeSound(): Promise<Sound> {
  if (!('AudioWorkletNode' in window)) throw noSound;
  const context = new AudioContext({ latencyHint: 'interactive' });
  await context.audioWorklet.addModule(workletAddress);
  const tracks = new AudioWorkletNode(context, 'tandem-tracks', {
    numberOfInputs: 0,
    numberOfOutputs: 2,
    outputChannelCount: [1, 1],
  });
  const gain = context.createGain();
  const sides = [0, 1].map((output) => {
    const side = context.createStereoPanner();
    tracks.connect(side, output).connect(gain);
    return side;
  });
  gain.connect(context.destination);
  await context.resume();
  return { context, tracks, sides, gain };
}

/** The connection may be gone by now, and the listening with it. */
const forgo = (callId: string): void =>
  void admin.command(callId, { type: 'listen', on: false }).catch(() => {});

class Listening {
  /** The call that is listened to, or that listening is being started for. */
  callId = $state<string | null>(null);
  /** The bridge has agreed. */
  isOn = $state(false);
  figures = $state.raw<Figures | null>(null);
  /** From arrival to the ear, as far as this browser knows its sound card, ms; null before the first audio. */
  delayMs = $derived(this.figures && this.figures.delayMs + this.#cardMs());
  problem = $state.raw<Problem | null>(null);
  /** 0 to 1. */
  volume = $state(0.9);
  /** The caller on the left, the agent on the right. */
  isSplit = $state(true);

  #sound: Sound | null = null;
  #stopHearing: () => void = () => {};

  /** Must follow from a click: browsers give no sound otherwise. */
  async start(entry: RunningCall): Promise<void> {
    this.stop();
    const callId = entry.call.call_id;
    this.callId = callId;
    this.problem = null;
    try {
      const sound = await makeSound();
      if (this.callId !== callId) return void sound.context.close();
      this.#take(sound, entry);
      await this.ask();
    } catch (error) {
      if (this.callId !== callId) return;
      this.stop();
      this.problem = asProblem(error);
    }
  }

  /** Asks the bridge for the audio: at the start, and again on a new connection. Throws Problem. */
  async ask(): Promise<void> {
    const { callId } = this;
    if (callId === null) return;
    await admin.command(callId, { type: 'listen', on: true });
    if (this.callId === callId) this.isOn = true;
    else forgo(callId);
  }

  stop(): void {
    const callId = this.callId;
    this.callId = null;
    this.figures = null;
    this.#stopHearing();
    void this.#sound?.context.close();
    this.#sound = null;
    if (!callId || !this.isOn) return;
    this.isOn = false;
    forgo(callId);
  }

  /** Volume and sides as they are set. */
  adjust(): void {
    if (!this.#sound) return;
    const { context, sides, gain } = this.#sound;
    gain.gain.setTargetAtTime(this.volume, context.currentTime, 0.02);
    sides.forEach((side, index) => {
      const place = this.isSplit ? (index === 0 ? -1 : 1) : 0;
      side.pan.setTargetAtTime(place, context.currentTime, 0.02);
    });
  }

  #take(sound: Sound, entry: RunningCall): void {
    this.#sound = sound;
    this.adjust();
    sound.tracks.port.onmessage = ({ data }: MessageEvent<Figures>): void => {
      this.figures = data;
    };
    this.#stopHearing = admin.hear((audio) => {
      const packet = readPacket(audio);
      // By its handle of now: a new connection gives calls new ones.
      if (packet?.handle === entry.call.handle) sound.tracks.port.postMessage(packet);
    });
  }

  #cardMs(): number {
    const context = this.#sound?.context;
    return context ? (context.baseLatency + context.outputLatency) * 1000 : 0;
  }
}

export const listening = new Listening();
