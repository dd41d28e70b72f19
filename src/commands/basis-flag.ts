import { asgar2025Stated } from '../cost/bases/asgar2025.ts';
import { customBasis } from '../cost/bases/custom.ts';
import { customBasisSchema } from '../cost/bases/custom-schema.ts';
import { basisNames, findBasis } from '../cost/bases.ts';
import type { CostBasis } from '../cost/basis.ts';
import { RidgeError } from '../errors.ts';
import { nearest } from '../stats/nearest.ts';
import { parseBy, readYaml } from '../suite/load-file.ts';

const isPath = (text: string): boolean => /[/\\]|\.(ya?ml|json)$/i.test(text);

/** The tariff of a basis replaced, where electricity is apart in it. */
const STATED = 'asgar2025-stated';

/**
 * A basis by its name, or out of a user's file (YAML or JSON).
 * @param tariff $/kWh instead of the basis' own
 * @throws RidgeError (exit 2) for an unknown name, a file that does not load, or a tariff where none is apart
 */
export async function basisFlag(text: string, tariff: number | undefined): Promise<CostBasis> {
  if (isPath(text)) {
    const file = parseBy(customBasisSchema, await readYaml(text, 'cost basis (YAML)'));
    return customBasis(
      tariff === undefined ? file : { ...file, name: `${file.name} at $${tariff}/kWh`, usd_per_kwh: tariff },
    );
  }
  const found = findBasis(text);
  if (found === undefined) {
    const near = nearest(text, basisNames());
    throw new RidgeError(`--basis: no cost basis '${text}'`, {
      mend: `${near ? `Did you mean '${near}'? ` : ''}Bases: ${basisNames().join(', ')}, or a YAML file.`,
    });
  }
  if (tariff === undefined) return found;
  if (text === STATED) return asgar2025Stated(tariff);
  throw new RidgeError(`--tariff: electricity is not apart in '${text}'`, {
    mend: `Use ${STATED}, or a file of your own.`,
  });
}
