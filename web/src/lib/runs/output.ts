// What a step says, as a page keeps it: in blocks that end with a line, the newest up to a limit.
import type { components } from '../api/schema';

type StepOutput = components['schemas']['StepOutput'];

/** A part of a block: a piece of text, or what is missing in between. */
export interface Part {
  stream: 'stdout' | 'stderr' | 'gap';
  text: string;
  /** Of a gap: how many bytes; 0 where nobody counted. */
  bytes: number;
}

/** What is laid out together. */
export interface Block {
  key: number;
  parts: Part[];
  /** How long its text is, in characters. */
  size: number;
}

/** The most that is kept, in characters. */
const MOST = 2_000_000;
/** How long a block gets before the next line begins another one, and at the most. */
const BLOCK = 16_000;
const LARGEST_BLOCK = 64_000;
/** The most parts of a block: streams may change with every word. */
const MOST_PARTS = 400;
/** What colours text in a terminal and is no text. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

/** Pieces in the order in which they were said, the newest of them. */
export class Kept {
  readonly blocks: readonly Block[];
  /** Whether the beginning was let go to keep the page small. */
  readonly cut: boolean;
  private readonly gaps: ReadonlySet<string>;

  constructor(blocks: readonly Block[] = [], cut = false, gaps: ReadonlySet<string> = new Set()) {
    this.blocks = blocks;
    this.cut = cut;
    this.gaps = gaps;
  }

  /** With what was said since; blocks that are full stay the same. */
  with(said: StepOutput): Kept {
    const last = this.blocks.at(-1);
    const blocks = last ? [...this.blocks.slice(0, -1), { ...last, parts: [...last.parts] }] : [];
    const gaps = new Set(this.gaps);
    const left = said.gaps.filter((gap) => !gaps.has(`${gap.from}-${gap.to}`));
    /** Says what is missing ahead of a piece. */
    const tell = (next: number): void => {
      for (let gap = left[0]; gap && gap.to <= next; gap = left[0]) {
        left.shift();
        gaps.add(`${gap.from}-${gap.to}`);
        append(blocks, { stream: 'gap', text: '', bytes: gap.dropped_bytes });
      }
    };
    for (const piece of said.pieces) {
      tell(piece.seq);
      const stream = piece.stream === 'stderr' ? 'stderr' : 'stdout';
      append(blocks, { stream, text: piece.text.replace(ESCAPES, ''), bytes: 0 });
    }
    tell(Infinity);
    return trimmed(blocks, this.cut, gaps);
  }

  /** All of it as text. */
  text(): string {
    return this.blocks.map((block) => block.parts.map((part) => part.text).join('')).join('');
  }
}

function append(blocks: Block[], part: Part): void {
  let block = blocks.at(-1);
  if (!block || isFull(block)) blocks.push((block = { key: (block?.key ?? -1) + 1, parts: [], size: 0 }));
  const last = block.parts.at(-1);
  if (last && last.stream === part.stream && part.stream !== 'gap')
    block.parts[block.parts.length - 1] = { ...last, text: last.text + part.text };
  else block.parts.push(part);
  block.size += part.text.length;
}

function isFull(block: Block): boolean {
  if (block.size >= LARGEST_BLOCK || block.parts.length >= MOST_PARTS) return true;
  return block.size >= BLOCK && (block.parts.at(-1)?.text.endsWith('\n') ?? true);
}

function trimmed(blocks: Block[], cut: boolean, gaps: ReadonlySet<string>): Kept {
  let size = blocks.reduce((sum, block) => sum + block.size, 0);
  let first = 0;
  while (size > MOST && first < blocks.length - 1) size -= blocks[first++]?.size ?? 0;
  return new Kept(blocks.slice(first), cut || first > 0, gaps);
}
