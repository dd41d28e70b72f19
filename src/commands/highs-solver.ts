import type { ModelData } from 'highs';
import * as highsModule from 'highs';
import type { Milp, MilpSolver } from '../cost/place/milp.ts';
import { EXIT, RidgeError } from '../errors.ts';

// The package's types are those of its CommonJS build, so `default` looks nested; as an ES module it is the loader itself.
const loadHighs = highsModule.default as unknown as typeof highsModule.default.default;

/** Exact up to rounding: no gap to the optimum is accepted, and rows hold to a billionth. */
const OPTIONS = {
  output_flag: false,
  mip_rel_gap: 0,
  mip_abs_gap: 1e-10,
  mip_feasibility_tolerance: 1e-9,
  primal_feasibility_tolerance: 1e-9,
  dual_feasibility_tolerance: 1e-9,
  random_seed: 1,
  time_limit: 60,
} as const;

/**
 * HiGHS (highs.dev) compiled to WebAssembly: exact by branch and cut, the same answer every time. Its binary lies in the
 * package: no network.
 * @returns a solver that throws RidgeError (exit 3) when the optimum is not proven within a minute
 */
export async function highsSolver(): Promise<MilpSolver> {
  const highs = await loadHighs();
  const { optimal, infeasible, unboundedOrInfeasible } = highs.constants.modelStatus;
  return (milp) => {
    const model = highs.createModel(modelData(milp));
    try {
      model.options.set(OPTIONS);
      model.run();
      const status = model.getModelStatus();
      if (status === optimal) return [...model.getSolution().colValue];
      if (status === infeasible || status === unboundedOrInfeasible) return null;
      throw new RidgeError('no optimum was proven within a minute', {
        exitCode: EXIT.failed,
        mend: 'Give fewer options a stage.',
      });
    } finally {
      model.dispose();
    }
  };
}

/** A programme as the solver takes it, rows packed one after another. */
function modelData({ variables, rows }: Milp): ModelData {
  const starts = [0];
  for (const { terms } of rows) starts.push(starts.at(-1)! + terms.length);
  const terms = rows.flatMap((row) => row.terms);
  return {
    numCols: variables.length,
    numRows: rows.length,
    colCost: variables.map(({ cost }) => cost),
    colLower: variables.map(({ lower }) => lower),
    colUpper: variables.map(({ upper }) => upper),
    rowLower: rows.map(({ lower }) => lower),
    rowUpper: rows.map(({ upper }) => upper),
    integrality: variables.map(({ integer }) => (integer ? 1 : 0)),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: variables.length,
      starts,
      indices: terms.map(([variable]) => variable),
      values: terms.map(([, coefficient]) => coefficient),
    },
  };
}
