// Reports on two weeks of invented calls: the figures are the API's, and every bar opens exactly its calls.
import { expect, expectEqual } from '../harness.mjs';

/** In the page: for each bar, the number that it tells and the number of calls that its address lists. */
async function countBehind(bars) {
  const found = [];
  for (const { label, href } of bars) {
    const query = new URL(href, location.href).searchParams;
    const all = [];
    for (let cursor = ''; cursor !== null;) {
      if (cursor) query.set('cursor', cursor);
      const answer = await (await fetch(`/api/v1/calls?limit=500&${query}`)).json();
      all.push(...answer.calls);
      cursor = answer.next_cursor;
    }
    found.push({ label, behind: all.length });
  }
  return found;
}

async function bars(page, title) {
  const chart = page.locator('section', {
    has: page.getByRole('heading', { name: title, exact: true }),
  });
  await chart.locator('svg a').first().waitFor();
  return chart
    .locator('svg a')
    .evaluateAll((all) =>
      all.map((one) => ({ label: one.getAttribute('aria-label'), href: one.getAttribute('href') })),
    );
}

/** "Mon, 16 Nov: 12 booked, 65 %" → 12 */
const told = (label) => Number(/: ([\d,]+) /.exec(label)[1].replace(',', ''));

export async function analyticsChecks(checks, stage, pictures) {
  await checks.check('the report has the figures of the API', {}, async (page) => {
    await page.goto(`${stage.url}/analytics`);
    const tiles = page.getByRole('list', { name: 'Totals' });
    await tiles.waitFor();
    const span = new URL(page.url()).search;
    const { total } = await stage.api('GET', `/api/v1/analytics${span || ''}`);
    const text = (await tiles.innerText()).replace(/\s+/g, ' ');
    expect(total.calls > 280, `only ${total.calls} calls`);
    expect(text.includes(`Calls ${total.calls} ${total.answered} answered`), text);
    expect(text.includes(`Booking rate ${Math.round(total.booking_rate * 100)} %`), text);
    await pictures.of(page, 'analytics');
  });
  await checks.check(
    'every bar opens the calls behind it, as many as it tells',
    {},
    async (page) => {
      await page.goto(`${stage.url}/analytics`);
      for (const title of ['Calls', 'Booking rate by day of the week']) {
        const shown = await bars(page, title);
        expect(shown.length > 7, `${title}: ${shown.length} bars`);
        const wrong = (await page.evaluate(countBehind, shown)).filter(
          ({ label, behind }) => behind !== told(label),
        );
        expectEqual(wrong, [], `${title}: bars with other calls behind them`);
      }
      const [{ href, label }] = await bars(page, 'Calls');
      await page.locator(`svg a[href="${href}"]`).first().focus();
      await page.keyboard.press('Enter');
      await page.locator('tbody tr').first().waitFor();
      expectEqual(await page.locator('tbody tr').count(), Math.min(50, told(label)), 'rows');
    },
  );
}
