/**
 * Who may call, and as what: a file that names clients. It holds digests of tokens and no token, so that whoever reads it can do nothing.
 *
 *     clients:
 *       - { name: pipeline, role: submit, tokenSha256: 3f0c... }
 *       - { name: dashboard, role: read, certificate: dashboard.example.org }   # common name, with mutual TLS
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '../../../errors.ts';
import { ApiError } from '../errors.ts';
import { ROLES, type Role } from '../rpc/method.ts';

const client = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
    role: z.enum(ROLES),
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal, as `auspex token` writes it')
      .optional(),
    certificate: z.string().min(1).optional(),
  })
  .refine(({ tokenSha256, certificate }) => (tokenSha256 === undefined) !== (certificate === undefined), {
    message: 'must have either tokenSha256 or certificate',
  });
export const clientsSchema = z.strictObject({ clients: z.array(client) });

export interface Client {
  readonly name: string;
  readonly role: Role;
}

/** Milliseconds after which a file that was changed is read again. */
const LOOK_AGAIN_AFTER = 1000;

/** What shows who a caller is. */
export interface Credentials {
  readonly token?: string | undefined;
  /** Common name of a certificate that was verified. */
  readonly certificate?: string | undefined;
}

/** The clients of a file, which may be changed while it is in use. */
export class ClientsFile {
  readonly #file: string;
  readonly #onWarning: (message: string) => void;
  #byTokenDigest = new Map<string, Client>();
  #byCertificate = new Map<string, Client>();
  #changed = 0;
  #lookedAt = 0;

  /** @throws ApiError API_BAD_OPTION */
  constructor(file: string, onWarning: (message: string) => void = () => undefined) {
    this.#file = file;
    this.#onWarning = onWarning;
    this.#read();
  }

  find({ token, certificate }: Credentials): Client | undefined {
    this.#readIfChanged();
    // Looked up by a digest that the caller does not choose: the time that it takes says nothing of the tokens that there are.
    if (token !== undefined) return this.#byTokenDigest.get(digestOfToken(token));
    return certificate === undefined ? undefined : this.#byCertificate.get(certificate);
  }

  #readIfChanged(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_AGAIN_AFTER) return;
    this.#lookedAt = now;
    try {
      if (statSync(this.#file).mtimeMs !== this.#changed) this.#read();
    } catch (error) {
      this.#onWarning(`${messageOf(error)}; the clients that were known before stay.`);
    }
  }

  #read(): void {
    try {
      const changed = statSync(this.#file).mtimeMs;
      const { clients } = clientsSchema.parse(parse(readFileSync(this.#file, 'utf8')));
      const names = new Set(clients.map(({ name }) => name));
      if (names.size < clients.length) throw new Error('two clients have one name');
      this.#byTokenDigest = new Map(clients.flatMap((one) => (one.tokenSha256 ? [[one.tokenSha256, one]] : [])));
      this.#byCertificate = new Map(clients.flatMap((one) => (one.certificate ? [[one.certificate, one]] : [])));
      this.#changed = changed;
      this.#lookedAt = performance.now();
    } catch (cause) {
      const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
      throw new ApiError('API_BAD_OPTION', `The clients in ${this.#file} cannot be read: ${problem}`, { cause });
    }
  }
}

/** 256 random bits, which nobody guesses: one round of a hash is enough to keep them. */
export function newToken(): string {
  return `auspex_${randomBytes(32).toString('base64url')}`;
}

export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
