// Checks of the wall of running calls and of what can be done to one of them, against fixture_admin.mjs.
import { world } from './fixture_server.mjs';
import { liveCall, liveLine, stats, turn } from './fixtures/live.mjs';
import { hostile } from './fixtures/world.mjs';
import { eventually, expect, expectEqual } from './harness.mjs';
import { inspect, looks } from './page_checks.mjs';

const { admin } = world;
const cards = (page) => page.locator('ul[aria-label="Running calls"] > li');
const card = (page, number) => cards(page).nth(number);
const panel = (page) => page.locator('section', { has: page.locator('#live-call-title') });

/** So many running calls, the first the oldest. */
function calls(number) {
  admin.reset();
  admin.calls = Array.from({ length: number }, (_, index) => liveCall(index, 300 - 40 * index));
  return admin.calls;
}

async function wall(page, url, query = '') {
  await page.goto(`${url}/live${query}`);
  await cards(page).first().waitFor({ state: 'attached' });
}

const forget = (troubles, text) =>
  troubles.splice(0, troubles.length, ...troubles.filter((line) => !line.includes(text)));

/** A check that ends with the page having said nothing wrong. */
const check = (checks, name, options, body) =>
  checks.check(name, options, async (page, troubles) => {
    await body(page, troubles);
    expectEqual(admin.faults, [], 'what the page said wrongly');
  });

async function lookChecks(checks, url, shots) {
  for (const look of looks) {
    await check(
      checks,
      `the wall of running calls is right in ${look.name}`,
      look,
      async (page) => {
        calls(5);
        await wall(page, url);
        await inspect(page, `${shots}/live_${look.name}.png`);
      },
    );
    if (look.dark !== look.narrow) continue; // both themes and both widths, in two of the four
    await check(checks, `an opened running call is right in ${look.name}`, look, async (page) => {
      const [, second] = calls(4);
      await wall(page, url, `?call=${second.call_id}`);
      await panel(page).waitFor();
      admin.tell('operator_action', second.call_id, { by: 'kim', action: 'pause' }, 21_000);
      await page.getByText('kim pauses the agent').first().waitFor();
      await inspect(page, `${shots}/live_call_${look.name}.png`);
    });
  }
}

