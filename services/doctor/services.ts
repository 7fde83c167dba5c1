/** What a server needs outside its process: buses, its state, a store for checkpoints, ports. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDestination } from '../../checkpoints/destinations/open-destination.ts';
import { messageOf } from '../../errors.ts';
import { lockRunFolder } from '../../training/run/run-lock.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import { type KafkaOptions, openKafkaBus } from '../bus/kafka.ts';
import { type Check, ok, problem, warning } from './check.ts';

/** Seconds that something outside has to answer. */
const PATIENCE = 10;

export async function checkEmbeddedBus(folder: string): Promise<Check> {
  if (!existsSync(folder)) return ok('embedded bus', `${folder} is not there yet; it is made when it is first used`);
  try {
    const bus = openEmbeddedBus(folder);
    try {
      const topics = await bus.topics();
      return ok('embedded bus', `${folder} has ${topics.length} topics`);
    } finally {
      await bus.close();
    }
  } catch (error) {
    return problem(
      'embedded bus',
      messageOf(error),
      'Give --bus-folder a folder on a local disk, or restore this one.',
    );
  }
}

export async function checkKafka(options: KafkaOptions): Promise<Check> {
  try {
    const bus = await openKafkaBus({ ...options, timeoutSeconds: PATIENCE });
    try {
      const topics = await bus.topics();
      return ok('kafka', `${bus.name} answers and has ${topics.length} topics`);
    } finally {
      await bus.close();
    }
  } catch (error) {
    const advice = 'Start the brokers, or correct --brokers, AUSPEX_KAFKA_TLS and AUSPEX_KAFKA_SASL (docs/bus.md).';
    return problem('kafka', messageOf(error), advice);
  }
}

/** Whether a server could take its state folder now. */
export function checkState(folder: string): Check {
  if (!existsSync(folder)) return ok('state', `${folder} is not there yet; auspex serve makes it`);
  try {
    lockRunFolder(folder).release();
    return ok('state', `no server uses ${folder}`);
  } catch (error) {
    const advice = `Nothing, if that is the server (${folder}/run.lock names it); else give auspex serve another --state.`;
    return warning('state', `${folder} cannot be taken: ${messageOf(error)}`, advice);
  }
}

/** Writes, reads and removes a small object. */
export async function checkDestination(address: string): Promise<Check> {
  const name = `.auspex-doctor-${randomUUID()}`;
  const content = Buffer.from('auspex doctor');
  try {
    const destination = await openDestination(address);
    try {
      const tried = async () => {
        await destination.write(name, content);
        const found = await destination.read(name);
        await destination.remove(name);
        return found?.equals(content) ?? false;
      };
      const late = sleep(PATIENCE * 1000, undefined, { ref: false }).then(() => {
        throw new Error(`no answer within ${PATIENCE} s`);
      });
      if (await Promise.race([tried(), late])) return ok('destination', `${address} can be written and read`);
      return problem('destination', `${address} does not give back what was written`, 'Mend the store.');
    } finally {
      destination.close();
    }
  } catch (error) {
    const advice = 'Check the address, AWS_ENDPOINT_URL_S3, AWS_REGION and credentials (docs/checkpoints.md).';
    return problem('destination', `${address}: ${messageOf(error)}`, advice);
  }
}

export async function checkPort({ host, port }: { readonly host: string; readonly port: number }): Promise<Check> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, resolve);
    });
    return ok('port', `${host}:${port} is free`);
  } catch (error) {
    const advice = 'End what listens there, give another port, or an address of this machine.';
    return problem('port', `${host}:${port} cannot be listened on: ${messageOf(error)}`, advice);
  } finally {
    server.close();
  }
}
