/** `crops`. */
import * as z from 'zod';
import { count, key, positive, range, section, share } from './section.ts';

const cropGroup = z.strictObject({
  count: count.meta({ description: 'Crops of this kind per image.' }),
  size: count.meta({ description: 'Side of the crop.', unit: 'pixels' }),
  scale: range(share).meta({ description: "Share of the image's area that a crop covers, least and most." }),
});

export const crops = section(
  {
    groups: key(
      z.array(cropGroup).min(1),
      [
        { count: 2, size: 160, scale: [0.14, 1] },
        { count: 4, size: 96, scale: [0.05, 0.14] },
      ],
      {
        description:
          'Kinds of crops. Codes come from the first group, which needs at least 2 of them or a second group.',
        source: 'SEER, Table 15; scales VISSL',
      },
    ),
    aspectRatio: key(range(positive), [3 / 4, 4 / 3], {
      description: 'Width over height of a crop before it is made square, least and most.',
      source: 'VISSL (torchvision RandomResizedCrop)',
    }),
    region: section(
      {
        left: key(share, 0, { description: 'Left edge.', unit: "share of the image's width", source: 'ours' }),
        top: key(share, 0, { description: 'Upper edge.', unit: "share of the image's height", source: 'ours' }),
        right: key(share, 1, { description: 'Right edge.', unit: "share of the image's width", source: 'ours' }),
        bottom: key(share, 1, { description: 'Lower edge.', unit: "share of the image's height", source: 'ours' }),
      },
      'Part of every image that crops come from.',
    ),
    flip: key(share, 0.5, { description: 'Probability of a horizontal flip.', source: 'VISSL' }),
    jitter: section(
      {
        probability: key(share, 0.8, { description: 'Probability of colour jitter.', source: 'VISSL' }),
        brightness: key(z.number().min(0), 0.8, { description: 'Brightness changes by 1 +- this.', source: 'VISSL' }),
        contrast: key(z.number().min(0), 0.8, { description: 'Contrast changes by 1 +- this.', source: 'VISSL' }),
        saturation: key(z.number().min(0), 0.8, { description: 'Saturation changes by 1 +- this.', source: 'VISSL' }),
        hue: key(z.number().min(0).max(0.5), 0.2, {
          description: 'Hue turns by +- this.',
          unit: 'turns of the colour circle',
          source: 'VISSL',
        }),
      },
      'Colour jitter, in random order.',
    ),
    grey: key(share, 0.2, { description: 'Probability that a crop turns grey.', source: 'VISSL' }),
    blur: section(
      {
        probability: key(share, 0.5, { description: 'Probability of a Gaussian blur.', source: 'VISSL' }),
        radius: key(range(z.number().min(0)), [0.1, 2], {
          description: 'Radius of the blur, least and most.',
          unit: 'pixels',
          source: 'VISSL',
        }),
      },
      'Gaussian blur.',
    ),
    mean: key(z.tuple([z.number(), z.number(), z.number()]), [0.485, 0.456, 0.406], {
      description: 'Subtracted from red, green and blue in [0, 1].',
      source: 'ImageNet, VISSL',
    }),
    std: key(z.tuple([positive, positive, positive]), [0.229, 0.224, 0.225], {
      description: 'Divides red, green and blue.',
      source: 'ImageNet, VISSL',
    }),
  },
  'Crops of an image and their augmentations.',
);
