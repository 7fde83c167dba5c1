/** What programs import: `import { train, loadEncoder } from 'auspex'`. */
export { AuspexError } from './errors.ts';
