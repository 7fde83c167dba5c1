/** Lets callers in: who they are, what their role allows, and how often they may call. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../errors.ts';
import { ROLES, type Role } from '../rpc/method.ts';
import type { Caller, IncomingCall } from '../rpc/serve-methods.ts';
import type { ClientsFile, Credentials } from './clients.ts';

export interface GatekeeperOptions {
  /** Missing where only this machine can reach the server: then every caller is an admin of the name `local`. */
  readonly clients?: ClientsFile | undefined;
  /** Calls of one client in a second. */
  readonly callsPerSecond: number;
}

/** Wrong tokens of one address in a minute, after which others are told to wait. A right one passes: others may share the address. */
const FAILURES_PER_MINUTE = 20;

export class Gatekeeper {
  readonly #clients: ClientsFile | undefined;
  readonly #calls: RateLimiterMemory;
  readonly #failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });

  constructor({ clients, callsPerSecond }: GatekeeperOptions) {
    this.#clients = clients;
    this.#calls = new RateLimiterMemory({ points: callsPerSecond, duration: 1 });
  }

  /** Whether callers have to show who they are. */
  get knowsClients(): boolean {
    return this.#clients !== undefined;
  }

  /** @throws ApiError API_UNAUTHENTICATED, API_FORBIDDEN, API_RATE_LIMITED */
  async admit(call: IncomingCall, needed: Role, path: string): Promise<Caller> {
    const peer = call.getPeer();
    const { name, role } = await this.identify(credentialsOf(call), peer);
    await this.#count(name);
    if (includes(role, needed)) return { name, role, peer };
    throw new ApiError('API_FORBIDDEN', `${name} has role ${role}; ${path} needs ${needed}.`);
  }

  /** Whether a call that was let in still would be: its client may have been taken out, or have another role. */
  stillAdmits(call: IncomingCall, needed: Role): boolean {
    if (!this.#clients) return true;
    const client = this.#clients.find(credentialsOf(call));
    return client !== undefined && includes(client.role, needed);
  }

  /** @param peer address and port. @throws ApiError API_UNAUTHENTICATED, API_RATE_LIMITED */
  async identify(credentials: Credentials, peer: string): Promise<{ readonly name: string; readonly role: Role }> {
    if (!this.#clients) return { name: 'local', role: 'admin' };
    const client = this.#clients.find(credentials);
    if (client) return client;
    const address = peer.replace(/:\d+$/, '');
    const failed = await this.#failures.get(address);
    if (failed && failed.consumedPoints >= FAILURES_PER_MINUTE) {
      throw new ApiError('API_RATE_LIMITED', `${address} has given too many wrong tokens; try again in a minute.`);
    }
    if (credentials.token !== undefined) await this.#failures.consume(address).catch(() => undefined);
    const given = credentials.token ?? credentials.certificate;
    const problem =
      given === undefined ? 'There is no token and no certificate' : 'The token or certificate is not known';
    throw new ApiError(
      'API_UNAUTHENTICATED',
      `${problem}: send metadata authorization: Bearer TOKEN (\`auspex token\`).`,
    );
  }

  async #count(name: string): Promise<void> {
    try {
      await this.#calls.consume(name);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new ApiError(
        'API_RATE_LIMITED',
        `${name} may make ${this.#calls.points} calls in a second; wait a second.`,
      );
    }
  }
}

function includes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

function credentialsOf(call: IncomingCall): Credentials {
  const given = String(call.metadata.get('authorization')[0] ?? '');
  const [, token] = /^Bearer +(\S+)$/i.exec(given) ?? [];
  const certificate = call.getAuthContext().sslPeerCertificate?.subject.CN;
  return { token, certificate: Array.isArray(certificate) ? certificate[0] : certificate };
}
