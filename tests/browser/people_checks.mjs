// Checks of logging in and out, the first setup, what a role is shown, and the page of people.
import { csrf, local, madeToken, makePeople, sessionOf, setupSecret } from './fixtures/people.mjs';
import { fullId } from './fixtures/world.mjs';
import { world } from './fixture_server.mjs';
import { accessibilityFindings, eventually, expect, expectEqual } from './harness.mjs';

const looks = [
  { name: 'light', dark: false, narrow: false },
  { name: 'dark', dark: true, narrow: false },
  { name: 'light_narrow', dark: false, narrow: true },
  { name: 'dark_narrow', dark: true, narrow: true },
];

/** The browser itself reports answers of these kinds. */
function expectRefusals(troubles, ...statuses) {
  const kept = troubles.filter((line) => !statuses.some((s) => line.includes(`status of ${s}`)));
  troubles.splice(0, troubles.length, ...kept);
}

/** A check with people as they are at the beginning, logged in as `who`. */
function checkAs(checks, who, name, options, body) {
  return checks.check(name, options, async (page, troubles) => {
    world.people = makePeople();
    world.people.who = who;
    try {
      await body(page, troubles);
      expectEqual(world.people.forged, [], "changes without the session's word");
    } finally {
      world.people = makePeople();
    }
  });
}

async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: false }).first().fill(value);
}

async function inspect(page, file) {
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide <= 0, `the page is ${wide} px wider than the screen`);
  await page.screenshot({ path: file, fullPage: true });
  expectEqual(await accessibilityFindings(page), [], 'axe findings');
}

async function lookChecks(checks, url, shots) {
  for (const look of looks) {
    const name = `the page of people is right in ${look.name}`;
    await checkAs(checks, sessionOf('admin'), name, look, async (page) => {
      await page.goto(`${url}/people`);
      await page.getByText('bob.with-a').waitFor();
      await page.getByRole('button', { name: 'New password for eve' }).click();
      await page.getByLabel('Name of the program').fill('new-one');
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByText(madeToken).waitFor();
      await inspect(page, `${shots}/people_${look.name}.png`);
    });
    const title = `the log-in and the setup are right in ${look.name}`;
    await checkAs(checks, null, title, look, async (page, troubles) => {
      await page.goto(`${url}/login`);
      await fill(page, { Name: 'ann', Password: 'wrong' });
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByText('The name or the password is wrong').waitFor();
      await inspect(page, `${shots}/login_${look.name}.png`);
      await page.goto(`${url}/setup#${setupSecret}`);
      await page.getByRole('button', { name: 'Make the first admin' }).waitFor();
      await inspect(page, `${shots}/setup_${look.name}.png`);
      expectRefusals(troubles, 401);
    });
  }
}

async function entranceChecks(checks, url) {
  await checkAs(
    checks,
    null,
    'whoever is not logged in is led to the log-in, and from there to where they wanted to go',
    {},
    async (page, troubles) => {
      await page.goto(`${url}/calls/${fullId}?t=4`);
      await page.waitForURL(/\/login\?next=/);
      await fill(page, { Name: 'ann', Password: 'no' });
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: 'password is wrong' }).waitFor();
      await fill(page, { Password: world.people.password });
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Transcript' }).waitFor();
      expect(page.url().endsWith(`/calls/${fullId}?t=4`), page.url());
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(/\/login$/);
      expectEqual(world.people.who, null, 'who is logged in');
      expectRefusals(troubles, 401);
    },
  );
  for (const next of [
    'https://elsewhere.example/',
    '//elsewhere.example',
    '/login',
    '/\\x.example',
  ])
    await checkAs(
      checks,
      null,
      `A04: a log-in leads to no other site: ${next}`,
      {},
      async (page, troubles) => {
        await page.goto(`${url}/login?next=${encodeURIComponent(next)}`);
        await fill(page, { Name: 'ann', Password: world.people.password });
        await page.keyboard.press('Enter');
        await page.locator('tbody tr').first().waitFor();
        expectEqual(new URL(page.url()).origin, new URL(url).origin, 'origin');
        expectRefusals(troubles, 401);
      },
    );
  await checkAs(
    checks,
    sessionOf('operator'),
    'A11: a session that is over leads to the log-in at the next answer',
    {},
    async (page, troubles) => {
      await page.goto(`${url}/people`);
      await page.getByText('This page is for admins').waitFor();
      world.people.who = null;
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(/\/login/);
      expectRefusals(troubles, 401);
    },
  );
}

