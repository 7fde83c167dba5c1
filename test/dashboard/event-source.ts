/** A reader of server-sent events, for tests: one connection, and all that came over it. */
import http from 'node:http';

export interface StreamEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it, field by field
  readonly data: any;
}

export class Stream {
  readonly events: StreamEvent[] = [];
  lastId: string | undefined;
  readonly #request: http.ClientRequest;
  readonly #waiting = new Set<() => void>();
  #rest = '';

  constructor(request: http.ClientRequest) {
    this.#request = request;
  }

  take(chunk: string): void {
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      this.lastId = fields.get('id') ?? this.lastId;
      const [event, data] = [fields.get('event'), fields.get('data')];
      if (event !== undefined && event !== 'beat') this.events.push({ event, data: JSON.parse(data!) });
    }
    for (const look of this.#waiting) look();
  }

  /** The first event of that kind; waits for it. */
  until(isWanted: (event: StreamEvent) => boolean, seconds = 60): Promise<StreamEvent> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`it did not come; the last events are ${this.events.slice(-5).map(({ event }) => event)}`));
      }, seconds * 1000);
      const look = () => {
        const found = this.events.find(isWanted);
        if (!found) return;
        done();
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#request.destroy();
  }
}

export function openStream(url: string, lastId?: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const request = http.get(url, { agent: false, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const stream = new Stream(request);
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => stream.take(chunk));
      response.on('error', () => undefined);
      if (response.statusCode === 200) resolve(stream);
      else reject(new Error(`${url}: ${response.statusCode}`));
    });
  });
}
