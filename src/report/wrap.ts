import wrapAnsi from 'wrap-ansi';

/** Folds long lines at words; a folded line keeps the indentation of its start. */
export const wrapLines = (text: string, width = 100): string =>
  text
    .split('\n')
    .map((line) => {
      const indent = ' '.repeat(line.length - line.trimStart().length);
      return wrapAnsi(line.trimStart(), width - indent.length)
        .split('\n')
        .map((part) => indent + part)
        .join('\n');
    })
    .join('\n');
