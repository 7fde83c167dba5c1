/** Options of commands that listen or dial. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { Security } from '../../actors/runtime/index.ts';
import { messageOf } from '../../errors.ts';
import { UsageError } from './errors.ts';

export interface SecurityOptions {
  tokenFile?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

/** `host:port`, with an IPv6 address in brackets. */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65535) throw new InvalidArgumentError('It must be host:port, such as 10.0.0.5:7460.');
  return { host: (match[1] ?? match[2])!, port };
}

/** As {@link parseAddress}; a port alone is one of this machine. */
export function parseHttpAddress(text: string): { host: string; port: number } {
  return parseAddress(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
}

/** @param of what the options begin with, where a command has such options for several things */
export function addSecurityOptions(command: Command, of: '' | 'workers-' = ''): Command {
  return command
    .option(
      `--${of}token-file <file>`,
      'a shared secret, the same on both sides; not on the command line, where others see it',
    )
    .option(`--${of}tls-ca <file>`, "mutual TLS: the authority that both sides' certificates come from, PEM")
    .option(`--${of}tls-cert <file>`, "mutual TLS: this side's certificate, PEM")
    .option(`--${of}tls-key <file>`, 'mutual TLS: its key, PEM');
}

/** @throws UsageError */
export function securityOf({ tokenFile, tlsCa, tlsCert, tlsKey }: SecurityOptions): Security {
  const token = tokenFile === undefined ? undefined : readToken(tokenFile);
  const tls = [tlsCa, tlsCert, tlsKey];
  if (tls.every((file) => file === undefined)) return token === undefined ? { kind: 'none' } : { kind: 'token', token };
  if (tlsCa === undefined || tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('mutual TLS needs all of --tls-ca, --tls-cert and --tls-key');
  }
  const files = { caFile: tlsCa, certificateFile: tlsCert, keyFile: tlsKey };
  return { kind: 'mutualTls', ...files, ...(token !== undefined && { token }) };
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--token-file ${file} cannot be read: ${messageOf(error)}`);
  }
  if (token.length < 16) throw new UsageError(`--token-file ${file} holds fewer than 16 characters`);
  return token;
}
