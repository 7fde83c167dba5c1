import { AuspexError } from '../../errors.ts';

export type DashboardErrorCode =
  | 'DASHBOARD_BAD_REQUEST'
  | 'DASHBOARD_FULL'
  | 'DASHBOARD_INSECURE'
  | 'DASHBOARD_LISTEN_FAILED'
  | 'DASHBOARD_NOT_FOUND'
  | 'DASHBOARD_UNAUTHENTICATED'
  | 'DASHBOARD_UNAVAILABLE'
  | 'DASHBOARD_WRONG_HOST';

/** Thrown when the dashboard cannot start; what a request did wrong is answered with the same codes. */
export class DashboardError extends AuspexError<DashboardErrorCode> {}

/** The HTTP status with which a request is answered that did not go well. */
export const STATUS_OF: Readonly<Record<DashboardErrorCode, number>> = {
  DASHBOARD_BAD_REQUEST: 400,
  DASHBOARD_UNAUTHENTICATED: 401,
  DASHBOARD_NOT_FOUND: 404,
  DASHBOARD_WRONG_HOST: 421,
  DASHBOARD_UNAVAILABLE: 503,
  DASHBOARD_FULL: 503,
  DASHBOARD_INSECURE: 500,
  DASHBOARD_LISTEN_FAILED: 500,
};