async function wallChecks(checks, url, shots) {
  await check(
    checks,
    'a running call shows its state, words, levels and figures',
    {},
    async (page) => {
      calls(2);
      await wall(page, url);
      const text = (await card(page, 1).innerText()).replace(/\s+/g, ' ');
      for (const part of [
        '+1 555 555 0111',
        'Talking',
        'Inbound',
        'Gemini Live',
        'Thursday at ten is perfect.',
        '2,104 frames, 3 dropped',
        'last gap 945 ms',
        'kim listens',
      ])
        expect(text.includes(part), `"${part}" is not in "${text}"`);
      expectEqual(
        await card(page, 1).locator('del').allTextContents(),
        [' past two, or Thursday at ten.'],
        'struck',
      );
      const meter = card(page, 1).getByRole('meter', { name: 'Level of the caller' });
      expectEqual(await meter.getAttribute('aria-valuetext'), '-28 dBFS', 'level');
    },
  );
  await check(checks, 'every delta changes its card and nothing else', {}, async (page) => {
    const [first, second] = calls(2);
    await wall(page, url);
    const untouched = (await card(page, 1).innerText()).replace(/\d+:\d\d/, '');
    admin.tell('transcript', first.call_id, {
      line: liveLine(4, 'assistant', 'See you then.', 22_000),
    });
    admin.tell('frame_stats', first.call_id, { stats: { ...stats, caller_frames_in: 9999 } });
    admin.tell('turn_completed', first.call_id, { turn: { ...turn(1), gap_us: 1_234_000 } });
    admin.tell('state_changed', first.call_id, { state: 'closing', end_reason: null });
    admin.tell('operator_action', first.call_id, { by: 'kim', action: 'hang_up' });
    await card(page, 0).getByText('kim hangs up').waitFor();
    const text = await card(page, 0).innerText();
    for (const part of ['See you then.', '9,999 frames', '1,234 ms', 'Closing'])
      expect(text.includes(part), `"${part}" is not in "${text}"`);
    admin.tell('transcript', first.call_id, {
      line: liveLine(4, 'assistant', 'See you then.', 22_000, 0.4),
    });
    await card(page, 0).locator('del', { hasText: 'then.' }).waitFor();
    expectEqual(
      (await card(page, 1).innerText()).replace(/\d+:\d\d/, ''),
      untouched,
      second.call_id,
    );
  });
  await check(
    checks,
    'calls come at the end of the wall and stay for a moment when they end',
    {},
    async (page) => {
      calls(2);
      await wall(page, url);
      const fresh = liveCall(7, 0);
      admin.begin(fresh);
      await card(page, 2).getByText('+1 555 555 0117').waitFor();
      admin.end(admin.calls[0].call_id, 'agent_hung_up', 65_000);
      await card(page, 0).getByText('Agent hung up').waitFor();
      expect((await card(page, 0).innerText()).includes('1:05'), 'no final duration');
      expectEqual(await page.locator('h1').innerText(), 'Live2', 'heading');
    },
  );
  await check(
    checks,
    'an opened call shows all its words, from its first line',
    {},
    async (page) => {
      const [first] = calls(1);
      const last = [
        liveLine(2, 'assistant', 'Of course.', 11_200),
        liveLine(3, 'user', 'Ten.', 18_100),
      ];
      admin.calls = [{ ...first, lines: last }];
      await wall(page, url, `?call=${first.call_id}`);
      await panel(page).locator('#line-0', { hasText: 'Harbour Dental' }).waitFor();
      const lines = await panel(page)
        .locator('[id^=line-]')
        .evaluateAll((all) => all.map(({ id }) => id));
      expectEqual(lines, ['line-0', 'line-1', 'line-2', 'line-3'], 'lines, stored and told');
    },
  );
  await check(checks, 'the duration of a running call ticks', {}, async (page) => {
    calls(1);
    await wall(page, url);
    const length = () => card(page, 0).locator('.length').innerText();
    const before = await length();
    expect(/^5:0\d$/.test(before), `five minutes are ${before}`);
    await eventually(async () => (await length()) !== before, 'it stands still');
  });
  await check(
    checks,
    'without calls the wall says so, and without a bridge too',
    {},
    async (page, troubles) => {
      admin.reset();
      await page.goto(`${url}/live`);
      await page.getByRole('heading', { name: 'No call is running' }).waitFor();
      await page.screenshot({ path: `${shots}/live_empty_light.png` });
      admin.isThere = false;
      await page.reload();
      await page.getByRole('heading', { name: 'The bridge is starting' }).waitFor();
      admin.isThere = true;
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { name: 'No call is running' }).waitFor();
      forget(troubles, '503');
    },
  );
  await check(checks, 'the wall works with the keyboard alone', {}, async (page) => {
    const [first] = calls(2);
    await wall(page, url);
    await page.keyboard.press('Tab');
    await card(page, 0).getByRole('link').focus();
    await page.keyboard.press('Enter');
    await panel(page).getByRole('button', { name: 'Listen' }).waitFor();
    expect(page.url().endsWith(`/live?call=${first.call_id}`), page.url());
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    expectEqual(await focused(), '+1 555 555 0110', 'heading of the panel');
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/live$/);
    expectEqual(await panel(page).count(), 0, 'open panels');
    expectEqual(await focused(), '+1 555 555 0110', 'link of the card');
  });
}