async function setupChecks(checks, url) {
  await checkAs(
    checks,
    null,
    'A09: the setup link makes the first admin; its secret leaves the address bar and is in no request',
    {},
    async (page, troubles) => {
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(`${url}/setup#${setupSecret}`);
      await fill(page, { Name: 'ann', Password: 'a boat, three lamps' });
      expect(!page.url().includes(setupSecret), 'the secret stays in the address bar');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Audit log' }).waitFor();
      expectEqual(world.people.who.role, 'admin', 'role');
      const told = asked.filter((address) => !address.endsWith(`#${setupSecret}`));
      expect(!told.some((address) => address.includes(setupSecret)), 'the secret in an address');
      expectRefusals(troubles, 401);
    },
  );
  await checkAs(
    checks,
    null,
    'a setup link that is wrong or cut off says so',
    {},
    async (page, troubles) => {
      await page.goto(`${url}/setup`);
      await page.getByText('This address lacks its secret').waitFor();
      await page.goto(`${url}/login`);
      await page.goto(`${url}/setup#wrong`);
      await fill(page, { Name: 'ann', Password: 'a boat, three lamps' });
      await page.keyboard.press('Enter');
      await page.getByText('This link is not valid').waitFor();
      expectRefusals(troubles, 401, 403);
    },
  );
  await checkAs(
    checks,
    local,
    'at the machine itself the first user is made without logging in',
    {},
    async (page) => {
      await page.goto(`${url}/people`);
      await page.getByText('There are no users yet').waitFor();
      world.people.users = [];
      await page.reload();
      const form = page.getByRole('form', { name: 'Let somebody in' });
      await form.getByLabel('Name').fill('ann');
      await form.getByLabel(/^Password/).fill('a boat, three lamps');
      await form.getByRole('button', { name: 'Make the first admin' }).click();
      await eventually(() => world.people.users.length === 1, 'nobody was made');
      expectEqual(world.people.users[0].role, 'admin', 'role of the first');
    },
  );
}

async function roleChecks(checks, url) {
  const shown = { viewer: [0, 0], operator: [1, 0], admin: [1, 1] };
  for (const [role, [judge, people]] of Object.entries(shown))
    await checkAs(
      checks,
      sessionOf(role),
      `A10: the role ${role} is shown what it may do, and nothing else`,
      {},
      async (page) => {
        await page.goto(`${url}/calls/${fullId}`);
        await page.locator('#line-5').waitFor();
        const count = (kind, name) => page.getByRole(kind, { name, exact: true }).count();
        expectEqual(await count('button', 'Judge again'), judge, 'Judge again');
        expectEqual(await count('link', 'People'), people, 'the link to the page of people');
        await page.goto(url);
        await page.getByRole('link', { name: 'Export as CSV' }).waitFor();
        await page.goto(`${url}/people`);
        const words = people ? 'Audit log' : 'This page is for admins';
        await page.getByRole('heading', { name: words }).waitFor();
      },
    );
  await checkAs(
    checks,
    sessionOf('operator'),
    "A04: a change carries the session's word",
    {},
    async (page) => {
      await page.goto(`${url}/calls/${fullId}`);
      const ordered = page.waitForRequest((request) => request.url().endsWith('/analyze'));
      await page.getByRole('button', { name: 'Judge again' }).click();
      expectEqual((await ordered).headers()['x-csrf-token'], csrf, 'X-CSRF-Token');
      world.waiting.clear();
    },
  );
}

