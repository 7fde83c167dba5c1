/** The processes that have enlisted with a coordinator. */
import type { GpuWorkerMessage } from './gpu-worker.ts';
import { type ActorRef, sameActor } from './runtime/index.ts';

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
  readonly #members: Member[] = [];

  get all(): readonly Member[] {
    return this.#members;
  }

  /** Those that can be a rank, in the order in which they enlisted. */
  get prepared(): Member[] {
    return this.#members.filter(({ prepared }) => prepared);
  }

  add(worker: Member['worker'], hostId: string, pid: number): Member {
    const name = `${worker.address.node} (process ${pid})`;
    const member = { worker, name, hostId, pid, prepared: false, hasBf16: false };
    this.#members.push(member);
    return member;
  }

  remove(member: Member): void {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
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
