// Placing calls: refused with reasons, allowed by a consent, placed once whatever is done to the button, stopped by the red one.
import { expect, expectEqual } from '../harness.mjs';
import { until } from './stage.mjs';

/** Area codes of one zone each; somewhere among them it is day, but for 11:00 to 12:00 UTC. */
const places = [
  ['212', 'America/New_York'],
  ['671', 'Pacific/Guam'],
  ['787', 'America/Puerto_Rico'],
  ['808', 'Pacific/Honolulu'],
];

function hourIn(timeZone) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const [hour, minute] = format.format(new Date()).split(':').map(Number);
  return hour + minute / 60;
}

/** A place where people may be called now and for ten minutes more. */
const openPlace = places.find(([, zone]) => hourIn(zone) >= 8 && hourIn(zone) < 20.8);
const number = (last) => `+1${openPlace?.[0] ?? '212'}555${last}`;
const shown = (e164) => `+1 ${e164.slice(2, 5)} ${e164.slice(5, 8)} ${e164.slice(8)}`;

const forget = (troubles) =>
  troubles.splice(
    0,
    troubles.length,
    ...troubles.filter((line) => !line.includes('status of 422')),
  );

const created = async (stage) =>
  (await stage.control('GET', '/twilio/requests')).requests.filter(
    ({ method, path }) => method === 'POST' && /\/Calls\.json$/.test(path),
  ).length;

async function fillForm(page, stage, to) {
  await page.goto(stage.url);
  await page.getByRole('button', { name: 'New call' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Number').fill(to);
  await form.getByRole('radio', { name: /Informational/ }).check();
  await form.getByLabel('What the agent must know').fill('You call to confirm Thursday at ten.');
  return form;
}

async function expectRefused(page, stage, to, code) {
  const before = await created(stage);
  const form = await fillForm(page, stage, to);
  await form.getByRole('button', { name: 'Call', exact: true }).click();
  await form.getByText('This call was not placed.').waitFor();
  await form.getByText(code, { exact: true }).waitFor();
  expectEqual(await created(stage), before, 'calls that the carrier was asked for');
}

async function recordConsent(page, stage, to) {
  await page.goto(`${stage.url}/compliance`);
  await page.getByRole('button', { name: 'Record one' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Number').fill(to);
  await form.getByLabel('Who may call').fill('Bramble Lane Dental');
  await form
    .getByLabel('Exactly what was shown or said')
    .fill('Yes, ring me about my appointment.');
  await form.getByLabel('How it was given').fill('web form');
  await form.getByLabel('When').fill('2026-11-01T12:00');
  await form.getByLabel('The evidence itself').setInputFiles({
    name: 'consent.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('I agree.'),
  });
  await until('the evidence is hashed', async () =>
    /^[0-9a-f]{64}$/.test(await form.getByLabel('Its SHA-256').inputValue()),
  );
  await form.getByRole('button', { name: 'Record' }).click();
  await form.waitFor({ state: 'detached' });
  await page
    .getByRole('region', { name: 'Consent' })
    .getByText(shown(to), { exact: true })
    .waitFor();
}

async function refusals(checks, stage, pictures) {
  await checks.check(
    'a call without consent is refused, with the reason and what it rests on',
    {},
    async (page, troubles) => {
      await expectRefused(page, stage, number('0161'), 'consent_missing');
      await pictures.of(page, 'new_call');
      forget(troubles);
    },
  );
}

async function placed(checks, stage, pictures) {
  await checks.check(
    'with a consent a double click on Call places one call, which runs to its end',
    {},
    async (page, troubles) => {
      const to = number('0162');
      await stage.control('PUT', '/twilio/destinations', {
        number: to,
        ring_ms: 300,
        outcome: 'answer',
        script: 'booking',
        answered_by: 'human',
        amd_ms: 500,
      });
      await recordConsent(page, stage, to);
      if (!openPlace) {
        await expectRefused(page, stage, to, 'outside_calling_hours'); // 11:00 to 12:00 UTC: night in all of them
        forget(troubles);
        return;
      }
      const before = await created(stage);
      const form = await fillForm(page, stage, to);
      await form.getByRole('button', { name: 'Call', exact: true }).dblclick();
      await page.waitForURL(/\/calls\/[0-9a-f-]{36}$/);
      await page.getByText('In progress').first().waitFor();
      expectEqual((await created(stage)) - before, 1, 'calls that the carrier was asked for');
      await page.reload();
      await page.getByRole('heading', { name: shown(to) }).waitFor();
      await page.getByText('Agent hung up').first().waitFor({ timeout: 60_000 });
      expectEqual((await created(stage)) - before, 1, 'after a reload');
      await pictures.of(page, 'outbound', []);
    },
  );
}

async function stopped(checks, stage, pictures) {
  await checks.check(
    'the red button stops all dialling, and only a deliberate click lets it go on',
    {},
    async (page, troubles) => {
      await page.goto(`${stage.url}/compliance`);
      await page.getByRole('button', { name: 'Stop all dialling' }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('Reason, for the record').fill('a wrong list');
      await page.getByRole('button', { name: 'Stop now' }).click();
      await page.getByRole('heading', { name: 'Dialling is stopped' }).waitFor();
      await pictures.of(page, 'stopped', []);
      await expectRefused(page, stage, number('0162'), 'dialling_stopped');
      await page.goto(`${stage.url}/compliance`);
      await page.getByRole('button', { name: 'Let calls be placed again' }).click();
      await page.getByRole('button', { name: 'Place calls again' }).click();
      await page.getByRole('heading', { name: 'Calls are placed' }).waitFor();
      forget(troubles);
    },
  );
}

async function listed(checks, stage, pictures) {
  await checks.check(
    'who is put on our list loses every consent and is not called; decisions say why',
    {},
    async (page, troubles) => {
      const to = number('0163');
      await recordConsent(page, stage, to);
      const form = page.getByRole('form', { name: 'Put a number on the list' });
      await form.getByLabel('Number').fill(to);
      await form.getByLabel('Reason').fill('asked by letter');
      await form.getByRole('button').click();
      await page.getByRole('button', { name: `Remove ${shown(to)}` }).waitFor();
      await page
        .getByRole('region', { name: 'Consent' })
        .locator('li', { hasText: shown(to) })
        .getByText('Ended')
        .first()
        .waitFor();
      await expectRefused(page, stage, to, 'on_internal_list');
      await page.goto(`${stage.url}/compliance`);
      await page.getByLabel('Which decisions').selectOption('false');
      const decisions = page.getByRole('region', { name: 'Decisions' });
      await decisions.getByText('on_internal_list').first().waitFor();
      // the refusals of the list of all decisions may be in sight before those of the chosen ones
      const allowed = decisions.locator('.badge', { hasText: 'Allowed' });
      await until('only refused ones are shown', async () => (await allowed.count()) === 0);
      await pictures.of(page, 'compliance');
      forget(troubles);
    },
  );
}

export async function diallingChecks(checks, stage, pictures) {
  await refusals(checks, stage, pictures);
  await placed(checks, stage, pictures);
  await stopped(checks, stage, pictures);
  await listed(checks, stage, pictures);
}
