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
