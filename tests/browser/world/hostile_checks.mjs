// A02 on the real bridge: sixty hostile texts said in a call, quoted in a verdict, found by a search, worn as names.
import { expect, expectEqual } from '../harness.mjs';
import { endless, expectQuiet, hostile, unstorable, watchAlarms } from './hostile.mjs';
import { quoted, until } from './stage.mjs';

const word = 'heronry'; // in every line, so that one search finds them all
const inventedId = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** What the page made of texts: nothing but text, in places of their own, and no alarm. */
async function expectTexts(page, selector, expected) {
  const places = page.locator(selector);
  const shown = await places.evaluateAll((all) => all.map((one) => one.textContent));
  expectEqual(shown.length, expected.length, `places of ${selector}`);
  expected.forEach((text, index) => expectEqual(shown[index], text, `${selector} ${index}`));
  const made = await places.evaluateAll((all) => [
    ...new Set(all.flatMap((one) => [...one.querySelectorAll('*')].map(({ tagName }) => tagName))),
  ]);
  const own = ['MARK', 'DEL', 'SPAN', 'A'];
  expectEqual(
    made.filter((name) => !own.includes(name)),
    [],
    'elements made from text',
  );
}

const bidi = (all) => [...new Set(all.map((one) => getComputedStyle(one).unicodeBidi))];

/** Direction marks that are never closed end with their own place. */
async function expectIsolated(page, selector) {
  const kinds = await page.locator(selector).evaluateAll(bidi);
  expect(
    kinds.every((kind) => ['isolate', 'plaintext', 'isolate-override'].includes(kind)),
    `${selector}: unicode-bidi ${kinds}`,
  );
}

const saidInAll = hostile.length + unstorable.length + 1;

/** Each line hostile, spoken over the agent's real socket. */
async function sayAll(stage, chat) {
  for (const text of hostile) await stage.says(chat, 'user', text);
  for (const { said } of unstorable) await stage.says(chat, 'user', said);
  await stage.says(chat, 'user', endless);
}

/** The call in which they were said, and which still runs. */
async function spokenCall(checks, stage) {
  const call = await stage.runningCall({ from: '+14155550171' });
  await checks.check(
    'A02: hostile lines are shown as text while they are said',
    {},
    async (page) => {
      await watchAlarms(page);
      await page.goto(`${stage.url}/live?call=${call.id}`);
      const lines = page.getByRole('log', { name: 'Running transcript' }).locator('li.user .text');
      await page.getByRole('button', { name: 'Hang up …' }).waitFor();
      await sayAll(stage, call.chat);
      await until('the last line', async () => (await lines.last().textContent()).includes('AAAA'));
      const shown = await lines.allTextContents();
      // a line that the database cannot hold is shown as it was said until the record has it
      const kept = new Map(unstorable.map((line) => [line.said, line.kept]));
      const said = [...hostile, ...kept.values()];
      expect(shown.length >= 50, `only ${shown.length} lines`);
      shown
        .slice(0, -1)
        .forEach((text, index) =>
          expectEqual(kept.get(text) ?? text, said[said.length - shown.length + 1 + index], 'line'),
        );
      await expectQuiet(page);
    },
  );
  await until('the words are on the record', async () => {
    const rows = await stage.sql(
      `select count(*) from bridge.transcriptions where call_id = '${call.id}' and speaker = 'user'`,
    );
    return Number(rows[0][0]) === saidInAll;
  });
  return call;
}

