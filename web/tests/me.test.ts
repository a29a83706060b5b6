// Me: how one is reached, and whether that works.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, setting } from './support/browser';
import { until } from './support/hub';

const at = setting();

test('a test page goes through the real channel, and what became of it is shown', async () => {
  const page = await at.eyes.page('/me');
  await page.getByRole('heading', { name: 'Dana Okafor' }).waitFor();
  await page.keyboard.press('t');
  const report = page.getByRole('status', { name: 'What became of the test' });
  await report.getByText('taken', { exact: true }).waitFor();
  const mail = await until('the mail', 5_000, async () => at.hub.mail.to('dana@harbor.example.org')[0]);
  assert.match(mail.text, /test/i);
  await axe(page);
});

test('a channel that does not work says so in its own words', async () => {
  at.hub.mail.stop();
  const page = await at.eyes.page('/me');
  await page.getByRole('button', { name: 'Send me a test page' }).click();
  await page
    .getByRole('status', { name: 'What became of the test' })
    .getByText('not taken')
    .waitFor({ timeout: 30_000 });
  await axe(page);
});

test('times are shown in the zone that was chosen, everywhere', async () => {
  const page = await at.eyes.page('/me');
  await page.getByText('CET').waitFor();
  await page.getByLabel('Times are shown in').selectOption('Asia/Tokyo');
  await page.getByText(/GMT\+9/).waitFor();
  await page.goto('/');
  const until = page.getByRole('region', { name: 'On call now' }).locator('time').first();
  await until.waitFor();
  assert.match((await until.getAttribute('title')) ?? '', /GMT\+9/);
});

test('a token that is no person’s is told so', async () => {
  const page = await at.eyes.page('/signin', { as: null });
  await page.getByLabel('Your token').fill(at.hub.admin);
  await page.keyboard.press('Enter');
  await page.getByText('this token is no person’s').waitFor();
  await page.goto('/me');
  await page.getByText('no page goes to it').waitFor();
  await axe(page);
});

test('it can be read by everybody, light and dark, at a desk and on a phone', async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desk', 'phone'] as const) {
      const page = await at.eyes.page('/me', { theme, size });
      await page.getByRole('heading', { name: 'Dana Okafor' }).waitFor();
      await axe(page);
    }
  }
});
