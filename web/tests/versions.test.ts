// Versions of runbooks that may not run: why, who can change that, and that it is done; and controls, which show it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes } from './support/browser';
import { Hub, until } from './support/hub';
import { SmallCatalog } from './support/small';

const RESTORE = `---
title: Restore the front
owners: crew
roles: {edit: crew}
controls: [a.8.13, restore]
drill_every: 30d
---
# Restore the front

1. Restore it.
`;
const catalog = new SmallCatalog({ 'restore.md': RESTORE });
let hub: Hub;
let eyes: Eyes;
let address = '';

before(async () => {
  hub = await Hub.start(catalog.folder);
  eyes = await Eyes.open(hub);
  const listed = await hub.get('/api/v1/runbooks');
  address = `/runbooks/${listed.items[0].name}`;
});

after(async () => {
  await eyes.close();
  await hub.stop();
  catalog.remove();
});

test('a version that nobody knows the author of says so, and runs once somebody has approved it', async () => {
  const page = await eyes.page(address, { as: 'dana' });
  await page.getByRole('heading', { name: 'Restore the front', level: 1 }).first().waitFor();
  const banner = page.getByRole('region', { name: 'Quarantined' });
  assert.equal(await banner.count(), 0);
  catalog.write('restore.md', `${RESTORE}2. Look at it. <script>document.title='owned'</script>\n`);
  await banner
    .getByText('it changed in a folder, which does not tell who did it')
    .waitFor({ timeout: 20_000 });
  await banner.getByText('Whoever holds crew and had no part in it can approve it.').waitFor();
  await axe(page);

  const other = await eyes.page(address, { as: 'nadia' });
  await other.getByRole('region', { name: 'Quarantined' }).waitFor();
  await banner.getByRole('link', { name: 'What is different from the version that was trusted' }).click();
  await page
    .getByRole('region', { name: 'What is different' })
    .getByText('manual step added: Look at it')
    .waitFor();
  await banner.getByRole('button', { name: 'Approve this version' }).click();
  const dialog = page.getByRole('dialog', { name: 'Approve this version?' });
  await dialog.getByRole('textbox').fill('looked at it');
  await axe(page);
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await banner.waitFor({ state: 'detached' });
  await page.getByText(/Version approved by dana.*: looked at it/).waitFor();
  // Whoever else looks sees it at once.
  await other.getByText(/Version approved by dana/).waitFor();
});

test('controls say what exists and what ran, now and at the end of a day', async () => {
  const token = await hub.token('person', 'dana');
  const page = await eyes.page('/controls', { as: 'dana' });
  const restore = page.getByRole('region', { name: 'restore' });
  await restore.getByText('exists, never ran').waitFor();
  await restore.getByText('approved by dana').waitFor();
  const run = await hub.post('/api/v1/runs', { runbook: address.replace('/runbooks/', '') }, token);
  for (const step of run.steps) {
    await hub.post(`/api/v1/runs/${run.id}/steps/${step.id}`, { how: 'done' }, token);
  }
  await until('the run is over', 5_000, async () =>
    (await hub.get(`/api/v1/runs/${run.id}`)).state === 'completed' ? true : null,
  );
  await page.reload();
  await restore.getByText('ran within 30 d').waitFor();
  await restore.getByRole('link', { name: 'RUN-1' }).waitFor();
  assert.ok((await restore.getByRole('link', { name: /^Entry \d+ of the record$/ }).count()) >= 3);
  await page.getByLabel('as it was at the end of').fill('2026-01-01');
  await page.getByText('Nothing claimed a control then').waitFor();
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const seen = await eyes.page('/controls', { theme, size });
      await seen.getByRole('status').getByText('2 of 2 controls').waitFor();
      await axe(seen);
      const wide = await seen.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wide, false, `${theme} ${size}`);
    }
  }
});
