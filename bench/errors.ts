import { AuspexError } from '../errors.ts';

/**
 * What can keep a benchmark from running.
 *
 * - `PYTHON_MISSING`: no python3, or no pip for it.
 * - `PEERS_MISSING`: the peers' folder (requirements.txt, torch_swav.py) is not there.
 * - `KAFKA_MISSING`: no java for a broker, or no mvn to fetch it.
 * - `INSTALL_FAILED`: the peers' Python environment could not be made.
 * - `CHILD_FAILED`: a process that measures ended with an error or printed no result.
 * - `CHILD_TIMEOUT`: a process that measures ran longer than it was allowed to.
 */
export type BenchErrorCode =
  | 'PYTHON_MISSING'
  | 'PEERS_MISSING'
  | 'KAFKA_MISSING'
  | 'INSTALL_FAILED'
  | 'CHILD_FAILED'
  | 'CHILD_TIMEOUT';

export class BenchError extends AuspexError<BenchErrorCode> {}
