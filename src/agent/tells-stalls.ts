import type { CellTask } from './protocol.ts';

/**
 * Whether gaps of a cell can tell a compilation: while its shape is first seen, and not where prompt lengths are mixed. There the steps
 * and waits of a healthy server differ by more than a compilation makes them, and those of a fit by steps are set aside one by one.
 */
export const tellsStalls = ({
  first_of_shape,
  protocol,
}: Pick<CellTask, 'first_of_shape' | 'protocol'>): boolean =>
  first_of_shape && protocol.input_spread === undefined;
