// Verifies in the browser what the hub says of its record: that an entry is in it, that its head is signed, that
// it only grew. The hub's own words about hashes are compared, never believed. `docs/record.md` says which bytes
// are hashed.
import type { Schemas } from '../../lib/api/client';
import { fromBase64, fromHex, isSigned, same, toHex, unable, utf8 } from './bytes';
import type { Key } from './keyring.svelte';
import { climb, grow, leafHash, textDigest, type Climb } from './merkle';

/** How a step came out: it holds, it does not, or there is nothing to look at. */
export type State = 'holds' | 'fails' | 'open';

/** One thing that was looked at. */
export interface Step {
  name: 'text' | 'shown' | 'leaf' | 'path' | 'head' | 'signature';
  /** What it is about, as a sentence. */
  title: string;
  state: State;
  /** What was found. */
  words: string;
  /** What was computed, and of what. */
  parts: { name: string; value: string }[];
  /** For `path`: every hash on the way. */
  climbs?: Climb[];
}

/** What came of it all. */
export interface Report {
  steps: Step[];
  /** `open` where everything holds but for what this browser cannot look at. */
  state: State;
  size: number;
}

type Entry = Schemas['RecordEntry'];
type Head = Schemas['Checkpoint'];

/** Verifies that an entry is in the record whose head the proof brings along. */
export async function verifyEntry(entry: Entry, proof: Schemas['InclusionProof'], key: Key): Promise<Report> {
  const why = unable();
  if (why !== null) throw new Error(why);
  const bytes = utf8(entry.canonical);
  const said = parse(entry.canonical);
  const leaf = await leafHash(bytes);
  const claimed = [fromHex(entry.leaf), fromHex(proof.leaf)];
  const leafHolds = claimed.every((hash) => hash !== null && same(hash, leaf));
  const path = proof.path.map(fromHex);
  const whole = path.every((hash) => hash?.length === 32);
  const way = whole ? await climb(leaf, proof.index, proof.size, path as Uint8Array<ArrayBuffer>[]) : null;
  const steps: Step[] = [
    await textStep(entry, said),
    shownStep(entry, said),
    {
      name: 'leaf',
      title: 'The leaf is the hash of the entry’s bytes',
      state: leafHolds ? 'holds' : 'fails',
      words: leafHolds
        ? `SHA-256 of the byte 0 and the ${bytes.length} bytes of the entry is the leaf that the hub names.`
        : 'The hub names another leaf: these are not the bytes that it put into the record.',
      parts: [
        { name: 'computed', value: toHex(leaf) },
        { name: 'the hub says', value: entry.leaf },
      ],
    },
    pathStep(entry, proof, way),
    headStep(proof, way?.root ?? null),
    await signatureStep(proof.head, key),
  ];
  return { steps, state: verdict(steps), size: proof.size };
}

/** Verifies a head by itself. */
export function verifyHead(head: Head, key: Key): Promise<Step> {
  return signatureStep(head, key);
}

/** Verifies that the tree of one head grew into that of another; `proof` is the hub's file. */
export async function verifyGrowth(
  old: { size: number; root: string },
  head: Head,
  proof: string,
): Promise<boolean> {
  const root = signedRoot(head);
  const oldRoot = fromHex(old.root);
  if (!root || !oldRoot || root.size < old.size) return false;
  if (root.size === old.size) return same(root.root, oldRoot);
  const [, said, ...lines] = (proof.split('\n\n')[0] ?? '').split('\n');
  const path = lines.filter((line) => line !== '').map(fromBase64);
  if (said !== `old ${old.size}` || !path.every((hash) => hash?.length === 32)) return false;
  const roots = await grow(old.size, oldRoot, root.size, path as Uint8Array<ArrayBuffer>[]);
  return roots !== null && same(roots.old, oldRoot) && same(roots.new, root.root);
}

/** Takes a signed note apart (C2SP tlog-checkpoint); null where it is none. */
export function headOf(note: string): Head | null {
  const end = note.indexOf('\n\n');
  const signed = note.slice(0, end + 1);
  const root = end < 0 ? null : signedRoot({ signed });
  if (!root) return null;
  const signatures = note
    .slice(end + 2)
    .split('\n')
    .flatMap((line) => {
      const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
      const bytes = encoded === undefined ? null : fromBase64(encoded);
      if (name === undefined || bytes?.length !== 68) return [];
      const signature = btoa(String.fromCharCode(...bytes.slice(4)));
      return [{ name, key_hash: toHex(bytes.slice(0, 4)), signature }];
    });
  return { note, signed, signatures, origin: root.origin, size: root.size, root: toHex(root.root) };
}

function verdict(steps: readonly Step[]): State {
  if (steps.some((step) => step.state === 'fails')) return 'fails';
  return steps.some((step) => step.name === 'signature' && step.state === 'open') ? 'open' : 'holds';
}

type Said = Record<string, unknown>;

function parse(canonical: string): Said | null {
  try {
    const value: unknown = JSON.parse(canonical);
    return typeof value === 'object' && value !== null ? (value as Said) : null;
  } catch {
    return null;
  }
}

async function textStep(entry: Entry, said: Said | null): Promise<Step> {
  const step = { name: 'text', title: 'The text is the one that the entry names', parts: [] } as const;
  const named = said?.['body'];
  if (typeof named !== 'string') {
    return typeof entry.body === 'string'
      ? { ...step, parts: [], state: 'fails', words: 'The hub shows a text, and the entry names none.' }
      : { ...step, parts: [], state: 'open', words: 'This entry has no text.' };
  }
  if (typeof entry.body !== 'string') {
    const words =
      'The text was erased. Its digest stays in the entry; without its salt nobody can confirm a guess.';
    return { ...step, state: 'open', words, parts: [{ name: 'digest', value: named }] };
  }
  const salt = fromHex(entry.salt ?? '');
  const digest = salt ? toHex(await textDigest(salt, utf8(entry.body))) : '';
  const holds = digest === named;
  return {
    ...step,
    state: holds ? 'holds' : 'fails',
    words: holds
      ? 'SHA-256 of the byte 2, the salt and the text is the digest that the entry names.'
      : 'The text is not the one that was recorded: the entry names another digest.',
    parts: [
      { name: 'computed', value: digest },
      { name: 'the entry names', value: named },
    ],
  };
}

