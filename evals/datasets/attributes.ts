/**
 * What somebody has said of who or what each image of a split shows. Readers take it from labels that a dataset was published with, or that
 * its users supply; nothing in Auspex guesses it from an image.
 */
export interface Attributes {
  /** Whom or what images are of, such as `person` or `household`. */
  readonly unit: string;
  /** Which of them each image is of. Images of one are not independent of each other. */
  readonly units: readonly string[];
  /** By attribute, such as `gender`: the value of each image, undefined where nobody supplied one. */
  readonly values: Readonly<Record<string, readonly (string | undefined)[]>>;
}

/** Those of some images, in their order. */
export function attributesOf({ unit, units, values }: Attributes, images: ArrayLike<number>): Attributes {
  const pick = <T>(column: readonly T[]) => Array.from(images, (image) => column[image]!);
  const columns = Object.entries(values).map(([name, column]) => [name, pick(column)] as const);
  return { unit, units: pick(units), values: Object.fromEntries(columns) };
}
