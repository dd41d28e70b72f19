import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import { kvCapacityTokens } from '../model/quantities.ts';
import type { Target } from '../suite/schema.ts';
import type { LogFacts, RunTarget } from './schema.ts';

type Settings = RunTarget['settings'];
type Setting = Settings['block_size'];

/** Keys of a lab file that say what a server may not expose. */
const LAB_KEYS = ['max_num_batched_tokens', 'max_num_seqs', 'kv_capacity_tokens'] as const;

const LOG_KEYS = [...LAB_KEYS, 'block_size'] as const;

/**
 * Engine settings from the server, then its log, then the lab file, then (KV capacity only) first principles. What stays
 * unknown and what they disagree about is said in `warnings`.
 */
export function mergeSettings(
  server: Settings,
  log: LogFacts | null,
  lab: Target,
  facts: { card: ModelCard | null; accelerator: Accelerator | null; tensorParallel: number },
): { settings: Settings; warnings: string[] } {
  const warnings: string[] = [];
  const settings = withLog(server, log);
  for (const key of LAB_KEYS) {
    settings[key] = merge(key, settings[key], lab[key] ?? null, warnings);
  }
  if (settings.kv_capacity_tokens.value === null) {
    settings.kv_capacity_tokens = derivedCapacity(facts);
    if (settings.kv_capacity_tokens.value !== null) {
      warnings.push(
        `KV capacity derived from the model and the device's memory: ${settings.kv_capacity_tokens.value} tokens; kv_capacity_tokens in the lab file would be exact`,
      );
    }
  }
  for (const key of LAB_KEYS) {
    if (settings[key].value === null) {
      warnings.push(
        `${key} is not known: the server does not expose it and the lab file does not say it; a fit needs it`,
      );
    }
  }
  return { settings, warnings };
}

function merge(key: string, server: Setting, lab: number | null, warnings: string[]): Setting {
  if (server.value === null) return lab === null ? server : { value: lab, source: 'lab' };
  if (lab !== null && lab !== server.value) {
    const who = server.source === 'log' ? "the server's log" : 'the server';
    warnings.push(`${key}: the lab file says ${lab}, ${who} ${server.value}; the server's counts`);
  }
  return server;
}

/** What the endpoint does not expose, from the log. */
function withLog(server: Settings, log: LogFacts | null): Settings {
  if (log === null) return { ...server };
  const filled = (key: (typeof LOG_KEYS)[number]): Setting =>
    server[key].value === null && log[key] !== null ? { value: log[key], source: 'log' } : server[key];
  return {
    ...server,
    ...Object.fromEntries(LOG_KEYS.map((key) => [key, filled(key)])),
    kv_cache_dtype: server.kv_cache_dtype ?? log.kv_cache_dtype,
  };
}

function derivedCapacity({
  card,
  accelerator,
  tensorParallel,
}: {
  card: ModelCard | null;
  accelerator: Accelerator | null;
  tensorParallel: number;
}): Setting {
  const memory = accelerator?.memory_bytes ?? null;
  if (card === null || memory === null) return { value: null, source: 'unknown' };
  const tokens = kvCapacityTokens(card, memory, tensorParallel);
  return tokens > 0 ? { value: tokens, source: 'derived' } : { value: null, source: 'unknown' };
}
