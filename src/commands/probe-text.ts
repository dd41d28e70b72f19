import { kvBytesPerToken, parameterCount } from '../model/quantities.ts';
import { leastWindowSeconds } from '../power/least-window.ts';
import { calibrationLine } from '../report/calibration-text.ts';
import { formatQuantity } from '../report/format.ts';
import type { LiveTarget } from '../run/schema.ts';

type Row = readonly [name: string, value: string];

/** What a target was found to be, for people: one fact a line, warnings at the end. */
export function probeText(target: LiveTarget): string {
  const { engine, model, settings, host } = target;
  const rows: Row[] = [
    ['url', target.url],
    ['engine', [engine.name, engine.version].filter(Boolean).join(' ')],
    ['model', `${model.id}, at most ${model.max_length_tokens ?? 'an unknown number of'} tokens`],
    ['card', cardText(target)],
    [
      'accelerator',
      `${target.accelerator?.name ?? 'not given'}, ${target.devices} in all, TP ${target.tensor_parallel}`,
    ],
    ...settingRows(settings),
    [
      'KV cache',
      [settings.kv_cache_dtype ?? 'unknown type', cachingText(settings.prefix_caching)].join(', '),
    ],
    ['features', featureText(target.features)],
    [
      'agent',
      `${host.name}, ${host.cpu}, ${host.cores} cores, ridge ${host.agent_version}, Node ${host.node_version}`,
    ],
    ['client', calibrationLine(host.calibration)],
    ...(target.power ? [['power', powerText(target.power)] as const] : []),
    [
      'clock',
      `${formatQuantity(host.clock_offset_s, 's')} off this one, known to ${formatQuantity(host.clock_offset_bound_s, 's')}`,
    ],
  ];
  return [
    target.name,
    ...rows.map(([name, value]) => `  ${name.padEnd(24)}${value}`),
    ...target.warnings.map((warning) => `  warning: ${warning}`),
  ].join('\n');
}

function powerText(power: NonNullable<LiveTarget['power']>): string {
  const { source, version, scope, devices, interval_s, has_counter } = power;
  const readings = `every ${interval_s} s${has_counter ? ', with an energy counter' : ''}`;
  return `${[source, version].filter(Boolean).join(' ')}, ${scope} ${devices.join(', ')}, ${readings}; windows of ${leastWindowSeconds(power)} s or more`;
}

function cardText({ model_card: card }: LiveTarget): string {
  if (card === null) return 'not known';
  const kilobytes = (kvBytesPerToken(card) / 1024).toFixed(1);
  return `${(parameterCount(card) / 1e9).toFixed(2)} billion parameters, ${card.precision}, ${kilobytes} KiB of KV a token`;
}

const settingRows = (settings: LiveTarget['settings']): Row[] =>
  (['max_num_batched_tokens', 'max_num_seqs', 'kv_capacity_tokens', 'block_size'] as const).map((key) => [
    key,
    settings[key].value === null ? 'not known' : `${settings[key].value} (${settings[key].source})`,
  ]);

const cachingText = (on: boolean | null): string =>
  on === null ? 'prefix caching unknown' : `prefix caching ${on ? 'on' : 'off'}`;

function featureText(features: LiveTarget['features']): string {
  const names = Object.entries(features);
  const has = names.filter(([, there]) => there).map(([name]) => name);
  const lacks = names.filter(([, there]) => !there).map(([name]) => name);
  return `${has.join(', ') || 'none'}${lacks.length > 0 ? `; not: ${lacks.join(', ')}` : ''}`;
}
