// The tree over the entries: what a path leads to, and whether a tree grew (RFC 9162, sections 2.1.3 and
// 2.1.4; hashes as in RFC 6962). Sizes are whole numbers below 2^53, so that halving them is exact.
import { sha256 } from './bytes';

type Hash = Uint8Array<ArrayBuffer>;

const half = (number: number): number => Math.floor(number / 2);
const isOdd = (number: number): boolean => number % 2 === 1;

/** The hash of a leaf: of the byte 0 and its bytes. */
export function leafHash(bytes: Uint8Array): Promise<Hash> {
  return sha256(Uint8Array.of(0), bytes);
}

/** The hash of an inner node: of the byte 1, the left one and the right one. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Hash> {
  return sha256(Uint8Array.of(1), left, right);
}

/** The digest of an entry's text: of the byte 2, the salt and the bytes. */
export function textDigest(salt: Uint8Array, bytes: Uint8Array): Promise<Hash> {
  return sha256(Uint8Array.of(2), salt, bytes);
}

/** One hash on the way from a leaf to the root. */
export interface Climb {
  /** On which side of it the other hash stands. */
  other: 'left' | 'right';
  with: Hash;
  gives: Hash;
}

/** Where a path leads: every hash on the way, the last of them the root; null where it does not fit the tree. */
export async function climb(
  leaf: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
): Promise<{ root: Hash; steps: Climb[] } | null> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  let [node, last, hash] = [index, size - 1, leaf];
  const steps: Climb[] = [];
  for (const other of path) {
    if (last === 0) return null;
    if (isOdd(node) || node === last) {
      hash = await nodeHash(other, hash);
      steps.push({ other: 'left', with: other, gives: hash });
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = await nodeHash(hash, other);
      steps.push({ other: 'right', with: other, gives: hash });
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? { root: hash, steps } : null;
}

/** The roots to which a proof of growth leads, of the old tree and of the new one; null where it fits neither. */
export async function grow(
  oldSize: number,
  oldRoot: Hash,
  newSize: number,
  path: readonly Hash[],
): Promise<{ old: Hash; new: Hash } | null> {
  if (oldSize <= 0 || oldSize >= newSize) return null;
  let [node, last] = [oldSize - 1, newSize - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // Where the old tree is a whole node of the new one, the proof begins with its root without saying so.
  const [first, ...rest] = node === 0 ? [oldRoot, ...path] : path;
  if (!first) return null;
  let [old, now] = [first, first];
  for (const other of rest) {
    if (last === 0) return null;
    if (isOdd(node) || node === last) {
      [old, now] = [await nodeHash(other, old), await nodeHash(other, now)];
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      now = await nodeHash(now, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? { old, new: now } : null;
}
