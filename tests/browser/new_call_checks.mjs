// Checks of the form that places a call: one key for one call, whatever is done to the form; refusals in words.
import { inspect } from './compliance_checks.mjs';
import { makeDial, noConsent, refusedBy, tooLate } from './fixtures/dial.mjs';
import { world } from './fixture_server.mjs';
import { eventually, expect, expectEqual } from './harness.mjs';

const dialog = (page) => page.getByRole('dialog');

function check(checks, name, options, body) {
  return checks.check(name, options, async (page, troubles) => {
    world.dial = makeDial();
    try {
      await body(page, troubles);
    } finally {
      world.dial = makeDial();
    }
  });
}

async function openForm(page, url) {
  await page.goto(url);
  await page.getByRole('button', { name: 'New call' }).click();
  await dialog(page).waitFor();
}

async function fill(page) {
  await dialog(page).getByLabel('Number').fill('+1 (555) 555-0142');
  await dialog(page)
    .getByRole('radio', { name: /Informational/ })
    .check();
  await dialog(page).getByLabel('What the agent must know').fill('Confirm Thursday at ten.');
}

/** The browser itself reports answers like these. */
function expectAnswers(troubles, ...words) {
  const kept = troubles.filter((line) => !words.some((word) => line.includes(word)));
  troubles.splice(0, troubles.length, ...kept);
}

const keys = () => new Set(world.dial.asked.map(({ key }) => key));

async function placingChecks(checks, url, shots) {
  await check(checks, 'a new call leads to its page and was asked for once', {}, async (page) => {
    await openForm(page, url);
    await fill(page);
    await dialog(page).getByRole('button', { name: 'Call' }).dblclick();
    await page.waitForURL(/\/calls\/0a1b2c3d-/);
    expectEqual(world.dial.asked.length, 1, 'requests');
    const { key, body } = world.dial.asked[0];
    expect(/^[0-9a-f]{32}$/.test(key), `key ${key}`);
    expectEqual(
      body,
      { to: '+15555550142', purpose: 'informational', message: 'Confirm Thursday at ten.' },
      'body',
    );
    expectEqual(await page.evaluate(() => sessionStorage.length), 0, 'left behind');
  });
  await check(checks, 'what is no number is not sent, and the form says why', {}, async (page) => {
    await openForm(page, url);
    await fill(page);
    for (const [typed, words] of [
      ['5555550142', 'Begins with +'],
      ['+1555555', 'ten digits follow; 6 so far'],
      ['+15551550142', 'No area code or exchange begins with 0 or 1'],
      ['+0155555501', 'No country code begins with 0'],
      ['+1555555014x', 'something other than digits'],
    ]) {
      await dialog(page).getByLabel('Number').fill(typed);
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await dialog(page).getByText(words).waitFor();
    }
    expectEqual(world.dial.asked, [], 'requests');
  });
  await check(
    checks,
    'the form is left with Esc, and the button has the focus again',
    {},
    async (page) => {
      await openForm(page, url);
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      const button = page.getByRole('button', { name: 'New call' });
      expect(await button.evaluate((one) => one === document.activeElement), 'the focus is lost');
      expectEqual(await page.evaluate(() => sessionStorage.length), 0, 'left behind');
    },
  );
  for (const look of [
    { name: 'light', dark: false },
    { name: 'dark_narrow', dark: true, narrow: true },
  ]) {
    await check(
      checks,
      `refusals of a new call are told with their sources in ${look.name}`,
      look,
      async (page, troubles) => {
        world.dial.next = refusedBy(noConsent, tooLate);
        await openForm(page, url);
        await fill(page);
        await dialog(page).getByRole('button', { name: 'Call' }).click();
        const told = dialog(page).getByRole('alert');
        await told.getByText('This call was not placed.').waitFor();
        for (const words of [noConsent.meaning, noConsent.source, tooLate.meaning, tooLate.source])
          await told.getByText(words).waitFor();
        await inspect(page, `${shots}/new_call_${look.name}.png`, false);
        expectAnswers(troubles, 'status of 422');
      },
    );
  }
}

async function repeatChecks(checks, url, shots) {
  await check(
    checks,
    'O01: a lost answer, a reload and a retry are one call',
    {},
    async (page, troubles) => {
      world.dial.next = 'lost';
      await openForm(page, url);
      await fill(page);
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await dialog(page).getByText('It is not known whether this call was placed.').waitFor();
      await page.screenshot({ path: `${shots}/new_call_open_light.png` });
      expectEqual(
        await dialog(page).getByLabel('Number').getAttribute('readonly'),
        '',
        'still to be changed',
      );
      await dialog(page).getByRole('button', { name: 'Try again' }).click();
      await eventually(() => world.dial.asked.length >= 2, 'no second try');
      await page.reload();
      await dialog(page).getByText('It is not known whether this call was placed.').waitFor();
      expectEqual(
        await dialog(page).getByLabel('Number').inputValue(),
        '+1 (555) 555-0142',
        'number',
      );
      world.dial.next = null;
      await dialog(page).getByRole('button', { name: 'Try again' }).click();
      await page.waitForURL(/\/calls\/0a1b2c3d-/);
      expectEqual(keys().size, 1, 'keys');
      expectEqual(world.dial.calls.size, 1, 'calls');
      expectEqual(await page.evaluate(() => sessionStorage.length), 0, 'left behind');
      expectAnswers(troubles, 'ERR_EMPTY_RESPONSE', 'ERR_CONNECTION', 'net::ERR');
    },
  );
  await check(
    checks,
    'a refusal is an answer: what is asked after it has a key of its own',
    {},
    async (page, troubles) => {
      world.dial.next = refusedBy(noConsent);
      await openForm(page, url);
      await fill(page);
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await dialog(page).getByText('This call was not placed.').waitFor();
      world.dial.next = null;
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await page.waitForURL(/\/calls\/0a1b2c3d-/);
      expectEqual(keys().size, 2, 'keys');
      expectEqual(world.dial.calls.size, 1, 'calls');
      expectAnswers(troubles, 'status of 422');
    },
  );
  await check(
    checks,
    'a call without an answer is given up only by saying so',
    {},
    async (page, troubles) => {
      world.dial.next = {
        status: 503,
        body: { title: 'The database does not answer', detail: '' },
      };
      await openForm(page, url);
      await fill(page);
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await dialog(page).getByText('It is not known').waitFor();
      await dialog(page).getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'New call' }).click();
      await dialog(page).getByText('It is not known').waitFor();
      await dialog(page).getByRole('button', { name: 'Start over' }).click();
      world.dial.next = null;
      await dialog(page).getByRole('button', { name: 'Call' }).click();
      await page.waitForURL(/\/calls\/0a1b2c3d-/);
      expectEqual(keys().size, 2, 'keys');
      expectAnswers(troubles, 'status of 503');
    },
  );
}

export async function newCallChecks(checks, url, shots) {
  await placingChecks(checks, url, shots);
  await repeatChecks(checks, url, shots);
}
