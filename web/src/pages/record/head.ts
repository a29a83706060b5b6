// The head of the record as it is now, verified as it is read: its signature, and that the record grew from the
// oldest head that this browser kept.
import { api, ask, read, type Schemas } from '../../lib/api/client';
import { problemOf } from '../../lib/api/problem';
import { unable } from './bytes';
import { keyring, parseKey, sameKey, type Key, type KeptHead } from './keyring.svelte';
import { headOf, verifyGrowth, verifyHead, type State, type Step } from './verify';

/** A head with what was found of it. */
export interface HeadReport {
  head: Schemas['Checkpoint'];
  /** The key that is used; null where none can be read. */
  key: Key | null;
  /** Whether the hub now gives another key than this browser kept. */
  differs: boolean;
  signature: Step | null;
  growth: State;
  /** Why nothing can be computed here. */
  unable: string | null;
}

/** Reads and verifies it. */
export async function readHead(signal: AbortSignal): Promise<HeadReport> {
  const [head, given] = await Promise.all([
    read(api.GET('/api/v1/record/head', { signal })),
    read(api.GET('/api/v1/record/key.json', { signal })),
  ]);
  const why = unable();
  if (why !== null) return { head, key: null, differs: false, signature: null, growth: 'open', unable: why };
  const hub = await parseKey(given.verifier);
  const kept = keyring.key === null ? null : await parseKey(keyring.key.verifier);
  if (kept === null && hub !== null) keyring.keepKey(hub.verifier, false);
  const key = kept ?? hub;
  if (key === null) return { head, key, differs: false, signature: null, growth: 'open', unable: null };
  const differs = hub === null || !sameKey(hub, key);
  const signature = await verifyHead(head, key);
  const old = keyring.head;
  if (signature.state !== 'holds') return { head, key, differs, signature, growth: 'open', unable: null };
  if (old === null) {
    keyring.keepHead(head.size, head.root);
    return { head, key, differs, signature, growth: 'open', unable: null };
  }
  const grown = await readGrowth(old, head, key, signal);
  return { key, differs, signature, unable: null, ...grown };
}

/** Whether the record grew from a head that was kept. The hub's file brings the head of its own instant along,
 *  which may be later than the one that was read, and is verified as that was. */
async function readGrowth(
  old: KeptHead,
  head: Schemas['Checkpoint'],
  key: Key,
  signal: AbortSignal,
): Promise<{ head: Schemas['Checkpoint']; growth: State }> {
  if (old.size >= head.size) {
    return { head, growth: (await verifyGrowth(old, head, '')) ? 'holds' : 'fails' };
  }
  const answer = await ask(`/api/v1/record/consistency?from=${old.size}`, { signal });
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
  const file = await answer.text();
  const later = headOf(file.slice(file.indexOf('\n\n') + 2));
  const grown = later !== null && later.size >= head.size && (await verifyHead(later, key)).state === 'holds';
  if (!grown || later === null) return { head, growth: 'fails' };
  return { head: later, growth: (await verifyGrowth(old, later, file)) ? 'holds' : 'fails' };
}
