// What is around every page: signing in, going about by key, the palette, themes, the first load.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, setting } from './support/browser';

const at = setting((hub) => hub.alert('payments-api', { summary: '5xx above 20 %' }));

test('the first load is small, and answers within a second', async () => {
  const page = await at.eyes.page('/signin');
  await page.getByText('1 incident that nobody has taken').waitFor();
  let bytes = 0;
  const client = await page.context().newCDPSession(page);
  const ours = new Set<string>();
  client.on('Network.responseReceived', ({ requestId, response }) => {
    if (!new URL(response.url).pathname.startsWith('/api/')) ours.add(requestId);
  });
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (ours.has(requestId)) bytes += encodedDataLength;
  });
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  const start = Date.now();
  await page.goto('/');
  await page.getByText('1 incident that nobody has taken').waitFor();
  const took = Date.now() - start;
  console.log(
    `first load of Now: ${(bytes / 1024).toFixed(1)} KB compressed, ${took} ms until it says what is wrong`,
  );
  assert.ok(bytes > 5_000 && bytes <= 200 * 1024, `${bytes}`);
  assert.ok(took < 5_000, `${took} ms`);
});

test('nobody sees anything without a token, and comes back to where they wanted to go', async () => {
  const page = await at.eyes.page('/services?q=dns', { as: null });
  await page.waitForURL('**/signin?to=%2Fservices%3Fq%3Ddns');
  const field = page.getByLabel('Your token');
  await field.fill('wh_not-a-token');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'does not know this token' }).waitFor();
  await axe(page);
  await field.fill(await at.hub.token('person', 'dana'));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services?q=dns');
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map((cookie) => [cookie.httpOnly, cookie.sameSite]),
    [[true, 'Strict']],
  );
  assert.equal(
    await page.evaluate(
      () => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage),
    ),
    '{}{}',
  );
  await page.goto('/me');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/signin**');
  await page.goto('/');
  await page.waitForURL('**/signin');
});

test('an address that leads elsewhere is not followed after signing in', async () => {
  const page = await at.eyes.page('/signin?to=//evil.example/x');
  await page.waitForURL((url) => url.origin === at.hub.url && url.pathname !== '/signin');
});

test('a token that is revoked ends what is open', async () => {
  const issued = await at.hub.post('/api/v1/tokens', {
    owner: { kind: 'person', name: 'nadia' },
    description: 'a test',
  });
  const page = await at.eyes.page('/signin', { as: null });
  await page.getByLabel('Your token').fill(issued.secret);
  await page.keyboard.press('Enter');
  await page.getByText('1 incident that nobody has taken').waitFor();
  const answer = await fetch(`${at.hub.url}/api/v1/tokens/${issued.token.id}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${at.hub.admin}` },
  });
  assert.ok(answer.ok, `${answer.status}`);
  await page.waitForURL('**/signin');
});

test('every page is two keys away, and ? says which', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('1 incident').waitFor();
  for (const [key, path] of [
    ['c', '/cases'],
    ['s', '/services'],
    ['o', '/oncall'],
    ['r', '/record'],
    ['d', '/drills'],
    ['m', '/me'],
    ['n', '/'],
  ]) {
    await page.keyboard.press('g');
    await page.keyboard.press(key!);
    await page.waitForURL((url) => url.pathname === path);
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  }
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await dialog.getByText('Go to Services').waitFor();
  await dialog.getByText('Next case').waitFor();
  await axe(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('keys do nothing while one types, nor with a modifier', async () => {
  const page = await at.eyes.page('/me');
  await page.getByLabel('Times are shown in').focus();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('Alt+g');
  await page.keyboard.press('c');
  assert.equal(new URL(page.url()).pathname, '/me');
});

test('the palette finds cases, services, people and what can be done', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('1 incident').waitFor();
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Search or do something' });
  const options = dialog.getByRole('option');
  await options.filter({ hasText: '5xx above 20 %' }).waitFor();
  await axe(page);
  for (const [typed, found] of [
    ['pay api', 'payments-api'],
    ['inc-1', 'INC-1'],
    ['okafor', 'Dana Okafor'],
    ['wall', 'Show Now on the wall'],
    ['on ca', 'On call'],
  ]) {
    await page.keyboard.press('Control+a');
    await page.keyboard.type(typed!);
    await options.filter({ hasText: found! }).first().waitFor();
  }
  await page.keyboard.press('Control+a');
  await page.keyboard.type('zzzz');
  await dialog.getByText('Nothing is called “zzzz”.').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('card-gateway');
  await options.filter({ hasText: 'card-gateway' }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/card-gateway');
  await dialog.waitFor({ state: 'detached' });
});

test('the theme is the system’s until one is chosen, and the choice stays', async () => {
  const page = await at.eyes.page('/me', { theme: 'dark' });
  const shown = (): Promise<string | undefined> =>
    page.evaluate(() => document.documentElement.dataset['theme']);
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await shown(), 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light');
  await page.getByLabel('Dark', { exact: true }).check();
  assert.equal(await shown(), 'dark');
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await shown(), 'dark');
  await page.getByRole('button', { name: /^Theme/ }).click();
  assert.equal(await shown(), 'light');
});

test('the app can be installed, and keeps no data', async () => {
  const page = await at.eyes.page('/');
  await page.getByText('1 incident').waitFor();
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const answer = await page.request.get(href!);
  assert.equal(answer.headers()['content-type'], 'application/manifest+json');
  const manifest = await answer.json();
  assert.equal(manifest.start_url, '/');
  for (const icon of manifest.icons) {
    const picture = await page.request.get(icon.src);
    assert.equal(picture.headers()['content-type'], 'image/svg+xml');
  }
  const client = await page.context().newCDPSession(page);
  const { errors } = await client.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
});

test('an address without a page says so', async () => {
  const page = await at.eyes.page('/cases');
  await page.evaluate(() => history.pushState(null, '', '/oncall/a/b'));
  await page.goto('/oncall/a/b');
  await page.getByText('There is no page at this address').waitFor();
  await axe(page);
});
