// What holds for any bridge with at least one ended call: both pages, both themes, wide and narrow.
import { accessibilityFindings, eventually, expect, expectEqual } from './harness.mjs';

export const looks = [
  { name: 'light', dark: false, narrow: false },
  { name: 'dark', dark: true, narrow: false },
  { name: 'light_narrow', dark: false, narrow: true },
  { name: 'dark_narrow', dark: true, narrow: true },
];

export async function expectFits(page) {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow <= 0, `the page is ${overflow} px wider than the screen`);
}

/** The page fits the screen and axe has nothing against it; its picture goes to `file`. */
export async function inspect(page, file) {
  await expectFits(page);
  await page.screenshot({ path: file, fullPage: true });
  expectEqual(await accessibilityFindings(page), [], 'axe findings');
}

/** Opens the first call of the list that is over and judged. */
async function openEndedCall(page, url) {
  await page.goto(`${url}/?outcome=booked`);
  await page.locator('tbody a').first().click();
  await page.getByRole('heading', { name: 'Transcript' }).waitFor();
  await page.locator('[id^=line-]').first().waitFor();
}

export async function pageChecks(checks, url, shots) {
  for (const look of looks) {
    await checks.check(`the list of calls is right in ${look.name}`, look, async (page) => {
      await page.goto(url);
      await page.locator('tbody tr').first().waitFor();
      await inspect(page, `${shots}/calls_${look.name}.png`);
    });
    await checks.check(`the page of a call is right in ${look.name}`, look, async (page) => {
      await openEndedCall(page, url);
      await page.getByRole('heading', { name: 'Response times' }).waitFor();
      await inspect(page, `${shots}/call_${look.name}.png`);
    });
  }
  await behaviourChecks(checks, url);
}

async function behaviourChecks(checks, url) {
  await checks.check('a call opens with the keyboard alone', {}, async (page) => {
    await page.goto(url);
    const link = page.locator('tbody a').first();
    await link.waitFor();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      if (await link.evaluate((element) => element === document.activeElement)) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/calls\/[0-9a-f-]+$/);
  });
  await checks.check('the skip link leads past the top bar', {}, async (page) => {
    await page.goto(url);
    await page.locator('tbody a').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement.id === 'content'), 'main has no focus');
  });
  await checks.check('the chosen theme outlives a reload', {}, async (page) => {
    await page.goto(url);
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    const button = page.getByRole('button', { name: /^Colours/ });
    await button.click();
    await button.click();
    const dark = await ground();
    expect(dark !== light, `the ground stayed ${light}`);
    await page.reload();
    await page.locator('header').waitFor();
    expectEqual(await ground(), dark, 'ground after the reload');
  });
  await checks.check('the outcome filter goes into the address and back', {}, async (page) => {
    await page.goto(url);
    await page.getByRole('link', { name: 'Booked', exact: true }).click();
    await page.waitForURL(/outcome=booked/);
    await eventually(async () => {
      const labels = await page.locator('tbody .badge').allInnerTexts();
      return labels.length > 0 && labels.every((label) => label === 'Booked');
    }, 'other outcomes stay in the list');
    await page.reload();
    await page.locator('tbody tr').first().waitFor();
    expect((await page.locator('[aria-current=true]').innerText()) === 'Booked', 'tab not lit');
    await page.goBack();
    await eventually(() => !page.url().includes('outcome='), 'back does not remove the filter');
  });
  await checks.check('times carry UTC on hover', {}, async (page) => {
    await page.goto(url);
    const time = page.locator('tbody td.wide time').first();
    await time.waitFor();
    const [title, iso] = [await time.getAttribute('title'), await time.getAttribute('datetime')];
    expectEqual(title, `${iso.slice(0, 19).replace('T', ' ')} UTC`, 'hover text');
  });
  await checks.check('an unknown page says so and leads back', {}, async (page, troubles) => {
    await page.goto(`${url}/calls/0a1b2c3d-0000-4000-8000-00000000dead`);
    await page.getByRole('heading', { name: /no such call/i }).waitFor();
    await page.getByRole('link', { name: 'All calls' }).click();
    await page.locator('tbody tr').first().waitFor();
    const expected = troubles.filter((line) => !line.includes('404'));
    troubles.splice(0, troubles.length, ...expected); // the browser itself reports the 404 answers
  });
}
