// The situation room: what happened, whom it reaches, who handles it; done by key, seen by others at once,
// and nothing of what one writes is lost or sent to anybody one has not seen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes, type Page } from './support/browser';
import { Hub, until, type Json } from './support/hub';
import { fresh, region } from './support/room';

let hub: Hub;
let eyes: Eyes;
/** An incident that most tests look at. */
let main: Json;

before(async () => {
  hub = await Hub.start();
  eyes = await Eyes.open(hub);
  const dana = await hub.token('person', 'dana');
  await hub.post(
    '/api/v1/changes',
    { service: 'ledger', kind: 'deployment', title: 'ledger 4f2c', version: '4f2c', by: 'omar' },
    dana,
  );
  await hub.alert('payments-api', {
    name: 'Http5xx',
    summary: '5xx above 20 %',
    labels: { instance: 'pay-1', runbook_url: 'https://runbooks.example.org/payments-api/5xx' },
  });
  main = await hub.caseOf('payments-api');
});

after(async () => {
  await eyes.close();
  await hub.stop();
});

const again = (id: string): Promise<Json> => hub.get(`/api/v1/cases/${id}`);
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('a drill begins, Now shows it, one opens its room, takes it, tells those affected, and ends it', async () => {
  const dana = await hub.token('person', 'dana');
  const page = await eyes.page('/');
  await page.getByText('entries in the record').waitFor();
  const drill = await hub.get('/api/v1/drills/card-certificate-expired');
  assert.ok(drill.signals.length > 0);
  await hub.post('/api/v1/drills/card-certificate-expired/signals', { index: 0 }, dana);
  const shown = region(page, 'Drills').locator('[data-case]').first();
  await shown.waitFor();
  const id = await shown.getAttribute('data-case');
  assert.ok(id);
  await shown.click();
  await page.waitForURL(`**/cases/${id}`);
  await page.locator('[data-case-page]').getByText('unacknowledged').waitFor();
  await page.locator('[data-case-page] header').getByText('drill', { exact: true }).waitFor();

  await page.keyboard.press('a');
  await page.getByText(`You have ${id}. Nobody else is paged for it.`).waitFor();
  await region(page, 'Timeline').getByText('acknowledged by dana').waitFor();
  assert.equal((await again(id)).owner, 'dana');

  await page.keyboard.press('u');
  const question = page.getByRole('dialog', { name: 'Update those affected' });
  const preview = await hub.get(`/api/v1/cases/${id}/updates/preview`, dana);
  const receivers = question.getByRole('region', { name: 'Who will receive it' });
  await receivers.waitFor();
  for (const { recipient } of preview.recipients)
    await receivers.getByText(recipient.name, { exact: true }).first().waitFor();
  await axe(page);
  await page.keyboard.type('The certificate is being renewed. Next word in half an hour.');
  await question.getByRole('button', { name: `Send to ${preview.recipients.length}` }).waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByText(`The update goes to ${preview.recipients.length}.`).waitFor();
  await question.waitFor({ state: 'detached' });
  await region(page, 'Updates').getByText('The certificate is being renewed.').waitFor();
  await region(page, 'Updates')
    .getByText(/Next one due/)
    .waitFor();

  await page.keyboard.press('r');
  await page.getByRole('dialog', { name: `Resolve ${id}` }).waitFor();
  await page.keyboard.type('Renewed.');
  await page.keyboard.press('Control+Enter');
  await page.getByText(`${id} is resolved.`).waitFor();
  await page.getByRole('button', { name: 'Reopen' }).waitFor();
  assert.equal((await again(id)).state, 'resolved');
  assert.equal((await again(id)).last_update, 'The certificate is being renewed. Next word in half an hour.');
});

test('the header says how bad, whose, what next and how long; clocks that run, run', async () => {
  const page = await eyes.page(`/cases/${main.id}`);
  const header = page.locator('[data-case-page] > header');
  await header.getByText('sev1').waitFor();
  await header.getByText('unacknowledged').waitFor();
  await header.getByText(/pages \w+/).waitFor();
  await header.getByText('nobody', { exact: true }).waitFor();
  const clocks = header.getByLabel('Clocks');
  await clocks.getByText('to acknowledge').waitFor();
  assert.ok((await clocks.locator('time').count()) >= 2, 'to acknowledge, mitigate and resolve run');
  assert.equal(await page.title(), `${main.id} ${main.title} · Wheelhouse`);
  await page.goto('/cases/INC-99999');
  await page.getByText('There is no case INC-99999').waitFor();
});