async function userChecks(checks, url) {
  const open = async (page) => {
    await page.goto(`${url}/people`);
    await page.getByText('bob.with-a').waitFor();
  };
  const who = sessionOf('admin');
  await checkAs(
    checks,
    who,
    'an admin lets somebody in, and hears that a name is taken',
    {},
    async (page, troubles) => {
      await open(page);
      const form = page.getByRole('form', { name: 'Let somebody in' });
      await form.getByLabel('Name').fill('ann');
      await form.getByLabel('Role').selectOption('viewer');
      await form.getByLabel(/^Password/).fill('a boat, three lamps');
      await form.getByRole('button', { name: 'Let in' }).click();
      await page.getByText('There is a user of that name').waitFor();
      await form.getByLabel('Name').fill('zoe');
      await form.getByRole('button', { name: 'Let in' }).click();
      await page.getByRole('combobox', { name: 'Role of zoe' }).waitFor();
      expectEqual(await form.getByLabel(/^Password/).inputValue(), '', 'the password is forgotten');
      expectRefusals(troubles, 409);
    },
  );
  await checkAs(
    checks,
    who,
    'roles change, users are disabled, and the last admin stays',
    {},
    async (page, troubles) => {
      await open(page);
      await page.getByRole('combobox', { name: /^Role of bob/ }).selectOption('viewer');
      await eventually(() => world.people.users[1].role === 'viewer', 'the role stays');
      await page.getByRole('button', { name: 'Enable eve' }).click();
      await page.getByRole('button', { name: 'Disable eve' }).waitFor();
      await page.getByRole('button', { name: 'Disable ann' }).click();
      await page.getByText('This is the last admin').waitFor();
      await page.getByRole('combobox', { name: 'Role of ann' }).selectOption('viewer');
      await eventually(
        async () =>
          (await page.getByRole('combobox', { name: 'Role of ann' }).inputValue()) === 'admin',
        'the list shows a role that was refused',
      );
      expectRefusals(troubles, 409);
    },
  );
  await checkAs(checks, who, 'a token is shown once, copied and revoked', {}, async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(page);
    const form = page.getByRole('form', { name: 'Make a token' });
    await form.getByLabel('Name of the program').fill('exporter');
    await form.getByLabel('Days').fill('30');
    await form.getByRole('button', { name: 'Make a token' }).click();
    await page.getByText(madeToken).waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expectEqual(await page.evaluate(() => navigator.clipboard.readText()), madeToken, 'copied');
    await page.getByRole('button', { name: 'Done' }).click();
    expectEqual(await page.getByText(madeToken).count(), 0, 'the token is still there');
    expectEqual(await page.getByRole('button', { name: 'Revoke old' }).count(), 0, 'a revoked one');
    await page.getByRole('button', { name: 'Revoke exporter' }).click();
    await page.getByRole('button', { name: 'Revoke exporter' }).waitFor({ state: 'detached' });
  });
  await checkAs(
    checks,
    who,
    'A02: the audit log is filtered, paged, checked, and shows text as text',
    {},
    async (page) => {
      await open(page);
      const rows = page.getByRole('region', { name: 'Audit log' }).getByRole('listitem');
      await eventually(async () => (await rows.count()) === 50, 'not one page');
      await page.getByText('<img src=x onerror="alert(1)">').waitFor();
      await page.getByRole('button', { name: 'Load more' }).click();
      await eventually(async () => (await rows.count()) === 60, 'no second page');
      await page.getByLabel('Who').fill('command line');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await eventually(async () => (await rows.count()) === 20, 'not filtered');
      await page.getByRole('button', { name: 'Check the chain' }).click();
      await page.getByText('60 entries, each follows from the one before').waitFor();
      world.people.brokenChain = true;
      await page.getByRole('button', { name: 'Check the chain' }).click();
      await page.getByText('Entry 42 does not follow').waitFor();
    },
  );
}

const toPassword = (page) => page.getByRole('button', { name: 'ann: change your password' });

async function passwordChecks(checks, url, shots) {
  for (const look of looks)
    await checkAs(
      checks,
      sessionOf('viewer'),
      `one's own password is changed with the keyboard alone, and a wrong one is said, in ${look.name}`,
      look,
      async (page, troubles) => {
        await page.goto(url);
        await toPassword(page).focus();
        await page.keyboard.press('Enter');
        const form = page.getByRole('dialog', { name: 'Your password' });
        await form.getByLabel('Until now').fill('no');
        await form.getByLabel('From now on').fill('two boats and no lamp');
        await page.keyboard.press('Enter');
        await form.getByText('The current password is wrong').waitFor();
        expectEqual(await form.getByLabel('Until now').inputValue(), '', 'the wrong one is kept');
        await inspect(page, `${shots}/password_${look.name}.png`);
        await form.getByLabel('Until now').fill(world.people.password);
        await page.keyboard.press('Enter');
        await page.getByRole('status').filter({ hasText: 'Password changed' }).waitFor();
        expectEqual(await form.count(), 0, 'dialogs');
        expectEqual(world.people.password, 'two boats and no lamp', 'the password');
        expectRefusals(troubles, 422);
      },
    );
  await checkAs(checks, local, 'who needs no log-in is offered no password', {}, async (page) => {
    await page.goto(url);
    await page.locator('tbody tr').first().waitFor();
    expectEqual(await page.getByRole('button', { name: /change your password/ }).count(), 0, 'offers');
  });
}

export async function peopleChecks(checks, url, shots) {
  await lookChecks(checks, url, shots);
  await entranceChecks(checks, url);
  await setupChecks(checks, url);
  await roleChecks(checks, url);
  await userChecks(checks, url);
  await passwordChecks(checks, url, shots);
}
