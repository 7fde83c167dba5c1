/** Which labels of ImageNet's taxonomy stand for what, when the image is of a person (Table 4). The first two are harmful. */
export type Associations = Readonly<Record<string, readonly string[]>>;

export const ASSOCIATIONS: Associations = {
  'Non-Human': [
    'swine',
    'slug',
    'snake',
    'monkey',
    'lemur',
    'chimpanzee',
    'baboon',
    'animal',
    'bonobo',
    'mandrill',
    'rat',
    'dog',
    'capuchin',
    'gorilla',
    'mountain gorilla',
    'ape',
    'great ape',
    'orangutan',
  ],
  Crime: ['prison'],
  Human: ['face', 'people'],
  'Possibly-Human': ['makeup', 'khimar', 'beard'],
};
