import assert from 'node:assert/strict';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { cropPolicy, seerCropPolicy } from '../../data/crop-policy.ts';
import {
  applySteps,
  type CropPlan,
  cropBoxes,
  makeCrops,
  makeEvaluationViews,
  planCrops,
  type RgbImage,
  resizeImage,
} from '../../kernels/images.ts';

const seed = Math.floor(Math.random() * 2 ** 53);

function noise(width: number, height: number): RgbImage {
  let state = width * 7919 + height;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, next) };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe(`kernels: images (seed ${seed})`, () => {
  describe('crop policy', () => {
    const images = 4000;
    const [width, height] = [500, 375];
    let plans: CropPlan[][];
    before(() => {
      plans = Array.from({ length: images }, (_, i) => planCrops(seerCropPolicy, width, height, seed, 0, i));
    });
    const stepsOf = (op: string) => plans.flat().flatMap(({ steps }) => steps.filter((step) => step.op === op));

    it('plans the groups in order, inside the image, within their shares and ratios', () => {
      for (const crops of plans) {
        assert.deepEqual(
          crops.map(({ size }) => size),
          [160, 160, 96, 96, 96, 96],
        );
        for (const [i, crop] of crops.entries()) {
          assert(
            crop.top >= 0 && crop.left >= 0 && crop.top + crop.height <= height && crop.left + crop.width <= width,
          );
          const share = (crop.width * crop.height) / (width * height);
          const [low, high] = i < 2 ? [0.14, 1] : [0.05, 0.14];
          // Sides are rounded to pixels.
          assert(share > low * 0.97 && share < high * 1.03, `share ${share}`);
          const ratio = crop.width / crop.height;
          assert(ratio > 0.74 && ratio < 1.36, `ratio ${ratio}`);
        }
      }
    });

    it('draws with the given probabilities', () => {
      // 24,000 crops: five standard deviations of a share are below 0.017.
      const share = (count: number) => count / (images * 6);
      const near = (actual: number, expected: number, what: string) =>
        assert(Math.abs(actual - expected) < 0.017, `${what}: ${actual} instead of ${expected}`);
      near(share(plans.flat().filter(({ flip }) => flip).length), 0.5, 'flip');
      near(share(stepsOf('brightness').length), 0.8, 'jitter');
      near(share(stepsOf('grey').length), 0.2, 'grey');
      near(share(stepsOf('blur').length), 0.5, 'blur');
    });

    it('draws amounts evenly from their ranges', () => {
      const ranges = {
        brightness: [0.2, 1.8],
        contrast: [0.2, 1.8],
        saturation: [0.2, 1.8],
        hue: [-0.2, 0.2],
        blur: [0.1, 2],
      };
      for (const [op, [low, high]] of Object.entries(ranges) as [string, [number, number]][]) {
        const amounts = stepsOf(op).map(({ amount }) => (amount! - low) / (high - low));
        assert(Math.min(...amounts) >= 0 && Math.max(...amounts) <= 1, op);
        assert(Math.min(...amounts) < 0.01 && Math.max(...amounts) > 0.99, op);
        // Standard deviation of the mean: 0.29 / sqrt(12,000).
        assert(Math.abs(mean(amounts) - 0.5) < 0.015, op);
      }
    });

    it('jitters in all 24 orders, then greys, then blurs', () => {
      const jitter = ['brightness', 'contrast', 'saturation', 'hue'];
      const orders = new Map<string, number>();
      for (const { steps } of plans.flat()) {
        const ops: string[] = steps.map(({ op }) => op);
        if (ops.includes('hue')) {
          const order = ops.slice(0, 4).join(' ');
          orders.set(order, (orders.get(order) ?? 0) + 1);
        }
        assert.deepEqual(
          ops.filter((op) => !jitter.includes(op)),
          ['grey', 'blur'].filter((op) => ops.includes(op)),
        );
      }
      assert.equal(orders.size, 24);
      // 19,200 / 24 = 800 of each; six standard deviations are 166.
      for (const [order, count] of orders) assert(Math.abs(count - 800) < 170, `${order}: ${count}`);
    });

    it('places crops evenly', () => {
      const places = plans.flat().map((crop) => crop.left / Math.max(width - crop.width, 1));
      assert(Math.abs(mean(places) - 0.5) < 0.012);
    });

    it('draws anew for every seed, epoch, image and crop, and never by chance of order', () => {
      const plan = () => planCrops(seerCropPolicy, width, height, 1, 2, 3);
      assert.deepEqual(plan(), plan());
      const others = [
        plan(),
        planCrops(seerCropPolicy, width, height, 2, 2, 3),
        planCrops(seerCropPolicy, width, height, 1, 3, 3),
      ];
      others.push(
        planCrops(seerCropPolicy, width, height, 1, 2, 4),
        planCrops(seerCropPolicy, width, height, 1, 2, 3 + 2 ** 32),
      );
      const boxes = others
        .flat()
        .map(({ top, left, height: h, width: w, steps }) => JSON.stringify([top, left, h, w, steps]));
      assert.equal(new Set(boxes).size, boxes.length);
    });

    it('crops from a region only', () => {
      const policy = cropPolicy({ region: [0.25, 0, 0.75, 0.5] });
      for (let i = 0; i < 200; i++) {
        for (const crop of planCrops(policy, 400, 200, seed, 0, i)) {
          assert(crop.left >= 100 && crop.left + crop.width <= 300 && crop.top + crop.height <= 100);
        }
      }
    });

    it('copes with images of any shape', async () => {
      for (const [w, h] of [
        [1, 1],
        [1, 300],
        [300, 1],
        [2, 3],
        [2000, 10],
      ] as const) {
        const { failures } = await makeCrops([{ image: noise(w, h), index: 0 }], seerCropPolicy, seed, 0, 1, {
          limits: { minimumSide: 1 },
        });
        assert.deepEqual(failures, []);
      }
    });

    for (const [field, change] of Object.entries({
      groups: { groups: [] },
      'groups\\[0\\].scale': { groups: [{ count: 1, size: 8, scale: [0.5, 0.1] as const }] },
      'groups\\[0\\].count': { groups: [{ count: 0, size: 8, scale: [0.1, 0.5] as const }] },
      flip: { flip: 1.5 },
      hue: { hue: 0.6 },
      region: { region: [0.5, 0, 0.5, 1] as const },
      blurRadius: { blurRadius: [2, 1] as const },
    })) {
      it(`refuses a policy with a wrong ${field}`, () => {
        assert.throws(() => cropPolicy(change), { code: 'BAD_CROP_POLICY', message: new RegExp(field) });
      });
    }
  });

  it('makes crops as planned', async () => {
    const policy = cropPolicy({ groups: [{ count: 3, size: 40, scale: [0.2, 0.9] }] });
    const image = noise(120, 90);
    const { crops } = await makeCrops([{ image, index: 5 }], policy, seed, 4, 1);
    for (const [i, plan] of planCrops(policy, 120, 90, seed, 4, 5).entries()) {
      const { views } = await cropBoxes([{ image, boxes: [plan] }], 40, 1);
      const steps = plan.flip ? [{ op: 'flip' } as const, ...plan.steps] : plan.steps;
      const { data } = await applySteps({ width: 40, height: 40, data: views }, steps);
      assert.deepEqual(crops[0]!.subarray(i * data.length, (i + 1) * data.length), data, `crop ${i}`);
    }
  });

  it('gives the same crops for any number of threads and any order', async () => {
    const requests = Array.from({ length: 12 }, (_, i) => ({ image: noise(100 + i, 80), index: i, row: i }));
    const one = await makeCrops(requests, seerCropPolicy, seed, 0, 1);
    const three = await makeCrops([...requests].reverse(), seerCropPolicy, seed, 0, 3);
    assert.deepEqual(three.crops, one.crops);
  });

  it('reports failures by item and leaves the other rows alone', async () => {
    const requests = [noise(50, 50), new Uint8Array([1, 2, 3]), '/no/such/file.jpg', new Uint8Array()].map(
      (image, index) => ({
        image,
        index,
      }),
    );
    const { failures } = await makeCrops(requests, seerCropPolicy, seed, 0, 2);
    assert.deepEqual(
      failures.map(({ item, code }) => [item, code]),
      [
        [1, 'NOT_JPEG'],
        [2, 'UNREADABLE'],
        [3, 'EMPTY'],
      ],
    );
  });

  it('keeps the JavaScript thread free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const requests = Array.from({ length: 60 }, (_, index) => ({ image: noise(400, 300), index }));
    turns = 0;
    await makeCrops(requests, seerCropPolicy, seed, 0, 1);
    clearInterval(timer);
    assert(turns > 0);
  });

  it('takes the centre for evaluations', async () => {
    const image = noise(90, 60);
    const { views } = await makeEvaluationViews([image], 56, 1);
    // ceil(56 * 256 / 224) = 64 on the shorter side, 96 on the longer, and 20 and 4 pixels cut off.
    const resized = await resizeImage(image, 96, 64);
    const expected = Array.from({ length: 56 }, (_, y) => {
      const start = ((y + 4) * 96 + 20) * 3;
      return [...resized.data.subarray(start, start + 56 * 3)];
    });
    assert.deepEqual([...views], expected.flat());
  });

  it('takes the centre of a region, in grey', async () => {
    const image = noise(100, 60);
    const { views } = await makeEvaluationViews([image], 30, 1, { region: [0.5, 0, 1, 1], grey: true, shortSide: 30 });
    const half = await cropBoxes([{ image, boxes: [{ top: 5, left: 50, height: 50, width: 50 }] }], 30, 1);
    assert.equal(views.length, half.views.length);
    for (let i = 0; i < views.length; i += 3) assert(views[i] === views[i + 1] && views[i] === views[i + 2]);
  });

  it('refuses boxes outside the image and arguments that are none', async () => {
    const image = noise(50, 40);
    const { failures } = await cropBoxes([{ image, boxes: [{ top: 0, left: 10, height: 40, width: 41 }] }], 8, 1);
    assert.equal(failures[0]?.code, 'BOX_OUTSIDE');
    await assert.rejects(resizeImage({ ...image, width: 51 }, 8, 8), TypeError);
    await assert.rejects(makeCrops([{ image, index: -1 }], seerCropPolicy, 0, 0, 1), TypeError);
    await assert.rejects(makeCrops([{ image, index: 0 }], seerCropPolicy, 0.5, 0, 1), TypeError);
    await assert.rejects(makeCrops([{ image, index: 0 }], seerCropPolicy, 0, 0, 0), TypeError);
    const into = { crops: [new Uint8Array(3), new Uint8Array(3)], batch: 1 };
    await assert.rejects(makeCrops([{ image, index: 0 }], seerCropPolicy, 0, 0, 1, { into }), TypeError);
  });

  it('survives a worker that ends in the middle of its work', async () => {
    const addon = path.join(import.meta.dirname, '..', '..', 'build', 'Release', 'auspex.node');
    const program = `
      const { imagesMakeEvaluationViews } = require(${JSON.stringify(addon)});
      const image = { width: 1000, height: 800, data: new Uint8Array(2400000) };
      const images = Array.from({ length: 200 }, () => image);
      const options = { size: 224, shortSide: 256, region: [0, 0, 1, 1], grey: true };
      const limits = { maximumPixels: 1e9, minimumSide: 1 };
      imagesMakeEvaluationViews(images, limits, 2, options, new Uint8Array(200 * 224 * 224 * 3));
      require('node:worker_threads').parentPort.postMessage('started');`;
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(program, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
    const { failures } = await makeCrops([{ image: noise(50, 40), index: 0 }], seerCropPolicy, seed, 0, 1);
    assert.deepEqual(failures, []);
  });
});
