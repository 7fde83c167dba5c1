/** Where in a checkpoint a value of a program lies. */

export interface TensorPlace {
  /** Without its ending: `trunk` is trunk.safetensors. */
  readonly file: string;
  readonly tensor: string;
}

/** The place of a parameter, state or momentum by what the program calls it: the trunk's file bears timm's names alone. */
export function placeOf(name: string): TensorPlace {
  const momentum = /^momentum\((.*)\)$/.exec(name)?.[1];
  if (momentum !== undefined) return { file: 'optimizer', tensor: `momentum.${momentum}` };
  if (name.startsWith('trunk.')) return { file: 'trunk', tensor: name.slice('trunk.'.length) };
  if (name.startsWith('classifier.')) return { file: 'classifier', tensor: name.slice('classifier.'.length) };
  return { file: 'head', tensor: name };
}

/** What a program calls the momentum of a parameter. */
export function momentumOf(name: string): string {
  return `momentum(${name})`;
}
