// Checks of what the page of a call says of its verdict and of the comparison with the history.
import { fullId, hostileId } from './fixtures/world.mjs';
import { world } from './fixture_server.mjs';
import { accessibilityFindings, expect, expectEqual } from './harness.mjs';

const plain = async (place) => (await place.innerText()).replace(/\s+/g, ' ');

async function open(page, url, id = fullId) {
  await page.goto(`${url}/calls/${id}`);
  await page.locator('#line-5').waitFor();
}

/** The body with the fixture's answers changed. */
async function withChanges(changes, body) {
  world.changes = changes;
  try {
    await body();
  } finally {
    world.changes = {};
  }
}

async function judgingChecks(checks, url, shots) {
  const button = (page) => page.getByRole('button', { name: 'Judge again' });
  await checks.check('a call is judged again with the keyboard', {}, async (page) => {
    await open(page, url);
    await button(page).focus();
    await page.keyboard.press('Enter');
    const waiting = page.getByRole('button', { name: 'Waiting to be judged' });
    await waiting.waitFor();
    expect(await waiting.evaluate((one) => one === document.activeElement), 'the focus is lost');
    expectEqual(await waiting.getAttribute('aria-disabled'), 'true', 'aria-disabled');
    expect(world.requests.includes(`/api/v1/calls/${fullId}/analyze`), 'nothing was ordered');
    world.waiting.clear();
    await button(page).waitFor();
    await page.getByText('96 % sure').waitFor();
  });
  for (const status of [404, 409]) {
    const name = `a call that is not judged again (${status}) says why`;
    await checks.check(name, {}, async (page, troubles) => {
      world.refusal = { status, title: 'This call cannot be judged now', detail: 'It is running.' };
      await open(page, url);
      await button(page).click();
      const told = page.getByRole('alert').filter({ hasText: world.refusal.title });
      await told.waitFor();
      expect((await told.innerText()).includes('It is running.'), 'what to do is missing');
      await page.screenshot({ path: `${shots}/refused_light.png` });
      world.refusal = null;
      await button(page).click();
      await told.waitFor({ state: 'detached' });
      world.waiting.clear();
      const kept = troubles.filter((line) => !line.includes(`status of ${status}`));
      troubles.splice(0, troubles.length, ...kept); // the browser itself reports such answers
    });
  }
}

async function historyChecks(checks, url, shots) {
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light';
    const name = `a line from the provider's history is marked in ${theme}`;
    await checks.check(name, { dark }, async (page) => {
      await open(page, url);
      expectEqual(await page.getByText('filled in from').count(), 0, 'marks without such a line');
      const { entries } = await page.evaluate(
        async (address) => (await fetch(address)).json(),
        `/api/v1/calls/${fullId}/transcript`,
      );
      const filled = { ...entries[5], seq: 1_000_000, source: 'history', message: 'Goodbye.' };
      const reconciliation = { result: 'filled', matched: 6, filled: 1, late: 0, extra: 0 };
      const changes = {
        transcript: { entries: [...entries, filled] },
        call: { reconciliation: { ...reconciliation, reason: null } },
      };
      await withChanges(changes, async () => {
        await page.reload();
        const line = page.locator('#line-1000000');
        await line.getByText("filled in from the provider's history").waitFor();
        expectEqual(await page.getByText('filled in from').count(), 1, 'marked lines');
        const facts = await plain(page.getByRole('region', { name: 'Call', exact: true }));
        expect(facts.includes("Provider's history 1 line filled in, 6 agree"), facts);
        expectEqual(await accessibilityFindings(page), [], 'axe findings');
        await page.screenshot({ path: `${shots}/history_${theme}.png`, fullPage: true });
      });
    });
  }
  await checks.check('a history that is not to be had says why', {}, async (page) => {
    const reconciliation = { result: 'unavailable', matched: 0, filled: 0, late: 0, extra: 0 };
    const call = { reconciliation: { ...reconciliation, reason: 'chat_not_found' } };
    await withChanges({ call }, async () => {
      await open(page, url);
      await page.getByText('Not to be had: chat not found').waitFor();
    });
  });
}

export async function verdictChecks(checks, url, shots) {
  await checks.check('the verdict tells what was agreed', {}, async (page) => {
    await open(page, url);
    const agreed = await plain(page.getByRole('region', { name: 'Appointment' }));
    const expected = 'Date Thu, 26 November 2026 Time 10:00 In words Thursday at ten For cleaning';
    expectEqual(agreed, `Appointment ${expected}`, 'appointment');
    const facts = await plain(page.getByRole('region', { name: 'Call', exact: true }));
    expect(facts.includes("Provider's history Agrees: 6 lines"), facts);
  });
  await checks.check('flagged lines lead to their lines', { dark: true }, async (page) => {
    await open(page, url, hostileId);
    await page.getByText('Somebody in the call spoke to the judge').waitFor();
    expectEqual(await accessibilityFindings(page), [], 'axe findings');
    await page.screenshot({ path: `${shots}/flagged_dark.png` });
    await page.getByRole('link', { name: /Forges the form of a transcript/ }).click();
    await page.locator('#line-1.chosen').waitFor();
  });
  await judgingChecks(checks, url, shots);
  await historyChecks(checks, url, shots);
}
