/** Builds the graph of an index: features in, graph out. Its server starts it (build-index.ts), and it ends with that. */
import { FeatureFile } from '../../../evals/features/feature-file.ts';
import { features } from '../../../evals/features/features.ts';
import { VectorIndex } from '../../../evals/neighbours/vector-index.ts';

// Native threads are at work: an orderly exit would wait for them.
const dieWithServer = () => process.kill(process.pid, 'SIGKILL');
process.on('disconnect', dieWithServer);

const [source, graph] = process.argv.slice(2);
const file = FeatureFile.open(source!);
const rows = features(await file.rows(0, file.count), file.width);
VectorIndex.build(rows, (done, total) => process.send?.({ done, total })).save(graph!);
process.off('disconnect', dieWithServer).disconnect();
