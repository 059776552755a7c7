// What a page plays: every node that leads to the loudspeaker also leads to two meters of ours, left and right.

/** Before any script of the page. */
export async function watchSound(page) {
  await page.addInitScript(() => {
    const connect = AudioNode.prototype.connect;
    const places = new Map();
    const makePlace = (context) => {
      const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
      const meters = [0, 1].map(() => new AnalyserNode(context, { fftSize: 2048 }));
      meters.forEach((meter, channel) => connect.call(splitter, meter, channel));
      return { splitter, meters };
    };
    AudioNode.prototype.connect = function (target, ...more) {
      if (target instanceof AudioDestinationNode) {
        const { context } = target;
        if (!places.has(context)) places.set(context, makePlace(context));
        connect.call(this, places.get(context).splitter);
      }
      return connect.call(this, target, ...more);
    };
    // what is closed sounds no more, but its meters stay where they were
    const levelOf = (meter) => {
      if (meter.context.state === 'closed') return 0;
      const samples = new Float32Array(meter.fftSize);
      meter.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    };
    window.loudness = () =>
      [0, 1].map((channel) =>
        Math.max(0, ...[...places.values()].map(({ meters }) => levelOf(meters[channel]))),
      );
  });
}

/** Root mean square of the last 40 ms or so, left and right; 1 is full scale. */
export const loudness = (page) => page.evaluate(() => window.loudness());

/** When (ms since 1970) it becomes louder than this on the left; asked before it does. Throws when it never does. */
export const heardAt = (page, level) =>
  page.evaluate(
    (limit) =>
      new Promise((resolve, reject) => {
        const end = performance.now() + 15_000;
        const timer = setInterval(() => {
          if (performance.now() > end) {
            clearInterval(timer);
            reject(new Error(`never louder than ${limit}`));
          }
          if (window.loudness()[0] <= limit) return;
          clearInterval(timer);
          resolve(performance.timeOrigin + performance.now());
        }, 5);
      }),
    level,
  );
