import type { ImageSource } from './source.ts';

/** Some images of a source, as a source. @param at the number in the whole of an image of the part */
export function partOf(source: ImageSource, length: number, at: (index: number) => number): ImageSource {
  return {
    length,
    name: (index) => source.name(at(index)),
    read: (index) => source.read(at(index)),
    ...(source.path && { path: (index: number) => source.path!(at(index)) }),
    ...(source.pixels && { pixels: (index: number) => source.pixels!(at(index)) }),
    ...(source.label && { label: (index: number) => source.label!(at(index)) }),
  };
}
