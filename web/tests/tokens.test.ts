// The tokens of app.css: every pair of colours that may meet can be read, light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { web } from './support/paths';

const css = readFileSync(join(web, 'src/app.css'), 'utf8');

/** The colours of the block that begins with these words. */
function colours(selector: string): Map<string, string> {
  const start = css.indexOf(selector);
  assert.notEqual(start, -1, selector);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map(
    [...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]),
  );
}

/** The relative luminance of a colour (WCAG 2.2). */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((left, right) => left - right);
  return (light! + 0.05) / (dark! + 0.05);
}

const GROUNDS = ['n1', 'n2', 'n3', 'n4'];
const TONES = ['accent', 'sev1', 'sev2', 'sev3', 'sev4', 'bad', 'warn', 'good'];

/** Text on grounds, and how strong it has to be. */
function pairs(): [string, string, number][] {
  const texts = ['n12', 'n11', ...TONES];
  return [
    ...texts.flatMap((text) => GROUNDS.map((ground): [string, string, number] => [text, ground, 4.5])),
    ...GROUNDS.slice(0, 3).map((ground): [string, string, number] => ['n10', ground, 4.5]),
    // The border of a field, and marks that mean something without words.
    ...GROUNDS.slice(0, 2).map((ground): [string, string, number] => ['n9', ground, 3]),
    ...['accent', 'sev1', 'sev2', 'sev3', 'sev4'].map((tone): [string, string, number] => [
      `${tone}-on`,
      tone,
      4.5,
    ]),
    ...TONES.map((tone): [string, string, number] => [tone, `${tone}-soft`, 4.5]),
    ...TONES.flatMap((tone): [string, string, number][] => [
      ['n12', `${tone}-soft`, 4.5],
      ['n11', `${tone}-soft`, 4.5],
    ]),
    ['sev1-on', 'bad', 4.5],
  ];
}

for (const [theme, selector] of [
  ['light', ':root {\n  color-scheme: light'],
  ['dark', ":root[data-theme='dark']"],
] as const) {
  test(`every pair that may meet can be read: ${theme}`, () => {
    const known = colours(selector);
    const weak = pairs().flatMap(([text, ground, wanted]) => {
      const [one, other] = [known.get(text), known.get(ground)];
      assert.ok(one && other, `--${text} and --${ground} are colours`);
      const found = contrast(one, other);
      return found >= wanted ? [] : [`--${text} on --${ground}: ${found.toFixed(2)}, expected ${wanted}`];
    });
    assert.deepEqual(weak, []);
  });
}

test('both themes have the same names', () => {
  const [light, dark] = [colours(':root {\n  color-scheme: light'), colours(":root[data-theme='dark']")];
  assert.deepEqual([...dark.keys()], [...light.keys()]);
  assert.equal([...light.keys()].filter((name) => /^n\d+$/.test(name)).length, 12);
});

test('pages use the tokens, and no colour or size of their own', async () => {
  const { readdirSync } = await import('node:fs');
  const strays: string[] = [];
  const look = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) look(path);
      else if (entry.name.endsWith('.svelte')) {
        const style = /<style>([\s\S]*)<\/style>/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
        for (const match of style.matchAll(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/gi))
          strays.push(`${path}: ${match[0]}`);
      }
    }
  };
  look(join(web, 'src'));
  assert.deepEqual(strays, []);
});
