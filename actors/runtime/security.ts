/** Who may listen where, and how the two sides know each other. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { ActorError } from './errors.ts';
import type { Security } from './node.ts';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * What to warn of when listening on, or dialling to, a host; undefined if nothing.
 * @throws ActorError INSECURE_LISTENER, BAD_ACTOR_OPTION
 */
export function checkListener(host: string, security: Security): string | undefined {
  requireToken(security);
  if (isLoopback(host) || security.kind === 'mutualTls') return undefined;
  if (security.kind === 'token') return plainToken(host);
  throw new ActorError(
    'INSECURE_LISTENER',
    `Listening on ${host} would let in whoever reaches it. Give mutual TLS or a token, or listen on 127.0.0.1.`,
  );
}

/** As {@link checkListener}, for the side that dials. */
export function checkDialler(host: string, security: Security): string | undefined {
  requireToken(security);
  return security.kind === 'token' && !isLoopback(host) ? plainToken(host) : undefined;
}

function plainToken(host: string): string {
  return `The token and all messages travel unencrypted between this process and ${host}. Use mutual TLS on networks that others share.`;
}

function requireToken(security: Security): void {
  if (security.kind === 'token' && security.token.length === 0) {
    throw new ActorError('BAD_ACTOR_OPTION', 'The token is empty.');
  }
}

/** @throws ActorError BAD_ACTOR_OPTION if a file cannot be read */
export function serverCredentials(security: Security): grpc.ServerCredentials {
  if (security.kind !== 'mutualTls') return grpc.ServerCredentials.createInsecure();
  const [ca, certificate, key] = pems(security);
  return grpc.ServerCredentials.createSsl(ca, [{ cert_chain: certificate, private_key: key }], true);
}

/** @throws ActorError BAD_ACTOR_OPTION if a file cannot be read */
export function channelCredentials(security: Security): grpc.ChannelCredentials {
  if (security.kind !== 'mutualTls') return grpc.credentials.createInsecure();
  const [ca, certificate, key] = pems(security);
  return grpc.credentials.createSsl(ca, key, certificate);
}

function pems({
  caFile,
  certificateFile,
  keyFile,
}: Extract<Security, { kind: 'mutualTls' }>): [Buffer, Buffer, Buffer] {
  const read = (file: string) => {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new ActorError('BAD_ACTOR_OPTION', `${file} cannot be read: ${(cause as Error).message}`, { cause });
    }
  };
  return [read(caFile), read(certificateFile), read(keyFile)];
}

/** The metadata of every call. */
export function callMetadata(security: Security): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (security.kind === 'token') metadata.set('authorization', `Bearer ${security.token}`);
  return metadata;
}

export function isAuthorised(security: Security, metadata: grpc.Metadata): boolean {
  if (security.kind !== 'token') return true;
  const given = metadata.get('authorization').join();
  // Digests are of one length, and so the comparison takes the same time for every guess.
  return timingSafeEqual(digest(given), digest(`Bearer ${security.token}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
