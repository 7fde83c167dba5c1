/** How every kind of operation is computed on TensorFlow. A kind that is not here does not compile. */
import type { Operation, OperationKind } from '../../../program/operations.ts';
import type { Emissions, Frame } from '../frame.ts';
import { batchNorm } from './batch-norm.ts';
import { classification } from './classification.ts';
import { elementwise } from './elementwise.ts';
import { imagesAndConvolutions } from './images-and-convolutions.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { optimizer } from './optimizer.ts';
import { ranks } from './ranks.ts';

export const EMISSIONS: Emissions<OperationKind> = {
  ...imagesAndConvolutions,
  ...batchNorm,
  ...elementwise,
  ...linear,
  ...loss,
  ...classification,
  ...optimizer,
  ...ranks,
};

export function emit(operation: Operation, frame: Frame): void {
  (EMISSIONS[operation.kind] as (operation: Operation, frame: Frame) => void)(operation, frame);
}
