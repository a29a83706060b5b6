// Runbooks: found, read with their steps, beside a case, in all their versions; and harmless, whoever wrote them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Eyes, type Page } from './support/browser';
import { Hub, until } from './support/hub';
import { SmallCatalog } from './support/small';

const DOWN = `---
title: Front is down
owners: crew
services: front
parameters:
  node: {description: Which node}
  wait: {type: integer, default: 60}
controls: [iso-27001-a.5.30]
drill_every: 90d
---
# Front is down

Nobody can order.

## Look

- [ ] Is it the network? See [the other one](other.md).

\`\`\`console
$ curl -sf \\
    http://front/health
down
$ systemctl status front
\`\`\`

## Act

1. Restart it:

   \`\`\`sh {step=restart timeout=5m role=crew approve="1 of crew" undo=none}
   systemctl restart "$WH_NODE"
   \`\`\`

2. Tell the crew. ![graph](https://pictures.example.org/track.png)

## Act

Again.
`;
const STRANGE = `# <img src=x onerror="document.title='owned'"> Strange

<script>document.title='owned'</script>
<iframe src="https://example.org"></iframe>
<svg onload="document.title='owned'"><a xlink:href="javascript:document.title='owned'"><text>svg</text></a></svg>
<form action="https://example.org"><button>send</button><input name="a" onfocus="document.title='owned'" autofocus></form>
<style>body { display: none }</style>
<p style="position:fixed;inset:0" id="app" class="step" onclick="document.title='owned'">styled</p>
<details><summary>more</summary>kept</details> <details open ontoggle="document.title='owned'">
<base href="https://example.org/"><meta http-equiv="refresh" content="0;url=https://example.org">

[script](javascript:document.title='owned') [data](data:text/html,<script>alert(1)</script>) [vb](vbscript:x)
[tab](java&#9;script:alert(1)) [web](https://example.org/x) [mail](mailto:a@example.org) [root](/record)
![x](x" onerror="document.title='owned') ![pixel](https://example.org/pixel.png) ![data](data:image/svg+xml,x)

| a | b |
|---|---|
${'| a very long cell that does not break anywhere at all '.repeat(20)}|

${'> '.repeat(40)}deep

\`\`\`sh {step=evil timeout=1m undo=none}
echo "</code></pre><script>document.title='owned'</script>"
\`\`\`
`;

const catalog = new SmallCatalog({
  'front-down.md': DOWN,
  'other.md': '# Other\n\n1. Look.\n',
  'strange.md': STRANGE,
});
let hub: Hub;
let eyes: Eyes;
let repository = '';

before(async () => {
  hub = await Hub.start(catalog.folder);
  eyes = await Eyes.open(hub);
  const listed = await hub.get('/api/v1/runbooks');
  repository = listed.items[0].name.split('/')[0];
});

after(async () => {
  await eyes.close();
  await hub.stop();
  catalog.remove();
});

const address = (name: string): string => `/runbooks/${repository}/${name}`;
const ready = (page: Page) => page.locator('.markdown[data-ready]').waitFor();
const tooWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('runbooks are found by words and by key, from the list and from the palette', async () => {
  const page = await eyes.page('/');
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await page.waitForURL('**/runbooks');
  await page.getByRole('status').getByText('3 of 3 runbooks').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('nobody order');
  await page.getByRole('status').getByText('1 of 3 runbooks').waitFor();
  assert.match(page.url(), /q=nobody(\+|%20)order/);
  await page.getByRole('link', { name: 'Front is down' }).click();
  await page.waitForURL(`**${address('front-down')}`);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Search or do something' }).waitFor();
  await page.keyboard.type('other');
  await page.getByRole('option', { name: /Other/ }).first().click();
  await page.waitForURL(`**${address('other')}`);
});

test('a runbook reads as text, with its steps, its phases and what it asks for', async () => {
  const page = await eyes.page(address('front-down'));
  await ready(page);
  await page.getByRole('heading', { name: 'Front is down', level: 1 }).first().waitFor();
  assert.equal(await page.locator('.markdown [data-step]').count(), 3);
  const restart = page.locator('.markdown [data-step="restart"]');
  assert.equal(await restart.evaluate((step) => step.tagName), 'PRE');
  await page.getByText('⚙ restart · sh · at most 5 min · by crew · approved by 1 of crew').waitFor();
  assert.doesNotMatch((await page.locator('.markdown').textContent()) ?? '', /owners: crew/);
  await page.getByRole('navigation', { name: 'Phases' }).getByRole('link', { name: 'Act' }).last().click();
  assert.equal(await page.locator('#rb-act-1').count(), 1);
  const facts = page.getByRole('region', { name: 'Parameters' });
  await facts.getByText('$WH_NODE').waitFor();
  await page.getByRole('region', { name: 'About' }).getByText('iso-27001-a.5.30').waitFor();
  await page.keyboard.press('2');
  const steps = page.getByRole('list', { name: 'Steps' });
  await steps.getByText('automated').waitFor();
  assert.equal(await steps.getByText('by hand').count(), 2);
  await page.getByRole('tab', { name: 'Source' }).click();
  await page.getByText('owners: crew').waitFor();
  await page.goto(hub.url + address('front-down'));
  await ready(page);
  await page.getByRole('link', { name: 'the other one' }).click();
  await page.waitForURL(`**${address('other')}`);
});

