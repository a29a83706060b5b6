// What tests of the situation room have in common.
import { Eyes, type How, type Page } from './browser';
import type { Hub, Json } from './hub';

/** A part of a page by its name. */
export const region = (page: Page, name: string) => page.getByRole('region', { name });

/** Opens a fresh incident of a service that has none, reported by dana, and its room. */
export async function fresh(
  hub: Hub,
  eyes: Eyes,
  service: string,
  how: How = {},
): Promise<[found: Json, page: Page]> {
  const title = `${service} is slow`;
  const dana = await hub.token('person', 'dana');
  const found = await hub.post('/api/v1/cases', { title, service, severity: 'sev2' }, dana);
  const page = await eyes.page(`/cases/${found.id}`, how);
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  return [found, page];
}
