/** What programs import from `auspex/client`: the API of `auspex serve --api`, and nothing that trains. */
export type { auspex } from '#protos/auspex.js';
export { CallError } from './call-error.ts';
export { type AuspexClient, type CallOptions, type ConnectOptions, connect } from './client.ts';
