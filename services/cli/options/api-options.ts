/** The options of `auspex serve` that say whether and to whom it offers the gRPC API. */
import type { Command } from 'commander';
import type { TlsFiles } from '../../api/access/tls.ts';
import { type ApiLimits, DEFAULT_LIMITS } from '../../api/limits.ts';
import { UsageError } from '../errors.ts';
import { parseAddress } from '../network.ts';
import { parseCount, parseNumber } from './arguments.ts';

export interface ApiCommandOptions {
  api?: { host: string; port: number };
  clients?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  rateLimit: number;
  maximumMessage: number;
  maximumImage: number;
  maximumPixels: number;
  encoders: number;
  embedPatience: number;
}

const MEBIBYTE = 2 ** 20;

export function addApiOptions(command: Command): Command {
  return command
    .option('--api <host:port>', 'offer the gRPC API there, such as 127.0.0.1:7470', parseAddress)
    .option('--clients <file>', 'who may call, and as what (`auspex token`); without it, only this machine may')
    .option('--tls-cert <file>', 'the certificate of API and dashboard, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--tls-ca <file>', 'mutual TLS: the authority that every client has to have a certificate of, PEM')
    .option(
      '--rate-limit <calls>',
      'calls that a client may make in a second',
      parseCount,
      DEFAULT_LIMITS.callsPerSecond,
    )
    .option(
      '--maximum-message <MiB>',
      'largest request, images included',
      parseCount,
      DEFAULT_LIMITS.messageBytes / MEBIBYTE,
    )
    .option('--maximum-image <MiB>', 'largest encoded image', parseCount, DEFAULT_LIMITS.imageBytes / MEBIBYTE)
    .option('--maximum-pixels <pixels>', 'of an image', parseCount, DEFAULT_LIMITS.imagePixels)
    .option('--encoders <count>', 'encoders that are loaded at once', parseCount, DEFAULT_LIMITS.encoders)
    .option(
      '--embed-patience <milliseconds>',
      'how long an image waits for others to share its batch',
      parseNumber,
      DEFAULT_LIMITS.patience,
    );
}

export function limitsOf(options: ApiCommandOptions): ApiLimits {
  return {
    messageBytes: options.maximumMessage * MEBIBYTE,
    callsPerSecond: options.rateLimit,
    imageBytes: options.maximumImage * MEBIBYTE,
    imagePixels: options.maximumPixels,
    encoders: options.encoders,
    patience: options.embedPatience,
  };
}

/** @throws UsageError */
export function tlsOf({ tlsCert: certificate, tlsKey: key, tlsCa: ca }: ApiCommandOptions): TlsFiles | undefined {
  if (certificate !== undefined && key !== undefined) return { certificate, key, ca };
  if (certificate === undefined && key === undefined && ca === undefined) return undefined;
  throw new UsageError('TLS needs both --tls-cert and --tls-key');
}
