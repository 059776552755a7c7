// Checks of the page of one call against known facts.
import { fullId } from './fixtures/world.mjs';
import { eventually, expect, expectEqual } from './harness.mjs';

export async function callChecks(checks, url) {
  const open = async (page) => {
    await page.goto(`${url}/calls/${fullId}`);
    await page.locator('#line-5').waitFor();
  };
  await checks.check('what the caller did not hear is struck and named', {}, async (page) => {
    await open(page);
    const line = page.locator('#line-2');
    expect((await line.innerText()).includes('heard 62 %'), 'no "heard 62 %"');
    const unheard = await line.locator('del').allTextContents();
    expectEqual(unheard, [' at a quarter past four. Which of these suits you best?'], 'struck');
    expectEqual(await page.locator('#line-0 del').count(), 0, 'struck in a line that was heard');
  });
  await checks.check(
    'evidence leads to its line and the quote is marked there',
    {},
    async (page) => {
      await open(page);
      await page.getByRole('link', { name: /Thursday at ten is perfect/ }).click();
      await page.waitForURL(/#line-3$/);
      await page.locator('#line-3.chosen').waitFor();
      expectEqual(await page.locator('.chosen').count(), 1, 'chosen lines');
      expectEqual(
        await page.locator('#line-3 mark').innerText(),
        'Thursday at ten is perfect',
        'mark',
      );
      await page.reload();
      await page.locator('#line-3.chosen').waitFor();
    },
  );
  await checks.check('the bars of every turn add up to its gap', {}, async (page) => {
    await open(page);
    const turns = await page.locator('svg.row').evaluateAll((all) =>
      all.map((svg) => {
        const total = [...svg.querySelectorAll('rect')].map((bar) =>
          parseFloat(bar.getAttribute('width')),
        );
        return total.reduce((sum, width) => sum + width, 0);
      }),
    );
    const gaps = [946_000, 1_182_200, 1_850_000];
    const scale = 2_000_000;
    gaps.forEach((gap, index) => {
      const difference = Math.abs(turns[index] - (gap / scale) * 100);
      expect(difference < 0.001, `turn ${index + 1}: ${turns[index]} % is not ${gap} µs`);
    });
  });
  await checks.check('the same numbers stand in a table', {}, async (page) => {
    await open(page);
    await page.getByText('All numbers').click();
    const cells = await page
      .locator('details table tbody tr')
      .first()
      .locator('th, td')
      .allInnerTexts();
    const expected = ['1', '21 ms', '312 ms', '488 ms', '2 ms', '118 ms', '4 ms', '946 ms'];
    expectEqual(cells, expected, 'first turn');
  });
  await checks.check('every audio frame is accounted for', {}, async (page) => {
    await open(page);
    const audio = page.getByRole('region', { name: 'Audio' });
    const text = (await audio.innerText()).replace(/\s+/g, ' ');
    for (const part of [
      'in 3,210',
      'agent 3,204',
      'Dropped 6',
      '31.24 s',
      'all frames accounted for',
    ]) {
      expect(text.includes(part), `"${part}" is not in "${text}"`);
    }
  });
  await checks.check('times are in the zone of the viewer', {}, async (page) => {
    await open(page);
    const time = page.locator('header time').first();
    const [shown, iso] = [await time.innerText(), await time.getAttribute('datetime')];
    const local = new Date(iso).toLocaleTimeString('en-GB', {
      timeZone: 'America/New_York',
      hour: '2-digit',
      minute: '2-digit',
    });
    expect(shown.endsWith(local), `${shown} does not end with ${local}`);
    await eventually(
      async () => (await time.getAttribute('title')).endsWith('UTC'),
      'no UTC on hover',
    );
  });
}
