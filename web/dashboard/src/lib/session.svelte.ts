// Who is logged in, and what they may do. While the bridge has no users, whoever sits at its machine acts as an
// admin, without logging in ("local"); from the first user on everybody has a name and a role.
import { access, get } from './api';

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

const local: Session = {
  name: 'local',
  role: 'admin',
  via: 'local',
  csrf: null,
  has_users: false,
};

/** `who` is null while nobody is logged in. */
export const session = $state<{ who: Session | null }>({ who: local });

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };
const needed: Record<Right, number> = { view: 1, operate: 2, administer: 3 };

/** Whether to show what needs this right. What the bridge allows is decided there. */
export const can = (right: Right): boolean =>
  session.who !== null && rank[session.who.role] >= needed[right];

/** From now on this one is logged in, or nobody is. */
export function setSession(who: Session | null): void {
  session.who = who;
  access.csrf = who?.csrf ?? null;
}

/** Asks the bridge. Throws Problem. */
export async function loadSession(signal: AbortSignal): Promise<void> {
  setSession(await get<Session>('/api/v1/session', signal));
}
