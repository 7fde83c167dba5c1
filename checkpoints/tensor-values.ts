/** Numbers of a tensor's bytes, and what can be said of them in one pass. */
import type { SafetensorsDType } from './safetensors.ts';

/** A chunk as numbers. Integers of 64 bits may be rounded. */
export type Numbers = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** @param bytes little-endian, a whole number of elements; they need not be aligned. */
export function numbersOf(dtype: SafetensorsDType, bytes: Uint8Array): Numbers {
  const { buffer, byteOffset, byteLength } = byteLengthAligned(bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'F64':
      return new Float64Array(buffer, byteOffset, byteLength / 8);
    case 'I32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'I16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case 'I8':
      return new Int8Array(buffer, byteOffset, byteLength);
    case 'U8':
    case 'BOOL':
      return bytes;
    case 'BF16':
      return fromHalves(new Uint16Array(buffer, byteOffset, byteLength / 2), (half) => half << 16);
    case 'F16':
      return fromHalves(new Uint16Array(buffer, byteOffset, byteLength / 2), bitsOfHalf);
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number);
  }
}

/** What a tensor's values are like. NaN and infinite ones are counted, and left out of the others. */
export interface Statistics {
  readonly norm: number;
  /** Null where no value is finite. */
  readonly min: number | null;
  readonly max: number | null;
  readonly numNan: number;
  readonly numInfinite: number;
}

export class StatisticsBuilder {
  #squares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #numNan = 0;
  #numInfinite = 0;

  add(values: Numbers): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) {
        this.#squares += value * value;
        if (value < this.#min) this.#min = value;
        if (value > this.#max) this.#max = value;
      } else if (Number.isNaN(value)) this.#numNan += 1;
      else this.#numInfinite += 1;
    }
  }

  result(): Statistics {
    const any = this.#min <= this.#max;
    return {
      norm: Math.sqrt(this.#squares),
      min: any ? this.#min : null,
      max: any ? this.#max : null,
      numNan: this.#numNan,
      numInfinite: this.#numInfinite,
    };
  }
}

function byteLengthAligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
}

function fromHalves(halves: Uint16Array, bitsOf: (half: number) => number): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = bitsOf(halves[i]!);
  return new Float32Array(bits.buffer);
}

/** The bits of an F32 of the same value as an F16. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