async function connectionChecks(checks, url) {
  await check(checks, 'a bridge in trouble says so above the wall', {}, async (page) => {
    calls(1);
    Object.assign(admin.node, { draining: true, database: 'away', spool_fill: 0.12 });
    await wall(page, url);
    await page.getByText('it takes no new ones').waitFor();
    await page.getByText('(12 % of its room)').waitFor();
  });
  await check(
    checks,
    'a broken connection is named, made again, and brings a fresh snapshot',
    {},
    async (page, troubles) => {
      calls(2);
      await wall(page, url);
      await page.getByText('Live', { exact: true }).last().waitFor();
      admin.isThere = false;
      admin.breakAll();
      await page.getByText('Reconnecting. Showing what was known').waitFor();
      expectEqual(await cards(page).count(), 2, 'cards that stay');
      admin.calls = [admin.calls[1], liveCall(9, 1)];
      admin.isThere = true;
      await page.getByText('+1 555 555 0119').waitFor();
      await eventually(async () => (await cards(page).count()) === 2, 'the ended call stays');
      forget(troubles, '503');
    },
  );
  await check(
    checks,
    'a message that is missing ends the connection for a new snapshot',
    {},
    async (page) => {
      const [first] = calls(1);
      await wall(page, url);
      admin.loseOne();
      admin.calls = [{ ...first, phone_number: '+15555550188' }];
      admin.tell('frame_stats', first.call_id, { stats });
      await card(page, 0).getByText('+1 555 555 0188').waitFor();
    },
  );
  await check(checks, 'a snapshot in the middle replaces what was known', {}, async (page) => {
    const [first] = calls(2);
    await wall(page, url);
    admin.calls = [{ ...first, state: 'closing' }];
    admin.snapshotAll({ dropped: 17 });
    await card(page, 0).getByText('Closing').waitFor();
    await eventually(async () => (await cards(page).count()) === 1, 'the other card stays');
  });
  await check(checks, 'a snapshot in pieces keeps what is opened', {}, async (page) => {
    const [first, second] = calls(2);
    await wall(page, url, `?call=${second.call_id}`);
    await page.getByLabel('Words for the agent').fill('half a sentence');
    admin.calls = [first];
    admin.snapshotAll();
    admin.calls = [first, second];
    admin.tell('call_started', second.call_id, { call: { ...second, state: 'closing' } });
    await panel(page).getByText('Closing').waitFor();
    await page.waitForTimeout(1200);
    expectEqual(
      await page.getByLabel('Words for the agent').inputValue(),
      'half a sentence',
      'words',
    );
  });
  await check(
    checks,
    'going to another page and back keeps one connection or none',
    {},
    async (page) => {
      calls(1);
      await wall(page, url);
      await page.getByRole('link', { name: 'Calls', exact: true }).click();
      await page.locator('tbody tr').first().waitFor();
      await page
        .getByRole('navigation', { name: 'Pages' })
        .getByRole('link', { name: 'Live' })
        .click();
      await cards(page).first().waitFor();
      await eventually(() => admin.connected === 1, `${admin.connected} connections`);
    },
  );
}

