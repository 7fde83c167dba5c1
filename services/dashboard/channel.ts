/**
 * One thing that browsers follow, computed once for all of them.
 *
 *     source ──update──▶ channel ── one frame, made once ──▶ every listener
 *                           └── the last frames, for those whose connection broke
 *
 * A source is open while somebody listens, and a little longer. A listener is given everything that is known, and then what changes;
 * one that comes back with the id of the last frame that it has seen is given only what it has missed, where that is still there.
 */
import { randomUUID } from 'node:crypto';

export interface Update {
  readonly event: string;
  /** Becomes JSON. */
  readonly data: unknown;
}

export interface Source {
  /** Resolves when the snapshot is true; `publish` is called with whatever changes from then on. */
  open(publish: (update: Update) => void): Promise<void>;
  /** Everything that is known, and all that somebody needs who has seen nothing before. */
  snapshot(): readonly Update[];
  close(): void;
}

export interface Listener {
  /** Takes a frame; must not wait and must not throw. */
  send(frame: Buffer): void;
  /** The channel ends. */
  end(): void;
}

/** Bytes of frames that are kept for those who come back. */
const KEPT_BYTES = 512 * 1024;
/** Milliseconds that a source stays open when the last listener has left: pages are reloaded, connections come back. */
const LINGER = 15_000;
/** Milliseconds between signs of life, by which a browser knows a connection that is dead from one where nothing happens. */
const BEAT_EVERY = 10_000;

const BEAT = Buffer.from('event: beat\ndata: {}\n\n');

interface Kept {
  readonly number: number;
  readonly frame: Buffer;
}

export class Channel {
  readonly #source: Source;
  /** Numbers of an earlier start of the server, or of the source, mean nothing now. */
  readonly #epoch = randomUUID().slice(0, 8);
  readonly #listeners = new Set<Listener>();
  readonly #onClosed: () => void;
  readonly #opened: Promise<void>;
  readonly #beat: NodeJS.Timeout;
  #kept: Kept[] = [];
  #keptBytes = 0;
  #number = 0;
  #snapshot: Kept | undefined;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onClosed told when nobody listens any more: whoever comes then needs a new channel */
  constructor(source: Source, onClosed: () => void) {
    this.#source = source;
    this.#onClosed = onClosed;
    this.#opened = source.open((update) => this.#publish(update));
    this.#opened.catch(() => this.close());
    this.#beat = setInterval(() => this.#sendAll(BEAT), BEAT_EVERY);
    this.#beat.unref();
    this.#wait();
  }

  /**
   * Begins to send.
   * @param lastId of the last frame that the listener has seen
   * @returns ends that
   * @throws what the source throws that cannot be opened
   */
  async listen(listener: Listener, lastId?: string): Promise<() => void> {
    clearTimeout(this.#linger);
    await this.#opened;
    if (this.#closed) {
      listener.end();
      return () => undefined;
    }
    const missed = this.#missedSince(lastId);
    if (missed) for (const { frame } of missed) listener.send(frame);
    else listener.send(this.#snapshotFrame());
    this.#listeners.add(listener);
    clearTimeout(this.#linger);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#wait();
    };
  }

  /** The same as plain data. */
  async read(): Promise<readonly Update[]> {
    clearTimeout(this.#linger);
    try {
      await this.#opened;
      return this.#source.snapshot();
    } finally {
      if (this.#listeners.size === 0) this.#wait();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#linger);
    clearInterval(this.#beat);
    this.#source.close();
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#onClosed();
  }

  #wait(): void {
    clearTimeout(this.#linger);
    if (this.#closed) return;
    this.#linger = setTimeout(() => this.close(), LINGER);
    this.#linger.unref();
  }

  #publish(update: Update): void {
    this.#number++;
    const frame = this.#frame([update]);
    this.#kept.push({ number: this.#number, frame });
    this.#keptBytes += frame.byteLength;
    while (this.#keptBytes > KEPT_BYTES) this.#keptBytes -= this.#kept.shift()!.frame.byteLength;
    this.#sendAll(frame);
  }

  #sendAll(frame: Buffer): void {
    for (const listener of this.#listeners) listener.send(frame);
  }

  /** Undefined where a snapshot is needed. */
  #missedSince(lastId: string | undefined): readonly Kept[] | undefined {
    const [epoch, text] = (lastId ?? '').split('.');
    const number = Number(text);
    if (epoch !== this.#epoch || !Number.isSafeInteger(number) || number > this.#number) return undefined;
    const missed = this.#kept.filter((kept) => kept.number > number);
    return missed.length === this.#number - number ? missed : undefined;
  }

  /** Made once for all that come before the next update. */
  #snapshotFrame(): Buffer {
    if (this.#snapshot?.number !== this.#number) {
      this.#snapshot = { number: this.#number, frame: this.#frame(this.#source.snapshot()) };
    }
    return this.#snapshot.frame;
  }

  /** The id stands at the last update only: who has seen half of a snapshot has seen none. */
  #frame(updates: readonly Update[]): Buffer {
    const texts = updates.map(({ event, data }, i) => {
      const id = i === updates.length - 1 ? `id: ${this.#epoch}.${this.#number}\n` : '';
      // JSON has no line breaks of its own, which would end the field.
      return `${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    });
    return Buffer.from(texts.join(''));
  }
}
