import { AuspexError } from '../../errors.ts';

export type PlanErrorCode =
  /** No device file of this name is known. */
  | 'DEVICE_UNKNOWN'
  /** A device file that cannot be read, or that lacks something. */
  | 'DEVICE_INVALID'
  /** No way of recomputing brings the step into the device's memory. */
  | 'PLAN_DOES_NOT_FIT'
  /** So many ranks cannot be, on such hosts or divided in this way. */
  | 'PLAN_WORLD_SIZE';

/** A training that cannot be planned as asked. */
export class PlanError extends AuspexError<PlanErrorCode> {}
