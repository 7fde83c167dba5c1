/**
 * Apache Kafka on loopback, for tests and benchmarks: one broker, or several that copy from each other. Each is a Java process
 * of its own with a folder below the temporary one, and is stopped by its process id.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { installKafka } from './install.ts';

export interface ClusterOptions {
  /** @default 1 */
  readonly brokers?: number;
  /** More lines of the brokers' server.properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Talks TLS, under a certificate that is made for it, and only to this user. */
  readonly secure?: { readonly username: string; readonly password: string };
}

interface Broker {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly folder: string;
  process?: ChildProcess;
}

export class KafkaCluster {
  readonly #root: string;
  readonly #brokers: readonly Broker[];
  readonly #properties: Readonly<Record<string, string>>;
  readonly #secure: ClusterOptions['secure'];

  private constructor(root: string, brokers: readonly Broker[], { properties = {}, secure }: ClusterOptions) {
    this.#root = root;
    this.#brokers = brokers;
    this.#properties = properties;
    this.#secure = secure;
  }

  /** Of a secure cluster: the certificate that vouches for its brokers, PEM. */
  get certificateFile(): string {
    return path.join(this.#root, 'certificate.pem');
  }

  /** Starts the brokers and waits until they answer. */
  static async start(options: ClusterOptions = {}): Promise<KafkaCluster> {
    const { brokers = 1 } = options;
    const root = mkdtempSync(path.join(tmpdir(), 'auspex-kafka-'));
    const ports = await freePorts(2 * brokers);
    const list = Array.from({ length: brokers }, (_, i) => ({
      id: i + 1,
      port: ports[2 * i]!,
      controllerPort: ports[2 * i + 1]!,
      folder: path.join(root, String(i + 1)),
    }));
    const cluster = new KafkaCluster(root, list, options);
    try {
      if (options.secure) cluster.#makeCertificate();
      await cluster.#format();
      for (const { id } of list) cluster.startBroker(id);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** host:port of every broker. */
  get addresses(): string[] {
    return this.#brokers.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Starts a broker that was killed, with the data that it had. */
  startBroker(id: number): void {
    const broker = this.#broker(id);
    const log = openSync(path.join(broker.folder, 'log'), 'a');
    const args = [...javaOptions('-Xmx512m'), 'kafka.Kafka', path.join(broker.folder, 'server.properties')];
    broker.process = spawn('java', args, { stdio: ['ignore', log, log] });
  }

  /** Kills a broker at once, as a power cut would. */
  async killBroker(id: number): Promise<void> {
    const { process } = this.#broker(id);
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  }

  /** Waits until as many brokers as are running belong to the cluster. */
  async ready(timeoutSeconds = 60): Promise<void> {
    const running = this.#brokers.filter(({ process }) => process?.exitCode === null && process.signalCode === null);
    const deadline = Date.now() + timeoutSeconds * 1000;
    const brokers = running.map(({ port }) => `127.0.0.1:${port}`);
    const secure = this.#secure && {
      ssl: { ca: [readFileSync(this.certificateFile)] },
      sasl: { mechanism: 'plain' as const, ...this.#secure },
    };
    const admin = new Kafka({ brokers, ...secure, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
    while (true) {
      try {
        await admin.connect();
        const cluster = await admin.describeCluster();
        if (cluster.brokers.length === running.length) return;
      } catch (error) {
        const dead = running.find(({ process }) => process!.exitCode !== null);
        if (dead || Date.now() > deadline) {
          const log = readFileSync(path.join((dead ?? running[0]!).folder, 'log'), 'utf8').slice(-3000);
          throw new Error(`Kafka did not start: ${String(error)}\n${log}`);
        }
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
      await sleep(100);
    }
  }

  /** Kills all brokers and removes what they wrote. */
  async stop(): Promise<void> {
    await Promise.all(this.#brokers.map(({ id }) => this.killBroker(id)));
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #format(): Promise<void> {
    const voters = this.#brokers.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
    const protocol = this.#secure ? 'SASL_SSL' : 'PLAINTEXT';
    const copies = String(Math.min(3, this.#brokers.length));
    for (const { id, port, controllerPort, folder } of this.#brokers) {
      mkdirSync(folder, { recursive: true });
      const properties = {
        'process.roles': 'broker,controller',
        'node.id': String(id),
        'controller.quorum.voters': voters,
        listeners: `${protocol}://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `${protocol}://127.0.0.1:${port}`,
        'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${protocol}:${protocol}`,
        'inter.broker.listener.name': protocol,
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': path.join(folder, 'data'),
        'offsets.topic.replication.factor': copies,
        'offsets.topic.num.partitions': '4',
        'transaction.state.log.replication.factor': copies,
        'transaction.state.log.min.isr': '1',
        'min.insync.replicas': String(Math.max(1, Number(copies) - 1)),
        'group.initial.rebalance.delay.ms': '0',
        'auto.create.topics.enable': 'false',
        // Deleted records go at once, so that tests need not wait.
        'log.retention.check.interval.ms': '500',
        // A broker that was killed is missed soon, and taken back soon: both wait for the end of its session.
        'broker.session.timeout.ms': '3000',
        'broker.heartbeat.interval.ms': '500',
        ...this.#secureProperties(),
        ...this.#properties,
      };
      const file = path.join(folder, 'server.properties');
      writeFileSync(
        file,
        Object.entries(properties)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      );
      const args = [
        ...javaOptions('-Xmx256m'),
        'kafka.tools.StorageTool',
        'format',
        '-t',
        'auspexAuspexAuspexAusA',
        '-c',
        file,
      ];
      const format = spawn('java', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let problems = '';
      format.stderr.on('data', (text: Buffer) => {
        problems += text.toString();
      });
      const [code] = (await once(format, 'exit')) as [number];
      if (code !== 0) throw new Error(`Kafka's storage could not be formatted: ${problems}`);
    }
  }

  #makeCertificate(): void {
    const [key, certificate] = [path.join(this.#root, 'key.pem'), this.certificateFile];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...args, ...subject], { stdio: 'ignore' });
  }

  #secureProperties(): Record<string, string> {
    if (!this.#secure) return {};
    const { username, password } = this.#secure;
    // A value of several lines.
    const pem = (file: string) => readFileSync(file, 'utf8').trimEnd().replaceAll('\n', '\\n');
    const login = `username="${username}" password="${password}" user_${username}="${password}"`;
    return {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': pem(path.join(this.#root, 'key.pem')),
      'ssl.keystore.certificate.chain': pem(this.certificateFile),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': pem(this.certificateFile),
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${login};`,
    };
  }

  #broker(id: number): Broker {
    return this.#brokers.find((broker) => broker.id === id)!;
  }
}

function javaOptions(heap: string): string[] {
  return [heap, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', path.join(installKafka(), '*')];
}

/** Ports that nobody uses at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
