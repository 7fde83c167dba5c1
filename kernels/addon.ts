/** Loads the native addon (build/Release/auspex.node) from the package's root, whether run from sources or from dist/. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AuspexError, messageOf } from '../errors.ts';

/** The folder that holds package.json. */
export const packageRoot = findPackageRoot(import.meta.dirname);

function findPackageRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findPackageRoot(path.dirname(folder));
}

export const addonFile = path.join(packageRoot, 'build', 'Release', 'auspex.node');

/** The addon's exports; each TypeScript module beside a native folder gives them their types. */
export function loadAddon<Exports>(): Exports {
  // GNU OpenMP reads this when it is loaded. Its threads spin this many rounds (some tens of microseconds) before they
  // sleep; its default of milliseconds takes the processor from decoding threads and from everything else on the machine.
  process.env['GOMP_SPINCOUNT'] ??= '5000';
  try {
    return createRequire(import.meta.url)(addonFile) as Exports;
  } catch (error) {
    throw new AuspexError(
      'ADDON_NOT_LOADED',
      `The native addon ${addonFile} could not be loaded: ${messageOf(error)}. Run 'npm run build:native' in ${packageRoot}.`,
      { cause: error },
    );
  }
}
