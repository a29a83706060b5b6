// Markdown of strangers, made into a piece of the page that can do nothing: no script, no style, no picture from
// elsewhere, links only to the web and to other runbooks. What it is made by is loaded when it is first needed.
import type { Config } from 'dompurify';

/** What becomes of a link within the organisation's own files; null where it leads nowhere. */
export type Inside = (path: string) => string | null;

const TAGS =
  'a blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr input kbd li ol p pre s span strong sub summary sup table tbody td th thead tr ul';
const CONFIG: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: TAGS.split(' '),
  ALLOWED_ATTR: ['href', 'title', 'start', 'type', 'checked', 'colspan', 'rowspan', 'open'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** Makes a text into a piece of the page. Whatever it is, something is shown: at worst the text as it is. */
export async function rendered(text: string, inside: Inside): Promise<DocumentFragment> {
  const [{ Marked }, { default: purify }] = await Promise.all([import('marked'), import('dompurify')]);
  let piece: DocumentFragment;
  try {
    const html = new Marked({ gfm: true, renderer }).parse(text, { async: false });
    piece = purify.sanitize(html, CONFIG);
  } catch {
    // Nested deeper than anybody reads.
    piece = document.createDocumentFragment();
    const plain = document.createElement('pre');
    plain.textContent = text;
    piece.append(plain);
  }
  for (const link of piece.querySelectorAll('a')) settle(link, inside);
  for (const box of piece.querySelectorAll('input')) tick(box);
  for (const table of piece.querySelectorAll('table')) framed(table);
  return piece;
}

/** The part of an address by which a heading is found: `Disk is full!` is `disk-is-full`. */
export function slug(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
  return kept.trim().replace(/\s/g, '-');
}

/** What a fence says to somebody who copies it: without prompts, and without the output below them. */
export function copied(script: string): string {
  const lines = script.replace(/\n$/, '').split('\n');
  if (!lines.some((line) => /^\s*\$ /.test(line))) return lines.join('\n');
  const kept: string[] = [];
  let goesOn = false;
  for (const line of lines) {
    const typed: string | null = /^\s*\$ (.*)$/.exec(line)?.[1] ?? (goesOn ? line : null);
    if (typed === null) continue;
    kept.push(typed);
    goesOn = typed.endsWith('\\');
  }
  return kept.join('\n');
}

/** The tags that may stand in a text as they are, without attributes but `open`. */
const PLAIN = /(<\/?(?:details(?: open)?|summary|br|kbd|sub|sup) ?\/?>)/i;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** HTML within Markdown is shown as text, and pictures are named and never fetched. */
const renderer = {
  html({ text }: { text: string }): string {
    const parts = text.replace(/<!--[\s\S]*?(?:-->|$)/g, '').split(PLAIN);
    return parts.map((part, index) => (index % 2 === 1 ? part.toLowerCase() : escaped(part))).join('');
  },
  image({ href, text }: { href: string; text: string }): string {
    const words = escaped(`[${text.trim() || 'picture'}]`);
    return /^https?:\/\//i.test(href) ? `<a href="${escaped(href)}">${words}</a>` : `<span>${words}</span>`;
  },
};

function settle(link: HTMLAnchorElement, inside: Inside): void {
  const href = (link.getAttribute('href') ?? '').trim();
  link.removeAttribute('href');
  if (/^https?:\/\//i.test(href)) {
    link.href = href;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
  } else if (href.startsWith('#')) {
    link.href = `#${slug(decoded(href.slice(1)))}`;
  } else if (!href.includes(':') && !href.startsWith('/')) {
    const within = inside(decoded(href));
    if (within) link.href = within;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A box shows whether something is done; it is ticked in a run, not here. */
function tick(box: HTMLInputElement): void {
  const mark = document.createElement('span');
  mark.className = 'tick';
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', box.checked ? 'done' : 'to do');
  mark.textContent = box.checked ? '☑' : '☐';
  box.replaceWith(mark);
}

/** A wide table scrolls by itself, by keyboard too. */
function framed(table: HTMLTableElement): void {
  const frame = document.createElement('div');
  frame.className = 'wide';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', 'Table');
  table.replaceWith(frame);
  frame.append(table);
}
