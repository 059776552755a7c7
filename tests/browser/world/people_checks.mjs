// People: from the one-time setup link to roles, tokens, the audit log and the end of a session.
import { eventually, expect, expectEqual } from '../harness.mjs';
import { forgeryChecks } from './forgery_checks.mjs';
import { expectQuiet, hostile, watchAlarms } from './hostile.mjs';
import { quoted, until } from './stage.mjs';

const password = {
  ada: 'a wardrobe of herons',
  olga: 'seven quiet lanterns',
  vera: 'the moss is listening',
};

/** The browser reports refused requests itself. */
const forget = (troubles, status) => {
  const kept = troubles.filter((line) => !line.includes(`status of ${status}`));
  troubles.splice(0, troubles.length, ...kept);
};

async function logIn(page, stage, name, words = password[name]) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(words);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function setupLink(stage) {
  const line = await until('the setup link is in the log', async () =>
    (await stage.log()).split('\n').find((one) => one.includes('no_users_yet')),
  );
  return stage.url + /\/setup#[\w-]+/.exec(line)[0];
}

async function firstAdmin(checks, stage, pictures) {
  const link = await setupLink(stage);
  await checks.check(
    'the link of the first start makes the first admin, once',
    {},
    async (page, troubles) => {
      await page.goto(link);
      await page.getByLabel('Name').waitFor();
      expect(!page.url().includes('#'), 'the secret stays in the address bar');
      await pictures.of(page, 'setup');
      await page.getByLabel('Name').fill('ada');
      await page.getByLabel('Password').fill(password.ada);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/people$/);
      await page.getByText('you', { exact: true }).waitFor();
      const other = await page.context().newPage();
      await other.goto(link);
      await other.getByLabel('Name').fill('mallory');
      await other.getByLabel('Password').fill('another good password');
      await other.keyboard.press('Enter');
      await other.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
      const users = await stage.sql('select name from bridge.users');
      expectEqual(users, [['ada']], 'users');
      forget(troubles, 4);
    },
  );
}

async function loggedOut(checks, stage, pictures) {
  await checks.check(
    'whoever is not logged in sees the log-in, and comes back to where they wanted to go',
    {},
    async (page, troubles) => {
      await page.goto(`${stage.url}/live`);
      await page.waitForURL(/\/login\?next=/);
      await pictures.of(page, 'login');
      await logIn(page, stage, 'ada', 'not the password');
      await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
      await logIn(page, stage, 'ada');
      await page.waitForURL(/\/live$/);
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(/\/login/);
      for (const path of ['/api/v1/calls', '/api/v1/session', '/api/v1/users', '/latency/stats']) {
        const status = await page.evaluate(async (address) => (await fetch(address)).status, path);
        expectEqual(status, 401, path);
      }
      forget(troubles, 401);
    },
  );
}

/** Logs in; what the browser keeps of that. */
async function stateOf(checks, stage, name) {
  let state = null;
  await checks.check(`${name} logs in with the keyboard alone`, {}, async (page, troubles) => {
    await page.goto(`${stage.url}/login`);
    await page.getByLabel('Name').focus();
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password[name]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
    state = await page.context().storageState();
    const [cookie] = state.cookies;
    expectEqual(
      [cookie.name, cookie.httpOnly, cookie.sameSite],
      ['tandem_session', true, 'Strict'],
      'cookie',
    );
    forget(troubles, 401);
  });
  return state;
}

