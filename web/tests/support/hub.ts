// A real hub with harbor's catalog, a port and data of its own, ended by its process id.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailCatcher } from './mail';
import { dist, program, root } from './paths';

/** An answer of the API; its shape is for the test to know. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** What an alert says beside its service. */
export interface Alert {
  name?: string;
  severity?: string;
  summary?: string;
  labels?: Record<string, string>;
  /** Whether it is over. */
  resolved?: boolean;
}

/** The hub. */
export class Hub {
  readonly mail: MailCatcher;
  private readonly folder: string;
  private readonly port: number;
  private readonly ops: string;
  private process: ChildProcess | null = null;
  private said = '';
  private source = '';
  /** The first-start token. */
  admin = '';

  private constructor(port: number, mail: MailCatcher, ops: string) {
    this.port = port;
    this.mail = mail;
    this.ops = ops;
    this.folder = mkdtempSync(join(tmpdir(), 'wheelhouse-web-'));
  }

  /** Starts a hub with the catalog in a folder; harbor's where none is named. */
  static async start(ops = join(root, 'examples/harbor')): Promise<Hub> {
    program();
    const hub = new Hub(await freePort(), await MailCatcher.start(), ops);
    try {
      await hub.up();
    } catch (error) {
      await hub.stop();
      throw error;
    }
    hub.admin = /admin token: (\S+)/.exec(hub.said)?.[1] ?? '';
    hub.source = await hub.token('source', 'prometheus');
    return hub;
  }

  /** The folder of its data. */
  get data(): string {
    return join(this.folder, 'data');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process on the same data and port, and waits until it is ready. */
  async up(): Promise<void> {
    const options = ['--ops', this.ops, '--data', this.data, '--listen', `127.0.0.1:${this.port}`];
    const mail = ['--smtp', `127.0.0.1:${this.mail.port}`, '--smtp-tls', 'none'];
    const child = spawn(program(), ['serve', ...options, ...mail, '--web', dist], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, RUST_LOG: 'warn' },
    });
    this.process = child;
    // Whatever ends this process ends the hub.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const hear = (bytes: Buffer): void => void (this.said += bytes.toString());
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    await until('the hub is ready', 30_000, async () => {
      if (child.exitCode !== null) throw new Error(`the hub ended: ${this.said}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      return answer?.ok === true;
    });
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it for good, and forgets its data. */
  async stop(): Promise<void> {
    await this.kill();
    this.mail.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A fresh token of a person or a source. */
  async token(kind: 'person' | 'source', name: string): Promise<string> {
    const issued = await this.post('/api/v1/tokens', { owner: { kind, name }, description: 'a test' });
    return issued.secret;
  }

  /** Reads from the API. */
  get(path: string, token = this.admin): Promise<Json> {
    return this.ask('GET', path, undefined, token);
  }

  /** Changes something by the API. */
  post(path: string, body: unknown, token = this.admin): Promise<Json> {
    return this.ask('POST', path, body, token);
  }

  /** Sends an alert of a service through Alertmanager's door. */
  async alert(service: string, alert: Alert = {}): Promise<void> {
    await this.alerts([[service, alert]]);
  }

  /** Sends several alerts in one request. */
  async alerts(all: [string, Alert][]): Promise<void> {
    const body = all.map(([service, alert]) => ({
      labels: {
        alertname: alert.name ?? 'Down',
        service,
        severity: alert.severity ?? 'critical',
        ...alert.labels,
      },
      annotations: { summary: alert.summary ?? `${service} does not answer` },
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: new Date(Date.now() + (alert.resolved ? -1_000 : 3_600_000)).toISOString(),
    }));
    await this.post('/in/alertmanager/api/v2/alerts', body, this.source);
  }

  /** The newest case of a service. */
  async caseOf(service: string): Promise<Json> {
    return until(`a case of ${service}`, 5_000, async () => {
      const page = await this.get(`/api/v1/cases?service=${service}&limit=1`);
      return page.items[0] ?? null;
    });
  }

  private async ask(method: string, path: string, body: unknown, token: string): Promise<Json> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}

/** Waits until something is so, and returns what it is. */
export async function until<T>(
  what: string,
  within: number,
  look: () => Promise<T>,
): Promise<NonNullable<T>> {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
