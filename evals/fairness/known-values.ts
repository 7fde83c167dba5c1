/**
 * Values of the paper's attributes, in the order of its tables (Sec. 4.1.1, 4.1.3). Another value is a misspelt one, or means something
 * else. Attributes that are not listed may have any value.
 */
export const KNOWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  /** What people say of themselves. */
  gender: ['female', 'male', 'other'],
  /** Fitzpatrick's types IV to VI, and I to III. */
  skintone: ['darker', 'lighter'],
  /** Years: the first is in the group, the last is not. */
  age: ['under 18', '18-30', '30-45', '45-70', '70+'],
  /** round(ln(dollars a month) / 3): 1, 2 and 3. */
  income: ['low', 'medium', 'high'],
  region: ['Africa', 'Asia', 'Americas', 'Europe'],
};

/** How Tables 1 and 3 divide people. */
export const PEOPLE: readonly (readonly string[])[] = [['gender'], ['skintone'], ['gender', 'skintone'], ['age']];
