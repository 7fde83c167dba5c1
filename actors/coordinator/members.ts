/** The processes that have enlisted with a coordinator. */
import type { GpuWorkerMessage, ShardCoordinatorMessage } from '../messages.ts';
import { type ActorContext, type ActorRef, sameActor } from '../runtime/index.ts';

export interface Member {
  readonly worker: ActorRef<GpuWorkerMessage>;
  /** For people. */
  readonly name: string;
  readonly hostId: string;
  readonly pid: number;
  /** It has its images, the same as all others. */
  prepared: boolean;
  /** Its processor is quick in bf16. */
  hasBf16: boolean;
}

export class Members {
  readonly #context: ActorContext<ShardCoordinatorMessage>;
  readonly #warn: (message: string) => void;
  readonly #members: Member[] = [];

  /** @param context of the coordinator, which is told when a member is gone */
  constructor(context: ActorContext<ShardCoordinatorMessage>, warn: (message: string) => void) {
    this.#context = context;
    this.#warn = warn;
  }

  get all(): readonly Member[] {
    return this.#members;
  }

  /** Those that can be a rank, in the order in which they enlisted. */
  get prepared(): Member[] {
    return this.#members.filter(({ prepared }) => prepared);
  }

  add(worker: Member['worker'], hostId: string, pid: number): void {
    const name = `${worker.address.node} (process ${pid})`;
    this.#members.push({ worker, name, hostId, pid, prepared: false, hasBf16: false });
    this.#context.watch(worker, (termination) => ({ kind: 'gone', worker, termination }));
  }

  remove(member: Member): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    this.#context.unwatch(member.worker);
  }

  /** Sends a process away. */
  refuse(member: Member, reason: string): void {
    if (!this.has(member)) return;
    this.#warn(`${member.name} was refused: ${reason}`);
    member.worker.tell({ kind: 'dismiss', dismissal: { kind: 'refused', reason } });
    this.remove(member);
  }

  has(member: Member): boolean {
    return this.#members.includes(member);
  }

  of(worker: Member['worker']): Member | undefined {
    return this.#members.find((member) => sameActor(member.worker, worker));
  }

  ofProcess(hostId: string, pid: number): Member | undefined {
    return this.#members.find((member) => member.hostId === hostId && member.pid === pid);
  }
}
