/** What the paper's indicators ask, how their figures read, and what it says of their use. */

export interface Indicator {
  readonly protocol: string;
  readonly title: string;
  readonly source: string;
  /** Tables of the paper. */
  readonly tables: readonly number[];
  /** What is asked, and what a figure means. */
  readonly asks: string;
  /** Measures that the paper has tables of. @default all */
  readonly measures?: readonly string[];
}

export const INDICATORS: readonly Indicator[] = [
  {
    protocol: 'same-attribute-retrieval',
    title: 'Indicator 1: same-attribute retrieval',
    source: 'Sec. 4.1.1',
    tables: [1, 2],
    measures: ['P@1'],
    asks: 'How often the most similar face of a database was given the same gender as the face that is searched for. Higher is better; a group with less than others is taken for the other gender more often.',
  },
  {
    protocol: 'label-association',
    title: 'Indicator 2: label association',
    source: 'Sec. 4.1.2',
    tables: [3],
    measures: ['Non-Human', 'Crime', 'Human', 'Possibly-Human'],
    asks: 'How many images of people are labelled as what. Less is better of Non-Human and Crime, which are harmful; more is better of Human.',
  },
  {
    protocol: 'dollar-street',
    title: 'Indicator 3: objects around the world',
    source: 'Sec. 4.1.3',
    tables: [5],
    asks: 'How often an object of a home is among the first five labels, by what the household earns and where it is. Higher is better.',
  },
  {
    protocol: 'hateful-memes',
    title: 'Hate speech in memes',
    source: 'Sec. 4.1.4',
    tables: [6],
    asks: 'How well features of picture and text tell hateful memes from others. Higher is better; 50 is chance.',
  },
  {
    protocol: 'geolocalisation',
    title: 'Geolocalisation',
    source: 'Sec. 5.1',
    tables: [12],
    asks: 'How many images are placed within a distance of where they were taken. Higher is better.',
  },
];

/** In the paper's own words (Sec. 4.1). */
export const CAUTION = {
  quote:
    'We note that our motivation behind these fairness probes is not to validate the use of any given model. [...] the choice of what fairness probes to measure depends on the application and use context. This choice must be thoroughly assessed by the stakeholder so as to answer why those probes are chosen, what kind of assumptions are embedded in this choice, and what specific questions do the system designers aim to answer. Therefore, we ask practitioners and developers to not treat these results as a validation of use of a model.',
  source: 'Goyal et al. 2022, Sec. 4.1',
} as const;

/** What every reader of such figures has to know. */
export const READING: readonly string[] = [
  'Groups are what people or the authors of a dataset have said, as supplied with the data. Nothing here infers a gender, an age, a skintone or an origin from an image.',
  'A small difference says that none was found among these people and by this measure; it says nothing of others. Groups that are too small, and people whom no group names, are shown as such and not averaged away.',
];
