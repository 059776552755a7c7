// What can be said about the dashboard without a browser: types, form, and ways around the escaping.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectEqual } from './harness.mjs';

const dashboard = fileURLToPath(new URL('../../web/dashboard', import.meta.url));

function tool(script, ...options) {
  try {
    const command = [join(dashboard, 'node_modules', script), ...options];
    execFileSync(process.execPath, command, { cwd: dashboard, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`.slice(-2000));
  }
}

/** Svelte escapes all text; these are the ways around it, and what the security policy forbids. */
const forbidden = [
  '@html',
  'innerHTML',
  'outerHTML',
  'insertAdjacentHTML',
  'document.write',
  ' style=',
];

function expectNoWayAroundEscaping() {
  const found = readdirSync(join(dashboard, 'src'), { recursive: true })
    .filter((name) => /\.(ts|svelte|html)$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(dashboard, 'src', name), 'utf8');
      return forbidden.filter((word) => text.includes(word)).map((word) => `${name}: ${word}`);
    });
  expectEqual(found, [], 'found');
}

export function sourceChecks(checks) {
  checks.checkPlain('the dashboard has no type error and no warning', () =>
    tool('svelte-check/bin/svelte-check', '--fail-on-warnings', '--tsconfig', './tsconfig.json'),
  );
  checks.checkPlain('the dashboard is formatted', () =>
    tool('prettier/bin/prettier.cjs', '--check', '.'),
  );
  checks.checkPlain('A02: the dashboard has no way around the escaping', expectNoWayAroundEscaping);
}
