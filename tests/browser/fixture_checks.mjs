// Checks of the list, and of hostile text, that need a world we can change.
import { readFileSync } from 'node:fs';
import { liveCall } from './fixtures/live.mjs';
import { hostile, hostileId, runningId } from './fixtures/world.mjs';
import { world } from './fixture_server.mjs';
import { accessibilityFindings, eventually, expect, expectEqual, nudge } from './harness.mjs';

const rows = (page) => page.locator('tbody tr');

/** The browser reports failed requests itself; those that a check causes are no trouble. */
const forget = (troubles, text) => {
  const kept = troubles.filter((line) => !line.includes(text));
  troubles.splice(0, troubles.length, ...kept);
};

async function listChecks(checks, url, shots) {
  await checks.check(
    'load more goes on where the list ended, without doubles',
    {},
    async (page) => {
      await page.goto(url);
      await eventually(
        async () => (await rows(page).count()) === 50,
        'the first page has not 50 rows',
      );
      await page.getByRole('button', { name: 'Load more' }).click();
      await eventually(async () => (await rows(page).count()) === 100, 'no second page');
      await page.getByRole('button', { name: 'Load more' }).click();
      await eventually(async () => (await rows(page).count()) === world.calls.length, 'no end');
      expectEqual(
        await page.getByRole('button', { name: 'Load more' }).count(),
        0,
        'buttons at the end',
      );
      const links = await page
        .locator('tbody a')
        .evaluateAll((all) => all.map((link) => link.href));
      expectEqual(new Set(links).size, links.length, 'distinct rows');
    },
  );
  await checks.check('rows change and appear by themselves', {}, async (page) => {
    await page.goto(url);
    await eventually(async () => (await rows(page).count()) === 50, 'no rows');
    const before = world.calls;
    const ended = {
      ...before[0],
      status: 'completed',
      outcome: { label: 'booked', confidence: 1 },
    };
    const id = '0a1b2c3d-0000-4000-8000-0000000000aa';
    const start_time = new Date().toISOString();
    const fresh = { ...before[0], id, start_time, phone_number: '+15555550199' };
    await page.getByRole('status').getByText('Live').waitFor();
    world.calls = [fresh, ended, ...before.slice(1)];
    world.admin.begin({ ...liveCall(0), call_id: id });
    await eventually(
      async () => (await rows(page).first().innerText()).includes('555 0199'),
      'no new row',
    );
    expect(
      (await rows(page).nth(1).innerText()).includes('Booked'),
      'the ended call kept its outcome',
    );
    world.calls = before;
    world.admin.reset();
  });
  await checks.check(
    'without a live connection rows change all the same',
    {},
    async (page, troubles) => {
      world.admin.isThere = false;
      await page.goto(url);
      await page.getByText('Updates by itself').waitFor();
      const before = world.calls;
      world.calls = [{ ...before[0], phone_number: '+15555550177' }, ...before.slice(1)];
      await eventually(
        async () => (await rows(page).first().innerText()).includes('555 0177'),
        'the row is as it was',
      );
      world.calls = before;
      world.admin.reset();
      forget(troubles, '503');
    },
  );
  await checks.check('the duration of a running call ticks in the list', {}, async (page) => {
    await page.goto(url);
    const length = () => page.locator('tbody tr').first().locator('td').nth(3).innerText();
    await eventually(async () => /^\d+:\d\d$/.test(await length()), 'no duration');
    const before = await length();
    await eventually(async () => (await length()) !== before, 'it stands still');
  });
  await checks.check('other filters go into the address as days and numbers', {}, async (page) => {
    await page.goto(url);
    await page.getByRole('button', { name: /^Filters/ }).click();
    await page.getByLabel('From').fill('2026-11-20');
    await page.getByLabel('Direction').selectOption('outbound');
    await page.getByLabel('At least, seconds').fill('60');
    await page.getByLabel('At least, seconds').press('Tab');
    await page.waitForURL(/from=2026-11-20&direction=outbound&min_duration=60/);
    const asked = () => new URLSearchParams(world.requests.at(-1).split('?')[1]);
    await eventually(() => asked().get('min_duration') === '60', 'the API was not asked');
    expectEqual(asked().get('from'), '2026-11-20T05:00:00.000Z', 'midnight in New York');
    await page.screenshot({ path: `${shots}/filters_light.png` });
    await page.getByRole('link', { name: 'Clear', exact: true }).click();
    await eventually(
      () => new URL(page.url()).search === '',
      `clear left something: ${page.url()}`,
    );
  });
  await checks.check('"/" goes to the search and never into it', {}, async (page) => {
    await page.goto(url);
    await rows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('a/b');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=a%2Fb/);
  });
}

