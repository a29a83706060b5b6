// A mail server that takes everything and keeps it, so that pages and notices arrive somewhere.
import { createServer, type Server, type Socket } from 'node:net';

/** A mail that came. */
export interface Mail {
  to: string[];
  text: string;
}

/** The server. */
export class MailCatcher {
  readonly mails: Mail[] = [];
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  /** Starts it on a free port. */
  static async start(): Promise<MailCatcher> {
    const server = createServer();
    // A test that failed to stop it ends all the same.
    server.unref();
    const catcher = new MailCatcher(server);
    server.on('connection', (socket) => catcher.serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return catcher;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** The mails to an address. */
  to(address: string): Mail[] {
    return this.mails.filter((mail) => mail.to.includes(address));
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  /** One connection (RFC 5321, as far as a sender needs it). */
  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let rest = '';
    let to: string[] = [];
    let data: string[] | null = null;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO' || verb === 'HELO') say('250 catcher');
      else if (verb === 'RCPT') {
        to.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
        say('250 yes');
      } else if (verb === 'DATA') {
        data = [];
        say('354 go on');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else say('250 yes');
    };
    say('220 catcher');
    socket.on('data', (bytes) => {
      rest += bytes.toString('utf8');
      const lines = rest.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (data === null) command(line);
        else if (line === '.') {
          this.mails.push({ to, text: data.join('\n') });
          [to, data] = [[], null];
          say('250 taken');
        } else data.push(line);
      }
    });
  }
}
