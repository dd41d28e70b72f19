/** A text in the public domain, or the beginning of one; paragraphs are separated by empty lines. */
export interface Work {
  readonly title: string;
  readonly author: string;
  readonly year: number;
  readonly text: string;
}
