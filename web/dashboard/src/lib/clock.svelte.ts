// The time of this machine, once a second, for durations that tick.
export const clock = $state({ now: Date.now() });

/** Ticks until the function that it answers is called. */
export function startClock(): () => void {
  clock.now = Date.now();
  const timer = window.setInterval(() => (clock.now = Date.now()), 1000);
  return () => window.clearInterval(timer);
}
