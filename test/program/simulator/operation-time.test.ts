/** Times of operations: by the roofline, and between measured ones. */
import assert from 'node:assert/strict';
import type { Device } from '../../../program/simulator/device.ts';
import { limitSeconds, type OperationSize, operationTimer, sizeOf } from '../../../program/simulator/operation-time.ts';
import { smallStep } from '../small-step.ts';
import { roundDevice } from './round-device.ts';

const convolution: OperationSize = {
  ...{ label: 'f32 convolution 3x3, groups of 8', type: 'f32', multiplyAdds: 1e6, bytes: 1000, channels: 8 },
};
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-9, `${actual} instead of ${expected}`);

describe('time of operations', () => {
  const timer = operationTimer(roundDevice);

  it('is that of the arithmetic where that is the longer, less where channels are narrow', () => {
    near(timer(convolution), 1e-6 + 2e6 / (1e9 * 0.5 * 0.5));
    near(timer({ ...convolution, channels: 24 }), 1e-6 + 2e6 / (1e9 * 0.5 * 0.75));
    near(timer({ ...convolution, type: 'bf16' }), 1e-6 + 2e6 / (4e9 * 0.5 * 0.5));
  });

  it('is that of the traffic otherwise, and a launch at least', () => {
    near(timer({ ...convolution, bytes: 1e8 }), 1e-6 + 1e8 / (1e9 * 0.5));
    near(timer({ ...convolution, label: 'f32 add', multiplyAdds: 0, bytes: 0, channels: 0 }), 1e-6);
  });

  it('falls back to f32 where a device has no bf16', () => {
    const { bf16: _, ...arithmetic } = roundDevice.arithmetic;
    const old: Device = { ...roundDevice, arithmetic };
    near(operationTimer(old)({ ...convolution, type: 'bf16' }), 1e-6 + 2e6 / (1e9 * 0.5 * 0.5));
  });

  it('is what was measured for an operation of that very size, and between that of its neighbours', () => {
    const sample = (multiplyAdds: number, slowdown: number) => {
      const size = { ...convolution, multiplyAdds, bytes: multiplyAdds / 100 };
      return { ...size, seconds: slowdown * limitSeconds(roundDevice, size) };
    };
    const samples = [sample(1e6, 2), sample(8e6, 4), sample(1e9, 9)];
    const measured = operationTimer({ ...roundDevice, samples });
    const slowdown = (multiplyAdds: number) => {
      const size = { ...convolution, multiplyAdds, bytes: multiplyAdds / 100 };
      return measured(size) / limitSeconds(roundDevice, size);
    };
    assert.ok(Math.abs(slowdown(1e6) - 2) < 0.05, `${slowdown(1e6)}`);
    assert.ok(Math.abs(slowdown(1e9) - 9) < 0.2, `${slowdown(1e9)}`);
    assert.ok(slowdown(3e6) > 2 && slowdown(3e6) < 4, `${slowdown(3e6)}`);
    // Of another number of channels, the same kind is asked; of another kind, the roofline.
    const other = { ...convolution, label: 'f32 convolution 3x3, groups of 16', channels: 16 };
    assert.ok(measured(other) > 2 * limitSeconds(roundDevice, other) * 0.9);
    assert.equal(measured({ ...convolution, label: 'f32 linear' }), timer({ ...convolution, label: 'f32 linear' }));
  });

  it('every operation of a step has a size, and those that multiply have channels', () => {
    const program = smallStep();
    for (const operation of program.operations) {
      const { multiplyAdds, bytes, channels, label } = sizeOf(program, operation);
      assert.ok(bytes > 0 && Number.isFinite(multiplyAdds), label);
      assert.equal(multiplyAdds > 0, channels > 0, label);
    }
    const grouped = program.operations.find(
      (operation) => operation.kind === 'convolution' && operation.attributes.groups > 1,
    )!;
    assert.equal(sizeOf(program, grouped).channels, 8);
  });
});