async function actionChecks(checks, url, shots) {
  const open = async (page) => {
    const [first] = calls(2);
    await wall(page, url, `?call=${first.call_id}`);
    await panel(page).waitFor();
    return first;
  };
  const sent = async (command) => {
    await eventually(() => admin.commands.length > 0, 'nothing was sent');
    expectEqual(admin.commands.splice(0), [command], 'commands');
  };
  await check(checks, 'a viewer sees everything and may do nothing', {}, async (page) => {
    const before = world.people.who;
    world.people.who = { ...before, name: 'vera', role: 'viewer' };
    await open(page);
    await panel(page).getByText('Operators can listen and act here. You may look.').waitFor();
    await panel(page).getByText('Thursday at ten is perfect.').waitFor();
    expectEqual(await panel(page).getByRole('button').count(), 0, 'buttons');
    world.people.who = before;
  });
  await check(checks, 'words are said, or whispered to the agent', {}, async (page) => {
    const { call_id } = await open(page);
    const words = page.getByLabel('Words for the agent');
    await words.fill('One moment please <b>');
    await page.getByRole('button', { name: 'Have it said' }).click();
    await page.getByText('The agent was asked to say it.').waitFor();
    await sent({ type: 'say', call_id, text: 'One moment please <b>' });
    expectEqual(await words.inputValue(), '', 'words that were accepted');
    await words.fill('They have an account.');
    await page.getByRole('button', { name: 'Whisper to the agent' }).click();
    await page.getByText('the caller does not hear it').waitFor();
    await sent({ type: 'context', call_id, text: 'They have an account.' });
  });
  await check(checks, 'the agent is paused and goes on', {}, async (page) => {
    const { call_id } = await open(page);
    await page.getByRole('button', { name: 'Pause the agent' }).click();
    await sent({ type: 'pause_agent', call_id });
    admin.tell('operator_action', call_id, { by: 'local', action: 'pause' });
    await panel(page).getByText('Paused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Let the agent go on' }).click();
    await sent({ type: 'resume_agent', call_id });
  });
  await check(checks, 'hanging up asks first', {}, async (page) => {
    const { call_id } = await open(page);
    await page.getByRole('button', { name: 'Hang up …' }).click();
    await page.getByRole('dialog', { name: /^Hang up the call with/ }).waitFor();
    await page.screenshot({ path: `${shots}/live_hang_up_light.png` });
    await page.keyboard.press('Escape');
    expectEqual(admin.commands, [], 'commands after Esc');
    await page.getByRole('button', { name: 'Hang up …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click();
    await sent({ type: 'hangup', call_id });
    await page.getByText('The call is being hung up.').waitFor();
    admin.end(call_id, 'operator_hung_up', 43_000);
    await panel(page).getByText('The call is over.').waitFor();
  });
  await check(
    checks,
    'a caller is put through to a number that is one',
    { dark: true },
    async (page) => {
      const { call_id } = await open(page);
      await page.getByRole('button', { name: 'Put through …' }).click();
      const dialog = page.getByRole('dialog', { name: /^Put .* through$/ });
      const submit = dialog.getByRole('button', { name: 'Put through' });
      await dialog.getByLabel('To', { exact: true }).fill('555 0199');
      await submit.click();
      expectEqual(admin.commands, [], 'commands with half a number');
      await dialog.getByLabel('To', { exact: true }).fill('+1 (555) 555-0199');
      await dialog.getByLabel('Said first').fill('Wants an invoice');
      await page.screenshot({ path: `${shots}/live_transfer_dark.png` });
      await submit.click();
      await sent({ type: 'transfer', call_id, to: '+15555550199', note: 'Wants an invoice' });
    },
  );
  await check(
    checks,
    "a refusal is told in the bridge's words and loses no text",
    {},
    async (page) => {
      await open(page);
      admin.refusals.say = {
        code: 'call_over',
        message: 'The call is closing; nothing more is said.',
      };
      await page.getByLabel('Words for the agent').fill('Wait');
      await page.getByRole('button', { name: 'Have it said' }).click();
      await page.getByText('The call is closing; nothing more is said.').waitFor();
      expectEqual(await page.getByLabel('Words for the agent').inputValue(), 'Wait', 'words');
    },
  );
  await check(checks, 'a command whose answer is lost says that nobody knows', {}, async (page) => {
    await open(page);
    const { length } = admin.commands;
    admin.refusals = new Proxy(
      {},
      { get: () => (admin.breakAll(), { code: 'unavailable', message: 'Too late' }) },
    );
    await page.getByRole('button', { name: 'Pause the agent' }).click();
    await page.getByText('Whether it was done is not known.').waitFor();
    expectEqual(admin.commands.length, length + 1, 'commands');
  });
}

async function hostileChecks(checks, url) {
  await check(
    checks,
    'A02: hostile words of a running call are shown as text',
    {},
    async (page) => {
      const [first] = calls(1);
      const texts = hostile.map((text) => text.slice(0, 20_000));
      admin.calls = [
        {
          ...first,
          phone_number: hostile[0],
          provider: hostile[1],
          purpose: hostile[3],
          state: 'talking',
          listeners: [hostile[0]],
          lines: texts.map((text, seq) =>
            liveLine(seq, seq % 2 ? 'user' : 'assistant', text, seq * 100, 0.5),
          ),
        },
      ];
      await page.addInitScript(() => {
        window.alarms = [];
        window.alert = (text) => window.alarms.push(`alert ${text}`);
        document.addEventListener('securitypolicyviolation', (event) =>
          window.alarms.push(`${event.violatedDirective} ${event.blockedURI}`),
        );
      });
      await wall(page, url, `?call=${first.call_id}`);
      await panel(page).locator('#line-0').waitFor();
      admin.tell('operator_action', first.call_id, { by: hostile[0], action: 'say' });
      await page.getByText(hostile[0], { exact: false }).first().waitFor();
      const shown = await panel(page)
        .locator('li .text')
        .evaluateAll((all) => all.map((one) => one.textContent));
      expectEqual(shown, texts, 'lines');
      const foreign = await page.locator('main :is(script, iframe, img, style)').count();
      expectEqual(foreign, 0, 'elements made from text');
      expectEqual(await page.evaluate(() => window.alarms), [], 'alarms');
    },
  );
}

export async function liveChecks(checks, url, shots) {
  await lookChecks(checks, url, shots);
  await wallChecks(checks, url, shots);
  await connectionChecks(checks, url);
  await actionChecks(checks, url, shots);
  await hostileChecks(checks, url);
  admin.reset();
}
