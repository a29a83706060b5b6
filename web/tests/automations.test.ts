// Automations: what ran, what would have, and why not; asked and answered by people; halted and let go on; tried.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, type Eyes } from './support/browser';
import { type Hub, type Json, until } from './support/hub';
import { play } from './support/play';
import { HOSTILE, SmallCatalog } from './support/small';

const catalog = new SmallCatalog({
  'look.md': `---
title: Look at it
owners: crew
roles: {run: [crew, guests]}
parameters:
  node: {type: string, required: false}
---
# Look at it

- [ ] Look.
`,
});
catalog.add(
  'automations.yaml',
  `kind: Automation
name: acts
team: crew
summary: ${JSON.stringify(HOSTILE)}
mode: live
when: {kind: [case_opened, case_reopened], service: {name: [front]}}
then: {runbook: look}
cooldown: 30m
---
kind: Automation
name: asks
team: crew
mode: live
when: {kind: [case_opened], service: {name: [back]}}
if: has(signal.labels.node)
then: {runbook: look, from: {node: signal.labels.node}}
cooldown: 30m
approval: {role: crew, within: 20m}
---
kind: Automation
name: shadows
team: guests
summary: Would look at the mail.
when: {kind: [case_opened], service: {name: [mail]}}
then: {runbook: look}
cooldown: 2h
`,
);
let hub: Hub;
let eyes: Eyes;

play(catalog, (at) => ({ hub, eyes } = at));

/** Waits until something came of an automation. */
const came = (name: string, what: string): Promise<Json> =>
  until(`${what} of ${name}`, 10_000, async () => {
    const known = await hub.get(`/api/v1/automations/${name}`);
    return known.recent.some((event: Json) => event.what === what) ? known : null;
  });

test('they are listed with how each stands, and found by words, team and stand', async () => {
  const page = await eyes.page('/automations');
  const rows = page.getByRole('region', { name: 'Automations' }).getByRole('listitem');
  await rows.filter({ hasText: 'acts' }).getByText('live', { exact: true }).waitFor();
  await rows.filter({ hasText: 'shadows' }).getByText('shadow', { exact: true }).waitFor();
  await rows.filter({ hasText: 'shadows' }).getByText('nothing so far').waitFor();
  assert.equal(await rows.count(), 3);
  await axe(page);
  await page.getByRole('button', { name: /^shadow/ }).click();
  await page.getByText('1 of 3 automations').waitFor();
  assert.match(page.url(), /stand=shadow/);
  await page.keyboard.press('f');
  await page.keyboard.type('nothing like it');
  await page.getByText('No automation fits').waitFor();
  await page.goto('/automations?team=crew');
  await page.getByText('2 of 3 automations').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/automations/acts');
  assert.equal(await page.locator('main img, main script').count(), 0, 'text of strangers is text');
});

test('what ran and what would have is said, with where it leads', async () => {
  const page = await eyes.page('/automations/acts');
  await page.getByText('Nothing so far').waitFor();
  await hub.alert('front', { name: 'FrontDown' });
  const found = await hub.caseOf('front');
  const came = page.getByRole('region', { name: 'What came of it' });
  await came.getByText('ran', { exact: true }).first().waitFor();
  await came.getByRole('link', { name: found.id }).first().waitFor();
  await came.getByRole('link', { name: 'service/front' }).first().waitFor();
  await axe(page);
  await came.getByRole('link', { name: /^RUN-/ }).first().click();
  await page.getByRole('list', { name: 'Steps of the run' }).waitFor();

  await hub.alert('mail', { name: 'MailDown' });
  const shadow = await eyes.page('/automations/shadows');
  await shadow.getByRole('tab', { name: /^Would have run/ }).click();
  const noted = shadow.getByRole('region', { name: 'What came of it' });
  await noted.getByText('would have run', { exact: true }).first().waitFor();
  assert.match(shadow.url(), /show=would/);
});

test('why not is said, and counted by gate', async () => {
  // It is over and comes again within the cooldown.
  await hub.alert('front', { name: 'FrontDown', resolved: true });
  await until('it is over', 10_000, async () => (await hub.caseOf('front')).state === 'resolved' || null);
  await hub.alert('front', { name: 'FrontSlow' });
  const page = await eyes.page('/automations/acts?show=held');
  const came = page.getByRole('region', { name: 'What came of it' });
  await came.getByText('held back', { exact: true }).first().waitFor();
  const gates = page.getByLabel('What held it back');
  await gates.getByText('cooldown').waitFor();
  await axe(page);
});

test('what it asks is seen with its values, agreed to by who may, and begins', async () => {
  await hub.alert('back', { name: 'BackDown', labels: { node: 'n7' } });
  await came('asks', 'awaits_approval');
  const list = await eyes.page('/automations');
  await list.getByRole('listitem').filter({ hasText: 'asks people' }).first().waitFor();
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await eyes.page('/automations/asks', { theme, size });
      const questions = page.getByRole('region', { name: 'Questions' });
      await questions.getByText('n7').waitFor();
      await questions.getByText('0 of 1 agreed').waitFor();
      await axe(page);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wide, false, `${theme} ${size}`);
    }
  }
  const page = await eyes.page('/automations/asks');
  await page.getByRole('button', { name: /^Agree: service\/back/ }).click();
  await page.getByRole('region', { name: 'Questions' }).waitFor({ state: 'detached' });
  const runs = page.getByRole('region', { name: 'What came of it' }).getByRole('link', { name: /^RUN-/ });
  await runs.first().waitFor();
});

test('it is halted by a key with a reason, says so, and is let go on', async () => {
  const page = await eyes.page('/automations/acts');
  await page.getByRole('button', { name: 'Halt' }).waitFor();
  await page.keyboard.press('h');
  const asked = page.getByRole('dialog', { name: 'Halt acts?' });
  assert.equal(await asked.getByRole('button', { name: 'Halt it' }).isDisabled(), true, 'a reason is wanted');
  await asked.getByLabel('Why').fill('the new version is not tried');
  await asked.getByRole('button', { name: 'Halt it' }).click();
  await page.getByRole('status').getByText('It begins nothing').waitFor();
  await axe(page);
  const list = await eyes.page('/automations?stand=halted');
  await list.getByText('1 of 3 automations').waitFor();
  await page.keyboard.press('h');
  await page.getByRole('button', { name: 'Halt' }).waitFor();
  await list.getByText('No automation fits').waitFor();
});

test('an event is tried: each gate answers, and nothing comes of it', async () => {
  const before = await hub.get('/api/v1/automations/asks');
  const page = await eyes.page('/automations/asks');
  await page.getByRole('button', { name: /^Try an event/ }).click();
  const asked = page.getByRole('dialog', { name: /^Try an event/ });
  await asked.getByLabel('The event, as JSON').fill('no json');
  await asked.getByRole('button', { name: 'Try it' }).click();
  await asked.getByRole('alert').getByText('that is no JSON').waitFor();
  const event = { kind: 'case_opened', service: { name: 'back' }, signal: { labels: { node: 'n8' } } };
  await asked.getByLabel('The event, as JSON').fill(JSON.stringify(event));
  await asked.getByRole('button', { name: 'Try it' }).click();
  await asked.getByRole('list', { name: 'Gates' }).getByText('cooldown').waitFor();
  await axe(page);
  assert.deepEqual((await hub.get('/api/v1/automations/asks')).totals, before.totals);
  const missing = await eyes.page('/automations/nothing');
  await missing.getByText('The catalog has no automation nothing').waitFor();
});
