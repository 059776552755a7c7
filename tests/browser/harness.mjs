// Runs named checks one after the other, each in a fresh browser context, and counts.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = (more = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    chromiumSandbox: false, // the tests run as root in a container; the pages are our own
    args: [...flags, ...more],
  });

export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

export function expectEqual(actual, expected, what) {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  if (left !== right)
    throw new Error(`${what}: got ${left?.slice(0, 300)}, not ${right?.slice(0, 300)}`);
}

/** Waits until `ask` answers true; fails with `message` after five seconds. */
export async function eventually(ask, message) {
  const end = Date.now() + 5000;
  while (Date.now() < end) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Error(message);
}

/** Makes the page ask again at once, as when it comes back to sight, instead of waiting for its next turn. */
export const nudge = (page) =>
  page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

/** A page that remembers everything that must not happen on it. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: options.narrow ? { width: 375, height: 740 } : { width: 1280, height: 860 },
    colorScheme: options.dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'America/New_York',
    reducedMotion: 'reduce',
    storageState: options.state, // who is logged in
  });
  context.setDefaultTimeout(options.patience ?? 6000);
  const page = await context.newPage();
  const troubles = [];
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning')
      troubles.push(`console: ${line.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol !== 'data:' && options.host && host !== options.host) {
      troubles.push(`request to ${request.url()}`);
    }
  });
  return { page, troubles, close: () => context.close() };
}

/** The serious and critical findings of axe, one text each. */
export async function accessibilityFindings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

export class Checks {
  #browser;
  #defaults;
  passed = 0;
  failed = 0;

  /** `host` is the only one that pages may ask; `defaults` are options of every check. */
  constructor(browser, host, defaults = {}) {
    this.#browser = browser;
    this.#defaults = { host, ...defaults };
  }

  /** As check, without a page. */
  checkPlain(name, body) {
    try {
      body();
      this.passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      this.#fail(name, error);
    }
  }

  /** Something outside of the checks went wrong. */
  broken(name, error) {
    this.#fail(name, error);
  }

  #fail(name, error) {
    this.failed += 1;
    console.log(`not ok ${name}\n  ${String(error.message).split('\n').join('\n  ')}`);
  }

  /** `body(page, troubles)` throws when the behaviour is not there; troubles that are left count as a failure. */
  async check(name, options, body) {
    const began = performance.now();
    const opened = await openPage(this.#browser, { ...this.#defaults, ...options });
    try {
      await body(opened.page, opened.troubles);
      expectEqual(opened.troubles, [], 'what must not happen on the page');
      this.passed += 1;
      console.log(`ok ${name} (${Math.round(performance.now() - began)} ms)`);
    } catch (error) {
      this.#fail(name, error);
    }
    await opened.close();
  }
}
