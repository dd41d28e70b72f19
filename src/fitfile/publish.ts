import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { type Gate, publishGates } from './gates.ts';
import { withoutOthersRows } from './others-rows.ts';
import { fitDigest, parseFit } from './parse.ts';
import { publishedPath } from './publish-place.ts';
import type { Fit } from './schema.ts';
import { checkSignature, signDigest } from './sign.ts';
import { stripFit } from './strip.ts';
import type { Removed } from './strip-text.ts';

export interface PublishOptions {
  /** The folder of published fits. */
  readonly to: string;
  /** Ed25519 private key; without one the fit is published unsigned, or with the signature that it has. */
  readonly key?: KeyObject | undefined;
  /**
   * Where the data come from and under which terms, in the publisher's words; default: what the file says already, else what
   * the imported runs say.
   */
  readonly attribution?: string | undefined;
  /** Whether a fit of simulated endpoints may be published. */
  readonly allowSimulated?: boolean | undefined;
}

/** A fit as it would be published. */
export interface Publication {
  readonly file: string;
  /** With every key of the file, also those of a newer minor version. */
  readonly fit: Fit;
  readonly gates: readonly Gate[];
  readonly removed: readonly Removed[];
}

/**
 * Prepares a fit for publication: stripped, with its new digest and signature, and judged by the gates. Touches no disk.
 * @param text of a fit file
 * @throws RidgeError (exit 2) when it is no good fit file, see `parseFit`, or has a wrong signature
 */
export function preparePublication(text: string, where: string, options: PublishOptions): Publication {
  const parsed = parseFit(text, where);
  const raw = JSON.parse(text) as Record<string, unknown>;
  if (checkSignature(parsed).state === 'wrong') {
    throw new RidgeError('its signature does not match', {
      where,
      mend: 'Fetch it again from its publisher, or fit again.',
    });
  }
  const gates = publishGates(parsed, raw, options);
  const mine = withoutOthersRows(raw);
  const { content, removed } = stripFit(mine.content);
  const attribution = options.attribution ?? parsed.published?.attribution ?? importedAttribution(parsed);
  if (attribution !== null) content.published = { attribution };
  const fit = sealed(content, parsed, options.key, where);
  return {
    file: join(options.to, ...publishedPath(fit).split('/')),
    fit,
    gates,
    removed: [...mine.removed, ...removed],
  };
}

/** Whose measurements the runs were imported from, each once; null: nobody's that says so. */
function importedAttribution({ runs }: Fit): string | null {
  const names = new Set(runs.flatMap(({ imported }) => imported?.attribution ?? []));
  return names.size === 0 ? null : `Measurements: ${[...names].join('; ')}.`;
}

/** With the digest of what the content now is; a signature of what it was before is worth nothing and goes. */
function sealed(
  content: Record<string, unknown>,
  before: Fit,
  key: KeyObject | undefined,
  where: string,
): Fit {
  const { digest: _digest, signature: _signature, ...rest } = content;
  const digest = fitDigest(rest);
  const kept = digest === before.digest ? before.signature : undefined;
  const signature = key ? signDigest(digest, key) : kept;
  const whole = { ...rest, digest, ...(signature && { signature }) };
  try {
    parseFit(canonicalJson(whole), where);
  } catch (cause) {
    throw new RidgeError('without what it tells of its place, this is no whole fit file any more', {
      where,
      mend: 'Give targets, models and runs names that are no paths, URLs or hosts, and fit again.',
      cause,
    });
  }
  return whole as unknown as Fit;
}
