import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { transferableTokens } from '../../src/measure/disaggregated-metrics.ts';
import type { Checks } from './checks.ts';
import { targetOf } from './lab.ts';
import { measureOn } from './measure-on.ts';
import type { CellData } from './record.ts';
import { SERVER_SETTINGS, type ServeOptions, serveVllm, type VllmServer } from './serve.ts';

/** Two servers that share KV through a folder: vLLM's example connector, which a prompt longer than the token budget defeats. */
async function servePair(install: ServeOptions['install'], folder: string): Promise<readonly VllmServer[]> {
  const storage = join(folder, 'kv');
  await mkdir(storage, { recursive: true });
  const connector = {
    kv_connector: 'ExampleConnector',
    kv_role: 'kv_both',
    kv_connector_extra_config: { shared_storage_path: storage },
  };
  const extraArgs = ['--kv-transfer-config', JSON.stringify(connector)];
  const started = await Promise.allSettled(
    ['prefill', 'decode'].map(async (role) => {
      const own = join(folder, role);
      await mkdir(own, { recursive: true });
      return serveVllm({ install, model: 'tiny', folder: own, extraArgs });
    }),
  );
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed === undefined) return servers;
  await Promise.all(servers.map((server) => server.kill()));
  throw failed.reason;
}

/** Measures cells of each kind on two real servers: every whole block of a prompt comes from the prefill server. */
export async function checkPair(
  checks: Checks,
  suite: string,
  install: ServeOptions['install'],
  folder: string,
): Promise<void> {
  const began = performance.now();
  const [prefill, decode] = (await servePair(install, folder)) as [VllmServer, VllmServer];
  checks.took('pair: two servers that share KV', began);
  try {
    const targets = { pair: { ...targetOf(decode), prefill: { url: prefill.url }, ...SERVER_SETTINGS } };
    const { run, cells } = await measureOn(checks, 'pair', { suite, folder, targets });
    const blockSize = run.targets[0]!.settings.block_size.value!;
    for (const cell of cells) checkKind(checks, cell, blockSize);
    checks.check('pair: every cell is there', cells.length === 3, `${cells.length} of 3`);
  } finally {
    await Promise.all([prefill.kill(), decode.kill()]);
  }
  checks.took('pair', began);
}

function checkKind(checks: Checks, cell: CellData, blockSize: number): void {
  const { record, timelines, label } = cell;
  const name = `${record.cell.kind} ${label}`;
  const codes = record.reasons.map(({ code }) => code).join(' ') || 'no reasons';
  const failed = timelines.filter(({ outcome }) => outcome.state === 'failed');
  checks.check(
    `${name}: measured`,
    record.metrics !== null && failed.length === 0,
    `${record.verdict} (${codes})`,
  );
  const { metrics } = record;
  if (record.cell.kind === 'disaggregated') checkTransfer(checks, name, cell, blockSize);
  else if (record.cell.kind === 'prefill') {
    const ttft = `TTFT ${metrics?.ttft_ms?.mean.toFixed(1)} ms`;
    checks.check(`${name}: no TPOT`, metrics?.tpot_ms === null, ttft);
  } else {
    const { steps = 0, batches = 0 } = metrics?.decode ?? {};
    const tpot = `TPOT ${metrics?.tpot_ms?.mean.toFixed(2)} ms`;
    checks.check(`${name}: steps in which all decode`, steps > 0, `${steps} in ${batches} batches, ${tpot}`);
  }
}

/** Each prompt brings exactly its whole blocks before the last token but one; an aborted one may have brought them too. */
function checkTransfer(
  checks: Checks,
  name: string,
  { record, timelines }: CellData,
  blockSize: number,
): void {
  const pair = record.metrics?.disaggregated ?? null;
  const each = transferableTokens(record.cell.input_tokens, blockSize);
  const aborted = timelines.filter(({ outcome }) => outcome.state === 'aborted').length;
  const came = pair?.counters?.external_tokens ?? 0;
  const expected = pair?.expected_tokens ?? 0;
  checks.check(
    `${name}: tokens that came by transfer`,
    each > 0 && expected > 0 && came % each === 0 && came >= expected && came <= expected + aborted * each,
    `${came} of ${expected}, ${each} a prompt of ${record.cell.input_tokens} in blocks of ${blockSize}`,
  );
  checks.check(
    `${name}: nothing is called missing`,
    !record.reasons.some(({ code }) => code.startsWith('kv_')),
    record.reasons.map(({ message }) => message).join('; ') || 'no reasons',
  );
  const ms = (value: number | undefined | null) => `${value?.toFixed(1)} ms`;
  checks.check(
    `${name}: both legs`,
    pair?.prefill_ms != null && pair.decode_first_ms != null && pair.second_token_ms != null,
    `prefill ${ms(pair?.prefill_ms?.mean)}, decode to first ${ms(pair?.decode_first_ms?.mean)}, local hit ${ms(pair?.local_hit_ms?.mean)}, transfer ${ms(pair?.kv_transfer_ms)}, TTFT ${ms(record.metrics?.ttft_ms?.mean)}, second token ${ms(pair?.second_token_ms?.mean)}`,
  );
}
