/** ONNX Runtime, with types for the little that the tests use: this version of its package has none. */
import { createRequire } from 'node:module';

interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

interface Runtime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(file: string): Promise<{
      run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
    }>;
  };
}

const { Tensor, InferenceSession } = createRequire(import.meta.url)('onnxruntime-node') as Runtime;

/** Runs a model on images. @param shape (N, 3, H, W) @throws what ONNX Runtime throws */
export async function runOnnx(file: string, images: Float32Array, shape: readonly number[]): Promise<RuntimeTensor> {
  const session = await InferenceSession.create(file);
  const { features } = await session.run({ images: new Tensor('float32', images, shape) });
  return features!;
}
