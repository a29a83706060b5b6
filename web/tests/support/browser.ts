// Chromium, signed in, watched: a page that breaks the content security policy or throws fails its test.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium as playwright, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { Hub } from './hub';
import { chromium } from './paths';

export type { Page } from 'playwright-core';

/** How a page is looked at. */
export interface How {
  /** The person's name in the catalog; `admin` for the first-start token; nobody is signed in with null. */
  as?: string | null;
  theme?: 'light' | 'dark';
  /** `phone` is 390, `desk` 1280, `wall` 2560 pixels wide. */
  size?: 'phone' | 'desk' | 'wall';
  zone?: string;
}

/** How long something may take to be on the screen, in milliseconds: a machine may be busy. */
const PATIENCE = 15_000;

const SIZES = {
  phone: { width: 390, height: 844 },
  desk: { width: 1280, height: 800 },
  wall: { width: 2560, height: 1440 },
};

/** A browser beside a hub. */
export class Eyes {
  private readonly contexts: BrowserContext[] = [];
  private readonly troubles: string[] = [];
  private readonly tokens = new Map<string, string>();
  private constructor(
    private readonly browser: Browser,
    private readonly hub: Hub,
  ) {}

  static async open(hub: Hub): Promise<Eyes> {
    const browser = await playwright.launch({ executablePath: chromium(), args: ['--no-sandbox'] });
    return new Eyes(browser, hub);
  }

  /** Opens an address of the app. */
  async page(path: string, how: How = {}): Promise<Page> {
    const { as = 'dana', theme = 'light', size = 'desk', zone = 'Europe/Berlin' } = how;
    const context = await this.browser.newContext({
      baseURL: this.hub.url,
      viewport: SIZES[size],
      colorScheme: theme,
      timezoneId: zone,
      locale: 'en-GB',
      hasTouch: size === 'phone',
      isMobile: size === 'phone',
    });
    context.setDefaultTimeout(PATIENCE);
    this.contexts.push(context);
    if (as !== null) await this.signIn(context, as);
    const page = await context.newPage();
    await this.watch(page);
    await page.goto(path);
    return page;
  }

  /** Closes every page: those that are open take the machine from what is measured. */
  async rest(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
  }

  /** What went wrong on the pages so far, and forgets it. */
  faults(): string[] {
    return this.troubles.splice(0);
  }

  /** Closes everything; what went wrong on a page and was not asked for fails here. */
  async close(): Promise<void> {
    await this.browser.close();
    this.contexts.length = 0;
    assert.deepEqual(this.faults(), [], 'no page broke its policy or threw');
  }

  private async signIn(context: BrowserContext, person: string): Promise<void> {
    let token = person === 'admin' ? this.hub.admin : this.tokens.get(person);
    if (token === undefined) this.tokens.set(person, (token = await this.hub.token('person', person)));
    const answer = await context.request.post('/api/v1/session', {
      data: { token },
      headers: { 'X-Wheelhouse': '1' },
    });
    assert.equal(answer.status(), 200, await answer.text());
  }

  private async watch(page: Page): Promise<void> {
    page.on('pageerror', (error) =>
      this.troubles.push(`${page.url()} threw: ${error.stack ?? error.message}`),
    );
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy|Content-Security-Policy/i.test(text))
        this.troubles.push(
          `${page.url()} broke its policy, at ${JSON.stringify(message.location())}: ${text}`,
        );
    });
    page.on('dialog', (dialog) => {
      this.troubles.push(`a dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }
}

/** A hub and a browser for all tests of a file, ended whatever happens. */
export function setting(ready: (hub: Hub) => Promise<void> = async () => {}): { hub: Hub; eyes: Eyes } {
  const at = {} as { hub: Hub; eyes: Eyes };
  before(async () => {
    at.hub = await Hub.start();
    await ready(at.hub);
    at.eyes = await Eyes.open(at.hub);
  });
  after(async () => {
    try {
      await at.eyes?.close();
    } finally {
      await at.hub?.stop();
    }
  });
  return at;
}

/** Asserts that axe finds nothing to complain about. */
export async function axe(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const told = found.violations.map((violation) => {
    const places = violation.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`);
    return `${violation.id}: ${violation.help}\n  ${places.join('\n  ')}`;
  });
  assert.deepEqual(told, []);
}
