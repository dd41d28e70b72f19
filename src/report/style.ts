import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** How words are set off in reports. Every use must also read without colour. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly red: Paint;
}

type Format = keyof Style;
const FORMATS: readonly Format[] = ['bold', 'dim', 'green', 'yellow', 'red'];

const makeStyle = (paint: (format: Format) => Paint): Style =>
  Object.fromEntries(FORMATS.map((format) => [format, paint(format)])) as Record<Format, Paint>;

/** Leaves text alone. */
export const plainStyle: Style = makeStyle(() => (text) => text);

/** Whether a stream gets colour: only a terminal, and none with `NO_COLOR` set to anything but the empty string. */
export const wantsColour = (
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean => stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';

/** The style for what is written to `stream`. */
export const styleFor = (stream: { readonly isTTY?: boolean }): Style =>
  wantsColour(stream)
    ? makeStyle((format) => (text) => styleText(format, text, { validateStream: false }))
    : plainStyle;
