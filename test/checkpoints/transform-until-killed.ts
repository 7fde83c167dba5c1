/**
 * Makes a checkpoint of another, and kills itself right before one of the operations that change the disk. Arguments: which
 * transformation, folder of the source, its step, target, which operation (counted from 1). Prints how many there were.
 */
import { dieAtOperation } from './deadly-operation.ts';
import type { Transformation } from './transformations.ts';

const [name, source, step, target, deadly] = process.argv.slice(2) as [Transformation, string, string, string, string];
const operations = await dieAtOperation(Number(deadly));
const { transformations } = await import('./transformations.ts');
operations.start();
await transformations[name]({ step: Number(step), path: source }, target);
process.stdout.write(`${operations.count}\n`);
