// What the account routes of the API answer (web/render_people.cpp).
import type { Role } from './session.svelte';

export interface User {
  id: string;
  name: string;
  role: Role;
  disabled: boolean;
  created_at: string;
  last_login_at: string | null;
}

export interface Token {
  id: string;
  name: string;
  role: Role;
  revoked: boolean;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
}

export interface AuditPage {
  entries: AuditEntry[];
  next_cursor: string | null;
}

export const roles: readonly { role: Role; words: string }[] = [
  { role: 'viewer', words: 'Viewer: may look' },
  { role: 'operator', words: 'Operator: may also act on calls' },
  { role: 'admin', words: 'Admin: may do all' },
];