test('whom it reaches: a graph, the same as a list, and who heard of it, or why not', async () => {
  const page = await eyes.page(`/cases/${main.id}`);
  const affected = region(page, 'Affected');
  const view = await hub.get(`/api/v1/cases/${main.id}/affected`);
  assert.ok(view.nodes.length > 4 && view.recipients.length > 4);
  const drawn = affected.locator('[data-node]');
  await drawn.first().waitFor();
  assert.equal(await drawn.count(), view.nodes.length);
  await affected.locator('[data-node="licences"]').getByText('down').waitFor();
  await affected.getByRole('button', { name: 'List' }).click();
  await affected
    .getByText(/needed by office-kiosks/)
    .first()
    .waitFor();
  for (const { recipient } of view.recipients)
    await affected.locator('[data-heard]').getByText(`${recipient.kind} ${recipient.name}`).first().waitFor();
  await affected.getByText('handles the incident itself').first().waitFor();
  await until(
    'everybody was told',
    15_000,
    async () => (await affected.locator('[data-heard="told"]').count()) > 6,
  );
  await affected.locator('[data-heard="told"] summary').first().click();
  await affected
    .getByText(/^by payments-api →/)
    .first()
    .waitFor();
});

test('somebody who was missed is one key away, and the reason stands there at once', async () => {
  const [found, page] = await fresh(hub, eyes, 'letters');
  await page.keyboard.press('x');
  const question = page.getByRole('dialog', { name: 'Somebody was missed' });
  await question.getByRole('combobox', { name: 'Who' }).fill('waste');
  await page.keyboard.press('Enter');
  await question.getByRole('button', { name: 'Record it' }).click();
  await page.getByText(/^Recorded: /).waitFor();
  assert.equal((await again(found.id)).missed[0].recipient.name, 'waste');
  await region(page, 'Affected').getByText('team waste').first().waitFor();
});

test('lines are filtered, found, explained and marked; nothing of the record is left out', async () => {
  const page = await eyes.page(`/cases/${main.id}?show=all&order=oldest`);
  const timeline = region(page, 'Timeline');
  const whole = (await hub.get(`/api/v1/cases/${main.id}/timeline?limit=1000`)).items as Json[];
  await until(
    'every entry',
    5_000,
    async () => (await timeline.locator('[data-about]').count()) >= whole.length,
  );
  const first = timeline.locator('[data-about]').first();
  assert.match((await first.textContent()) ?? '', /opened as sev1/);
  await first.getByText('why?').click();
  await first.getByText(/prometheus told of it/).waitFor();
  await timeline.getByRole('searchbox').fill('paged');
  await until('only what fits', 2_000, async () => (await timeline.locator('[data-about]').count()) < 4);
  await timeline.getByRole('searchbox').fill('');
  await timeline.getByRole('button', { name: 'Key events' }).click();
  await timeline.getByText('No key events yet').waitFor();
  await timeline.getByRole('button', { name: 'Story' }).click();
  const line = timeline.locator('[data-about="state"]').first();
  await line.hover();
  await line.getByRole('button', { name: /Key event/ }).click();
  await line.locator('button[aria-pressed="true"]').waitFor();
  assert.deepEqual((await again(main.id)).key_events, [whole[0].seq]);
  await timeline.getByRole('button', { name: 'Key events' }).click();
  await timeline.getByText(/opened as sev1/).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('show'), 'key');
});