/** Twenty calls whose every member that is text is hostile, and a verdict that quotes all sixty. */
async function inventedCalls(stage) {
  const rows = [];
  for (let number = 0; number < 20; number += 1) {
    const id = inventedId(number + 1);
    const text = (offset) => quoted(hostile[(number * 3 + offset) % hostile.length]);
    rows.push(`insert into bridge.calls (id, direction, phone_number, from_number, to_number, status, start_time,
        answered_time, end_time, duration, end_reason, provider, chat_id, node, purpose)
      values ('${id}', 'inbound', ${text(0)}, ${text(1)}, ${text(2)}, 'completed', now() - interval '2 days',
        now() - interval '2 days', now() - interval '2 days', 61, ${text(1)}, ${text(0)}, ${text(2)}, ${text(1)}, ${text(2)});`);
    for (let seq = 0; seq < 3; seq += 1)
      rows.push(`insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, event_type,
          content_hash) values ('${id}', ${seq}, 'user', ${quoted(`${word} ${hostile[number * 3 + seq]}`)}, now(),
          ${seq}, 'message', '');`);
  }
  const evidence = hostile.map((quote, index) => ({ seq: index % 3, quote }));
  rows.push(`insert into bridge.booking_analysis (call_id, state, booking_detected, outcome, confidence_score,
      booking_indicators, reason, model, prompt_version, attempts, analysis_timestamp)
    values ('${inventedId(1)}', 'done', true, 'booked', 0.9, ${quoted(JSON.stringify(evidence))},
      ${quoted(hostile[0])}, ${quoted(hostile[1])}, ${quoted(hostile[2])}, 1, now());`);
  await stage.sql(rows.join('\n'));
}

async function callPage(checks, stage, call, look) {
  const theme = look.dark ? 'dark' : 'light';
  const name = `A02: sixty hostile lines that were said in a call are shown as text in ${theme}`;
  await checks.check(name, look, async (page) => {
    await watchAlarms(page);
    await page.goto(`${stage.url}/calls/${call.id}`);
    await page.getByText('more characters, in the API').waitFor();
    const lines = [...hostile, ...unstorable.map(({ kept }) => kept), endless.slice(0, 20_000)];
    await expectTexts(page, 'li.user .text', lines);
    await expectIsolated(page, 'li .text');
    await expectQuiet(page);
  });
}

async function listPage(checks, stage) {
  await checks.check(
    'A02: hits of a search in hostile lines are shown as text',
    {},
    async (page) => {
      await watchAlarms(page);
      await page.goto(`${stage.url}/?q=${word}`);
      await page.locator('.hits mark').nth(59).waitFor();
      const hits = await page.locator('.hits .text').evaluateAll((all) =>
        all.map((one) => ({
          text: one.textContent,
          marks: [...one.children].map((m) => m.textContent),
        })),
      );
      expectEqual(hits.length, hostile.length, 'hits');
      // a snippet leaves out the three letters that the search marks its words with (store/search_hits.cpp)
      const said = hostile.map((text) => `${word} ${text}`.replace(/[\x01-\x03]/g, ''));
      for (const { text, marks } of hits) {
        const shown = text.replace(/ ?…$/, '');
        expect(
          said.some((line) => line.startsWith(shown)),
          `nobody said ${JSON.stringify(text)}`,
        );
        expectEqual(marks, [word], 'marked');
      }
      await expectIsolated(page, '.hits .text');
      await expectQuiet(page);
    },
  );
}

async function verdictPage(checks, stage) {
  const name =
    'A02: a verdict that quotes sixty hostile texts, of a call with hostile members, shows text';
  await checks.check(name, {}, async (page) => {
    await watchAlarms(page);
    await page.goto(`${stage.url}/calls/${inventedId(1)}`);
    await page.locator('li q').nth(59).waitFor();
    await expectTexts(page, 'li q', hostile);
    await expectTexts(page, '.reason', [hostile[0]]);
    const facts = await page.getByRole('region', { name: 'Call', exact: true }).innerText();
    for (const text of [hostile[1], hostile[2]]) expect(facts.includes(text), `${text}: not there`);
    expectEqual(await page.locator('h1').textContent(), hostile[0], 'heading');
    await expectQuiet(page);
  });
}

/** Answers the call, which still runs. */
export async function hostileChecks(checks, stage) {
  await inventedCalls(stage);
  await listPage(checks, stage);
  await verdictPage(checks, stage);
  const call = await spokenCall(checks, stage);
  await callPage(checks, stage, call, { dark: false });
  await callPage(checks, stage, call, { dark: true, narrow: true });
  return call;
}
