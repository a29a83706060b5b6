// Takes a picture of every page, light and dark, of a hub in the middle of an outage: `make screenshots`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Eyes, type How } from './support/browser';
import { Hub, type Json } from './support/hub';
import { root } from './support/paths';

const out = join(root, 'docs/screenshots');

/** A picture: its name, its address, how it is looked at, what is pressed before. */
type Picture = [name: string, path: string, how?: How, keys?: string[]];

/** An outage: the worst of it taken, an update told, a drill under way. */
async function outage(hub: Hub): Promise<Json> {
  await hub.alert('payments-api', { name: 'PaymentsErrors', summary: 'One in five payments fails' });
  const worst = await hub.caseOf('payments-api');
  const person = await hub.token('person', worst.paged.people[0]);
  await hub.alerts([
    [
      'tax-filing',
      { name: 'FilingSlow', severity: 'warning', summary: 'Filing a return takes 40 s at the median' },
    ],
    [
      'waste-calendar',
      { name: 'CalendarStale', severity: 'info', summary: 'The calendar is nine hours old' },
    ],
  ]);
  const slow = await hub.caseOf('tax-filing');
  await hub.post(`/api/v1/cases/${slow.id}/acknowledge`, {}, person).catch(() => null);
  await hub.post('/api/v1/drills/a-quiet-night/runs', {}).catch(() => null);
  return worst;
}

const hub = await Hub.start();
const eyes = await Eyes.open(hub);
try {
  const worst = await outage(hub);
  const paged: string = worst.paged.people[0];
  const pictures: Picture[] = [
    ['now', '/', { as: paged }],
    ['palette', '/', { as: paged }, ['Control+k']],
    ['case', `/cases/${worst.id}`, { as: paged }],
    ['cases', '/cases'],
    ['services', '/services'],
    ['service', '/services/payments-api'],
    ['oncall', '/oncall'],
    ['record', '/record', { as: 'admin' }],
    ['drills', '/drills'],
    ['me', '/me'],
    ['signin', '/signin', { as: null }],
    ['now-phone', '/', { as: paged, size: 'phone' }],
    ['case-phone', `/cases/${worst.id}`, { as: paged, size: 'phone' }],
    ['wall', '/?wall', { size: 'wall' }],
  ];
  mkdirSync(out, { recursive: true });
  // What the outage brings about has come by then: pages, notices, the first runs of a drill.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  for (const theme of ['light', 'dark'] as const) {
    for (const [name, path, how, keys] of pictures) {
      const page = await eyes.page(path, { ...how, theme });
      await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => {});
      await page.waitForTimeout(600);
      for (const key of keys ?? []) await page.keyboard.press(key);
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(out, `${name}-${theme}.png`) });
      await page.context().close();
      console.log(`docs/screenshots/${name}-${theme}.png`);
    }
  }
} finally {
  await eyes.close().finally(() => hub.stop());
}
