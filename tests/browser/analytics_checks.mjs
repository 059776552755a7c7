// Checks of the page of analytics: its charts, that every figure leads to the calls behind it, and its address.
import { inspect } from './compliance_checks.mjs';
import { report } from './fixtures/report.mjs';
import { world } from './fixture_server.mjs';
import { eventually, expect, expectEqual, nudge } from './harness.mjs';

const looks = [
  { name: 'light', dark: false, narrow: false },
  { name: 'dark', dark: true, narrow: false },
  { name: 'light_narrow', dark: false, narrow: true },
  { name: 'dark_narrow', dark: true, narrow: true },
];
const span = '?from=2026-10-24&to=2026-11-22&bucket=day';
const expected = report(new URLSearchParams(span));
const card = (page, name) => page.getByRole('region', { name, exact: true });
const percent = (ratio) => `${Math.round(ratio * 100)} %`;

async function open(page, url, search = span) {
  await page.goto(`${url}/analytics${search}`);
  await card(page, 'Turn gap').locator('circle').first().waitFor();
}

async function lookChecks(checks, url, shots) {
  for (const look of looks) {
    await checks.check(`the page of analytics is right in ${look.name}`, look, async (page) => {
      await open(page, url);
      await inspect(page, `${shots}/analytics_${look.name}.png`);
    });
  }
  await checks.check(
    'three days by the hour have bars for every hour with calls',
    {},
    async (page) => {
      await open(page, url, '?from=2026-11-20&to=2026-11-22&bucket=hour');
      const bars = await card(page, 'Booking rate by hour').locator('rect').count();
      const hours = report(
        new URLSearchParams('from=2026-11-20&to=2026-11-22&bucket=hour'),
      ).buckets;
      const parts = hours.map(({ booked, not_booked }) => (booked > 0) + (not_booked > 0));
      expectEqual(
        bars,
        parts.reduce((sum, part) => sum + part),
        'bars',
      );
    },
  );
}

/** What the API was asked for last. */
const asked = () =>
  Object.fromEntries(
    new URLSearchParams(
      world.requests
        .filter((one) => one.startsWith('/api/v1/calls?'))
        .at(-1)
        .split('?')[1],
    ),
  );

async function follows(page, link, filters) {
  await link.focus();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: 'Calls' }).waitFor();
  await eventually(
    () => {
      const { limit: _, ...rest } = asked();
      return (
        JSON.stringify(Object.entries(rest).sort()) ===
        JSON.stringify(Object.entries(filters).sort())
      );
    },
    `the list was asked with ${JSON.stringify(asked())}, not ${JSON.stringify(filters)}`,
  );
}

