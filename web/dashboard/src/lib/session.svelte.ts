// Who is logged in, and what they may do. While the bridge has no users, whoever sits at its machine acts as an
// admin, without logging in ("local"); from the first user on everybody has a name and a role.
import { access, asProblem, get, send, type Problem } from './api';
import { go, place } from './router.svelte';

export type Role = 'viewer' | 'operator' | 'admin';
/** What a role allows, each with those before it: look, act on calls, change the bridge. */
export type Right = 'view' | 'operate' | 'administer';

/** GET /api/v1/session. */
export interface Session {
  name: string;
  role: Role;
  via: 'local' | 'session' | 'token';
  /** What a change has to carry; null when none is needed. */
  csrf: string | null;
  has_users: boolean;
}

/** `who` is null while it is not known, and while nobody is logged in; `problem` says why. */
export const session = $state<{ who: Session | null; problem: Problem | null }>({
  who: null,
  problem: null,
});

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };
const needed: Record<Right, number> = { view: 1, operate: 2, administer: 3 };

/** Whether to show what needs this right. What the bridge allows is decided there. */
export const can = (right: Right): boolean =>
  session.who !== null && rank[session.who.role] >= needed[right];

/** From now on this one is logged in, or nobody is. */
export function setSession(who: Session | null): void {
  session.who = who;
  session.problem = null;
  access.csrf = who?.csrf ?? null;
}

/** Pages that are there for whoever is not logged in. */
export const isEntrance = (path: string): boolean => path === '/login' || path === '/setup';

function leaveForLogin(): void {
  if (isEntrance(place.path)) return;
  const from = place.path + place.search;
  go(from === '/' ? '/login' : `/login?next=${encodeURIComponent(from)}`, { replace: true });
}

/** Where somebody wanted to go before logging in: an address of ours, whatever the link said. */
export function wantedPage(search: string): string {
  const next = new URL(new URLSearchParams(search).get('next') ?? '/', window.location.origin);
  const ours = next.origin === window.location.origin && !isEntrance(next.pathname);
  return ours ? next.pathname + next.search : '/';
}

/** Asks the bridge who asks; whoever is nobody is led to the log-in. */
export async function loadSession(signal: AbortSignal): Promise<void> {
  try {
    setSession(await get<Session>('/api/v1/session', signal));
  } catch (error) {
    if (signal.aborted) return;
    session.problem = asProblem(error);
    if (session.problem.status === 401 || session.problem.status === 403) leaveForLogin();
  }
}

/** From now on an answer that the bridge knows nobody leads to the log-in. Asks until it is known who asks. */
export function startSession(): () => void {
  const abort = new AbortController();
  access.onNobody = () => {
    setSession(null);
    leaveForLogin();
  };
  const ask = (): void => {
    const refused = session.problem?.status === 401 || session.problem?.status === 403;
    if (!session.who && !refused && !isEntrance(place.path)) void loadSession(abort.signal);
  };
  ask();
  const timer = window.setInterval(ask, 3000);
  return () => {
    abort.abort();
    window.clearInterval(timer);
  };
}

/** Throws Problem. */
export async function logIn(name: string, password: string): Promise<void> {
  setSession(await send<Session>('POST', '/api/v1/session', { name, password }));
}

/** Throws Problem. */
export async function logOut(): Promise<void> {
  await send('DELETE', '/api/v1/session');
  setSession(null);
  go('/login');
}