/** Who, when and what stand beside the bytes as well, and could differ from them. */
function shownStep(entry: Entry, said: Said | null): Step {
  const actor = said?.['actor'];
  const who =
    typeof actor === 'string'
      ? actor
      : Object.entries((actor ?? {}) as Record<string, string>)
          .map(([kind, name]) => `${kind} ${name}`)
          .join();
  const shownWho = [entry.actor.kind, entry.actor.name].filter((part) => part).join(' ');
  const fact = (said?.['fact'] ?? {}) as Said;
  const wrong = [
    said?.['seq'] === entry.seq ? null : 'its number',
    said?.['at'] === microseconds(entry.at) ? null : 'when it was',
    who === shownWho ? null : 'who did it',
    (fact['kind'] ?? 'signal') === entry.kind ? null : 'what happened',
    (said?.['subject'] ?? null) === (entry.subject ?? null) ? null : 'the case',
    said?.['drill'] === entry.drill ? null : 'whether it is a drill',
    JSON.stringify(said?.['policies']) === JSON.stringify(entry.policies) ? null : 'the policies',
  ].filter((name) => name !== null);
  return {
    name: 'shown',
    title: 'What is shown is what the bytes say',
    state: wrong.length === 0 ? 'holds' : 'fails',
    words:
      wrong.length === 0
        ? 'Number, instant, who, what, case and policies are those in the bytes. The sentences are the hub’s reading of them.'
        : `The bytes say otherwise: ${wrong.join(', ')}.`,
    parts: [],
  };
}

/** An instant as whole microseconds since 1970. */
function microseconds(instant: string): number {
  const fraction = /\.(\d{1,6})\d*Z$/.exec(instant)?.[1] ?? '';
  const seconds = Date.parse(instant.replace(/\.\d+Z$/, 'Z'));
  return seconds * 1_000 + Number(fraction.padEnd(6, '0'));
}

function pathStep(
  entry: Entry,
  proof: Schemas['InclusionProof'],
  way: { root: Uint8Array; steps: Climb[] } | null,
): Step {
  const right = proof.index === entry.seq;
  const step = { name: 'path', title: 'The path leads from the leaf to a root' } as const;
  if (!right || way === null) {
    const words = right
      ? `The path does not fit entry ${proof.index} of a tree of ${proof.size}.`
      : `The proof is of entry ${proof.index}.`;
    return { ...step, state: 'fails', words, parts: [] };
  }
  return {
    ...step,
    state: 'holds',
    words: `${way.steps.length} hashes lead from entry ${proof.index} to the root of a tree of ${proof.size.toLocaleString('en-GB')} entries.`,
    parts: [{ name: 'computed root', value: toHex(way.root) }],
    climbs: way.steps,
  };
}

/** The size and the root that were signed; null where the lines say none. */
function signedRoot(
  head: Pick<Head, 'signed'>,
): { origin: string; size: number; root: Uint8Array<ArrayBuffer> } | null {
  const [origin, size, root, end] = head.signed.split('\n');
  const bytes = root === undefined ? null : fromBase64(root);
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? '') || bytes?.length !== 32 || end !== '') return null;
  return { origin, size: Number(size), root: bytes };
}

function headStep(proof: Schemas['InclusionProof'], root: Uint8Array | null): Step {
  const signed = signedRoot(proof.head);
  const holds = signed !== null && root !== null && signed.size === proof.size && same(signed.root, root);
  return {
    name: 'head',
    title: 'That root is the one in the signed head',
    state: holds ? 'holds' : 'fails',
    words: holds
      ? 'Size and root are those of the lines that were signed.'
      : 'The signed head names another root: this entry, as it is shown, is not in that record.',
    parts: [
      { name: 'computed', value: root ? toHex(root) : '–' },
      { name: 'signed', value: signed ? toHex(signed.root) : '–' },
    ],
  };
}

async function signatureStep(head: Head, key: Key): Promise<Step> {
  const why = unable();
  const step = { name: 'signature', title: 'The head is signed by the key of the record' } as const;
  const parts = [{ name: 'key', value: key.verifier }];
  if (why !== null) return { ...step, state: 'open', words: why, parts };
  const line = head.signatures.find((one) => one.name === key.name && one.key_hash === key.hash);
  const signature = line ? fromBase64(line.signature) : null;
  const origin = signedRoot(head)?.origin;
  if (!signature || origin !== key.name) {
    const words = line
      ? 'What was signed is the head of another record.'
      : `There is no signature of ${key.name}+${key.hash} under it.`;
    return { ...step, state: 'fails', words, parts };
  }
  const signed = await isSigned(utf8(head.signed), signature, key.publicKey);
  if (signed === null) {
    const words = 'This browser has no Ed25519, so it cannot look at the signature. Everything above it can.';
    return { ...step, state: 'open', words, parts };
  }
  return {
    ...step,
    state: signed ? 'holds' : 'fails',
    words: signed
      ? `The Ed25519 signature over its three lines is that of ${key.name}+${key.hash}.`
      : 'The signature is not that of the key: the head was changed after it was signed, or never was.',
    parts,
  };
}
