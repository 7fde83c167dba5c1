/** What the parts of a coordinator share: the run, who is there, what was asked for, and how a world or the training ends. */
import type { RunRecord } from '../../training/run/run-record.ts';
import type { ProcessVitals } from '../../training/run/vitals.ts';
import type { TrainingEvent, TrainResult } from '../../training/training-events.ts';
import type { ShardCoordinatorMessage } from '../messages.ts';
import type { Members } from './members.ts';
import type { RankRange } from './world-plan.ts';

export type TrainingOutcome = { readonly result: TrainResult } | { readonly error: Error };

export interface Coordination {
  readonly record: RunRecord;
  readonly ranks: RankRange;
  readonly members: Members;
  /** The training is to end after the steps that are allowed already. */
  readonly stopping: boolean;
  /** Another process has joined, and waits for a world that has room. */
  growing: boolean;
  emit(event: TrainingEvent): void;
  warn(message: string): void;
  /** Tells the coordinator itself, once it has handled what it is handling. */
  tellSelf(message: ShardCoordinatorMessage): void;
  /** How the coordinator's process is. */
  vitals(): ProcessVitals;
  /** Gives the present world up; the next one begins with the last checkpoint. */
  recover(reason: string): Promise<void>;
  end(outcome: TrainingOutcome): Promise<void>;
}