async function lettingIn(checks, stage, pictures, state) {
  await checks.check('an admin lets others in, with a role', { state }, async (page) => {
    await page.goto(`${stage.url}/people`);
    const form = page.getByRole('form', { name: 'Let somebody in' });
    for (const [name, role] of [
      ['olga', 'operator'],
      ['vera', 'viewer'],
    ]) {
      await form.getByLabel('Name').fill(name);
      await form.getByLabel('Role').selectOption(role);
      await form.getByLabel('Password').fill(password[name]);
      await form.getByRole('button').click();
      await page.getByLabel(`Role of ${name}`).waitFor();
    }
    expectEqual(await page.getByLabel('Role of vera').inputValue(), 'viewer', 'role of vera');
  });
  await checks.check(
    'a token is shown once, works, and is refused once it is revoked',
    { state },
    async (page) => {
      await page.goto(`${stage.url}/people`);
      const form = page.getByRole('form', { name: 'Make a token' });
      await form.getByLabel('Name of the program').fill('crm');
      await form.getByLabel('Role').selectOption('admin');
      await form.getByRole('button').click();
      const shown = page.locator('code', { hasText: /^brg_/ });
      const token = await shown.innerText();
      // no secret in a picture, not even of a database that is gone tomorrow
      await shown.evaluate((node) => (node.textContent = `brg_${'•'.repeat(40)}`));
      await pictures.of(page, 'people');
      const ask = async () => {
        const headers = { Authorization: `Bearer ${token}` };
        return (await fetch(`${stage.url}/api/v1/calls`, { headers })).status;
      };
      expectEqual(await ask(), 200, 'with the token');
      await page.reload();
      await page.getByRole('button', { name: 'Revoke crm' }).waitFor();
      expectEqual(await page.getByText(token).count(), 0, 'tokens shown again');
      await page.getByRole('button', { name: 'Revoke crm' }).click();
      await until('the token is refused', async () => (await ask()) === 401, 6000);
    },
  );
  await checks.check(
    'the audit log tells who did what, and is one chain',
    { state },
    async (page) => {
      await page.goto(`${stage.url}/people`);
      const audit = page.getByRole('region', { name: 'Audit log' });
      await audit.getByRole('button', { name: 'Check the chain' }).click();
      await audit.getByText('each follows from the one before').waitFor();
      const text = await audit.innerText();
      for (const name of ['olga', 'vera', 'crm']) expect(text.includes(name), `${name}: not there`);
    },
  );
}

async function roles(checks, stage, states) {
  const pages = ['Calls', 'Live', 'Latency', 'Analytics', 'Compliance'];
  for (const [name, more] of [
    ['vera', []],
    ['olga', []],
    ['ada', ['People']],
  ]) {
    await checks.check(
      `A10: ${name} sees the pages of the role, and no others`,
      { state: states[name] },
      async (page) => {
        await page.goto(stage.url);
        await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
        const shown = await page
          .getByRole('navigation', { name: 'Pages' })
          .getByRole('link')
          .allInnerTexts();
        const missing = [...pages, ...more].filter((one) => !shown.includes(one));
        expectEqual(missing, [], 'pages that are missing');
        expectEqual(shown.includes('People'), more.length > 0, 'People');
      },
    );
  }
  await checks.check(
    'A10: a viewer may look at a running call and do nothing to it',
    { state: states.vera },
    async (page) => {
      const call = await stage.runningCall({ from: '+14155550151' });
      await page.goto(`${stage.url}/live?call=${call.id}`);
      await page.getByText('You may look').waitFor();
      expectEqual(
        await page.getByRole('button', { name: /Hang up|Listen|Pause/ }).count(),
        0,
        'buttons',
      );
      await page.goto(`${stage.url}/people`);
      await page.getByText('This page is for admins').waitFor();
      await stage.control('POST', `/calls/${call.sid}/hangup`);
    },
  );
}

/** Sixty users, sixty tokens and sixty entries of the audit log with names that no API lets in. */
async function wearNames(stage) {
  const rows = hostile.map((text, index) => {
    const id = `00000000-0000-4000-a000-${String(index).padStart(12, '0')}`;
    const name = quoted(text);
    const other = quoted(hostile[(index + 30) % hostile.length]);
    return `insert into bridge.users (id, name, role, password_hash) values ('${id}', ${name}, 'viewer', 'none');
      insert into bridge.api_tokens (name, role, token_hash) values (${name}, 'viewer', sha256('${id}'));
      insert into bridge.audit_log (actor, action, subject, detail)
        values (${name}, ${other}, ${name}, jsonb_build_object(${name}, ${other}));`;
  });
  await stage.sql(rows.join('\n'));
}

