/** Every transport keeps the contract, between processes of this machine. */
import { itKeepsTheContract } from './contract.ts';
import { environmentOf, TRANSPORTS, whyNot } from './operations.ts';
import { here, Ranks } from './ranks.ts';

for (const transport of TRANSPORTS) {
  describe(`collectives by ${transport}`, () => {
    let ranks: Ranks;
    before(function () {
      if (whyNot(transport)) this.skip();
      ranks = new Ranks(4, here(environmentOf(transport)));
    });
    after(() => ranks?.end());
    itKeepsTheContract(transport, () => ranks);
  });
}
