/** A folder as a destination: another disk, or a network file system. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../errors.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import type { Destination, ObjectIdentity } from './destination.ts';
import { DestinationError } from './errors.ts';

export class LocalDestination implements Destination {
  readonly url: string;

  constructor(folder: string) {
    this.url = folder;
  }

  identify(name: string): Promise<ObjectIdentity | undefined> {
    return this.#unlessMissing(name, () => copyHashed(this.#path(name)));
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.#unlessMissing(name, () => readFile(this.#path(name)));
  }

  write(name: string, content: Uint8Array): Promise<void> {
    return this.#replace(name, (file) => file.writeFile(content));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true }).catch((cause) => {
      throw this.#failed(name, cause);
    });
  }

  async upload(name: string, file: string, { bytes }: ObjectIdentity): Promise<number> {
    await this.#replace(name, async (handle) => {
      await pipeline(
        createReadStream(file, { highWaterMark: 2 ** 20 }),
        handle.createWriteStream({ autoClose: false }),
      );
    });
    return bytes;
  }

  download(name: string, file: string): Promise<ObjectIdentity | undefined> {
    return this.#unlessMissing(name, () => copyHashed(this.#path(name), file));
  }

  close(): void {}

  async #replace(name: string, write: Parameters<typeof writeFileAtomically<void>>[1]): Promise<void> {
    const target = this.#path(name);
    try {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFileAtomically(target, write);
    } catch (cause) {
      throw this.#failed(name, cause);
    }
  }

  async #unlessMissing<T>(name: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#failed(name, cause);
    }
  }

  #path(name: string): string {
    return path.join(this.url, name);
  }

  #failed(name: string, cause: unknown): DestinationError {
    const code = (cause as NodeJS.ErrnoException).code;
    const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
    return new DestinationError(
      denied ? 'DESTINATION_DENIED' : 'DESTINATION_FAILED',
      `${this.url}: ${name}: ${messageOf(cause)}; the same command goes on where this one ended`,
      { cause },
    );
  }
}

/** Reads a file to its end, and copies it to `target` if there is one. */
async function copyHashed(file: string, target?: string): Promise<ObjectIdentity> {
  const hash = createHash('sha256');
  let bytes = 0;
  const look = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, target === undefined ? undefined : chunk);
    },
  });
  const source = createReadStream(file, { highWaterMark: 2 ** 20 });
  if (target === undefined) await pipeline(source, look.resume());
  else await pipeline(source, look, createWriteStream(target, { flush: true }));
  return { bytes, sha256: hash.digest('hex') };
}
