// Checks of listening: its pure parts (µ-law, the interpolation, the jitter buffer) and the whole in a browser.
import { JitterBuffer } from '../../web/dashboard/src/lib/listen/jitter_buffer.ts';
import { linearOfUlaw, readPacket } from '../../web/dashboard/src/lib/listen/packet.ts';
import { Timeline } from '../../web/dashboard/src/lib/listen/timeline.ts';
import { world } from './fixture_server.mjs';
import { liveCall } from './fixtures/live.mjs';
import { eventually, expect, expectEqual } from './harness.mjs';

const { admin } = world;
const cardRate = 48_000;
const block = 128;
const frameMs = 20;
const loud = 0x80; // the largest positive value
const zero = 0xff;

/** ITU-T G.711 table 2a: the ends of each segment of positive values, in 14 bits, and their code. */
const segments = [
  [0xff, 0],
  [0xf0, 30],
  [0xef, 33],
  [0xe0, 93],
  [0xdf, 99],
  [0xd0, 219],
  [0xcf, 231],
  [0xc0, 471],
  [0xbf, 495],
  [0xb0, 975],
  [0xaf, 1023],
  [0xa0, 1983],
  [0x9f, 2079],
  [0x90, 3999],
  [0x8f, 4191],
  [0x80, 8031],
];

function ulawChecks(checks) {
  checks.checkPlain('every µ-law segment has the value of ITU-T G.711 table 2', () => {
    for (const [byte, value] of segments) {
      expectEqual(linearOfUlaw[byte] * 8192, value, `byte ${byte}`);
      expectEqual(linearOfUlaw[byte & 0x7f] * 8192 + value, 0, `byte ${byte & 0x7f}`);
    }
    const falling = [...linearOfUlaw.subarray(0x80)];
    expect(
      falling.every((value, index) => index === 0 || value < falling[index - 1]),
      'not monotonic',
    );
  });
  checks.checkPlain('a message of audio is read in network byte order, and nothing else is', () => {
    const bytes = Uint8Array.from([1, 1, 0, 0, 0, 0, 1, 2, 0, 1, 0, 0, 0x80, 0xff]);
    const packet = readPacket(bytes.buffer);
    expectEqual([packet.track, packet.handle, packet.offsetMs], ['agent', 258, 65_536], 'header');
    expectEqual([...packet.ulaw], [0x80, 0xff], 'audio');
    for (const [at, value] of [
      [0, 2],
      [1, 2],
    ])
      expectEqual(readPacket(bytes.with(at, value).buffer), null, `byte ${at} is ${value}`);
    expectEqual(readPacket(bytes.slice(0, 11).buffer), null, 'half a header');
  });
}

/** dB of the part of `samples` at `frequency`, under a Hann window. */
function level(samples, frequency, rate) {
  let [real, imaginary, sum] = [0, 0, 0];
  samples.forEach((value, index) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / samples.length);
    const angle = (2 * Math.PI * frequency * index) / rate;
    real += window * value * Math.cos(angle);
    imaginary += window * value * Math.sin(angle);
    sum += window;
  });
  return 20 * Math.log10((2 * Math.hypot(real, imaginary)) / sum);
}

function timelineChecks(checks) {
  for (const rate of [44_100, 48_000]) {
    checks.checkPlain(`a voice is kept and its images are gone at ${rate} Hz`, () => {
      for (const tone of [100, 300, 1000, 2000, 3000, 3400]) {
        const timeline = new Timeline();
        const wave = Float32Array.from({ length: 4000 }, (_, index) =>
          Math.sin((2 * Math.PI * tone * index) / 8000),
        );
        timeline.write(0, wave);
        const out = Array.from({ length: 8192 }, (_, index) =>
          timeline.at(500 + (index * 8000) / rate),
        );
        expect(Math.abs(level(out, tone, rate)) < 0.5, `${tone} Hz: ${level(out, tone, rate)} dB`);
        const image = Math.max(level(out, 8000 - tone, rate), level(out, 8000 + tone, rate));
        expect(tone > 3000 || image < -40, `the image of ${tone} Hz: ${image} dB`);
      }
    });
  }
  checks.checkPlain('what was forgotten or never written is silence', () => {
    const timeline = new Timeline();
    timeline.write(100, new Float32Array(50).fill(1));
    timeline.forget(0, 200);
    const out = Array.from({ length: 300 }, (_, index) => timeline.at(index));
    expectEqual(Math.max(...out.map(Math.abs)), 0, 'loudest');
  });
}

