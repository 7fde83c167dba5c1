/** Checks of requests that several services share. */
import { ApiError } from '../errors.ts';

/** @throws ApiError API_INVALID_REQUEST */
export function invalid(field: string, problem: string): never {
  throw new ApiError('API_INVALID_REQUEST', `${field}: ${problem}`);
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1000;

/**
 * One page of things by their keys, the largest first. The token is the last key that was given, so that what comes or goes between two
 * calls makes none appear twice, and leaves none out that was there all the time.
 * @param keyOf unique, and the same for a thing at any time
 * @throws ApiError API_INVALID_REQUEST
 */
export function pageOf<T>(
  things: readonly T[],
  keyOf: (thing: T) => string,
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
): Page<T> {
  const size = Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);
  const before = pageToken === '' ? undefined : decodeToken(pageToken);
  const rest = things
    .map((thing) => ({ thing, key: keyOf(thing) }))
    .filter(({ key }) => before === undefined || key < before)
    .sort((one, other) => (one.key > other.key ? -1 : 1));
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return {
    items: page.map(({ thing }) => thing),
    nextPageToken: last !== undefined && rest.length > size ? encodeToken(last.key) : '',
  };
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  return encodeToken(key) === token ? key : invalid('page_token', 'is none of an answer before');
}
