/** A folder as a destination: another disk, or a network file system. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { appendTo, writeFileAtomically, writeFileDurably } from '../atomic-file.ts';
import { CheckpointError } from '../errors.ts';
import type { Destination, ObjectIdentity } from './destination.ts';
import { DestinationError, type DestinationErrorCode } from './errors.ts';

/** System errors that no further attempt overcomes. */
const CODES: Readonly<Record<string, DestinationErrorCode>> = {
  EACCES: 'DESTINATION_DENIED',
  EPERM: 'DESTINATION_DENIED',
  EROFS: 'DESTINATION_DENIED',
  ENOTDIR: 'DESTINATION_INVALID',
  EISDIR: 'DESTINATION_INVALID',
};

const CHUNK_BYTES = 2 ** 20;

export class LocalDestination implements Destination {
  readonly url: string;

  constructor(folder: string) {
    this.url = folder;
  }

  identify(name: string): Promise<ObjectIdentity | undefined> {
    return this.#withFile(name, (source) => copyHashed(source));
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.#withFile(name, (source) => source.readFile());
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
      const source = await open(file, 'r');
      await copyHashed(source, (chunk) => handle.writeFile(chunk)).finally(() => source.close());
    });
    return bytes;
  }

  download(name: string, file: string): Promise<ObjectIdentity | undefined> {
    return this.#withFile(name, (source) =>
      writeFileDurably(file, (handle) => copyHashed(source, (chunk) => appendTo(handle, file, chunk))),
    );
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

  /** Undefined where there is no such file. */
  async #withFile<T>(name: string, use: (source: FileHandle) => Promise<T>): Promise<T | undefined> {
    let source: FileHandle | undefined;
    try {
      source = await open(this.#path(name), 'r').catch(ignoreMissing);
      return source && (await use(source));
    } catch (cause) {
      // What cannot be written here is not the destination's failure.
      throw cause instanceof CheckpointError ? cause : this.#failed(name, cause);
    } finally {
      await source?.close();
    }
  }

  #path(name: string): string {
    return path.join(this.url, name);
  }

  #failed(name: string, cause: unknown): DestinationError {
    const code = (cause as NodeJS.ErrnoException).code;
    return new DestinationError(
      CODES[code ?? ''] ?? 'DESTINATION_FAILED',
      `${this.url}: ${name}: ${messageOf(cause)}; the same command goes on where this one ended`,
      { cause },
    );
  }
}

/** Reads a file to its end, and gives its bytes to `sink` if there is one. Rejects with the system's error. */
async function copyHashed(source: FileHandle, sink?: (chunk: Uint8Array) => Promise<void>): Promise<ObjectIdentity> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await sink?.(chunk);
    bytes += bytesRead;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
