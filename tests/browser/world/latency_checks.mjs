// The latency monitor after real calls: live figures, turns that lead to their calls, settings that are checked and kept.
import { expect, expectEqual } from '../harness.mjs';
import { until } from './stage.mjs';

async function figures(checks, stage, pictures) {
  await checks.check(
    'the monitor shows gaps, transit, turns and who makes callers wait',
    {},
    async (page) => {
      await page.goto(`${stage.url}/latency-monitor?window=15m`);
      const tiles = page.locator('dl.tiles');
      await tiles.waitFor();
      const { timings } = await stage.api('GET', '/latency/stats?window=15m');
      const gap = timings.find(({ name }) => name === 'turn_gap');
      expect(gap.count >= 7, `${gap.count} turns`);
      expect((await tiles.innerText()).includes(`${gap.count} turns`), await tiles.innerText());
      for (const name of ['uplink_transit', 'downlink_transit', 'pacing_lateness', 'loop_lag']) {
        const timing = timings.find((one) => one.name === name);
        expect(timing?.count > 0, `${name}: nothing was timed`);
      }
      await page
        .getByRole('button', { name: /uplink/i })
        .first()
        .click();
      await page.waitForURL(/timing=/);
      await pictures.of(page, 'latency');
      const turn = page
        .locator('section', { has: page.getByRole('heading', { name: 'Newest turns' }) })
        .locator('a')
        .first();
      const bars = await turn
        .locator('rect')
        .evaluateAll((all) =>
          all.reduce((sum, bar) => sum + parseFloat(bar.getAttribute('width')), 0),
        );
      expect(bars > 0, 'a turn without bars');
      await turn.click();
      await page.waitForURL(/\/calls\/[0-9a-f-]{36}\?t=\d+$/);
    },
  );
}

async function settings(checks, stage) {
  await checks.check(
    'a setting is checked, kept, counts for new calls and goes back to its default',
    {},
    async (page, troubles) => {
      await page.goto(`${stage.url}/latency-monitor`);
      const field = page.getByLabel('Playout lead');
      await field.waitFor();
      const of = async (name) =>
        (await stage.api('GET', '/latency/config')).settings.find((one) => one.name === name);
      const before = await of('playout_lead_ms');
      await field.fill(String(before.max + before.step));
      await page.getByRole('button', { name: 'Save' }).click();
      expectEqual(
        (await of('playout_lead_ms')).value,
        before.value,
        'after a value that is too large',
      );
      const wanted = before.default + before.step;
      await field.fill(String(wanted));
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. New calls have it.').waitFor();
      await until('it is kept', async () => (await of('playout_lead_ms')).value === wanted);
      await page.getByRole('button', { name: 'Back to the defaults' }).click();
      await until(
        'it is the default again',
        async () => (await of('playout_lead_ms')).value === before.default,
      );
      const audited = await stage.sql(
        `select count(*) from bridge.audit_log where action like '%atency%'`,
      );
      expect(Number(audited[0][0]) >= 2, 'changes are not in the audit log');
      troubles.splice(
        0,
        troubles.length,
        ...troubles.filter((line) => !line.includes('status of 4')),
      );
    },
  );
}

export async function latencyChecks(checks, stage, pictures) {
  await figures(checks, stage, pictures);
  await settings(checks, stage);
}
