/**
 * An ONNX model as a file. Its protobuf cannot be larger than 2 GiB, and needs its whole content in memory: weights of a large
 * network go into a file of their own beside it, in ONNX's external-data format, one after another.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { onnx } from '#protos/onnx.js';
import { syncFolder, writeError, writeFileAtomically, writeFileDurably } from '../atomic-file.ts';
import { elementsOf } from '../safetensors-header.ts';
import type { Dimension, OnnxModel } from './encoder-model.ts';
import type { Attribute, OnnxNode, OnnxWeight } from './graph.ts';

/** Operator set 13, of ONNX 1.8: what anything from 2021 on can run. */
const OPERATOR_SET = 13;
const IR_VERSION = 7;
/** More than this, and weights go beside the model. */
const LARGEST_INLINE_BYTES = 2 ** 30;

export interface WriteOnnxOptions {
  /** Text pairs for the model's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producerVersion: string;
  /** Put weights into a file of their own. @default where they are more than 1 GiB */
  readonly externalData?: boolean;
}

export interface WrittenOnnx {
  readonly bytes: number;
  /** File of the weights; missing where they are in the model. */
  readonly data?: string;
}

/** Where a weight's values are: in the model, or at a place in a file beside it. */
type Placed =
  | { readonly raw: Uint8Array }
  | { readonly location: string; readonly offset: number; readonly length: number };

/** @throws CheckpointError CHECKPOINT_WRITE_FAILED; a model that was there before is intact */
export async function writeOnnx(out: string, model: OnnxModel, options: WriteOnnxOptions): Promise<WrittenOnnx> {
  const total = model.weights.reduce((sum, { shape }) => sum + 4 * elementsOf(shape), 0);
  const external = options.externalData ?? total > LARGEST_INLINE_BYTES;
  const data = external ? await writeData(out, model.weights) : undefined;
  const placed = (weight: OnnxWeight): Placed => data?.places.get(weight.name) ?? { raw: bytesOf(weight.values()) };
  const bytes = onnx.ModelProto.encode(modelProto(model, placed, options)).finish();
  await writeFileAtomically(out, (file) => file.writeFile(bytes));
  return { bytes: bytes.byteLength + (external ? total : 0), ...(data && { data: data.file }) };
}

/** The file bears its content's hash in its name, so that a model that was there before keeps its own. */
async function writeData(out: string, weights: readonly OnnxWeight[]) {
  const temporary = path.join(path.dirname(out), `.tmp-${path.basename(out)}-data-${process.pid}`);
  try {
    const { places, hash } = await writeFileDurably(temporary, (file) => streamWeights(file, weights));
    const location = `${path.basename(out)}.${hash.slice(0, 12)}.data`;
    const file = path.join(path.dirname(out), location);
    await rename(temporary, file);
    await syncFolder(path.dirname(out));
    return { file, places: new Map([...places].map(([name, place]) => [name, { ...place, location }])) };
  } catch (cause) {
    // The write's error matters more than one of tidying up after it.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(out, cause);
  }
}

async function streamWeights(file: FileHandle, weights: readonly OnnxWeight[]) {
  const hash = createHash('sha256');
  const places = new Map<string, { offset: number; length: number }>();
  let offset = 0;
  for (const weight of weights) {
    const bytes = bytesOf(weight.values());
    hash.update(bytes);
    await file.writeFile(bytes);
    places.set(weight.name, { offset, length: bytes.byteLength });
    offset += bytes.byteLength;
  }
  return { places, hash: hash.digest('hex') };
}

function modelProto(
  { input, output, nodes, weights }: OnnxModel,
  placed: (weight: OnnxWeight) => Placed,
  { metadata = {}, producerVersion }: WriteOnnxOptions,
): onnx.IModelProto {
  return {
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPERATOR_SET }],
    producerName: 'auspex',
    producerVersion,
    metadataProps: pairs(metadata),
    graph: {
      name: 'encoder',
      input: [valueInfo(input)],
      output: [valueInfo(output)],
      node: nodes.map(nodeProto),
      initializer: weights.map((weight) => tensorProto(weight, placed(weight))),
    },
  };
}

function nodeProto({ operator, name, inputs, output, attributes }: OnnxNode): onnx.INodeProto {
  const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeProto(value) }));
  return { opType: operator, name, input: [...inputs], output: [output], attribute };
}

function attributeProto(attribute: Attribute): onnx.IAttributeProto {
  const { INT, INTS, FLOAT } = onnx.AttributeProto.AttributeType;
  switch (attribute.kind) {
    case 'int':
      return { type: INT, i: attribute.value };
    case 'ints':
      return { type: INTS, ints: [...attribute.value] };
    case 'float':
      return { type: FLOAT, f: attribute.value };
  }
}

function tensorProto({ name, shape }: OnnxWeight, placed: Placed): onnx.ITensorProto {
  const base = { name, dims: [...shape], dataType: onnx.TensorProto.DataType.FLOAT };
  if ('raw' in placed) return { ...base, rawData: placed.raw };
  const { location, offset, length } = placed;
  return {
    ...base,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: pairs({ location, offset: String(offset), length: String(length) }),
  };
}

function valueInfo({
  name,
  shape,
}: {
  readonly name: string;
  readonly shape: readonly Dimension[];
}): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: { dim } } } };
}

function pairs(texts: Readonly<Record<string, string>>): onnx.IStringStringEntryProto[] {
  return Object.entries(texts).map(([key, value]) => ({ key, value }));
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
