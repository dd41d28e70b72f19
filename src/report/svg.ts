/** Text for an SVG document. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

type Attributes = Readonly<Record<string, string | number>>;

/** One element; numbers are rounded to hundredths. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const text = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escapeXml(value)}"`)
    .join('');
  return content === '' ? `<${name}${text}/>` : `<${name}${text}>${content}</${name}>`;
}

export const INK = '#222';
export const FAINT = '#ddd';
/** Told apart also without colour vision (Okabe and Ito). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const;

interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: 'normal' | 'bold';
  readonly colour?: string;
  readonly rotate?: number;
}

export const textAt = (x: number, y: number, text: string, options: TextOptions = {}): string =>
  element(
    'text',
    {
      x,
      y,
      'text-anchor': options.anchor ?? 'start',
      'font-size': options.size ?? 11,
      'font-weight': options.weight ?? 'normal',
      fill: options.colour ?? INK,
      ...(options.rotate === undefined ? {} : { transform: `rotate(${options.rotate} ${x} ${y})` }),
    },
    escapeXml(text),
  );

/** About the width of a text in a sans-serif font. */
export const textWidth = (text: string, size = 11): number => 0.6 * size * text.length;

export const lineFrom = (x1: number, y1: number, x2: number, y2: number, stroke: string = INK): string =>
  element('line', { x1, y1, x2, y2, stroke });

/** A document that needs nothing else: no style sheet, font or script. */
export const svgDocument = (width: number, height: number, title: string, parts: readonly string[]): string =>
  `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${rounded(width)}" height="${rounded(height)}" viewBox="0 0 ${rounded(width)} ${rounded(height)}" font-family="sans-serif" role="img">`,
    element('title', {}, escapeXml(title)),
    element('rect', { width, height, fill: '#fff' }),
    ...parts,
    '</svg>',
  ].join('\n')}\n`;

/** Charts under one another in one document. */
export function stackSvg(title: string, charts: readonly Chart[]): string {
  const width = Math.max(...charts.map((chart) => chart.width));
  let y = 0;
  const placed = charts.map((chart) => {
    const group = element('g', { transform: `translate(0 ${rounded(y)})` }, chart.parts.join('\n'));
    y += chart.height;
    return group;
  });
  return svgDocument(width, y, title, placed);
}

/** Parts of a chart, and the room that they take. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

/** Round values between two ends: 1, 2 or 5 times a power of ten apart. */
export function ticksOf(low: number, high: number, most = 6): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
