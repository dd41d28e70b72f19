import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Model = (b: readonly number[], x: readonly number[]) => number;
const { exp, cos, sin, atan, PI } = Math;

const gauss: Model = (b, [x]) =>
  b[0]! * exp(-b[1]! * x!) +
  b[2]! * exp(-((x! - b[3]!) ** 2) / b[4]! ** 2) +
  b[5]! * exp(-((x! - b[6]!) ** 2) / b[7]! ** 2);
const lanczos: Model = (b, [x]) =>
  b[0]! * exp(-b[1]! * x!) + b[2]! * exp(-b[3]! * x!) + b[4]! * exp(-b[5]! * x!);
const cubic: Model = (b, [x]) =>
  (b[0]! + b[1]! * x! + b[2]! * x! ** 2 + b[3]! * x! ** 3) /
  (1 + b[4]! * x! + b[5]! * x! ** 2 + b[6]! * x! ** 3);
const wave = (a: number, b: number, period: number, x: number): number =>
  a * cos((2 * PI * x) / period) + b * sin((2 * PI * x) / period);

/** Formulas of the data sets, as their files state them. Nelson is on log(y). */
const MODELS: Readonly<Record<string, Model>> = {
  Bennett5: (b, [x]) => b[0]! * (b[1]! + x!) ** (-1 / b[2]!),
  BoxBOD: (b, [x]) => b[0]! * (1 - exp(-b[1]! * x!)),
  Chwirut1: (b, [x]) => exp(-b[0]! * x!) / (b[1]! + b[2]! * x!),
  Chwirut2: (b, [x]) => exp(-b[0]! * x!) / (b[1]! + b[2]! * x!),
  DanWood: (b, [x]) => b[0]! * x! ** b[1]!,
  ENSO: (b, [x]) =>
    b[0]! + wave(b[1]!, b[2]!, 12, x!) + wave(b[4]!, b[5]!, b[3]!, x!) + wave(b[7]!, b[8]!, b[6]!, x!),
  Eckerle4: (b, [x]) => (b[0]! / b[1]!) * exp(-0.5 * ((x! - b[2]!) / b[1]!) ** 2),
  Gauss1: gauss,
  Gauss2: gauss,
  Gauss3: gauss,
  Hahn1: cubic,
  Kirby2: (b, [x]) => (b[0]! + b[1]! * x! + b[2]! * x! ** 2) / (1 + b[3]! * x! + b[4]! * x! ** 2),
  Lanczos1: lanczos,
  Lanczos2: lanczos,
  Lanczos3: lanczos,
  MGH09: (b, [x]) => (b[0]! * (x! ** 2 + x! * b[1]!)) / (x! ** 2 + x! * b[2]! + b[3]!),
  MGH10: (b, [x]) => b[0]! * exp(b[1]! / (x! + b[2]!)),
  MGH17: (b, [x]) => b[0]! + b[1]! * exp(-x! * b[3]!) + b[2]! * exp(-x! * b[4]!),
  Misra1a: (b, [x]) => b[0]! * (1 - exp(-b[1]! * x!)),
  Misra1b: (b, [x]) => b[0]! * (1 - (1 + (b[1]! * x!) / 2) ** -2),
  Misra1c: (b, [x]) => b[0]! * (1 - (1 + 2 * b[1]! * x!) ** -0.5),
  Misra1d: (b, [x]) => (b[0]! * b[1]! * x!) / (1 + b[1]! * x!),
  Nelson: (b, [x1, x2]) => b[0]! - b[1]! * x1! * exp(-b[2]! * x2!),
  Rat42: (b, [x]) => b[0]! / (1 + exp(b[1]! - b[2]! * x!)),
  Rat43: (b, [x]) => b[0]! / (1 + exp(b[1]! - b[2]! * x!)) ** (1 / b[3]!),
  Roszman1: (b, [x]) => b[0]! - b[1]! * x! - atan(b[2]! / (x! - b[3]!)) / PI,
  Thurber: cubic,
};

export interface NistProblem {
  readonly name: string;
  readonly level: string;
  readonly starts: readonly (readonly number[])[];
  readonly certified: readonly number[];
  readonly deviations: readonly number[];
  readonly sumOfSquares: number;
  residuals(b: readonly number[]): number[];
}

/** Reads one of the Statistical Reference Datasets of NIST (public domain). */
function readProblem(file: string, name: string): NistProblem {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const range = (what: string): string[] => {
    const [, from, to] = new RegExp(`${what}\\s+\\(lines\\s+(\\d+)\\s+to\\s+(\\d+)\\)`).exec(
      lines.join('\n'),
    )!;
    return lines.slice(Number(from) - 1, Number(to));
  };
  const table = lines
    .filter((line) => /^\s*b\d+\s*=/.test(line))
    .map((line) => line.split('=')[1]!.trim().split(/\s+/).map(Number));
  const data = range('Data')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((row) => row.length > 1);
  const model = MODELS[name]!;
  const observed = (y: number): number => (name === 'Nelson' ? Math.log(y) : y);
  return {
    name,
    level: /(Lower|Average|Higher)\s+Level/.exec(lines.join('\n'))![1]!,
    starts: [table.map((row) => row[0]!), table.map((row) => row[1]!)],
    certified: table.map((row) => row[2]!),
    deviations: table.map((row) => row[3]!),
    sumOfSquares: Number(lines.find((line) => line.includes('Sum of Squares'))!.split(':')[1]),
    residuals: (b) => data.map(([y, ...x]) => model(b, x) - observed(y!)),
  };
}

const FOLDER = join(import.meta.dirname, '..', 'nist');

export const nistProblems = (): NistProblem[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.dat'))
    .map((file) => readProblem(join(FOLDER, file), file.replace('.dat', '')));