test('severity, roles, links and owners change by key, and can be taken back', async () => {
  const [found, page] = await fresh(hub, eyes, 'time-recording');
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'How bad is it?' }).waitFor();
  await page.keyboard.press('3');
  await page.getByText(`${found.id} is sev3 now.`).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText(`${found.id} is sev2 now.`).waitFor();
  assert.equal((await again(found.id)).severity, 'sev2');

  const people = region(page, 'People');
  await people.getByRole('button', { name: 'Take commander' }).click();
  await people.locator('[data-role="commander"]').getByText('you').waitFor();
  await people.getByRole('button', { name: 'Lay down commander' }).click();
  await people.locator('[data-role="commander"]').getByText('–').waitFor();

  await page.keyboard.press('l');
  await page.getByRole('dialog', { name: 'Link it' }).waitFor();
  await page.getByRole('textbox', { name: 'A case or an address' }).fill(main.id.toLowerCase());
  await page.keyboard.press('Control+Enter');
  const linked = region(page, 'Linked');
  await linked.getByRole('link', { name: main.id }).waitFor();
  await linked.getByRole('button', { name: /Remove the link/ }).click();
  await linked.getByText('Nothing yet').waitFor();

  await page.keyboard.press('o');
  await page.getByRole('dialog', { name: 'Who has it?' }).waitFor();
  await page.keyboard.type('nadia');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Give to nadia' }).waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByText(`${found.id} belongs to nadia now.`).waitFor();
  assert.equal((await again(found.id)).owner, 'nadia');

  await page.keyboard.press('p');
  await page.getByRole('dialog', { name: 'Page somebody' }).waitFor();
  await page.keyboard.type('omar');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Page omar' }).click();
  await page.getByText('Paged omar.').waitFor();
  await people.getByText('omar').first().waitFor();
});

test('text of strangers is text, wherever it stands in the room', async () => {
  const hostile = '<img src=x onerror="document.title=\'owned\'"><script>alert(1)</script>';
  await hub.alert('dns', {
    name: '"><svg onload=alert(3)>',
    summary: hostile,
    labels: { instance: '<b onmouseover=alert(4)>web</b>', runbook_url: 'javascript:alert(5)' },
  });
  const found = await hub.caseOf('dns');
  const dana = await hub.token('person', 'dana');
  await hub.post(`/api/v1/cases/${found.id}/notes`, { text: `${hostile} [x](javascript:alert(6))` }, dana);
  const page = await eyes.page(`/cases/${found.id}`);
  await page.getByText('<img src=x').first().waitFor();
  await region(page, 'Signals').locator('[data-row="0"]').click();
  await page.getByRole('dialog').getByText('<b onmouseover=alert(4)>web</b>').waitFor();
  assert.equal(await page.locator('main img, main script, [role=dialog] img, [role=dialog] b').count(), 0);
  assert.match(await page.title(), /Wheelhouse$/);
  const links = await page
    .locator('a')
    .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).protocol));
  assert.deepEqual(
    links.filter((protocol) => !/^https?:$/.test(protocol)),
    [],
  );
});

test('it can be read by everybody, light and dark, at a desk, on a phone and on a large screen', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone', 'wall'] as const) {
      const page = await eyes.page(`/cases/${main.id}`, { theme, size });
      await page.locator('[data-about]').first().waitFor();
      if (size !== 'phone') await page.locator('[data-node]').first().waitFor();
      await axe(page);
      assert.equal(await tooWide(page), false, size);
      if (size !== 'phone') continue;
      for (const tab of ['Affected', 'People', 'Signals', 'More']) {
        await page.getByRole('tab', { name: tab }).tap();
        await page.getByRole('tabpanel').getByRole('region').first().waitFor();
        await axe(page);
        assert.equal(await tooWide(page), false, tab);
      }
    }
  }
});

test('on a phone the one next thing is as wide as the thumb reaches, before anything else', async () => {
  const page = await eyes.page(`/cases/${main.id}`, { size: 'phone' });
  const button = page.getByRole('button', { name: 'Acknowledge' });
  const box = await button.boundingBox();
  assert.ok(box && box.width > 340 && box.height >= 44 && box.y < 420, JSON.stringify(box));
  await button.tap();
  await page.getByText(`You have ${main.id}.`).waitFor();
  await page.getByRole('button', { name: 'Update' }).first().waitFor();
});

test('`?do=update` asks at once, and the address forgets it', async () => {
  const page = await eyes.page(`/cases/${main.id}?do=update`);
  await page.getByRole('dialog', { name: 'Update those affected' }).waitFor();
  assert.equal(new URL(page.url()).search, '');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('every question can be read by everybody, and is left by Escape', async () => {
  for (const [theme, size] of [
    ['light', 'desk'],
    ['dark', 'phone'],
  ] as const) {
    const page = await eyes.page(`/cases/${main.id}`, { theme, size });
    await page.locator('[data-about]').first().waitFor();
    for (const key of ['u', 'r', 's', 'o', 'p', 'l', 'x', 'L']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      await axe(page);
      assert.equal(await tooWide(page), false, key);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'More', exact: false }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem').first().waitFor();
    await axe(page);
  }
});
