/** The first words between two nodes; protos/auspex/actors/v1/actors.proto has their order. */
import { ActorError } from './errors.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { requireName } from './names.ts';
import type { NodeHello } from './node.ts';
import { type Hello, PROTOCOL_VERSION, type Progress } from './protocol.ts';

/** It travels in one frame. */
const MAXIMUM_BYTES = 1024 * 1024;

/** @throws ActorError MESSAGE_TOO_LARGE, and BAD_MESSAGE if `hello` is no plain data without arrays */
export function makeHello({ name, epoch, softwareVersion, hello }: NodeHello, resume: Progress | undefined): Hello {
  const { body, attachments } = encodeMessage(hello);
  if (attachments.length > 0)
    throw new ActorError('BAD_MESSAGE', 'What a node says as hello can hold no typed arrays.');
  if (body.length > MAXIMUM_BYTES) {
    throw new ActorError(
      'MESSAGE_TOO_LARGE',
      `What a node says as hello has ${body.length} bytes, more than ${MAXIMUM_BYTES}.`,
    );
  }
  return { protocol: PROTOCOL_VERSION, node: name, epoch, softwareVersion, hello: body, resume };
}

/** @throws ActorError PROTOCOL_MISMATCH */
export function checkProtocol({ protocol, softwareVersion, node }: Hello): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new ActorError(
    'PROTOCOL_MISMATCH',
    `${node} (version ${softwareVersion}) speaks protocol ${protocol}, and this side ${PROTOCOL_VERSION}. Run the same version on both.`,
  );
}

/** @throws ActorError BAD_MESSAGE, BAD_ACTOR_OPTION */
export function helloOf({ node, epoch, softwareVersion, hello }: Hello): NodeHello {
  requireName('a node', node ?? '');
  const noReferences = () => {
    throw new Error('a reference stands in a hello');
  };
  return {
    name: node ?? '',
    epoch: epoch ?? '',
    softwareVersion: softwareVersion ?? '',
    hello: decodeMessage({ body: hello ?? new Uint8Array(), attachments: [] }, noReferences),
  };
}
