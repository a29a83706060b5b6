// Runners: which are there, what each reaches, what it does now, how its steps went.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, type Eyes } from './support/browser';
import type { Hub } from './support/hub';
import { play } from './support/play';
import { HOSTILE, SmallCatalog } from './support/small';

const catalog = new SmallCatalog({
  'stay.md': `---
title: Stay a while
owners: crew
---
# Stay a while

\`\`\`sh {step=look timeout=1m undo=none idempotent}
echo looked
\`\`\`

\`\`\`sh {step=stay timeout=2m undo=none}
sleep 100
\`\`\`
`,
});
catalog.add(
  'runners.yaml',
  `kind: Runner
name: far-away
team: crew
summary: ${JSON.stringify(HOSTILE)}
labels: [zone=dmz]
`,
);
let hub: Hub;
let eyes: Eyes;

play(catalog, (at) => ({ hub, eyes } = at));

test('each is there with what it reaches, what it does and how that went, as it goes on', async () => {
  const page = await eyes.page('/runners');
  const rows = page.getByRole('region', { name: 'Runners' }).getByRole('listitem');
  const own = rows.filter({ hasText: 'inside the hub itself' });
  const far = rows.filter({ hasText: 'far-away' });
  await own.getByText('does nothing now').waitFor();
  await own.getByText('no step ended').waitFor();
  await far.getByText('not heard of').waitFor();
  await far.getByText('zone=dmz').waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0, 'text of strangers is text');

  const dana = await hub.token('person', 'dana');
  const run = await hub.post('/api/v1/runs', { runbook: 'stay', pace: 'by_itself' }, dana);
  await own.getByRole('link', { name: run.id }).waitFor();
  await own.getByText('stay', { exact: false }).first().waitFor();
  await own.getByText('1 succeeded').waitFor();
  await page.getByText('1 step is carried out').waitFor();
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const look = await eyes.page('/runners', { theme, size });
      await look.getByRole('link', { name: run.id }).waitFor();
      await axe(look);
      const wide = await look.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wide, false, `${theme} ${size}`);
    }
  }
  await hub.post(`/api/v1/runs/${run.id}/course`, { to: 'stop' }, dana);
  await own.getByText('1 cancelled').waitFor();
  await own.getByText('does nothing now').waitFor();
});

test('they are found by words and team, by key', async () => {
  const page = await eyes.page('/runners');
  await page.getByText('2 of 2 runners').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('dmz');
  await page.getByText('1 of 2 runners').waitFor();
  assert.match(page.url(), /q=dmz/);
  await page.keyboard.type('zz');
  await page.getByText('No runner fits').waitFor();
  await page.goto('/runners?team=crew');
  await page.getByText('1 of 2 runners').waitFor();
});
