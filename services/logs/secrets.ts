/**
 * What must not stand in a log. Nothing that is logged on purpose is secret; this is for what gets there by accident, such as a
 * client's error that has its request with it.
 */
const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'cookie',
  'password',
  'passphrase',
  'secret',
  'secretAccessKey',
  'sessionToken',
  'accessToken',
  'apiKey',
  'privateKey',
  'token',
  'sasl',
];

/** Fields of a line, of what lies in it, and of what lies in that. */
export const SECRET_PATHS: readonly string[] = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Name and password of an address, `scheme://name:password@host`. */
const CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/:@]*:[^\s/@]*@/gi;

export function hideCredentials(text: string): string {
  return text.replace(CREDENTIALS, '$1***@');
}
