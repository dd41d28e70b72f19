import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import {
  type ImportedRun,
  type ImportOptions,
  importAiconfigurator,
  importCsv,
  importInferenceX,
} from '../import/import-rows.ts';
import { requireFree, writeImportedRun } from '../import/write-run.ts';
import { distinctCells } from '../run/distinct-cells.ts';
import { IMPORT_FORMATS, type ImportFormat } from '../run/schema.ts';
import { commonOptions, csvOptions, IMPORT_FLAGS, type ImportFlags } from './import-flags.ts';
import { badRowLines, importText } from './import-text.ts';

const help = `usage: ridge import FORMAT FILE --out runs/NAME [options]

Makes a run record of measurements that others published, which fit, validate
and check read like any other run. How they were driven (burst, jitter,
requests, mean or median) becomes part of the record. Nothing is measured.

FORMAT is one of
  inferencex       InferenceX aggregate rows: CSV, or JSON (agg_*.json: a list,
                   one object, or one a line)
  aiconfigurator   measured rows of AIConfigurator (silicon_sample.csv)
  csv              any CSV with column names; --map says what they are

  --out FOLDER             the run's folder; must be new
  --where COND,COND        only these rows: key=value, key!=value, 'key<=value',
                           key=a|b; key is a column, or one of accelerator model
                           precision engine engine_version tensor_parallel
                           expert_parallel input_tokens output_tokens
                           concurrency; repeatable, all must hold
  --keep RULE              keep the rows that this cleaning rule would remove;
                           repeatable
  --accelerator ID         of the catalogue, instead of what the rows say
  --engine NAME@VERSION    instead of what the rows say
  --model-config FILE      config.json of the model, where there is no built-in
                           card
  --attribution TEXT       whose measurements they are, and under which terms;
                           carried into fits and what is published of them
  --statistic mean|median  what a fit compares with (burst only); default mean
  --max-num-batched-tokens N, --max-num-seqs N, --kv-capacity-tokens N,
  --kv-cache-dtype NAME    settings of the engine, where you know them; the file
                           does not say them
  --graph-sizes LIST       batch sizes that its CUDA graphs were captured for,
                           or none: steps are padded to them
  --json                   what was imported as JSON on stdout

csv only:
  --map COLUMN=FIELD,...   also FIELD=const:VALUE,
                           concurrency=streams_from_rate (output tokens/s x
                           TPOT), and input_tokens=unknown (a fit finds one
                           prompt length for each task, with the power)
  --map-file FILE          the same as YAML: columns: {COLUMN: FIELD},
                           constants: {FIELD: VALUE}, concurrency:
                           streams_from_rate, input_tokens: unknown
  --driving KIND           burst: all streams start at once; steady: means over
                           a steady window; batch: one batch, prefilled
                           together, decoded in lockstep
  --requests-per-stream N  of a burst
  --jitter LOW-HIGH        lengths as shares of the nominal ones; default 1-1
  --missing TEXT           means no value, besides blank (0, NA); repeatable

Fields: model accelerator precision engine engine_version tensor_parallel
expert_parallel pipeline_parallel requests repeat input_tokens (or
context_tokens: mean context over the decode) output_tokens concurrency
output_tokens_per_s output_tokens_per_s_per_device input_tokens_per_s power_w
(all devices) power_w_per_device energy_j_per_request task, and ttft tpot e2e
with _ms or _s; _p50 and _p99 stand before the unit. Watts of rows that do not
say how long their prompts are give an energy per FLOP that is confounded with
that length, whether it is fitted (unknown) or given (const:N).

Rows that cannot be read or whose accelerator is not known are skipped; they and
rows that a cleaning rule removes are counted, named by line, and kept in
run.json. A cell is one shape at one load on one target; its rows are repeats.

exit: 0 written, 2 nothing can be imported or FOLDER is taken

Examples:
  ridge import inferencex agg.csv --where hw=h100,isl=1024 \\
      --out runs/inferencex-h100
  ridge import csv decode.csv --out runs/decode --driving batch \\
      --accelerator h200-sxm --engine vllm \\
      --map context=context_tokens,itl_ms=tpot_ms,rate=output_tokens_per_s,\\
output_tokens=const:500,\\
concurrency=streams_from_rate,model=const:llama-3.1-8b-fp8`;

const LARGEST_FILE_BYTES = 64 * 2 ** 20;

export const command: Command = {
  summary: "make a run record of others' measurements",
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({
      args: [...argv],
      options: IMPORT_FLAGS,
      allowPositionals: true,
    });
    const { format, file } = whatToImport(positionals);
    const { out } = flags;
    if (out === undefined) {
      throw new RidgeError('where to?', { mend: `For example --out runs/${basename(file, '.csv')}.` });
    }
    await requireFree(out);
    const bytes = await readBounded(file);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const common = { ...(await commonOptions(flags)), file: basename(file), digest, id: basename(out) };
    const imported = await importRowsOf(format, bytes.toString('utf8'), flags, common);
    await writeImportedRun(out, imported);
    for (const line of badRowLines(imported.run)) console.error(line);
    if (flags.json) console.log(JSON.stringify({ folder: out, ...summaryOf(imported) }, null, 2));
    else console.log(importText(out, imported));
    return EXIT.done;
  },
};

async function importRowsOf(
  format: ImportFormat,
  text: string,
  flags: ImportFlags,
  common: ImportOptions,
): Promise<ImportedRun> {
  if (format === 'csv') return importCsv(text, { ...common, ...(await csvOptions(flags)) });
  const stray = (['map', 'map-file', 'driving', 'requests-per-stream', 'jitter', 'missing'] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (stray) {
    throw new RidgeError(`--${stray} belongs to the format csv`, {
      mend: `${format} knows its own columns.`,
    });
  }
  return format === 'inferencex' ? importInferenceX(text, common) : importAiconfigurator(text, common);
}

function whatToImport([format, file, ...others]: readonly string[]): { format: ImportFormat; file: string } {
  const known = IMPORT_FORMATS.find((one) => one === format);
  if (known === undefined) {
    throw new RidgeError(format === undefined ? 'which format?' : `no format '${format}'`, {
      mend: `One of: ${IMPORT_FORMATS.join(' ')}. For example ridge import inferencex agg.csv --out runs/NAME.`,
    });
  }
  if (file === undefined || others.length > 0) {
    throw new RidgeError(file === undefined ? 'which file?' : 'one file at a time', {
      mend: `For example ridge import ${known} rows.csv --out runs/NAME.`,
    });
  }
  return { format: known, file };
}

async function readBounded(file: string): Promise<Buffer> {
  const info = await stat(file).catch((cause) => {
    throw new RidgeError('no such file', { where: file, mend: 'Give the path of the measurements.', cause });
  });
  if (!info.isFile()) throw new RidgeError('not a file', { where: file });
  if (info.size > LARGEST_FILE_BYTES) {
    throw new RidgeError('the file is larger than 64 MiB', { where: file, mend: 'Import it in parts.' });
  }
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new RidgeError(`cannot be read (${cause.code})`, { where: file, cause });
  });
}

const summaryOf = ({ run, records }: ImportedRun): object => ({
  cells: distinctCells(records),
  rows: records.length,
  targets: run.targets.map(({ name }) => name),
  imported: run.imported,
});
