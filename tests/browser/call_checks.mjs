// Checks of the page of one call against known facts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { world } from './fixture_server.mjs';
import { liveCall, liveLine, lines } from './fixtures/live.mjs';
import { fullId, runningId } from './fixtures/world.mjs';
import { eventually, expect, expectEqual } from './harness.mjs';
import { inspect } from './page_checks.mjs';

const opener =
  (url) =>
  async (page, more = '') => {
    await page.goto(`${url}/calls/${fullId}${more}`);
    await page.locator('#line-5').waitFor();
  };

export async function callChecks(checks, url, shots) {
  await factChecks(checks, opener(url));
  await levelChecks(checks, opener(url));
  await eventChecks(checks, opener(url));
  await runningChecks(checks, url, shots);
}

async function factChecks(checks, open) {
  await checks.check('what the caller did not hear is struck and named', {}, async (page) => {
    await open(page);
    const line = page.locator('#line-2');
    expect((await line.innerText()).includes('heard 62 %'), 'no "heard 62 %"');
    const unheard = await line.locator('del').allTextContents();
    expectEqual(unheard, [' at a quarter past four. Which of these suits you best?'], 'struck');
    expectEqual(await page.locator('#line-0 del').count(), 0, 'struck in a line that was heard');
    await page.getByText('Struck words were not heard').waitFor();
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
    await page.locator('.chart svg:has(rect)').first().waitFor();
    const turns = await page.locator('.chart svg:has(rect)').evaluateAll((all) =>
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

async function levelChecks(checks, open) {
  await checks.check('the levels of both tracks stand on one line of time', {}, async (page) => {
    await open(page);
    const levels = page.getByRole('region', { name: 'Levels' });
    const text = (await levels.innerText()).replace(/\s+/g, ' ');
    expect(text.includes('Caller audible 0:09, agent 0:18 of 1:05'), text);
    // Each bar of the path begins with its column: a column is 250 ms of the 65 s.
    const columns = async (track) => {
      const path = await levels.locator(`path.${track}`).getAttribute('d');
      return [...path.matchAll(/M(\d+)\.15/g)].map(([, column]) => Number(column) / 4);
    };
    const [caller, agent] = [await columns('caller'), await columns('agent')];
    expectEqual([agent[0], caller[0]], [0.5, 6], 'first sounds');
    expect(caller.includes(17) && agent.includes(17), 'they spoke at once at 0:17');
    expect(![...caller, ...agent].some((second) => second >= 32), 'sound after 0:32');
  });
  await checks.check('a click on the levels goes to the line of that moment', {}, async (page) => {
    await open(page);
    const slider = page.getByRole('slider', { name: 'Moment of the call' });
    const { width } = await slider.boundingBox();
    await slider.click({ position: { x: (width * 19) / 65, y: 20 } });
    await page.waitForURL(/\?t=(18\.9|19|19\.1)$/);
    await page.locator('#line-3.chosen').waitFor();
    expectEqual(await slider.getAttribute('aria-valuetext'), '0:19', 'moment');
  });
  await checks.check('the levels are gone through with the keyboard', {}, async (page) => {
    await open(page);
    await page.getByRole('slider').focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/\?t=5$/);
    await page.keyboard.press('End');
    await page.waitForURL(/\?t=65$/);
    await page.locator('#line-5.chosen').waitFor();
    await page.keyboard.press('PageDown');
    await page.waitForURL(/\?t=35$/);
  });
  await checks.check('a link to a moment marks its line, a wrong one none', {}, async (page) => {
    await open(page, '?t=23.5');
    await page.locator('#line-4.chosen').waitFor();
    expectEqual(await page.locator('.chosen[id]').count(), 1, 'marked lines');
    expect(await page.locator('#line-4').isVisible(), 'not in sight');
    await page.reload();
    await page.locator('#line-4.chosen').waitFor();
    for (const wrong of ['?t=soon', '?t=-1', '?t=']) {
      await open(page, wrong);
      expectEqual(await page.locator('.chosen[id]').count(), 0, `lines marked by ${wrong}`);
    }
  });
}

/** The types of the events that a call writes, from its sources. */
function writtenTypes() {
  const folder = fileURLToPath(new URL('../../bridge/call', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpp'))
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const calls = [...text.matchAll(/write_event\(([^;]*?)(?:,|\);)/g)];
      return calls.flatMap(([, first]) => [...first.matchAll(/"(\w+)"/g)].map(([, type]) => type));
    });
}

async function eventChecks(checks, open) {
  checks.checkPlain('every event that a call writes has its words', () => {
    const words = fileURLToPath(
      new URL('../../web/dashboard/src/lib/event_words.ts', import.meta.url),
    );
    const known = readFileSync(words, 'utf8');
    const types = writtenTypes();
    expect(types.length > 30, `only ${types.length} found`);
    const missing = types.filter((type) => type !== 'levels' && !known.includes(` ${type}: `));
    expectEqual(missing, [], 'without words');
  });
  const rows = (page) => page.getByRole('region', { name: 'Events' }).locator('li');
  await checks.check('events are words, and who did what is named', {}, async (page) => {
    await open(page);
    const texts = (await rows(page).allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    expectEqual(texts.length, 15, 'events without the levels');
    for (const text of [
      '0:00 Hume EVI was ready after 412 ms',
      '0:01 kim listens',
      '0:11 The agent answered after 946 ms',
      '0:24 kim whispers to the agent They have a <b>voucher</b>.',
      "0:26 The agent's session ended: connection lost",
      '0:28 A kind of tomorrow',
      '1:02 kim stops listening',
      '1:05 Silences: caller thinking 0:08, agent thinking 0:03',
    ])
      expect(texts.includes(text), `"${text}" is not in ${JSON.stringify(texts)}`);
  });
  await checks.check('events are filtered by kind, and lead to their moment', {}, async (page) => {
    await open(page);
    await page.getByRole('button', { name: 'People 3' }).click();
    expectEqual(await rows(page).count(), 3, 'events of people');
    await rows(page).getByRole('link', { name: '0:24' }).click();
    await page.waitForURL(/\?t=24$/);
    await page.locator('#line-4.chosen').waitFor();
  });
}

async function runningChecks(checks, url, shots) {
  const { admin } = world;
  const open = async (page) => {
    admin.reset();
    const call = { ...liveCall(0), lines: lines.slice(0, 2) };
    admin.calls = [call];
    await page.goto(`${url}/calls/${runningId}`);
    await page.getByRole('heading', { name: 'Now' }).waitFor();
    return call;
  };
  for (const look of [
    { name: 'light', dark: false },
    { name: 'dark_narrow', dark: true, narrow: true },
  ]) {
    await checks.check(
      `the page of a running call is right in ${look.name}`,
      look,
      async (page) => {
        await open(page);
        await inspect(page, `${shots}/running_call_${look.name}.png`);
      },
    );
  }
  await checks.check('a call that another node carries can be ended', {}, async (page) => {
    admin.reset();
    world.hungUp = [];
    await page.goto(`${url}/calls/${runningId}`);
    await page.getByText('The node bridge-2 carries this call.').waitFor();
    await page.getByRole('button', { name: 'Hang up …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('The call is being hung up.').waitFor();
    expectEqual(world.hungUp, [runningId], 'calls hung up');
  });
  await checks.check(
    'a running call can be steered on its own page, and ends there',
    {},
    async (page) => {
      const { call_id } = await open(page);
      admin.tell('transcript', call_id, { line: liveLine(2, 'assistant', 'One moment.', 12_000) });
      await page.locator('#line-2', { hasText: 'One moment.' }).waitFor();
      admin.tell('transcript', call_id, {
        line: liveLine(2, 'assistant', 'One moment.', 12_000, 0.3),
      });
      await page.locator('#line-2 del', { hasText: 'moment.' }).waitFor();
      expectEqual(await page.locator('[id^=line-]').count(), 3, 'lines, stored and live');
      await page.getByRole('button', { name: 'Pause the agent' }).click();
      await page.getByText('The agent is paused.').waitFor();
      await page.getByRole('button', { name: 'Hang up …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click();
      await eventually(() => admin.commands.length === 2, 'not two commands');
      expectEqual(
        admin.commands.map(({ type }) => type),
        ['pause_agent', 'hangup'],
        'commands',
      );
      const before = world.calls;
      world.calls = before.map((call) =>
        call.id === runningId ? { ...call, status: 'completed', end_time: call.start_time } : call,
      );
      admin.end(call_id, 'operator_hung_up', 44_000);
      await eventually(
        async () => (await page.getByRole('heading', { name: 'Now' }).count()) === 0,
        'its controls stay',
      );
      world.calls = before;
      expectEqual(admin.faults, [], 'what the page said wrongly');
    },
  );
  admin.reset();
}
