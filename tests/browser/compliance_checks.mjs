// Checks of the page of compliance: the red stop, decisions, our own list, consents, and what each role is shown.
import { createHash } from 'node:crypto';
import { makeDial } from './fixtures/dial.mjs';
import { local, makePeople, sessionOf } from './fixtures/people.mjs';
import { world } from './fixture_server.mjs';
import { accessibilityFindings, eventually, expect, expectEqual, nudge } from './harness.mjs';

const looks = [
  { name: 'light', dark: false, narrow: false },
  { name: 'dark', dark: true, narrow: false },
  { name: 'light_narrow', dark: false, narrow: true },
  { name: 'dark_narrow', dark: true, narrow: true },
];

const plain = async (place) => (await place.innerText()).replace(/\s+/g, ' ');
const card = (page, name) => page.getByRole('region', { name, exact: true });

/** A check with the lists as they are at the beginning, asked for by `who`. */
function checkAs(checks, who, name, options, body) {
  return checks.check(name, options, async (page, troubles) => {
    world.dial = makeDial();
    world.people = { ...makePeople(), who };
    try {
      await body(page, troubles);
    } finally {
      world.dial = makeDial();
      world.people = { ...makePeople(), who: local };
    }
  });
}

async function open(page, url) {
  await page.goto(`${url}/compliance`);
  await card(page, 'Decisions').getByText('No consent to calls').first().waitFor();
  await card(page, 'Consent').locator('summary').first().waitFor();
}

export async function inspect(page, file, fullPage = true) {
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide <= 0, `the page is ${wide} px wider than the screen`);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: file, fullPage });
  expectEqual(await accessibilityFindings(page), [], 'axe findings');
}

async function lookChecks(checks, url, shots) {
  for (const look of looks) {
    const name = `the page of compliance is right in ${look.name}`;
    await checkAs(checks, sessionOf('admin'), name, look, async (page) => {
      await open(page, url);
      await card(page, 'Consent').locator('summary').first().click();
      await inspect(page, `${shots}/compliance_${look.name}.png`);
    });
  }
  for (const look of [looks[0], looks[3]]) {
    const stopped = `dialling that is stopped cannot be overlooked in ${look.name}`;
    await checkAs(checks, sessionOf('operator'), stopped, look, async (page) => {
      Object.assign(world.dial.state, { stopped: true, reason: 'wrong list', changed_by: 'ann' });
      Object.assign(world.dial.state, world.dial.stale());
      await open(page, url);
      await page.getByRole('heading', { name: 'Dialling is stopped' }).waitFor();
      const registry = await plain(card(page, 'National do-not-call registry'));
      expect(registry.includes('Blocks telemarketing'), registry);
      expect(registry.includes('older than 31 days'), registry);
      await inspect(page, `${shots}/compliance_stopped_${look.name}.png`);
    });
  }
}

async function switchChecks(checks, url, shots) {
  const name = 'O08: all dialling is stopped after one question, and goes on after another';
  await checkAs(checks, sessionOf('admin'), name, {}, async (page) => {
    await open(page, url);
    await page.getByRole('button', { name: 'Stop all dialling' }).click();
    await page.getByText('12 waiting calls are refused for good').waitFor();
    await page.screenshot({ path: `${shots}/compliance_stop_light.png` });
    await page.keyboard.press('Escape');
    expectEqual(world.dial.state.stopped, false, 'stopped without an answer');
    await page.getByRole('button', { name: 'Stop all dialling' }).click();
    await page.getByLabel('Reason, for the record').fill('wrong list');
    await page.getByRole('button', { name: 'Stop now' }).click();
    await page.getByRole('heading', { name: 'Dialling is stopped' }).waitFor();
    await page.getByText('Stopped by ann').waitFor();
    expectEqual(world.dial.state.reason, 'wrong list', 'reason');
    await page.getByRole('button', { name: 'Let calls be placed again' }).click();
    await page.getByRole('button', { name: 'Place calls again' }).click();
    await page.getByRole('heading', { name: 'Calls are placed' }).waitFor();
  });
  const others = 'a stop by somebody else shows by itself, and an operator cannot take it back';
  await checkAs(checks, sessionOf('operator'), others, {}, async (page) => {
    await open(page, url);
    world.dial.state = { ...world.dial.state, stopped: true, changed_by: 'bob' };
    await nudge(page);
    await page.getByRole('heading', { name: 'Dialling is stopped' }).waitFor();
    expectEqual(await page.getByRole('button', { name: /placed again/ }).count(), 0, 'buttons');
    await page.getByText('Only an admin lets it go on.').waitFor();
  });
}

