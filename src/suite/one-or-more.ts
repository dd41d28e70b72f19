import { z } from 'zod';

/** A list that is not empty. */
export const oneOrMore = <T extends z.ZodType>(item: T) => z.array(item).min(1);
