/** Training steps of a linear classifier behind a batch normalisation, against the same in double precision, of sizes that fill no tile. */
import assert from 'node:assert/strict';
import { LinearTraining } from '../../kernels/features.ts';
import { integer, normals, seed, uniform } from '../program/random.ts';

const RATE = 0.5;
const MOMENTUM = 0.9;
const DECAY = 5e-4;
const EPSILON = 1e-5;
const STEPS = 3;

interface Size {
  readonly rows: number;
  readonly width: number;
  readonly classes: number;
}

/** Weights (width, classes) after some steps on all rows, and the losses before them. */
function inDoubles(values: Float32Array, labels: Int32Array, initial: Float32Array, { rows, width, classes }: Size) {
  const weight = Float64Array.from(initial);
  const velocity = new Float64Array(weight.length);
  const bias = new Float64Array(classes);
  const biasVelocity = new Float64Array(classes);
  const scale = new Float64Array(width).fill(1);
  const scaleVelocity = new Float64Array(width);
  const shift = new Float64Array(width);
  const shiftVelocity = new Float64Array(width);
  const normalized = new Float64Array(rows * width);
  for (let c = 0; c < width; c++) {
    const column = Float64Array.from({ length: rows }, (_, n) => values[n * width + c]!);
    const mean = column.reduce((sum, x) => sum + x, 0) / rows;
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows;
    for (let n = 0; n < rows; n++) normalized[n * width + c] = (column[n]! - mean) / Math.sqrt(variance + EPSILON);
  }
  const step = (parameters: Float64Array, speeds: Float64Array, i: number, gradient: number, decay: number) => {
    const g = gradient + decay * parameters[i]!;
    speeds[i] = MOMENTUM * speeds[i]! + g;
    parameters[i]! -= RATE * (g + MOMENTUM * speeds[i]!);
  };
  const losses: number[] = [];
  for (let round = 0; round < STEPS; round++) {
    let loss = 0;
    const gradients = new Float64Array(rows * classes);
    for (let n = 0; n < rows; n++) {
      const scores = Float64Array.from(bias);
      for (let c = 0; c < width; c++) {
        const x = normalized[n * width + c]! * scale[c]! + shift[c]!;
        for (let k = 0; k < classes; k++) scores[k]! += x * weight[c * classes + k]!;
      }
      const largest = Math.max(...scores);
      const total = scores.reduce((sum, s) => sum + Math.exp(s - largest), 0);
      loss += (Math.log(total) + largest - scores[labels[n]!]!) / rows;
      for (let k = 0; k < classes; k++) {
        gradients[n * classes + k] = (Math.exp(scores[k]! - largest) / total - (k === labels[n] ? 1 : 0)) / rows;
      }
    }
    losses.push(loss);
    for (let c = 0; c < width; c++) {
      let scaleGradient = 0;
      let shiftGradient = 0;
      const own = [scale[c]!, shift[c]!] as const;
      for (let k = 0; k < classes; k++) {
        let product = 0;
        let sum = 0;
        for (let n = 0; n < rows; n++) {
          product += normalized[n * width + c]! * gradients[n * classes + k]!;
          sum += gradients[n * classes + k]!;
        }
        scaleGradient += weight[c * classes + k]! * product;
        shiftGradient += weight[c * classes + k]! * sum;
        step(weight, velocity, c * classes + k, own[0] * product + own[1] * sum, DECAY);
      }
      step(scale, scaleVelocity, c, scaleGradient, 0);
      step(shift, shiftVelocity, c, shiftGradient, 0);
    }
    for (let k = 0; k < classes; k++) {
      let sum = 0;
      for (let n = 0; n < rows; n++) sum += gradients[n * classes + k]!;
      step(bias, biasVelocity, k, sum, DECAY);
    }
  }
  return { weight, losses };
}

function largestDifference(one: Float64Array, other: Float32Array): number {
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

describe(`linear training (seed ${seed})`, () => {
  for (const size of [
    { rows: 7, width: 5, classes: 3 },
    { rows: 33, width: 45, classes: 19 },
    { rows: 50, width: 150, classes: 70 },
    // More columns, and a longer sum, than are taken at a time.
    { rows: 20, width: 530, classes: 600 },
  ]) {
    for (const [bf16, tolerance] of [
      [false, 1e-4],
      [true, 3e-2],
    ] as const) {
      it(`${size.rows} rows of ${size.width}, ${size.classes} classes, in ${bf16 ? 'bf16' : 'f32'}`, async () => {
        const { rows, width, classes } = size;
        const random = uniform(seed);
        const values = normals(random, rows * width, 3);
        const labels = Int32Array.from({ length: rows }, () => integer(random, 0, classes - 1));
        const initial = normals(random, width * classes, 0.1);
        const settings = { momentum: MOMENTUM, weightDecay: DECAY, decayNorm: false, bf16 };
        const norm = { epsilon: EPSILON, momentsMomentum: 0.1 };
        const training = new LinearTraining(values, width, labels, classes, { ...settings, ...norm });
        training.write('weight', initial);
        const order = Int32Array.from({ length: rows }, (_, row) => row);
        const losses: number[] = [];
        for (let step = 0; step < STEPS; step++) losses.push(...(await training.run(order, rows, RATE)));
        const expected = inDoubles(values, labels, initial, size);
        for (const [step, loss] of losses.entries()) {
          const wanted = expected.losses[step]!;
          assert.ok(Math.abs(loss - wanted) <= tolerance * (1 + wanted), `step ${step}: loss ${loss}, not ${wanted}`);
        }
        const weight = training.read('weight');
        const change = largestDifference(expected.weight, initial);
        const off = largestDifference(expected.weight, weight);
        assert.ok(off <= tolerance * change, `weights are off by ${off}, of changes up to ${change}`);
      });
    }
  }
});
