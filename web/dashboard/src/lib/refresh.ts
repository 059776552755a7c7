/** Calls `again` every `period` ms, but only while the page can be seen, and at once when it comes back to sight.
 *  Answers the function that stops it. */
export function whileVisible(period: number, again: () => void): () => void {
  const tick = (): void => {
    if (!document.hidden) again();
  };
  const timer = window.setInterval(tick, period);
  document.addEventListener('visibilitychange', tick);
  return () => {
    window.clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}
