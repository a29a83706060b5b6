// Runs of runbooks beside a case: begun with what the runbook asks for, settled step by step, by two people, seen by both.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, type Eyes } from './support/browser';
import type { Hub } from './support/hub';
import { play } from './support/play';
import { SmallCatalog } from './support/small';

const catalog = new SmallCatalog({
  'front-down.md': `---
title: Front is down
owners: crew
parameters:
  node: {type: string, enum: [n1, n2], title: Which node}
  wait: {type: integer, default: 60}
---
# Front is down

## Look

- [ ] Is it the network? <script>document.title='owned'</script>

## Act

1. Restart it:

   \`\`\`sh {step=restart timeout=5m undo=none}
   systemctl restart "$WH_NODE"
   \`\`\`

2. Tell the crew.
`,
});
let hub: Hub;
let eyes: Eyes;

play(catalog, (at) => ({ hub, eyes } = at));

test('a run is begun beside a case, settled step by step, and is on the timeline', async () => {
  await hub.alert('front', { name: 'FrontDown', summary: 'Front does not answer' });
  const found = await hub.caseOf('front');
  const page = await eyes.page(`/cases/${found.id}`);
  await page.getByRole('region', { name: 'Runbooks' }).getByText('Front is down').waitFor();
  await page.keyboard.press('b');
  const drawer = page.getByRole('complementary', { name: /Runbook/ });
  await drawer.getByText(`not begun for ${found.id}`).waitFor();
  await drawer.getByRole('button', { name: `Run for ${found.id}` }).click();
  const asked = page.getByRole('dialog', { name: 'Run Front is down' });
  await asked.getByLabel('Which node').selectOption('n2');
  await asked.getByLabel(/^wait/).fill('soon');
  await asked.getByRole('button', { name: `Run for ${found.id}` }).click();
  await asked.getByRole('alert').getByText('a whole number').waitFor();
  await asked.getByLabel(/^wait/).fill('5');
  await axe(page);
  await asked.getByRole('button', { name: `Run for ${found.id}` }).click();

  const steps = drawer.getByRole('list', { name: 'Steps of the run' });
  await steps.locator('[aria-current="step"]').getByText('Is it the network?').waitFor();
  await axe(page);
  const other = await eyes.page('/runs/RUN-1', { size: 'phone' });
  await other.getByText('0 of 3 settled').waitFor();
  await steps.getByRole('button', { name: /^Did not work: Is it/ }).click();
  await page.getByLabel('What happened?').fill('no');
  await page.keyboard.press('Escape');
  await page.getByLabel('What happened?').waitFor({ state: 'detached' });
  await steps.getByRole('button', { name: /^Did not work: Is it/ }).click();
  await page.getByLabel('What happened?').fill('the graphs are down too');
  await page.keyboard.press('Control+Enter');
  await steps.getByText('the graphs are down too').waitFor();
  await other.getByText('1 of 3 settled, 1 did not work').waitFor();
  await other.getByText('the graphs are down too').waitFor();

  await steps.locator('[aria-current="step"]').getByText('systemctl restart').waitFor();
  await steps.getByRole('button', { name: /^Done by hand: restart/i }).click();
  await steps.getByRole('button', { name: /^Leave out: Tell/ }).click();
  const leave = steps.getByRole('button', { name: 'Leave it out' });
  assert.equal(await leave.isDisabled(), true, 'a reason is wanted');
  await page.getByLabel('Why is it left out?').fill('they called us');
  await leave.click();
  await drawer.getByText('complete, 1 did not work').waitFor();
  await other.getByText('complete, 1 did not work').waitFor();
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await timeline.getByText('RUN-1 is complete').waitFor();
  await timeline.getByText(/“Tell the crew\.” was left out/).waitFor();
  assert.match(await page.title(), /Wheelhouse$/);
  await axe(page);
});

test('a run by itself is looked at in both themes, opened again, and ended by a key', async () => {
  const dana = await hub.token('person', 'dana');
  const run = await hub.post('/api/v1/runs', { runbook: 'front-down', parameters: { node: 'n1' } }, dana);
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await eyes.page(`/runs/${run.id}`, { theme, size });
      await page.getByRole('list', { name: 'Steps of the run' }).waitFor();
      await axe(page);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wide, false, `${theme} ${size}`);
    }
  }
  const page = await eyes.page(`/runs/${run.id}`);
  await page.getByRole('button', { name: /^Done: Is it/ }).click();
  await page.getByRole('button', { name: 'Open again' }).click();
  await page.getByText('0 of 3 settled').waitFor();
  await page.keyboard.press('s');
  const doubt = page.getByRole('dialog', { name: `End ${run.id}?` });
  await doubt.getByLabel(/^Why/).fill('not needed');
  await doubt.getByRole('button', { name: 'End it' }).click();
  await page.getByText('ended with 3 of 3 open').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Done/ }).count(), 0);
  const missing = await eyes.page('/runs/RUN-99');
  await missing.getByText('There is no run RUN-99').waitFor();
});