/** A listener's end: packets come by a schedule of [arrival ms, track, offset ms], sound goes out block by block. */
class Listener {
  buffer = new JitterBuffer();
  /** [ms of the sound card, caller, agent] of each block. */
  blocks = [];

  run(packets, untilMs) {
    const waiting = packets.toSorted((a, b) => a[0] - b[0]);
    const [caller, agent] = [new Float32Array(block), new Float32Array(block)];
    for (let ms = 0; ms < untilMs; ms += (block / cardRate) * 1000) {
      while (waiting.length > 0 && waiting[0][0] <= ms) this.push(waiting.shift());
      this.buffer.pull(caller, agent, cardRate);
      this.blocks.push([ms, Math.max(...caller), Math.max(...agent)]);
    }
    return this;
  }

  push([, track, offsetMs, byte = loud, frames = 1]) {
    const ulaw = new Uint8Array(160 * frames).fill(byte);
    this.buffer.push({ track, handle: 1, offsetMs, ulaw });
  }

  /** When a track first sounds at or after `ms`. */
  sounds(track, ms = 0) {
    const column = track === 'caller' ? 1 : 2;
    return this.blocks.find((one) => one[0] >= ms && one[column] > 0.5)?.[0] ?? null;
  }

  /** Milliseconds of sound of a track. */
  length(track) {
    const column = track === 'caller' ? 1 : 2;
    return (this.blocks.filter((one) => one[column] > 0.5).length * block * 1000) / cardRate;
  }
}

