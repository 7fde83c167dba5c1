/** What callers of the API may do. */
import { defaultLimits } from '../../kernels/images.ts';

export interface ApiLimits {
  /** Bytes of a message that comes in. */
  readonly messageBytes: number;
  /** Calls of one client in a second. */
  readonly callsPerSecond: number;
  /** Of one encoded image. */
  readonly imageBytes: number;
  /** Of one image. */
  readonly imagePixels: number;
  /** Encoders that are loaded at once. */
  readonly encoders: number;
  /** Milliseconds that an image waits for others to share its batch at most. */
  readonly patience: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  messageBytes: 32 * 2 ** 20,
  callsPerSecond: 1000,
  imageBytes: 16 * 2 ** 20,
  imagePixels: defaultLimits.maximumPixels,
  encoders: 2,
  patience: 2,
};