async function listChecks(checks, url) {
  const name = 'decisions tell every reason with its source, page by page, and by kind';
  await checkAs(checks, sessionOf('operator'), name, {}, async (page) => {
    await open(page, url);
    const list = card(page, 'Decisions');
    const first = await plain(list.locator('li').first());
    for (const part of [
      'Refused',
      'No consent to calls for this purpose.',
      '47 U.S.C. 227(b)(1)(A)',
      'outside_calling_hours',
    ])
      expect(first.includes(part), `"${part}" is not in "${first}"`);
    const rows = list.locator('> ul > li');
    await list.getByRole('button', { name: 'Load more' }).click();
    await eventually(async () => (await rows.count()) === 14, 'not all decisions');
    await list.getByLabel('Which decisions').selectOption('true');
    await eventually(
      async () => !(await plain(list)).includes('consent_missing'),
      'refused ones stay',
    );
    expect((await rows.count()) > 3, 'no allowed ones');
    const address = await rows.getByRole('link').first().getAttribute('href');
    expect(address.startsWith('/calls/0a1b2c3d-'), address);
  });
  const own = 'a number is put on our own list and taken off with the keyboard';
  await checkAs(checks, sessionOf('admin'), own, {}, async (page) => {
    await open(page, url);
    const list = card(page, 'Do not call');
    await list.getByRole('textbox', { name: 'Number' }).fill('555 555 0177');
    await list.getByText('Begins with + and the country code').waitFor();
    await list.getByRole('textbox', { name: 'Number' }).fill('+1 555 555 0177');
    await list.getByLabel('Reason').fill('told us at the desk');
    await list.getByLabel('Reason').press('Enter');
    await list.getByText('+1 555 555 0177').waitFor();
    expectEqual(world.dial.numbers[0].phone_number, '+15555550177', 'what was sent');
    await list.getByRole('button', { name: 'Remove +1 555 555 0177' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Take off the list' }).focus();
    await page.keyboard.press('Enter');
    await list.getByText('+1 555 555 0177').waitFor({ state: 'detached' });
    expect((await plain(list)).includes('Erased person'), 'an erased person is not named so');
  });
  const ended = 'who is put on our own list has no live consent any more';
  await checkAs(checks, sessionOf('operator'), ended, {}, async (page) => {
    await open(page, url);
    const live = card(page, 'Consent').getByText('Live', { exact: true });
    await eventually(async () => (await live.count()) === 2, 'not two live consents');
    const { phone_number } = world.dial.consents[2];
    await card(page, 'Do not call').getByRole('textbox', { name: 'Number' }).fill(phone_number);
    await page.getByRole('button', { name: 'Do not call' }).click();
    await eventually(async () => (await live.count()) === 1, 'the consent stays live');
    expectEqual(
      await page.getByRole('button', { name: /^Remove/ }).count(),
      0,
      'removing as operator',
    );
    expectEqual(
      await page.getByRole('button', { name: 'Record one' }).count(),
      0,
      'recording as operator',
    );
  });
}

async function consentChecks(checks, url, shots) {
  const name = 'a consent is recorded with its evidence hashed in the browser, and ended';
  await checkAs(checks, sessionOf('admin'), name, {}, async (page) => {
    await open(page, url);
    await page.getByRole('button', { name: 'Record one' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Number' }).fill('+15555550178');
    await dialog.getByLabel('Who may call').fill('Example Diner');
    await dialog.getByLabel('Exactly what was shown').fill('You may call me.');
    await dialog.getByLabel('How it was given').fill('paper');
    await dialog.getByLabel('When').fill('2026-11-20T09:30');
    const evidence = Buffer.from('signed by an invented person');
    await dialog
      .getByLabel('The evidence itself')
      .setInputFiles({ name: 'form-17.pdf', mimeType: 'application/pdf', buffer: evidence });
    const hash = createHash('sha256').update(evidence).digest('hex');
    await eventually(
      async () => (await dialog.getByLabel('Its SHA-256').inputValue()) === hash,
      'the hash is not that of the file',
    );
    expectEqual(await dialog.getByLabel('What it is called').inputValue(), 'form-17.pdf', 'name');
    await dialog.getByLabel('In writing').check();
    expectEqual(await accessibilityFindings(page), [], 'axe findings');
    await page.screenshot({ path: `${shots}/consent_light.png` });
    await dialog.getByRole('button', { name: 'Record' }).click();
    await dialog.waitFor({ state: 'detached' });
    const { captured_at, evidence_sha256, written } = world.dial.consents[0];
    expectEqual(
      { captured_at, evidence_sha256, written },
      { captured_at: '2026-11-20T14:30:00.000Z', evidence_sha256: hash, written: true },
      'what was sent',
    );
    await card(page, 'Consent').locator('summary', { hasText: '0178' }).click();
    await page.getByRole('button', { name: 'End all consents of +1 555 555 0178' }).click();
    await page.getByRole('button', { name: 'End them' }).click();
    await page.locator('summary', { hasText: '0178' }).getByText('Ended').waitFor();
  });
}

async function roleChecks(checks, url, shots) {
  const name = 'a viewer sees how dialling stands, and no numbers';
  await checkAs(checks, sessionOf('viewer'), name, {}, async (page) => {
    await page.goto(`${url}/compliance`);
    await page.getByRole('heading', { name: 'Calls are placed' }).waitFor();
    await page.getByRole('heading', { name: 'Numbers are for operators' }).waitFor();
    expectEqual(await page.getByRole('button', { name: /Stop/ }).count(), 0, 'stop buttons');
    expect(!(await plain(page.locator('main'))).includes('555'), 'a number is shown');
    await page.screenshot({ path: `${shots}/compliance_viewer_light.png` });
    await page.goto(url);
    await page.locator('tbody tr').first().waitFor();
    expectEqual(await page.getByRole('button', { name: 'New call' }).count(), 0, 'New call');
  });
}

export async function complianceChecks(checks, url, shots) {
  await lookChecks(checks, url, shots);
  await switchChecks(checks, url, shots);
  await listChecks(checks, url);
  await consentChecks(checks, url, shots);
  await roleChecks(checks, url, shots);
}
