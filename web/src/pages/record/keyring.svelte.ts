// The key that signatures are verified with, and where it came from: that is what a verification rests on. This
// browser keeps the first key that it was given, and the oldest head that it saw; or a key that somebody entered.
import { fromBase64, same, sha256, toHex, utf8 } from './bytes';

/** A key, taken apart. */
export interface Key {
  name: string;
  /** What tells keys of one name apart, 8 hexadecimal digits. */
  hash: string;
  publicKey: Uint8Array<ArrayBuffer>;
  /** The same in one line: `NAME+HASH+KEY`. */
  verifier: string;
}

/** A key that is kept. */
export interface KeptKey {
  verifier: string;
  /** When, in milliseconds. */
  since: number;
  /** Whether a person entered it, who got it elsewhere; else the hub gave it. */
  entered: boolean;
}

/** A head that is kept, to show later that the record only grew. */
export interface KeptHead {
  size: number;
  root: string;
  since: number;
}

const KEY = 'wheelhouse.record.key';
const HEAD = 'wheelhouse.record.head';
/** The kind of key: Ed25519 (C2SP signed-note). */
const ED25519 = 1;

/** Reads a key of one line; null where it is none, or its parts do not belong together. */
export async function parseKey(text: string): Promise<Key | null> {
  const [, name, hash, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const bytes = encoded === undefined ? null : fromBase64(encoded);
  if (!name || !hash || bytes?.length !== 33 || bytes[0] !== ED25519) return null;
  const digest = await sha256(utf8(`${name}\n`), bytes);
  if (toHex(digest.slice(0, 4)) !== hash) return null;
  return { name, hash, publicKey: bytes.slice(1), verifier: text.trim() };
}

/** Whether two keys are the same. */
export function sameKey(one: Key, other: Key): boolean {
  return one.name === other.name && same(one.publicKey, other.publicKey);
}

class Keyring {
  /** The key that is kept. */
  key = $state.raw<KeptKey | null>(load<KeptKey>(KEY, (kept) => typeof kept.verifier === 'string'));
  /** The oldest head that was seen and verified. */
  head = $state.raw<KeptHead | null>(
    load<KeptHead>(HEAD, (kept) => typeof kept.root === 'string' && Number.isSafeInteger(kept.size)),
  );

  /** Keeps a key. */
  keepKey(verifier: string, entered: boolean): void {
    this.key = { verifier, since: Date.now(), entered };
    store(KEY, this.key);
  }

  /** Keeps a head, where none is. */
  keepHead(size: number, root: string): void {
    if (this.head !== null || size === 0) return;
    this.head = { size, root, since: Date.now() };
    store(HEAD, this.head);
  }

  /** Forgets both: a record begins anew, or was restored. */
  forget(): void {
    this.key = this.head = null;
    store(KEY, null);
    store(HEAD, null);
  }
}

function load<T>(name: string, fits: (kept: Partial<T>) => boolean): T | null {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? 'null') as Partial<T> | null;
    return kept !== null && fits(kept) ? (kept as T) : null;
  } catch {
    return null;
  }
}

function store(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing sees every key for the first time.
  }
}

export const keyring = new Keyring();