async function linkChecks(checks, url) {
  const whole = { from: expected.from, to: expected.to };
  await checks.check(
    'a bar of a day opens the booked calls of that day in UTC',
    {},
    async (page) => {
      await open(page, url);
      const { booked, booking_rate } = expected.buckets[1];
      const name = `Sun 25 October 2026: ${booked} booked, ${percent(booking_rate)}`;
      const bar = card(page, 'Booking rate by day')
        .getByRole('link', { name: /25 October 2026.* booked/ })
        .first();
      const label = await bar.getAttribute('aria-label');
      expect(label.endsWith(name.slice(name.indexOf(':'))), `${label} is not ${name}`);
      await follows(page, bar, {
        outcome: 'booked',
        from: '2026-10-25T00:00:00.000Z',
        to: '2026-10-26T00:00:00.000Z',
      });
      await page.getByText('From 2026-10-25 00:00 UTC').waitFor();
      await page.getByRole('link', { name: /^Without "From/ }).click();
      await eventually(() => !('from' in asked()), 'the mark cannot be taken off');
    },
  );
  await checks.check(
    'hours are those of the viewer, and open the hour of UTC behind them',
    {},
    async (page) => {
      await open(page, url); // New York in November: five hours behind
      const bar = card(page, 'Booking rate by hour of the day').getByRole('link', {
        name: /^09 to 10 o'clock: .* not booked/,
      });
      await follows(page, bar, { ...whole, outcome: 'not_booked', hour: '14' });
      await page.getByText('Begun 14:00 to 14:59 UTC').waitFor();
    },
  );
  await checks.check(
    'days of the week, answers, agents and totals open their calls',
    {},
    async (page) => {
      const first = { from: '2026-10-24T00:00:00.000Z', to: '2026-10-25T00:00:00.000Z' };
      const third = { from: '2026-10-26T00:00:00.000Z', to: '2026-10-27T00:00:00.000Z' };
      const cards = [
        [
          'Booking rate by day of the week',
          /^Sundays: .* booked/,
          { ...whole, outcome: 'booked', weekday: '7' },
        ],
        ['Calls', /26 October 2026: .* not answered/, { ...third, answered: 'false' }],
        ['Turn gap', /24 October 2026: p50 .*p95 .*p99/, { ...first, answered: 'true' }],
      ];
      for (const [title, name, filters] of cards) {
        await open(page, url);
        await follows(page, card(page, title).getByRole('link', { name }).first(), filters);
      }
      await open(page, url);
      const row = card(page, 'By agent').getByRole('row', { name: /^No agent/ });
      await follows(page, row.getByRole('link').first(), { ...whole, provider: 'none' });
      await open(page, url);
      const totals = page.getByRole('list', { name: 'Totals' });
      await follows(page, totals.getByRole('link').nth(1), { ...whole, answered: 'true' });
    },
  );
}

async function addressChecks(checks, url) {
  await checks.check(
    'span and width are in the address, and outlive a reload',
    {},
    async (page) => {
      await open(page, url);
      await page.getByRole('combobox', { name: 'By' }).selectOption('week');
      await page.waitForURL(/bucket=week/);
      await card(page, 'Booking rate by week').waitFor();
      await page.getByRole('link', { name: '7 days' }).click();
      await eventually(() => /bucket=day/.test(page.url()), 'the span is not in the address');
      const days = await page.getByLabel('From', { exact: true }).inputValue();
      await page.reload();
      await card(page, 'Booking rate by day').waitFor();
      expectEqual(await page.getByLabel('From', { exact: true }).inputValue(), days, 'first day');
      const asked = world.requests.filter((one) => one.startsWith('/api/v1/analytics')).at(-1);
      expect(asked.includes(`from=${days}&`), asked);
    },
  );
  await checks.check(
    'a span without calls says so, and a failing report recovers',
    {},
    async (page, troubles) => {
      world.changes = { report: { total: { ...expected.total, calls: 0 } } };
      await page.goto(`${url}/analytics${span}`);
      await page.getByRole('heading', { name: 'No calls in this span' }).waitFor();
      world.changes = {};
      world.broken = true;
      await nudge(page);
      await page.getByRole('heading', { name: 'The database does not answer' }).waitFor();
      world.broken = false;
      await page.getByRole('button', { name: 'Try again' }).click();
      await card(page, 'Turn gap').waitFor();
      const kept = troubles.filter((line) => !line.includes('status of 503'));
      troubles.splice(0, troubles.length, ...kept);
    },
  );
  await checks.check('the same numbers stand in tables', {}, async (page) => {
    await open(page, url);
    const chart = card(page, 'Booking rate by day');
    await chart.getByText('As a table').click();
    const { booked, not_booked, booking_rate } = expected.buckets[0];
    const cells = await chart.locator('tbody tr').first().locator('td').allInnerTexts();
    expectEqual(
      cells,
      [`${booked} booked`, `${not_booked} not booked`, percent(booking_rate)],
      'first day',
    );
  });
}

export async function analyticsChecks(checks, url, shots) {
  await lookChecks(checks, url, shots);
  await linkChecks(checks, url);
  await addressChecks(checks, url);
}
