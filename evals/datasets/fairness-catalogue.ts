/** Datasets of people and homes, whose authors supply the groups that figures are divided by (Sec. 4.1, Tables 1 to 3 and 5). */
import type { CatalogueEntry, Terms } from './catalogue-entry.ts';
import { readDollarStreet } from './readers/dollar-street.ts';
import { readCasualConversations, readCasualConversationsUtkFaces } from './readers/faces.ts';

const conversationsTerms: Terms = {
  name: "on request, by its owners' data licence",
  where: 'https://ai.meta.com/datasets/casual-conversations-dataset/',
};

export const fairnessCatalogue: readonly CatalogueEntry[] = [
  {
    name: 'casual-conversations',
    title: 'Casual Conversations, faces',
    tables: [3],
    task: 'gender, as people say themselves',
    classes: 2,
    score: 'accuracy',
    splits: { test: { images: 2_982 } },
    remarks:
      'Faces of the middle frames of its smaller set, which are to be cut out and given; which videos are the 2,982 is not published with it.',
    terms: conversationsTerms,
    needs: ['CasualConversations_mini.json', 'faces/<part>/<participant>/<video>.jpg'],
    read: readCasualConversations,
  },
  {
    name: 'casual-conversations-utk-faces',
    title: 'Casual Conversations, and UTK-Faces to search among',
    tables: [1, 2],
    task: 'gender, by retrieval',
    classes: 2,
    score: 'accuracy',
    splits: { val: { images: 24_108, varies: true }, test: { images: 2_982 } },
    remarks:
      'UTK-Faces, split val, is what is searched: UTKFace/ or its three parts. Genders there are what others saw in a face.',
    terms: {
      name: "Casual Conversations' licence; UTK-Faces: non-commercial research",
      where: 'https://susanqq.github.io/UTKFace/',
    },
    needs: [
      'CasualConversations_mini.json',
      'faces/<part>/<participant>/<video>.jpg',
      'UTKFace/, or part1/, part2/ and part3/',
    ],
    read: readCasualConversationsUtkFaces,
  },
  {
    name: 'dollar-street',
    title: 'Dollar Street',
    tables: [5],
    task: 'object, in homes of every income',
    classes: 94,
    score: 'accuracy',
    splits: { test: { images: 16_073 } },
    remarks:
      'Photos of the labels that a class of ImageNet-22K stands for, by the mapping that was published with the benchmark.',
    terms: { name: 'CC BY 4.0', where: 'https://www.gapminder.org/dollar-street' },
    needs: [
      'metadata_full_dollar_street.json',
      'images/<label>/',
      'in22k_cls_idx_to_dollar_street_labels_map.json',
      'subset_in22k_class_names.json',
    ],
    read: readDollarStreet,
  },
];