async function stateChecks(checks, url, shots) {
  await checks.check('no match offers to clear the filters', {}, async (page) => {
    await page.goto(`${url}/?number=000000000`);
    await page.getByRole('heading', { name: 'No call matches' }).waitFor();
    await page.screenshot({ path: `${shots}/no_match_light.png` });
    await page.getByRole('link', { name: 'Clear the filters' }).click();
    await rows(page).first().waitFor();
  });
  await checks.check(
    'an empty bridge says how the first call comes',
    { dark: true },
    async (page) => {
      const before = world.calls;
      world.calls = [];
      await page.goto(url);
      await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
      await page.screenshot({ path: `${shots}/empty_dark.png` });
      world.calls = before;
      await nudge(page);
      await rows(page).first().waitFor();
    },
  );
  await checks.check(
    'a failing API is named and recovers by itself',
    {},
    async (page, troubles) => {
      world.broken = true;
      await page.goto(url);
      await page.getByRole('heading', { name: 'The database does not answer' }).waitFor();
      await page.screenshot({ path: `${shots}/error_light.png` });
      world.broken = false;
      await nudge(page);
      await rows(page).first().waitFor();
      world.broken = true;
      await nudge(page);
      await page.getByText('Showing what was known').waitFor();
      expect((await rows(page).count()) === 50, 'known rows are gone');
      world.broken = false;
      await nudge(page);
      await page.getByRole('status').getByText('Live').waitFor();
      forget(troubles, '503');
    },
  );
}

async function searchChecks(checks, url, shots) {
  for (const dark of [false, true]) {
    const theme = dark ? 'dark' : 'light';
    await checks.check(`a search shows its hits, marked, in ${theme}`, { dark }, async (page) => {
      await page.goto(`${url}/?q=thursday`);
      const hits = page.getByRole('list', { name: 'Lines with these words' }).first();
      await hits.waitFor();
      const marks = await hits.locator('mark').allTextContents();
      expect(marks.length > 1, 'fewer than two hits');
      expect(
        marks.every((text) => text === 'Thursday'),
        `marked: ${marks}`,
      );
      expectEqual(await accessibilityFindings(page), [], 'axe findings');
      await page.screenshot({ path: `${shots}/search_${theme}.png` });
      await hits.getByRole('link', { name: /is perfect/ }).focus();
      await page.keyboard.press('Enter');
      await page.locator('#line-3.chosen').waitFor();
    });
  }
  await checks.check('a search says when sealed calls are not searched', {}, async (page) => {
    const line = page.getByText('Calls whose words are sealed are not searched.');
    await page.goto(`${url}/?q=thursday`);
    await page.locator('mark').first().waitFor();
    expectEqual(await line.count(), 0, 'said though none is sealed');
    world.sealed = true;
    try {
      await page.reload();
      await line.waitFor();
      expectEqual(await accessibilityFindings(page), [], 'axe findings');
      await page.goto(url);
      await page.locator('tbody tr').first().waitFor();
      expectEqual(await line.count(), 0, 'said without a search');
    } finally {
      world.sealed = false;
    }
  });
  await checks.check('a search fits a narrow screen', { narrow: true }, async (page) => {
    await page.goto(`${url}/?q=thursday`);
    await page.locator('mark').first().waitFor();
    const { wide, screen } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      screen: document.documentElement.clientWidth,
    }));
    expect(wide <= screen, `${wide} px on a screen of ${screen} px`);
    await page.screenshot({ path: `${shots}/search_light_narrow.png` });
  });
  await checks.check('an export has the filters of the list, and no others', {}, async (page) => {
    const asked = async (name) => {
      const link = page.getByRole('link', { name: `Export as ${name}` });
      return new URL(await link.getAttribute('href'), url);
    };
    await page.goto(url);
    await rows(page).first().waitFor();
    expectEqual((await asked('CSV')).href, `${url}/api/v1/calls/export.csv`, 'all calls');
    await page.goto(`${url}/?outcome=booked&q=thursday&from=2026-11-20&x=1&cursor=5`);
    await page.locator('mark').first().waitFor();
    const json = await asked('JSON');
    expectEqual(json.pathname, '/api/v1/calls/export.json', 'address');
    expectEqual(
      [...json.searchParams],
      [
        ['outcome', 'booked'],
        ['q', 'thursday'],
        ['from', '2026-11-20T05:00:00.000Z'],
      ],
      'filters',
    );
  });
}