/** Every hostile text begins one of these places, and nothing but the page's own spans is in them. */
async function expectNames(places, what) {
  const shown = await places.allTextContents();
  for (const text of hostile)
    expect(
      shown.some((one) => one.trim().startsWith(text.trim())),
      `${what}: ${text}: not there`,
    );
  expectEqual(await places.locator('*:not(span)').count(), 0, `elements made from ${what}`);
}

async function hostileNames(checks, stage, state) {
  await wearNames(stage);
  await checks.check(
    'A02: sixty users and tokens with hostile names are shown as text',
    { state },
    async (page) => {
      await watchAlarms(page);
      await page.goto(`${stage.url}/people`);
      for (const what of ['Users', 'Tokens for programs']) {
        const names = page.getByRole('region', { name: what }).locator('.name');
        await eventually(async () => (await names.count()) >= hostile.length, 'some are missing');
        await expectNames(names, what);
      }
      const labels = await page
        .getByRole('button', { name: /^Revoke / })
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
      for (const text of hostile) expect(labels.includes(`Revoke ${text}`), `${text}: no button`);
      await expectQuiet(page);
    },
  );
  await checks.check(
    'A02: sixty hostile entries of the audit log are shown, and found, as text',
    { state },
    async (page) => {
      await watchAlarms(page);
      await page.goto(`${stage.url}/people`);
      const audit = page.getByRole('region', { name: 'Audit log' });
      const rows = audit.getByRole('listitem');
      await audit.getByRole('button', { name: 'Load more' }).click();
      await eventually(async () => (await rows.count()) > 50, 'no second page');
      await expectNames(audit.locator('.who'), 'actors');
      await expectNames(audit.locator('.about'), 'subjects');
      expectEqual(
        await audit.locator('.what *, .about *').count(),
        0,
        'elements made from entries',
      );
      await audit.getByLabel('Who').fill(hostile[0]);
      await audit.getByRole('button', { name: 'Show', exact: true }).click();
      await eventually(async () => (await rows.count()) === 1, 'not found by who it was');
      expectEqual(await audit.locator('.who').textContent(), hostile[0], 'who was found');
      await audit.getByRole('button', { name: 'Check the chain' }).click();
      await audit.getByText('each follows from the one before').waitFor();
      await expectQuiet(page);
    },
  );
}

async function endings(checks, stage, states) {
  await checks.check(
    'A11: a role that is taken away is gone within five seconds, on open pages too',
    { state: states.olga },
    async (page, troubles) => {
      const call = await stage.runningCall({ from: '+14155550152' });
      await page.goto(`${stage.url}/live?call=${call.id}`);
      await page.getByRole('button', { name: 'Hang up …' }).waitFor();
      const status = () =>
        page.evaluate(async (id) => {
          const { csrf } = await (await fetch('/api/v1/session')).json();
          const headers = { 'X-CSRF-Token': csrf ?? '' };
          return (await fetch(`/api/v1/calls/${id}/pause`, { method: 'POST', headers })).status;
        }, call.id);
      expectEqual(await status(), 202, 'as an operator');
      await stage.tandem(['user', 'disable', 'olga']);
      await until('it is refused', async () => (await status()) === 401, 6000);
      await page.waitForURL(/\/login/, { timeout: 8000 });
      await stage.control('POST', `/calls/${call.sid}/hangup`);
      forget(troubles, 401);
    },
  );
}

/** A04 with a real session: the cookie is there, and nothing else that a change needs. */
async function forged(checks, stage, state) {
  const call = await stage.runningCall({ from: '+14155550153' });
  await forgeryChecks(checks, stage, call, state);
}

export async function peopleChecks(checks, stage, pictures) {
  await firstAdmin(checks, stage, pictures);
  await loggedOut(checks, stage, pictures);
  const states = { ada: await stateOf(checks, stage, 'ada') };
  const made = await stage.tandem(['user', 'token', 'stage', '--role', 'admin']);
  stage.token = made.out.trim();
  await lettingIn(checks, stage, pictures, states.ada);
  for (const name of ['olga', 'vera']) states[name] = await stateOf(checks, stage, name);
  await roles(checks, stage, states);
  await hostileNames(checks, stage, states.ada);
  await Promise.all([endings(checks, stage, states), forged(checks, stage, states.ada)]);
}
