/**
 * Messages as bytes: a Value for their structure, and the data of their arrays beside it.
 *
 * What can travel: undefined, null, booleans, numbers, bigints, strings, arrays, plain objects, typed arrays, errors and
 * references. A typed array arrives as the same kind with memory of its own; a Buffer arrives as a Uint8Array.
 */
import { BoundReference } from './bound-reference.ts';
import { ActorError } from './errors.ts';
import { decodeFailure, encodeFailure } from './failure-codec.ts';
import { type Address, ArrayType, Value } from './protocol.ts';
import type { ActorAddress, ActorRef } from './reference.ts';

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface EncodedMessage {
  /** An encoded Value. */
  readonly body: Uint8Array;
  readonly attachments: readonly { readonly type: ArrayType; readonly data: Uint8Array }[];
  readonly bytes: number;
}

/** What the receiving side has when all bytes are there. Each array starts its own buffer. */
export interface ReceivedMessage {
  readonly body: Uint8Array;
  readonly attachments: readonly { readonly type: ArrayType; readonly data: Uint8Array<ArrayBuffer> }[];
}

const ARRAYS = [
  [ArrayType.UINT8, Uint8Array],
  [ArrayType.INT8, Int8Array],
  [ArrayType.UINT8_CLAMPED, Uint8ClampedArray],
  [ArrayType.UINT16, Uint16Array],
  [ArrayType.INT16, Int16Array],
  [ArrayType.UINT32, Uint32Array],
  [ArrayType.INT32, Int32Array],
  [ArrayType.FLOAT32, Float32Array],
  [ArrayType.FLOAT64, Float64Array],
  [ArrayType.BIGINT64, BigInt64Array],
  [ArrayType.BIGUINT64, BigUint64Array],
] as const;

/** Protocol buffers are read to a depth of 100, and a level of ours takes two of theirs. */
const MAXIMUM_DEPTH = 40;

/** All are announced in one frame. */
const MAXIMUM_ARRAYS = 50_000;

/** @throws ActorError BAD_MESSAGE, which names the place */
export function encodeMessage(message: unknown): EncodedMessage {
  const attachments: { type: ArrayType; data: Uint8Array }[] = [];

  const encode = (value: unknown, place: string, depth: number): Value => {
    if (depth > MAXIMUM_DEPTH) throw bad(place, `is nested deeper than ${MAXIMUM_DEPTH} levels, or contains itself`);
    switch (typeof value) {
      case 'undefined':
        return {};
      case 'boolean':
        return { boolean: value };
      case 'number':
        return { number: value };
      case 'string':
        return { text: value };
      case 'bigint':
        return { bigint: String(value) };
      case 'object':
        return value === null ? { null: true } : encodeObject(value, place, depth);
      default:
        throw bad(place, `is a ${typeof value}`);
    }
  };

  const encodeObject = (value: object, place: string, depth: number): Value => {
    if (value instanceof BoundReference) return { reference: value.address };
    if (value instanceof Error) return { failure: encodeFailure(value) };
    if (Array.isArray(value)) {
      return { list: { values: Array.from(value, (item, i) => encode(item, `${place}[${i}]`, depth + 1)) } };
    }
    if (ArrayBuffer.isView(value)) {
      const type = ARRAYS.find(([, ArrayClass]) => value instanceof ArrayClass)?.[0];
      if (type === undefined) throw bad(place, `is a ${value.constructor.name}`);
      if (attachments.length === MAXIMUM_ARRAYS) throw bad(place, `is one of more than ${MAXIMUM_ARRAYS} arrays`);
      attachments.push({ type, data: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) });
      return { attachment: attachments.length - 1 };
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw bad(place, `is a ${value.constructor?.name}`);
    const entries = Object.entries(value);
    return {
      record: {
        keys: entries.map(([key]) => key),
        values: entries.map(([key, item]) => encode(item, `${place}.${key}`, depth + 1)),
      },
    };
  };

  const body = Value.encode(encode(message, 'message', 0)).finish();
  const bytes = attachments.reduce((sum, { data }) => sum + data.length, body.length);
  return { body, attachments, bytes };
}

/** @throws ActorError BAD_MESSAGE if the bytes are no message */
export function decodeMessage(
  { body, attachments }: ReceivedMessage,
  reference: (address: ActorAddress) => ActorRef<never>,
): unknown {
  const decode = (value: Value): unknown => {
    switch (decodedKind(value)) {
      case 'null':
        return null;
      case 'boolean':
        return value.boolean;
      case 'number':
        return value.number;
      case 'text':
        return value.text;
      case 'bigint':
        return BigInt(value.bigint!);
      case 'attachment':
        return typedArray(attachments[value.attachment!]);
      case 'list':
        return (value.list!.values ?? []).map(decode);
      case 'record': {
        const values = value.record!.values ?? [];
        // fromEntries defines properties, so that a key of `__proto__` is one like any other.
        return Object.fromEntries((value.record!.keys ?? []).map((key, i) => [key, decode(values[i]!)]));
      }
      case 'reference':
        return reference(addressOf(value.reference!));
      case 'failure':
        return decodeFailure(value.failure!);
      default:
        return undefined;
    }
  };

  try {
    return decode(Value.decode(body));
  } catch (error) {
    throw new ActorError('BAD_MESSAGE', `A message that cannot be read arrived: ${String(error)}`, { cause: error });
  }
}

export function addressOf({ node, epoch, path, incarnation }: Address): ActorAddress {
  return { node: node ?? '', epoch: epoch ?? '', path: path ?? '', incarnation: incarnation ?? 0 };
}

function decodedKind(value: Value) {
  return (value as { kind?: Exclude<keyof Value, 'kind'> }).kind;
}

function typedArray(attachment: ReceivedMessage['attachments'][number] | undefined): TypedArray {
  const ArrayClass = ARRAYS.find(([type]) => type === attachment?.type)?.[1];
  if (!attachment || !ArrayClass) throw new Error('an array is missing, or of an unknown type');
  const { buffer, byteLength } = attachment.data;
  return new ArrayClass(buffer, 0, byteLength / ArrayClass.BYTES_PER_ELEMENT);
}

function bad(place: string, what: string): ActorError {
  return new ActorError(
    'BAD_MESSAGE',
    `${place} ${what}: only plain data, typed arrays, errors and references can be sent to another process.`,
  );
}
