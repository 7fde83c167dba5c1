/** The stable code of an error in a status of gRPC, as google.rpc.Status has it (protos/google/rpc/status.proto). */
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { google } from '#protos/status.js';

const DETAILS = 'grpc-status-details-bin';
const DOMAIN = 'auspex';
/** Seconds after which a client that was told to wait may try again. */
const RETRY_AFTER = 1;

/** @param reason the stable code */
export function detailedStatus(code: status, reason: string, message: string): StatusObject {
  const details = [any('ErrorInfo', google.rpc.ErrorInfo.encode({ reason, domain: DOMAIN }).finish())];
  if (code === status.RESOURCE_EXHAUSTED) {
    const wait = google.rpc.RetryInfo.encode({ retryDelay: { seconds: RETRY_AFTER } });
    details.push(any('RetryInfo', wait.finish()));
  }
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(google.rpc.Status.encode({ code, message, details }).finish()));
  return { code, details: message, metadata };
}

function any(name: string, value: Uint8Array) {
  return { type_url: `type.googleapis.com/google.rpc.${name}`, value };
}

/** The stable code that a status carries; undefined where it comes from elsewhere than Auspex. */
export function reasonOf(metadata: Metadata): string | undefined {
  const [bytes] = metadata.get(DETAILS);
  if (!(bytes instanceof Uint8Array)) return undefined;
  for (const { type_url: url, value } of google.rpc.Status.decode(bytes).details) {
    if (!url?.endsWith('google.rpc.ErrorInfo') || !value) continue;
    const { reason, domain } = google.rpc.ErrorInfo.decode(value);
    if (domain === DOMAIN) return reason;
  }
  return undefined;
}
