import { features } from '../../evals/features/features.ts';
import { averagePrecision, meanAveragePrecision, rankClasses } from '../../evals/metrics/average-precision.ts';
import { precisionAtK } from '../../evals/metrics/precision-at-k.ts';
import { rank } from '../../evals/metrics/ranking.ts';
import { rocAuc } from '../../evals/metrics/roc-auc.ts';
import { nearestNeighbours } from '../../evals/neighbours/nearest-neighbours.ts';
import { assertClose, loadFixture } from './fixture.ts';

type Group = Record<string, number> & { queries: number };
interface Scalars extends Record<'auc0' | 'auc1' | 'auc2', number> {
  precision_at_k: { groups: Record<string, Group> };
  voc_ap: Record<string, number | number[]>;
}

describe('golden metrics', () => {
  const fixture = loadFixture<unknown, Scalars>('metrics');
  const tolerance = fixture.tolerances['auc*, voc_ap, percentages']!;

  for (const name of ['auc0', 'auc1', 'auc2'] as const) {
    it(`${name}: area under the ROC curve`, () => {
      const ranking = rank(fixture.values(`${name}.scores`), fixture.values(`${name}.labels`));
      assertClose([rocAuc(ranking)], [fixture.scalars[name]], tolerance, name);
    });
  }

  const kinds = {
    full: ['full_interpolated (VISSL calculate_ap, VOC 2010+)', 'mAP_full'],
    'eleven-point': ['eleven_point (VOC 2007)', 'mAP_eleven_point'],
    step: ['step (scikit-learn)', 'mAP_step'],
  } as const;
  for (const interpolation of ['full', 'eleven-point', 'step'] as const) {
    it(`${interpolation} average precision of each class, and its mean`, () => {
      const [each, mean] = kinds[interpolation].map((name) => fixture.scalars.voc_ap[name]!);
      const numClasses = fixture.tensor('voc.labels').shape[1]!;
      const present = Int8Array.from(fixture.values('voc.labels'));
      const rankings = rankClasses(fixture.values('voc.scores'), present, numClasses);
      const values = rankings.map((ranking) => averagePrecision(ranking, interpolation));
      assertClose(values, each as number[], tolerance, interpolation);
      assertClose(
        [meanAveragePrecision(rankings, interpolation)],
        [mean as number],
        tolerance,
        `mean ${interpolation}`,
      );
    });
  }

  it('precision at k of groups of queries', async () => {
    const matrix = (name: string) => features(fixture.values(name), fixture.tensor(name).shape[1]!);
    const labels = (name: string) => fixture.values(`p_at_k.${name}`);
    const groups = Object.entries(fixture.scalars.precision_at_k.groups);
    const ks = Object.keys(groups[0]![1])
      .filter((key) => key.startsWith('P@'))
      .map((key) => Number(key.slice(2)));
    const found = await nearestNeighbours(matrix('p_at_k.queries'), matrix('p_at_k.database'), Math.max(...ks));
    for (const k of ks) {
      const precision = precisionAtK(found, labels('query_gender'), labels('database_gender'), k);
      for (const [name, group] of groups) {
        const own = precision.filter((_, query) => isIn(name, query));
        assertClose([own.length], [group.queries], {}, `queries of ${name}`);
        const percent = (100 * own.reduce((sum, value) => sum + value, 0)) / own.length;
        assertClose([percent], [group[`P@${k}`]!], tolerance, `P@${k} of ${name}`);
      }
    }
  });

  /** Whether a query is of a group such as `gender=female,skintone=lighter`. */
  function isIn(name: string, query: number): boolean {
    const [gender, skin, age] = ['query_gender', 'fitzpatrick', 'age'].map(
      (tensor) => fixture.values(`p_at_k.${tensor}`)[query]!,
    ) as [number, number, number];
    const values: Record<string, string> = {
      gender: gender === 0 ? 'female' : 'male',
      skintone: skin <= 3 ? 'lighter' : 'darker',
      age: age < 30 ? '18-30' : age < 45 ? '30-45' : age < 70 ? '45-70' : '70+',
    };
    return name === 'all' || name.split(',').every((part) => values[part.split('=')[0]!] === part.split('=')[1]);
  }
});
