// Client-side routing: the address bar is the only state. Plain links work; clicks on links to our own pages are
// taken over so that no page load happens.
interface Place {
  path: string;
  search: string;
  hash: string;
}

const here = (): Place => ({
  path: window.location.pathname,
  search: window.location.search,
  hash: window.location.hash,
});

export const place = $state<Place>(here());

/** Goes to an address of ours. `replace` leaves no entry in the history: for filters while they change. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  const samePath = new URL(address, window.location.href).pathname === place.path;
  if (options.replace) window.history.replaceState(null, '', address);
  else window.history.pushState(null, '', address);
  Object.assign(place, here());
  if (!samePath) window.scrollTo(0, 0);
}

function isPlainClick(event: MouseEvent): boolean {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !modified && !event.defaultPrevented;
}

function takeOverLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || !isPlainClick(event) || link.target || link.hasAttribute('download')) return;
  if (link.origin !== window.location.origin || link.pathname.startsWith('/api/')) return;
  if (link.hash && link.pathname === place.path && link.search === place.search) return; // a jump
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
}

/** Starts listening; answers the function that stops it. */
export function startRouter(): () => void {
  const onMove = (): void => void Object.assign(place, here());
  window.addEventListener('popstate', onMove);
  document.addEventListener('click', takeOverLink);
  return () => {
    window.removeEventListener('popstate', onMove);
    document.removeEventListener('click', takeOverLink);
  };
}
