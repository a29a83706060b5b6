// What a page keeps of what a step says: in order, with what is missing, and never more than it can bear.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kept } from '../src/lib/runs/output';

type Said = Parameters<Kept['with']>[0];
const said = (pieces: [number, string, string?][], more: Partial<Said> = {}): Said => ({
  attempt: 1,
  pieces: pieces.map(([seq, text, stream = 'stdout']) => ({ seq, text, stream, at_us: seq })),
  gaps: [],
  next: (pieces.at(-1)?.[0] ?? -1) + 1,
  live: true,
  ...more,
});
const parts = (kept: Kept): string[] =>
  kept.blocks.flatMap((block) =>
    block.parts.map((part) => (part.stream === 'gap' ? `gap ${part.bytes}` : `${part.stream} ${part.text}`)),
  );

test('pieces of one stream are joined, streams are told apart, colours are left out', () => {
  const kept = new Kept()
    .with(
      said([
        [0, 'a\n'],
        [1, 'b\n'],
      ]),
    )
    .with(
      said([
        [2, '\u001b[31mred\u001b[0m\n', 'stderr'],
        [3, 'c\n'],
      ]),
    );
  assert.deepEqual(parts(kept), ['stdout a\nb\n', 'stderr red\n', 'stdout c\n']);
  assert.equal(kept.text(), 'a\nb\nred\nc\n');
});

test('what is missing stands where it is missing, once', () => {
  const gaps = [{ dropped_bytes: 12_345, from: 1, to: 9 }];
  const kept = new Kept()
    .with(
      said(
        [
          [0, 'first\n'],
          [1, 'cut'],
          [9, 'last\n'],
        ],
        { gaps },
      ),
    )
    .with(said([[10, 'more\n']], { gaps, live: false }));
  assert.deepEqual(parts(kept), ['stdout first\ncut', 'gap 12345', 'stdout last\nmore\n']);
  const end = new Kept().with(
    said([[0, 'x']], { gaps: [{ dropped_bytes: 3, from: 1, to: 5 }], live: false }),
  );
  assert.deepEqual(parts(end), ['stdout x', 'gap 3']);
});

test('the newest two million characters are kept, and what is full is not made anew', () => {
  const line = `${'x'.repeat(99)}\n`;
  let kept = new Kept();
  let seq = 0;
  for (let round = 0; round < 100; round += 1)
    kept = kept.with(said(Array.from({ length: 500 }, () => [seq++, line])));
  const size = kept.text().length;
  assert.ok(size <= 2_000_000 && size > 1_900_000, `${size}`);
  assert.equal(kept.cut, true);
  const keys = kept.blocks.map((block) => block.key);
  assert.equal(new Set(keys).size, keys.length);
  const before = kept.blocks[3];
  assert.ok(before);
  assert.equal(kept.with(said([[seq, 'end\n']])).blocks.includes(before), true);
  let wild = new Kept();
  for (seq = 0; seq < 20_000; seq += 1)
    wild = wild.with(said([[seq, 'y'.repeat(200), seq % 2 ? 'stderr' : 'stdout']]));
  assert.ok(wild.text().length <= 2_000_000);
  assert.ok(wild.blocks.every((block) => block.parts.length <= 400));
});
