/** An encoder as an ONNX model: normalised images in, the features of one layer out. */
import type { TrunkSpec } from '../../model/regnet.ts';
import { type HeadSpec, projectionHead } from '../../model/swav.ts';
import { trunk } from '../../model/trunk.ts';
import type { FeatureLayer } from '../../program/encoder.ts';
import { InterchangeError } from '../interchange/errors.ts';
import type { WeightSource } from './fold.ts';
import { OnnxGraph, type OnnxNode, type OnnxValue, type OnnxWeight } from './graph.ts';

export interface OnnxEncoderOptions {
  readonly trunk: TrunkSpec;
  /** Needed for `projection`. */
  readonly head: HeadSpec;
  readonly layer: FeatureLayer;
  /** Values by their name in the program (`trunk.stem.conv.weight`). */
  readonly weights: WeightSource;
  /** Fold normalisations into the layers before them; otherwise they are BatchNormalization. */
  readonly fold: boolean;
  /** Images per run; any number where it is missing. */
  readonly batch?: number;
  /** Side of the images in pixels; any where it is missing. */
  readonly size?: number;
}

/** A dimension of a shape: a number, or the name of what is only known when it runs. */
export type Dimension = number | string;

export interface OnnxModel {
  readonly input: { readonly name: string; readonly shape: readonly Dimension[] };
  readonly output: { readonly name: string; readonly shape: readonly Dimension[] };
  readonly nodes: readonly OnnxNode[];
  readonly weights: readonly OnnxWeight[];
}

/** Names of what goes in, (N, 3, H, W), and comes out: (N, channels), or (N, channels, H', W') of a map. */
export const ONNX = { input: 'images', output: 'features' } as const;

/**
 * @throws InterchangeError CANNOT_EXPORT where the trunk has no such layer
 */
export function onnxEncoder(options: OnnxEncoderOptions): OnnxModel {
  const { batch = 'batch', size, layer, trunk: spec } = options;
  const graph = new OnnxGraph(options.weights, options.fold);
  const { stages, pooled } = trunk(graph, spec, { name: ONNX.input, channels: 3, rows: false });
  const isMap = layer === 'res4' || layer === 'res5';
  const value = isMap ? mapOf(stages, layer) : layer === 'pool' ? pooled : projectionHead(graph, options.head, pooled);
  const features = isMap ? value : graph.rows(value);
  graph.output(features, ONNX.output);
  const { nodes, weights } = withoutUnread(graph.nodes, graph.weights);
  // The stem and every stage halve it, rounding up.
  const side = size === undefined ? undefined : halved(size, 1 + stages.indexOf(value) + 1);
  const map: Dimension[] = side === undefined ? ['map_height', 'map_width'] : [side, side];
  return {
    input: { name: ONNX.input, shape: [batch, 3, size ?? 'height', size ?? 'width'] },
    output: { name: ONNX.output, shape: [batch, features.channels, ...(isMap ? map : [])] },
    nodes,
    weights,
  };
}

function mapOf(stages: readonly OnnxValue[], layer: 'res4' | 'res5'): OnnxValue {
  const stage = stages.at(layer === 'res4' ? -2 : -1);
  if (stage) return stage;
  throw new InterchangeError(
    'CANNOT_EXPORT',
    `A trunk of ${stages.length} stage has no ${layer}; take res5, its last stage.`,
  );
}

function halved(size: number, times: number): number {
  return times === 0 ? size : halved(Math.ceil(size / 2), times - 1);
}

/** Drops what the features do not depend on: later stages, and the pooling behind them. */
function withoutUnread(nodes: readonly OnnxNode[], weights: readonly OnnxWeight[]) {
  const read = new Set<string>([ONNX.output]);
  const kept = [...nodes]
    .reverse()
    .filter(({ output, inputs }) => {
      if (!read.has(output)) return false;
      for (const input of inputs) read.add(input);
      return true;
    })
    .reverse();
  return { nodes: kept, weights: weights.filter(({ name }) => read.has(name)) };
}
