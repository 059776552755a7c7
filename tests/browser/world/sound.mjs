// What a page plays: every node that leads to the loudspeaker also leads to a meter of ours.

/** Before any script of the page. */
export async function watchSound(page) {
  await page.addInitScript(() => {
    const connect = AudioNode.prototype.connect;
    const meters = new Map();
    AudioNode.prototype.connect = function (target, ...more) {
      if (target instanceof AudioDestinationNode) {
        const { context } = target;
        if (!meters.has(context)) meters.set(context, new AnalyserNode(context, { fftSize: 2048 }));
        connect.call(this, meters.get(context));
      }
      return connect.call(this, target, ...more);
    };
    window.loudness = () =>
      Math.max(
        0,
        ...[...meters.values()].map((meter) => {
          const samples = new Float32Array(meter.fftSize);
          meter.getFloatTimeDomainData(samples);
          return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
        }),
      );
  });
}

/** Root mean square of the last 40 ms or so; 1 is full scale. */
export const loudness = (page) => page.evaluate(() => window.loudness());

/** When (ms since 1970) it becomes louder than this; asked before it does. */
export const heardAt = (page, level) =>
  page.evaluate(
    (limit) =>
      new Promise((resolve) => {
        const timer = setInterval(() => {
          if (window.loudness() <= limit) return;
          clearInterval(timer);
          resolve(performance.timeOrigin + performance.now());
        }, 5);
      }),
    level,
  );
