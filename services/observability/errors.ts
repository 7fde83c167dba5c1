import { AuspexError } from '../../errors.ts';

/** The address for metrics cannot be listened at. */
export type ObservabilityErrorCode = 'METRICS_LISTEN_FAILED';

/** What goes wrong with metrics. */
export class ObservabilityError extends AuspexError<ObservabilityErrorCode> {}
