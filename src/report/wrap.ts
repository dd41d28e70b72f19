import wrapAnsi from 'wrap-ansi';

const WIDEST = 112;
/** Columns of the narrowest terminal that reports are written for. */
export const REPORT_COLUMNS = 80;

/** Folds long lines at words, at 112 columns or fewer; a folded line keeps the indentation of its start. */
export const wrapLines = (text: string, width = WIDEST): string =>
  text
    .split('\n')
    .map((line) => {
      const indent = ' '.repeat(line.length - line.trimStart().length);
      return wrapAnsi(line.trimStart(), Math.min(width, WIDEST) - indent.length)
        .split('\n')
        .map((part) => indent + part)
        .join('\n');
    })
    .join('\n');

/** A named thing and what it is, folded so that the text stands in a column of its own. @param head with what stands before it */
export const wrapItem = (head: string, text: string, width = REPORT_COLUMNS): string =>
  wrapAnsi(text, width - head.length)
    .split('\n')
    .map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line)
    .join('\n');
