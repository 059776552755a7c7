// Calls and the page of a call, from ringing to verdict: what a person sees while stand-in calls run and end.
import { readFile } from 'node:fs/promises';
import { analyticsChecks } from './analytics_checks.mjs';
import { latencyChecks } from './latency_checks.mjs';
import { eventually, expect, expectEqual } from '../harness.mjs';
import { pastCalls } from './past.mjs';
import { until } from './stage.mjs';

const rows = (page) => page.locator('tbody tr:not(.hits)');
const badges = (page) => page.locator('tbody .badge').allInnerTexts();

/** Three calls that end differently, on a list that nobody reloads; answers their carrier ids. */
async function listFills(checks, stage) {
  const sids = {};
  await checks.check(
    'the list fills by itself while calls ring, talk, end and are judged',
    {},
    async (page) => {
      await page.goto(stage.url);
      await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
      const scripts = {
        booking: '+14155550111',
        not_booked: '+14155550112',
        interrupt: '+14155550113',
      };
      for (const [script, from] of Object.entries(scripts))
        [sids[script]] = await stage.start({ script, from });
      await until('three running calls', async () => {
        const running = await page.locator('tbody td.running').count();
        return running === 3;
      });
      await until(
        'three verdicts',
        async () => (await badges(page)).filter((label) => label !== 'Pending').length === 3,
        60_000,
      );
      const verdict = (number) =>
        rows(page).filter({ hasText: number }).locator('.badge').innerText();
      // what comes of an interruption hangs on moments, and the machine is busy
      expectEqual(await verdict('555 0111'), 'Booked', 'booking');
      expectEqual(await verdict('555 0112'), 'Not booked', 'no booking');
      expectEqual(await page.locator('tbody td.running').count(), 0, 'calls that still run');
      const numbers = (await page.locator('tbody td a').allInnerTexts()).sort();
      expectEqual(numbers, ['+1 415 555 0111', '+1 415 555 0112', '+1 415 555 0113'], 'numbers');
    },
  );
  return sids;
}

async function listChecks(checks, stage, pictures) {
  await checks.check(
    'outcome and number narrow the list, and the address keeps them',
    {},
    async (page) => {
      await page.goto(stage.url);
      await page.getByRole('link', { name: 'Not booked', exact: true }).click();
      await eventually(async () => {
        const shown = await badges(page);
        return shown.length > 0 && shown.every((label) => label === 'Not booked');
      }, 'other outcomes');
      const chosen = await badges(page);
      await page.reload();
      await rows(page).first().waitFor();
      expectEqual(await badges(page), chosen, 'after a reload');
      await page.goto(`${stage.url}/?number=0113&min_duration=5`);
      await eventually(async () => (await rows(page).count()) === 1, 'other numbers');
      await page.goto(`${stage.url}/?min_duration=4000`);
      await page.getByRole('heading', { name: 'No call matches' }).waitFor();
    },
  );
  await checks.check('a search finds what was said and leads to the line', {}, async (page) => {
    await page.goto(stage.url);
    await rows(page).nth(2).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('check-up');
    await page.keyboard.press('Enter');
    await page.locator('.hits mark').first().waitFor();
    await pictures.of(page, 'search');
    const hit = page.locator('.hits a', { hasText: 'book a check-up' }).first();
    const [, line] = (await hit.getAttribute('href')).split('#');
    await hit.click();
    await page.locator(`#${line}.chosen`).waitFor();
    expect((await page.locator(`#${line}`).innerText()).includes('check-up'), 'another line');
  });
}

/** The file that a click saves. */
async function saved(page, name) {
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: `Export as ${name}` }).click();
  return readFile(await (await download).path(), 'utf8');
}

