import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

/** Text cut in the middle with `…` or filled with spaces to exactly `width` columns of the screen. */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = stringWidth(text) > width ? cliTruncate(text, width, { position: 'middle' }) : text;
  const padding = ' '.repeat(width - stringWidth(cut));
  return align === 'right' ? padding + cut : cut + padding;
}