const near = (actual, expected, tolerance, what) =>
  expect(
    actual !== null && Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual}, not ${expected} ± ${tolerance}`,
  );

/** Frames of the caller from the beginning, each `delay(index)` ms on the way. */
const frames = (number, delay = () => 0, byte = () => loud) =>
  Array.from({ length: number }, (_, index) => [
    index * frameMs + delay(index),
    'caller',
    index * frameMs,
    byte(index),
  ]);

function bufferChecks(checks) {
  checks.checkPlain('even audio is heard 80 ms after it came, without a gap', () => {
    const listener = new Listener().run(frames(250), 5000);
    near(listener.sounds('caller'), 80, 8, 'first sound');
    near(listener.buffer.figures().delayMs, 80, 15, 'delay');
    near(listener.length('caller'), 4920, 10, 'sound');
    expectEqual(listener.buffer.figures().lateMs, 0, 'late');
  });
  checks.checkPlain('both tracks stand where they were heard in the call', () => {
    const quiet = frames(100, undefined, (index) => (index === 50 ? loud : zero));
    // The agent's audio comes 200 ms before it is heard, in messages of 60 ms.
    const agent = Array.from({ length: 30 }, (_, index) => {
      const offset = index * 60;
      return [Math.max(0, offset - 200), 'agent', offset, offset === 960 ? loud : zero, 3];
    });
    const listener = new Listener().run([...quiet, ...agent], 2000);
    near(listener.sounds('agent') - listener.sounds('caller'), -40, 6, 'agent before caller');
  });
  checks.checkPlain('uneven audio is heard later, but whole after a while', () => {
    const uneven = (index) => (index % 7 === 0 ? 120 : (index % 3) * 10);
    const listener = new Listener().run(frames(1000, uneven), 20_000);
    const { targetMs, delayMs, lateMs } = listener.buffer.figures();
    expect(targetMs > 100 && targetMs <= 220, `target ${targetMs}`);
    expect(delayMs < 260, `delay ${delayMs}`);
    expect(lateMs < 400, `${lateMs} ms were late`);
    const more = frames(250, uneven).map(([at, track, offset]) => [at, track, offset + 20_000]);
    expectEqual(listener.run(more, 5000).buffer.figures().lateMs, lateMs, 'late once it settled');
  });
  checks.checkPlain('a stall is silence, not delay: what comes too late is dropped', () => {
    const stalled = (index) => (index >= 50 && index < 75 ? (75 - index) * frameMs : 0);
    const listener = new Listener().run(frames(250, stalled), 5000);
    const { delayMs, lateMs } = listener.buffer.figures();
    expect(lateMs > 300 && lateMs < 520, `${lateMs} ms were late`);
    expect(delayMs < 250, `delay ${delayMs}`);
  });
  checks.checkPlain('a way that became longer for good is followed by one jump', () => {
    const longer = (index) => (index < 100 ? 0 : 300);
    const listener = new Listener().run(frames(300, longer), 6300);
    const { delayMs, jumps } = listener.buffer.figures();
    expectEqual(jumps, 1, 'jumps');
    near(delayMs, 80, 20, 'delay');
  });
  checks.checkPlain('a sound card that slept catches up by a jump', () => {
    const listener = new Listener();
    frames(200).forEach((packet) => listener.push(packet));
    expect(listener.buffer.figures().jumps > 0, 'no jump');
    expect(listener.buffer.figures().delayMs <= 360, `${listener.buffer.figures().delayMs} ms`);
  });
  checks.checkPlain('a clock that runs 0.5 % fast is followed without a jump', () => {
    const fast = Array.from({ length: 3000 }, (_, index) => [
      index * frameMs * 1.005,
      'caller',
      index * frameMs,
    ]);
    const { delayMs, jumps, lateMs } = new Listener().run(fast, 60_000).buffer.figures();
    expectEqual([jumps, lateMs], [0, 0], 'jumps, late');
    near(delayMs, 80, 25, 'delay');
  });
  checks.checkPlain('an agent that was silenced is silent, and goes on where it does', () => {
    const quiet = frames(150, undefined, () => zero);
    const silenced = [
      [300, 'agent', 400, loud, 10], // to be heard from 400 to 600
      [420, 'agent', 460, zero, 1], // silenced at 460
      [900, 'agent', 1000, loud, 5],
    ];
    const listener = new Listener().run([...quiet, ...silenced], 3000);
    near(listener.length('agent'), 60 + 100, 8, 'sound of the agent');
  });
}

/** Plays both tracks of `call` in real time until `stop` is called. */
function speak(call) {
  const began = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; sent * frameMs <= Date.now() - began; sent += 1) {
      const byte = sent % 2 ? loud : 0x00;
      admin.play(call, 0, sent * frameMs, Buffer.alloc(160, byte));
      if (sent % 3 === 0) admin.play(call, 1, sent * frameMs + 200, Buffer.alloc(480, byte));
    }
  }, 5);
  return () => clearInterval(timer);
}

async function soundChecks(checks, url) {
  const open = async (page) => {
    admin.reset();
    const call = liveCall(0);
    admin.calls = [call];
    await page.goto(`${url}/live?call=${call.call_id}`);
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByRole('button', { name: 'Stop listening' }).waitFor();
    return call;
  };
  await checks.check('a call is listened to with less than 300 ms of delay', {}, async (page) => {
    const call = await open(page);
    await eventually(() => admin.listeners === 1, 'the page did not ask to listen');
    const stop = speak(call);
    const delay = page.locator('#listening-delay');
    await page.getByText(/^delay \d+ ms$/).waitFor();
    const delays = [];
    for (let count = 0; count < 20; count += 1) {
      delays.push(Number(/\d+/.exec(await delay.innerText())[0]));
      await page.waitForTimeout(100);
    }
    stop();
    const worst = Math.max(...delays);
    console.log(`  delay from arrival to the loudspeaker: ${delays.join(' ')} ms`);
    expect(worst > 20 && worst < 300, `${worst} ms`);
    await page.getByRole('button', { name: 'Stop listening' }).click();
    await eventually(() => admin.listeners === 0, 'it goes on');
    expectEqual(admin.faults, [], 'what the page said wrongly');
  });
  await checks.check('listening begins again on a new connection', {}, async (page) => {
    const call = await open(page);
    await eventually(() => admin.listeners === 1, 'not once');
    admin.calls = [{ ...call, handle: 777 }];
    admin.breakAll();
    await eventually(() => admin.listeners === 0, 'still there');
    await eventually(() => admin.listeners === 1, 'not again');
    const stop = speak(admin.calls[0]);
    await page.getByText(/^delay \d+ ms$/).waitFor();
    stop();
  });
  await checks.check(
    'leaving the call ends the listening, and so does a refusal',
    {},
    async (page) => {
      await open(page);
      await eventually(() => admin.listeners === 1, 'not once');
      await page.getByRole('link', { name: 'Close' }).click();
      await eventually(() => admin.listeners === 0, 'it goes on');
      admin.refusals.listen = { code: 'not_allowed', message: 'Viewers do not listen.' };
      await page.goBack();
      await page.getByRole('button', { name: 'Listen' }).click();
      await page.getByText('Viewers do not listen.').waitFor();
      await page.getByRole('button', { name: 'Listen', exact: true }).waitFor();
    },
  );
}

export async function listenChecks(checks, url) {
  ulawChecks(checks);
  timelineChecks(checks);
  bufferChecks(checks);
  await soundChecks(checks, url);
  admin.reset();
}