async function exportChecks(checks, stage) {
  await checks.check(
    'an export is a file with exactly the calls of the filter',
    {},
    async (page) => {
      await page.goto(`${stage.url}/?outcome=booked`);
      await rows(page).filter({ hasText: '555 0111' }).waitFor();
      await eventually(
        async () => (await rows(page).filter({ hasText: '555 0112' }).count()) === 0,
        'the filter',
      );
      const shown = await page
        .locator('tbody td a')
        .evaluateAll((all) => all.map(({ href }) => href.slice(-36)));
      const calls = JSON.parse(await saved(page, 'JSON'));
      expectEqual(calls.map(({ id }) => id).sort(), [...shown].sort(), 'calls in the JSON file');
      const [head, ...lines] = (await saved(page, 'CSV'))
        .replace('\uFEFF', '')
        .trim()
        .split('\r\n');
      expect(/(^|,)"?id"?(,|$)/.test(head), `no column id: ${head}`);
      const first = lines.map((line) => line.split(',')[0]);
      expectEqual(first.sort(), [...shown].sort(), 'calls in the CSV file');
      expect(
        lines.every((line) => !/(^|,)"?[+=@-]/.test(line)),
        'a cell that a spreadsheet would compute',
      );
    },
  );
}

const bars = (page) =>
  page
    .locator('.chart svg:has(rect)')
    .evaluateAll((all) =>
      all.map((svg) =>
        [...svg.querySelectorAll('rect')].reduce(
          (sum, bar) => sum + parseFloat(bar.getAttribute('width')),
          0,
        ),
      ),
    );

async function callPageChecks(checks, stage, pictures, id) {
  const address = `${stage.url}/calls/${id}`;
  await checks.check(
    'the page of a call has every line, the verdict and its facts',
    {},
    async (page) => {
      await page.goto(address);
      const { entries } = await stage.api('GET', `/api/v1/calls/${id}/transcript`);
      await page.locator(`#line-${entries.at(-1).seq}`).waitFor();
      const shown = await page
        .locator('li .text')
        .evaluateAll((all) => all.map((one) => one.textContent));
      expectEqual(
        shown,
        entries.map(({ message }) => message),
        'lines',
      );
      const verdict = page.getByRole('region', { name: 'Outcome' });
      expect((await verdict.innerText()).includes('Booked'), 'no verdict');
      const facts = (
        await page.getByRole('region', { name: 'Call', exact: true }).innerText()
      ).replace(/\s+/g, ' ');
      expect(facts.includes('Ended because Agent hung up'), facts);
      const audio = (await page.getByRole('region', { name: 'Audio' }).innerText()).replace(
        /\s+/g,
        ' ',
      );
      expect(audio.includes('all frames accounted for'), audio);
      await pictures.of(page, 'call', ['light', 'dark']);
    },
  );
  await checks.check('evidence jumps to its line, where the quote is marked', {}, async (page) => {
    await page.goto(address);
    const { outcome } = await stage.api('GET', `/api/v1/calls/${id}`);
    for (const { seq, quote } of outcome.evidence) {
      await page.getByRole('region', { name: 'Outcome' }).getByText(quote).click();
      await page.locator(`#line-${seq}.chosen`).waitFor();
      expectEqual(await page.locator(`#line-${seq} mark`).textContent(), quote, 'marked');
    }
    expect(outcome.evidence.length > 0, 'no evidence');
  });
  await checks.check('the bars of each turn are as long as its measured gap', {}, async (page) => {
    await page.goto(address);
    await page.locator('.chart svg:has(rect)').first().waitFor();
    const { turns } = await stage.api('GET', `/api/v1/calls/${id}/latency`);
    const widths = await bars(page);
    expectEqual(widths.length, turns.length, 'turns');
    const scale = widths[0] / turns[0].gap_us;
    turns.forEach(({ gap_us: gap }, index) => {
      const wrong = Math.abs(widths[index] / scale - gap);
      expect(wrong < gap * 0.001, `turn ${index}: off by ${wrong} µs`);
    });
  });
}

async function judgedAgain(checks, stage, id) {
  await checks.check(
    'a call is judged again, and the new verdict appears by itself',
    {},
    async (page) => {
      const asked = async () => (await stage.control('GET', '/gemini/requests')).requests.length;
      const before = await asked();
      const told = async () => (await stage.api('GET', `/api/v1/calls/${id}`)).outcome.analysed_at;
      const first = await told();
      await page.goto(`${stage.url}/calls/${id}`);
      await page.getByRole('button', { name: 'Judge again' }).focus();
      await page.keyboard.press('Enter');
      await until('a new verdict', async () => ![null, first].includes(await told()));
      await page.getByRole('button', { name: 'Judge again' }).waitFor();
      expectEqual((await asked()) - before, 1, 'questions to the model');
    },
  );
}

async function interruptedCall(checks, stage, id) {
  await checks.check('what an interrupted agent had not said yet is struck', {}, async (page) => {
    await page.goto(`${stage.url}/calls/${id}`);
    await page.locator('li del').first().waitFor();
    const cut = await page
      .locator('li', { has: page.locator('del') })
      .first()
      .innerText();
    expect(/heard \d+ %/.test(cut), cut);
  });
}

async function followed(checks, stage) {
  await checks.check(
    'the page of a running call shows each line as it is said',
    {},
    async (page) => {
      const call = await stage.runningCall({ from: '+14155550114' });
      await page.goto(`${stage.url}/calls/${call.id}`);
      await page.getByText('The call is still running').waitFor();
      await stage.says(call.chat, 'user', 'Is there parking at your place?');
      await page.locator('li.user .text', { hasText: 'Is there parking' }).waitFor();
      await stage.control('POST', `/calls/${call.sid}/hangup`);
      await page.getByText('Caller hung up').waitFor();
    },
  );
}

async function manyCalls(checks, stage, pictures) {
  await checks.check(
    'a list of many calls is right in both themes, wide and narrow',
    {},
    async (page) => {
      await page.goto(stage.url);
      await rows(page).nth(40).waitFor();
      await pictures.of(page, 'calls');
    },
  );
}

async function moments(checks, stage, id) {
  await checks.check('levels, events and ?t= lead to moments of the call', {}, async (page) => {
    await page.goto(`${stage.url}/calls/${id}?t=16`);
    await page.locator('li.chosen').waitFor();
    const slider = page.getByRole('slider', { name: 'Moment of the call' });
    expectEqual(await slider.getAttribute('aria-valuenow'), '16', 'moment');
    await slider.focus();
    await page.keyboard.press('Home');
    await page.waitForURL(/t=0$/);
    const events = page.getByRole('region', { name: 'Events' });
    const [link] = await events.locator('ol a').all();
    await link.click();
    await page.waitForURL(/t=\d/);
    expect((await events.locator('ol li').count()) > 2, 'fewer than three events');
  });
}

export async function callsChecks(checks, stage, pictures) {
  const sids = await listFills(checks, stage);
  const idOf = async (sid) =>
    (await stage.sql(`select id from bridge.calls where call_sid = '${sid}'`))[0][0];
  const [booked, interrupted] = [await idOf(sids.booking), await idOf(sids.interrupt)];
  const ofTheList = async () => {
    await listChecks(checks, stage, pictures);
    await exportChecks(checks, stage);
  };
  const ofACall = async () => {
    await callPageChecks(checks, stage, pictures, booked);
    await moments(checks, stage, booked);
  };
  await Promise.all([ofTheList(), ofACall()]);
  // while it is judged it is not booked: alone, because lists and reports count the booked ones
  await judgedAgain(checks, stage, booked);
  await stage.sql(pastCalls());
  const ofMany = async () => {
    await manyCalls(checks, stage, pictures);
    await analyticsChecks(checks, stage, pictures);
  };
  const ofOthers = async () => {
    await interruptedCall(checks, stage, interrupted);
    await followed(checks, stage);
    await latencyChecks(checks, stage, pictures);
  };
  await Promise.all([ofMany(), ofOthers()]);
}
