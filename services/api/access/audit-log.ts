/** A line of JSON for everything that somebody asked the server to do, written before it is done. */
import { open } from 'node:fs/promises';
import { messageOf } from '../../../errors.ts';
import { ApiError } from '../errors.ts';
import type { Caller } from '../rpc/serve-methods.ts';

export interface AuditEntry {
  readonly caller: Caller;
  /** As the protocol names it: SubmitJob. */
  readonly action: string;
  /** What it was done to: the id of a job, the name of an index. */
  readonly subject: string;
  /** What else tells this submission from another, such as a job's digest. */
  readonly details?: Readonly<Record<string, string>>;
}

export class AuditLog {
  readonly #file: string;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves when the line is on the disk. The file is opened anew each time, so that it may be moved away. @throws ApiError API_AUDIT_FAILED */
  write({ caller, action, subject, details }: AuditEntry): Promise<void> {
    const { name: client, role, peer } = caller;
    const line = JSON.stringify({ time: new Date().toISOString(), client, role, peer, action, subject, ...details });
    const written = this.#last.then(() => this.#append(`${line}\n`));
    // The next line does not depend on how this one ended; its caller is told.
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #append(line: string): Promise<void> {
    try {
      const handle = await open(this.#file, 'a', 0o600);
      try {
        const { size } = await handle.stat();
        try {
          await handle.appendFile(line);
          await handle.datasync();
        } catch (error) {
          // What was written of a line would spoil the next one.
          await handle.truncate(size);
          throw error;
        }
      } finally {
        await handle.close();
      }
    } catch (cause) {
      const message = `The audit log ${this.#file} cannot be written, and so nothing was done: ${messageOf(cause)}`;
      throw new ApiError('API_AUDIT_FAILED', message, { cause });
    }
  }
}
