import { status } from '@grpc/grpc-js';
import { AuspexError } from '../../errors.ts';

/** A call that did not go well; `code` is the server's stable code where it gave one, else gRPC's own name of what went wrong. */
export class CallError extends AuspexError {
  /** Of gRPC. */
  readonly status: number;
  /** `/auspex.v1.JobService/SubmitJob`. */
  readonly path: string;

  constructor(path: string, number: number, reason: string | undefined, details: string, options: { cause: unknown }) {
    super(reason ?? status[number] ?? 'UNKNOWN', details, options);
    this.status = number;
    this.path = path;
  }
}
