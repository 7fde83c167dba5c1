/** What every answer says to the browser, and who is let in. */
import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../../actors/runtime/security.ts';
import { DashboardError } from './errors.ts';

/** Who asks, and as what. */
export interface Visitor {
  readonly name: string;
  readonly role: string;
}

export type Authorise = (request: FastifyRequest) => Promise<Visitor | undefined>;

/** Scripts, styles and data from this server only, nothing inline, and no page of others around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For what the monitor has written: its own style, and no script at all. */
export const INERT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

export const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Reached without anybody being asked who they are. */
export const HEALTH = '/healthz';

/**
 * @param authorise missing where only this machine can reach the server. Then a page of somebody else's, whose name was made to point
 *   to this machine, must not read anything either: it is known by the host that its requests name.
 */
export function addSecurity(server: FastifyInstance, authorise: Authorise | undefined): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (request.routeOptions.url === HEALTH) return;
    if (!authorise) {
      if (isLoopback(request.hostname.replace(/^\[(.*)\]$/, '$1'))) return;
      throw new DashboardError('DASHBOARD_WRONG_HOST', 'This server answers to localhost and 127.0.0.1 only.');
    }
    if (await authorise(request)) return;
    // So that a browser asks for the token, as a password.
    reply.header('www-authenticate', 'Basic realm="Auspex", charset="UTF-8"');
    throw new DashboardError(
      'DASHBOARD_UNAUTHENTICATED',
      'Give a token: as a bearer token, or as the password of any name.',
    );
  });
}

/** A bearer token, or the password that a browser was given. */
export function tokenOf({ headers: { authorization = '' } }: FastifyRequest): string | undefined {
  const [, kind, given] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (given === undefined) return undefined;
  if (kind!.toLowerCase() === 'bearer') return given;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(given, 'base64').toString()) ?? [];
  return password;
}

/** The common name of the certificate that a browser has shown, where every client has to have one. */
export function certificateOf({ socket }: FastifyRequest): string | undefined {
  if (!(socket instanceof TLSSocket && socket.authorized)) return undefined;
  const { CN } = socket.getPeerCertificate().subject;
  return Array.isArray(CN) ? CN[0] : CN;
}