test('what is copied has neither prompts nor output', async () => {
  const page = await eyes.page(address('front-down'));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await ready(page);
  await page.locator('.fence').first().getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, 'curl -sf \\\n    http://front/health\nsystemctl status front');
});

test('a stranger’s Markdown can do nothing, and asks nobody for anything', async () => {
  const page = await eyes.page('/runbooks');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(hub.url + address('strange'));
  await ready(page);
  const shown = page.locator('.markdown');
  const bad =
    'script, iframe, svg, form, img, style, base, meta, object, embed, input, [style], [onclick], [onerror]';
  assert.equal(await shown.locator(bad).count(), 0);
  await shown.locator('summary').click();
  await shown.getByText('kept').waitFor();
  await shown.getByText('styled').click();
  await shown.getByText('[pixel]').waitFor();
  const links = await shown
    .locator('a[href]')
    .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.deepEqual(links.sort(), ['https://example.org/pixel.png', 'https://example.org/x']);
  assert.match(await page.title(), /Wheelhouse$/);
  assert.deepEqual(
    asked.filter((url) => !url.startsWith(hub.url)),
    [],
  );
  await shown.getByText('document.title').first().waitFor();
  assert.equal(await page.locator('[data-step="evil"]').count(), 1);
  assert.equal(await tooWide(page), false);
});

test('in the room the runbook that fits stands beside the timeline, says why, and closes again', async () => {
  await hub.alert('front', { name: 'FrontDown', summary: 'Front does not answer' });
  const found = await hub.caseOf('front');
  const page = await eyes.page(`/cases/${found.id}`);
  const books = page.getByRole('region', { name: 'Runbooks' });
  await books.getByText('called like the alert FrontDown').waitFor();
  await page.keyboard.press('b');
  const drawer = page.getByRole('complementary', { name: /Runbook/ });
  await drawer.getByText('fits because: called like the alert FrontDown').waitFor();
  await ready(page);
  await drawer.getByText('⚙ restart').waitFor();
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
  await axe(page);
  await page.reload();
  await drawer.getByText('Nobody can order').waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await books.getByRole('button', { name: 'Front is down' }).click();
  await drawer.getByRole('button', { name: 'Close the runbook' }).click();
  await drawer.waitFor({ state: 'detached' });
});

test('every version that was in force is there, and what is different is said', async () => {
  const page = await eyes.page(`${address('front-down')}?show=versions`);
  await page.getByText('This is the first version').waitFor();
  catalog.write(
    'front-down.md',
    DOWN.replace('timeout=5m', 'timeout=10m').replace('Nobody can order.', 'No orders.'),
  );
  await until('the new version is in force', 20_000, async () => {
    const versions = await hub.get(`/api/v1/runbooks/${repository}/front-down/versions`);
    return versions.items.length === 2 ? versions : null;
  });
  const versions = page.getByRole('list', { name: 'Versions' });
  await versions.getByRole('listitem').nth(1).waitFor();
  const what = page.getByRole('region', { name: 'What is different' });
  await what.getByText('step changed: restart (timeout)').waitFor();
  await what.getByText('No orders.').waitFor();
  assert.equal(await versions.getByText('in force').count(), 1);
  await axe(page);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  const found = await hub.caseOf('front');
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      for (const path of ['/runbooks', address('front-down'), address('strange')]) {
        const page = await eyes.page(path, { theme, size });
        await (path === '/runbooks' ? page.getByText('3 of 3 runbooks').waitFor() : ready(page));
        await axe(page);
        assert.equal(await tooWide(page), false, `${path} ${size}`);
      }
    }
  }
  const phone = await eyes.page(`/cases/${found.id}?runbook=${repository}/front-down`, { size: 'phone' });
  await phone
    .getByRole('tab', { name: /More|Beside|Runbooks|Help/ })
    .last()
    .click();
  await phone
    .getByRole('complementary', { name: /Runbook/ })
    .getByText('⚙ restart')
    .waitFor();
  assert.equal(await tooWide(phone), false);
  await axe(phone);
});

test('a runbook that is not there says so', async () => {
  const page = await eyes.page(address('nothing'));
  await page.getByText(`The catalog has no runbook ${repository}/nothing`).waitFor();
});