async function exportChecks(checks, url) {
  const open = async (page) => {
    await page.goto(url);
    await rows(page).first().waitFor();
  };
  for (const format of ['csv', 'json']) {
    await checks.check(
      `an export as ${format} shows how far it is and is saved whole`,
      {},
      async (page) => {
        await open(page);
        let go;
        world.export.half = new Promise((resolve) => (go = resolve));
        await page.getByRole('link', { name: `Export as ${format.toUpperCase()}` }).click();
        await page.getByText(/^Exporting: (5|6)\d calls, 0.1 MB$/).waitFor();
        const saved = page.waitForEvent('download');
        go();
        const file = await saved;
        expectEqual(file.suggestedFilename(), `calls.${format}`, 'name');
        const text = readFileSync(await file.path(), 'utf8');
        const number = format === 'csv' ? text.split('\r\n').length - 2 : JSON.parse(text).length;
        expectEqual(number, world.calls.length, 'calls in the file');
        await page.getByText(`${world.calls.length} calls saved, 0.1 MB`).waitFor();
        world.export.half = null;
      },
    );
  }
  await checks.check(
    'an export that breaks off saves nothing and says so',
    {},
    async (page, troubles) => {
      await open(page);
      let saved = 0;
      page.on('download', () => (saved += 1));
      Object.assign(world.export, { half: new Promise((go) => setTimeout(go, 200)), breaks: true });
      await page.getByRole('link', { name: 'Export as CSV' }).click();
      await page.getByText('The export broke off.').waitFor();
      Object.assign(world.export, { half: null, breaks: false });
      expectEqual(saved, 0, 'files');
      forget(troubles, 'ERR_INCOMPLETE_CHUNKED_ENCODING');
    },
  );
  await checks.check('an export can be stopped', {}, async (page) => {
    await open(page);
    let go;
    world.export.half = new Promise((resolve) => (go = resolve));
    await page.getByRole('link', { name: 'Export as CSV' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('link', { name: 'Export as CSV' }).waitFor();
    go();
    world.export.half = null;
  });
}

async function hostileChecks(checks, url, shots) {
  await checks.check('A02: hostile transcript text is shown as text', {}, async (page) => {
    await page.addInitScript(() => {
      window.alarms = [];
      window.alert = (text) => window.alarms.push(`alert ${text}`);
      document.addEventListener('securitypolicyviolation', (event) =>
        window.alarms.push(`${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    await page.goto(`${url}/calls/${hostileId}`);
    await page.locator('#line-0').waitFor();
    const shown = await page
      .locator('li .text')
      .evaluateAll((all) => all.map((one) => one.textContent));
    expectEqual(shown.length, hostile.length, 'lines');
    hostile.forEach((text, index) =>
      expectEqual(shown[index], text.slice(0, 20_000), `line ${index}`),
    );
    await page.getByText('and 980,000 more characters').waitFor();
    const quotes = await page
      .locator('li q')
      .evaluateAll((all) => all.map((one) => one.textContent));
    expectEqual(quotes, hostile.slice(0, 12), 'quotes');
    const foreign = await page.locator('main :is(script, iframe, img, form, style)').count();
    expectEqual(foreign, 0, 'elements made from text');
    expectEqual(await page.evaluate(() => window.alarms), [], 'alarms');
    await page.screenshot({ path: `${shots}/hostile_light.png` });
    await page.goto(url);
    await page.getByRole('link', { name: hostile[0] }).waitFor();
    await page.goto(`${url}/?q=alert`);
    const hit = page.locator('.hits .text', { hasText: hostile[0] });
    expectEqual(await hit.textContent(), hostile.slice(0, 4).join(''), 'snippet');
    expectEqual(await hit.locator('mark').allTextContents(), [hostile[1], hostile[3]], 'marks');
    expectEqual(await page.locator('main :is(script, img, svg.x)').count(), 0, 'made from text');
    expectEqual(await page.evaluate(() => window.alarms), [], 'alarms on the list');
  });
  await checks.check(
    'A02: a hostile filter in the address stays text',
    {},
    async (page, troubles) => {
      const hostileText = encodeURIComponent('<img src=x onerror=alert(1)>');
      await page.goto(`${url}/?number=${hostileText}&q=${hostileText}`);
      await page.getByRole('heading', { name: 'A parameter is wrong' }).waitFor();
      expectEqual(await page.locator('main img').count(), 0, 'images made from text');
      forget(troubles, 'the server responded with a status of 40');
    },
  );
}

async function runningChecks(checks, url, shots) {
  await checks.check('a running call fills while one looks at it', {}, async (page) => {
    await page.goto(`${url}/calls/${runningId}`);
    await page.getByText('The call is still running').waitFor();
    await page.screenshot({ path: `${shots}/running_light.png` });
    const before = world.calls;
    const verdict = { label: 'booked', confidence: 1 };
    world.calls = before.map((call) =>
      call.id === runningId ? { ...call, status: 'completed', outcome: verdict } : call,
    );
    await eventually(
      async () => (await page.getByText('In progress').count()) === 0,
      'still running',
    );
    world.calls = before;
  });
}

export async function fixtureChecks(checks, url, shots) {
  await listChecks(checks, url, shots);
  await stateChecks(checks, url, shots);
  await searchChecks(checks, url, shots);
  await exportChecks(checks, url);
  await hostileChecks(checks, url, shots);
  await runningChecks(checks, url, shots);
}
