import assert from 'node:assert/strict';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { contract } from './contract.ts';

describe('Kafka as a bus', function () {
  this.timeout(120_000);
  let cluster: KafkaCluster;
  before(async function () {
    if (whyNoKafka() !== undefined) this.skip();
    cluster = await KafkaCluster.start();
  });
  after(() => cluster?.stop());

  contract(() => openKafkaBus({ brokers: cluster.addresses }));

  it('says that nobody answers', async () => {
    const open = openKafkaBus({ brokers: ['127.0.0.1:1'], timeoutSeconds: 1 });
    await assert.rejects(open, { code: 'BUS_UNREACHABLE', message: /Kafka at 127\.0\.0\.1:1/ });
  });
});
