// Checks of /latency-monitor on fixtures.
import { world } from './fixture_server.mjs';
import { makeLatency } from './fixtures/latency_monitor.mjs';
import { accessibilityFindings, eventually, expect, expectEqual, nudge } from './harness.mjs';

const address = '/latency-monitor';
const section = (page, name) => page.getByRole('region', { name, exact: true });

async function open(page, url, search = '') {
  await page.goto(url + address + search);
  await page.getByRole('heading', { name: 'Latency', exact: true }).waitFor();
}

async function readingChecks(checks, url) {
  await checks.check('the latency page shows figures, turns, who is to blame and histograms', {}, async (page) => {
    await open(page, url);
    const turns = section(page, 'Newest turns').getByRole('link');
    await eventually(async () => (await turns.count()) === 20, 'there are not twenty turns');
    expect(/\/calls\/[\w-]+\?t=4$/.test(await turns.first().evaluate((link) => link.href)), 'a turn leads nowhere');
    const blame = section(page, 'Where callers wait');
    await blame.getByText('Voice provider', { exact: true }).waitFor();
    await blame.getByText(/HUME_CONFIG_ID, or compare/).waitFor();
    const unexplained = page.locator('rect.unexplained');
    expect((await unexplained.count()) > 2, 'unexplained time has no bars');
    const colours = await page
      .locator('rect.voice_first_audio, rect.unexplained')
      .evaluateAll((all) => all.map((bar) => getComputedStyle(bar).fill));
    expectEqual(new Set(colours).size, 2, 'colours of an explained and an unexplained bar');
    expectEqual(await page.locator('.u-wrap canvas').count(), 2, 'charts');
  });
  await checks.check('a timing that is chosen shows its histogram, and stays in the address', {}, async (page) => {
    await open(page, url);
    await page.getByRole('button', { name: 'Loop lag' }).click();
    await page.waitForURL(/timing=loop_lag/);
    const histogram = section(page, 'Loop lag');
    await histogram.getByRole('img', { name: /^Loop lag: 3,000 values, half of them below/ }).waitFor();
    await histogram.getByRole('row', { name: /^control/ }).waitFor();
    await page.reload();
    await section(page, 'Loop lag').waitFor();
  });
  await checks.check('window and provider are in the address and in what is asked', {}, async (page) => {
    await open(page, url);
    await page.getByRole('link', { name: '15 min' }).click();
    await page.waitForURL(/window=15m/);
    await page.getByLabel('Voice provider').selectOption('openai');
    await page.waitForURL(/provider=openai/);
    const wanted = '/latency/stats?window=15m&provider=openai';
    await eventually(() => world.latency.asked.includes(wanted), 'the API was not asked so');
    await page.reload();
    await page.getByRole('link', { name: '15 min' }).and(page.locator('[aria-current]')).waitFor();
    expectEqual(await page.getByLabel('Voice provider').inputValue(), 'openai', 'the provider after a reload');
  });
  await checks.check('figures refresh by themselves every two seconds', {}, async (page) => {
    await open(page, url);
    await section(page, 'Newest turns').getByRole('link').first().waitFor();
    const asked = () => world.latency.asked.filter((each) => each.startsWith('/latency/stats')).length;
    const before = asked();
    await eventually(() => asked() >= before + 2, 'it was not asked twice in five seconds');
  });
  await checks.check('without calls the latency page says so, and keeps its settings', {}, async (page) => {
    world.latency.idle = true;
    await open(page, url);
    await page.getByRole('heading', { name: 'Nothing to show for this time' }).waitFor();
    await page.getByLabel('Playout lead').waitFor();
    world.latency.idle = false;
    await nudge(page);
    await section(page, 'Newest turns').getByRole('link').first().waitFor();
  });
}

async function settingsChecks(checks, url) {
  await checks.check('an admin changes a setting; what contradicts another one is refused by name', {}, async (page, troubles) => {
    await open(page, url);
    const lead = page.getByLabel('Playout lead');
    await lead.fill('80');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/at least 40 ms more than playout_message_ms/).waitFor();
    expectEqual(await lead.getAttribute('aria-invalid'), 'true', 'the field that is wrong');
    await lead.fill('160');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. New calls have it.').waitFor();
    await page.getByText(/Set by local/).waitFor();
    await page.getByRole('button', { name: 'Back to the defaults' }).click();
    await eventually(async () => (await lead.inputValue()) === '200', 'the default did not come back');
    troubles.splice(0, troubles.length, ...troubles.filter((line) => !line.includes('422')));
  });
}

async function looks(checks, url, shots) {
  for (const dark of [false, true]) {
    for (const narrow of [false, true]) {
      const kind = `${narrow ? 'narrow_' : ''}${dark ? 'dark' : 'light'}`;
      await checks.check(`the latency page is sound to look at and for aids: ${kind}`, { dark, narrow }, async (page) => {
        await open(page, url);
        await section(page, 'Newest turns').getByRole('link').first().waitFor();
        await page.getByLabel('Playout lead').waitFor();
        expectEqual(await accessibilityFindings(page), [], 'findings of axe');
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wide <= 0, `the page is ${wide} px too wide`);
        await page.screenshot({ path: `${shots}/latency_${kind}.png`, fullPage: true });
      });
    }
  }
}

export async function latencyChecks(checks, url, shots) {
  world.latency = makeLatency();
  await readingChecks(checks, url);
  await settingsChecks(checks, url);
  await looks(checks, url, shots);
}
