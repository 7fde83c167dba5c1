import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import { kafkaOptions, openBus } from '../../services/bus/open-bus.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { contract, readSome } from './contract.ts';

describe('Kafka as a bus', function () {
  this.timeout(120_000);
  let cluster: KafkaCluster;
  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    cluster = await KafkaCluster.start();
  });
  after(() => cluster?.stop());

  contract(() => openKafkaBus({ brokers: cluster.addresses }));

  it('talks TLS and says who it is, by what the environment holds; without that it is refused', async () => {
    const secure = await KafkaCluster.start({ secure: { username: 'auspex', password: 'secret' } });
    const folder = mkdtempSync(path.join(tmpdir(), 'auspex-secret-'));
    const secret = path.join(folder, 'password');
    writeFileSync(secret, 'secret\n');
    try {
      const places = { brokers: secure.addresses };
      const env = {
        AUSPEX_KAFKA_TLS_CA: secure.certificateFile,
        AUSPEX_KAFKA_SASL: 'plain',
        AUSPEX_KAFKA_USERNAME: 'auspex',
      };
      const bus = await openBus('kafka', places, { ...env, AUSPEX_KAFKA_PASSWORD_FILE: secret });
      await bus.createTopic('private', { partitions: 1 });
      const value = new Uint8Array([1, 2, 3]);
      await bus.publish('private', [{ value }]);
      const [message] = await readSome(await bus.openReader('private', [{ partition: 0, offset: 0 }]), 1);
      assert.deepEqual(new Uint8Array(message!.value), value);
      await bus.close();
      const wrong = openBus('kafka', places, { ...env, AUSPEX_KAFKA_PASSWORD: 'guessed' });
      await assert.rejects(wrong, (error: Error & { code: string }) => {
        assert.equal(error.code, 'BUS_NOT_ALLOWED');
        assert.doesNotMatch(error.message, /guessed/);
        return true;
      });
      const { AUSPEX_KAFKA_TLS_CA: _, ...untrusting } = env;
      const stranger = { ...untrusting, AUSPEX_KAFKA_TLS: 'true', AUSPEX_KAFKA_PASSWORD: 'secret' };
      await assert.rejects(openKafkaBus({ ...kafkaOptions(places, stranger), timeoutSeconds: 1 }), {
        code: 'BUS_UNREACHABLE',
        message: /self-signed certificate/,
      });
      assert.throws(() => kafkaOptions(places, env), { code: 'BUS_ADDRESS', message: /AUSPEX_KAFKA_PASSWORD_FILE/ });
    } finally {
      await secure.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('makes topics that can be used at once, of several brokers too', async () => {
    const three = await KafkaCluster.start({ brokers: 3 });
    const buses = await Promise.all(three.addresses.map((address) => openKafkaBus({ brokers: [address] })));
    try {
      for (let i = 0; i < 12; i++) {
        const bus = buses[i % 3]!;
        await bus.createTopic(`topic-${i}`, { partitions: 3, replicas: 3 });
        const places = await bus.publish(`topic-${i}`, [{ value: new Uint8Array([i]), partition: 2 }]);
        assert.deepEqual(places, [{ partition: 2, offset: 0 }]);
      }
    } finally {
      await Promise.all(buses.map((bus) => bus.close()));
      await three.stop();
    }
  });

  it('says that nobody answers', async () => {
    const open = openKafkaBus({ brokers: ['127.0.0.1:1'], timeoutSeconds: 1 });
    await assert.rejects(open, { code: 'BUS_UNREACHABLE', message: /Kafka at 127\.0\.0\.1:1/ });
  });
});
