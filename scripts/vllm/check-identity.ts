import type { Run } from '../../src/run/schema.ts';
import type { Checks } from './checks.ts';
import { VLLM_VERSION } from './install.ts';
import { ACCELERATOR } from './lab.ts';
import { modelConfig } from './model.ts';
import { MAX_LENGTH_TOKENS, SERVER_SETTINGS } from './serve.ts';

/**
 * Does the run know what it measured? Compared with what the server was started with and with its own metrics page.
 * @param labels of its cache on that page, see `cacheLabels`
 */
export function checkIdentity(
  checks: Checks,
  run: Run,
  labels: Readonly<Record<string, string>>,
  modelFolder: string,
): void {
  const target = run.targets[0]!;
  const { engine, model, settings } = target;
  const features = target.features!;
  const same = (name: string, seen: unknown, expected: unknown) =>
    checks.check(name, seen === expected, `${seen}${seen === expected ? '' : `, expected ${expected}`}`);

  same('engine', `${engine.name} ${engine.version}`, `vllm ${VLLM_VERSION}`);
  same('model', model.id, 'random/tiny');
  same('model folder (root)', model.root, modelFolder);
  same('longest sequence', model.max_length_tokens, MAX_LENGTH_TOKENS);
  same('accelerator', target.accelerator?.id, ACCELERATOR);
  same('layers of the model card', target.model_card?.layers, modelConfig('tiny').num_hidden_layers);

  const blocks = Number(labels.num_gpu_blocks) * Number(labels.block_size);
  same('KV capacity, tokens', settings.kv_capacity_tokens.value, blocks);
  same('KV capacity by kv_cache_size_tokens', Number(labels.kv_cache_size_tokens), blocks);
  same('KV capacity comes from', settings.kv_capacity_tokens.source, 'server');
  same('prefix caching', settings.prefix_caching, labels.enable_prefix_caching === 'True');
  for (const key of ['max_num_batched_tokens', 'max_num_seqs'] as const) {
    same(`${key}`, settings[key].value, SERVER_SETTINGS[key]);
    same(`${key} comes from`, settings[key].source, 'log');
  }
  const { log } = target.served!;
  same('KV capacity by the log', log.kv_capacity_tokens, blocks);
  same('version by the log', log.version, VLLM_VERSION);
  const off = Object.entries(features).filter(([, present]) => !present);
  checks.check(
    'features',
    off.length === 0,
    off.length === 0 ? Object.keys(features).join(', ') : `not seen: ${off}`,
  );
}

/** Labels of a running server's cache. */
export async function cacheLabels(url: string): Promise<Record<string, string>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = /^vllm:cache_config_info\{(.*)\}/m.exec(text)?.[1] ?? '';
  return Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
}
