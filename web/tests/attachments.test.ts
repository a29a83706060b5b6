// Files in the situation room: pasted, dropped and chosen; looked at by key; nothing that is typed is lost, and
// nothing that somebody attached runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, setting } from './support/browser';
import { base64, drop, paste, PNG, png } from './support/files';
import { type Hub, type Json } from './support/hub';
import { fresh, region } from './support/room';

const at = setting();

const attached = async (hub: Hub, id: string): Promise<Json[]> =>
  (await hub.get(`/api/v1/cases/${id}/attachments`)).items.map((item: Json) => item.attachment);

test('an image is pasted while one types, described, sent with the note, and looked at by key', async () => {
  const { hub, eyes } = at;
  const [found, page] = await fresh(hub, eyes, 'letters');
  const box = page.getByRole('textbox', { name: 'Write a note' });
  await page.keyboard.press('n');
  await page.keyboard.type('see the cliff at 10:02');
  await paste(page, [png('image.png')]);
  const waiting = page.locator('[data-waiting="image.png"]');
  await waiting.waitFor();
  assert.equal(await box.inputValue(), 'see the cliff at 10:02', 'what was typed stands');
  await waiting.getByRole('textbox', { name: 'Description of image.png' }).fill('errors climb');
  await axe(page);
  await box.focus();
  await page.keyboard.press('Control+Enter');
  const thumb = region(page, 'Timeline').getByRole('button', { name: 'Look at image.png' });
  await thumb.waitFor();
  await waiting.waitFor({ state: 'detached' });
  assert.equal(await box.inputValue(), '');
  await region(page, 'Timeline').getByText('see the cliff at 10:02').waitFor();
  const picture = thumb.getByRole('img', { name: 'errors climb' });
  await page.waitForFunction(
    (image) => (image as HTMLImageElement).naturalWidth === 2,
    await picture.elementHandle(),
  );
  const [file] = await attached(hub, found.id);
  assert.deepEqual(
    [file.name, file.media_type, file.description, file.shown],
    ['image.png', 'image/png', 'errors climb', true],
  );

  // A second one, so that there is somewhere to go.
  await box.focus();
  await paste(page, [png('second.png')]);
  await page.keyboard.press('Control+Enter');
  const second = region(page, 'Timeline').getByRole('button', { name: 'Look at second.png' });
  await second.waitFor();
  await second.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'second.png' }).getByText('image 2 of 2').waitFor();
  await page.keyboard.press('ArrowLeft');
  const viewer = page.getByRole('dialog', { name: 'image.png' });
  await viewer.getByText('image 1 of 2').waitFor();
  await axe(page);
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });
});

test('cells of a table bring their picture along, and it is the text that is meant', async () => {
  const { hub, eyes } = at;
  const [, page] = await fresh(hub, eyes, 'address-search');
  await page.keyboard.press('n');
  await paste(page, [png('image.png')], 'a\tb');
  assert.equal(await page.locator('[data-waiting]').count(), 0);
});

test('files are dropped anywhere in the room; what might run is a download under a name without tricks', async () => {
  const { hub, eyes } = at;
  const [found, page] = await fresh(hub, eyes, 'licences', { theme: 'dark' });
  const hostile = '"><img src=x onerror=document.title=1>.svg';
  await drop(page, '[data-case-page] header', [
    { name: hostile, type: 'image/svg+xml', bytes: base64('<svg onload="document.title=1"/>') },
    { name: 'invoice\u202egnp.html', type: 'image/png', bytes: base64('<script>document.title=1</script>') },
  ]);
  assert.equal(await page.locator('[data-waiting]').count(), 2);
  await axe(page);
  await page.getByRole('button', { name: 'Attach 2 files' }).click();
  const timeline = region(page, 'Timeline');
  const link = timeline.getByRole('link', { name: /onerror=document\.title=1_\.svg/ });
  await link.waitFor();
  await timeline.getByRole('link', { name: /invoicegnp\.html/ }).waitFor();
  assert.equal(await timeline.locator('img').count(), 0, 'neither is shown');
  assert.deepEqual(
    (await attached(hub, found.id)).map((file) => [file.media_type, file.shown]),
    [
      ['image/svg+xml', false],
      ['application/octet-stream', false],
    ],
  );
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), '___img src=x onerror=document.title=1_.svg');
  assert.match(await page.title(), new RegExp(`^${found.id} `), 'nothing ran');
  await axe(page);
});

test('what is too large or fails is said in words and kept with what was typed', async () => {
  const { hub, eyes } = at;
  const [found, page] = await fresh(hub, eyes, 'portal');
  const box = page.getByRole('textbox', { name: 'Write a note' });
  await box.fill('the log of the gateway');
  const chooser = page.locator('input[type="file"]');
  await chooser.setInputFiles({
    name: 'dump.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.alloc((5 << 20) + 1),
  });
  await page.locator('[data-waiting="dump.bin"]').getByText('larger than 5 MiB').waitFor();
  await page.getByRole('button', { name: 'Attach file' }).click();
  await page.getByRole('alert').getByText('dump.bin is larger than 5 MiB').waitFor();
  await page.getByRole('button', { name: 'Leave out dump.bin' }).click();

  await chooser.setInputFiles({ name: 'gateway.log', mimeType: 'text/plain', buffer: Buffer.from('502') });
  await page.route('**/attachments', (route) => route.abort(), { times: 1 });
  await page.getByRole('button', { name: 'Attach file' }).click();
  await page.getByRole('alert').getByText('the hub does not answer').waitFor();
  assert.equal(await box.inputValue(), 'the log of the gateway');
  await page.getByRole('button', { name: 'Attach file' }).click();
  await region(page, 'Timeline')
    .getByRole('link', { name: /gateway\.log/ })
    .waitFor();
  assert.equal(await box.inputValue(), '');
  assert.equal((await attached(hub, found.id)).length, 1);
});

test('a phone attaches by its camera or its files, and nothing is wider than it', async () => {
  const { hub, eyes } = at;
  const [, page] = await fresh(hub, eyes, 'office-kiosks', { size: 'phone' });
  await page.locator('input[type="file"]').setInputFiles({
    name: `${'long name '.repeat(12)}.png`,
    mimeType: 'image/png',
    buffer: Buffer.from(PNG, 'base64'),
  });
  await page.getByRole('button', { name: 'Attach file' }).click();
  await region(page, 'Timeline')
    .getByRole('button', { name: /^Look at long name/ })
    .waitFor();
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
    true,
  );
  await axe(page);
});
