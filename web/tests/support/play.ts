// A hub with a small catalog and a browser that looks at it, for all tests of a file.
import { after, before } from 'node:test';
import { Eyes } from './browser';
import { Hub } from './hub';
import type { SmallCatalog } from './small';

/** Starts both before the first test, says what they are, and ends them after the last. */
export function play(catalog: SmallCatalog, begun: (at: { hub: Hub; eyes: Eyes }) => void): void {
  let hub: Hub | undefined;
  let eyes: Eyes | undefined;
  before(async () => {
    hub = await Hub.start(catalog.folder);
    eyes = await Eyes.open(hub);
    begun({ hub, eyes });
  });
  after(async () => {
    await eyes?.close();
    await hub?.stop();
    catalog.remove();
  });
}
