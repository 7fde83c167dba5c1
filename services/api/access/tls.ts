/** The files of TLS, read once for all that is served with them. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../../errors.ts';
import { ApiError } from '../errors.ts';

/** Files in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Of the authority that clients' certificates come from: then every client has to have one. */
  readonly ca?: string | undefined;
}

/** What is in them. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** @throws ApiError API_BAD_OPTION where a file cannot be read, or a server could not start with them */
export function readTls({ certificate, key, ca }: TlsFiles): Tls {
  const tls = { cert: read(certificate), key: read(key), ...(ca !== undefined && { ca: read(ca) }) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw new ApiError('API_BAD_OPTION', `${certificate} and ${key} cannot be used: ${messageOf(cause)}`, { cause });
  }
  return tls;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new ApiError('API_BAD_OPTION', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
