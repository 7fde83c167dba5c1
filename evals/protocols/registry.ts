/** All benchmarks by name. */
import { closest } from 'fastest-levenshtein';
import { EvaluationError } from '../errors.ts';
import { copyDetection } from './copy-detection.ts';
import { dollarStreet } from './dollar-street.ts';
import { fineTuneProtocol } from './fine-tune.ts';
import { geolocalisation } from './geolocalisation.ts';
import { hatefulMemes } from './hateful-memes.ts';
import { knnProtocol } from './knn.ts';
import { labelAssociation } from './label-association.ts';
import { linearProbe } from './linear-probe.ts';
import { lowShotProtocol } from './low-shot.ts';
import { outOfDomainProtocol } from './out-of-domain.ts';
import type { Protocol } from './protocol.ts';
import { sameAttributeRetrieval } from './same-attribute-retrieval.ts';

export const PROTOCOLS: readonly Protocol[] = [
  linearProbe,
  knnProtocol,
  fineTuneProtocol,
  lowShotProtocol,
  outOfDomainProtocol,
  copyDetection,
  hatefulMemes,
  sameAttributeRetrieval,
  labelAssociation,
  dollarStreet,
  geolocalisation,
];

/** @throws EvaluationError UNKNOWN_PROTOCOL that names the nearest */
export function findProtocol(name: string): Protocol {
  const protocol = PROTOCOLS.find((candidate) => candidate.name === name);
  if (protocol) return protocol;
  const names = PROTOCOLS.map((candidate) => candidate.name);
  const message = `There is no protocol ${name}; the nearest is ${closest(name, names)}, and all are ${names.join(', ')}.`;
  throw new EvaluationError('UNKNOWN_PROTOCOL', message);
}
