import { z } from 'zod';
import { EXIT, RidgeError } from '../errors.ts';
import { endpointUrl } from './http.ts';
import { askEndpoint, type EndpointAccess, jsonOf } from './questions.ts';

const modelsSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        root: z.string().nullish(),
        max_model_len: z.int().positive().nullish(),
        owned_by: z.string().nullish(),
      }),
    )
    .min(1),
});

export interface ServedModel {
  readonly id: string;
  readonly root: string | null;
  readonly max_length_tokens: number | null;
  readonly owned_by: string | null;
}

/**
 * The model that the endpoint serves: the wanted one, else the first of its list.
 * @throws RidgeError exit 3 when this is no OpenAI-compatible server, exit 2 when it does not serve the wanted model
 */
export async function servedModel(access: EndpointAccess, wanted: string | null): Promise<ServedModel> {
  const where = endpointUrl(access.url, '/v1/models');
  const answer = await askEndpoint(access, '/v1/models');
  const models = modelsSchema.safeParse(answer.status === 200 ? jsonOf(answer) : undefined);
  if (!models.success) {
    throw new RidgeError(`no list of models here (HTTP ${answer.status}): this is not a vLLM-like server`, {
      exitCode: EXIT.failed,
      where,
      mend: 'Give the base URL of a server with the OpenAI API, such as http://host:8000.',
    });
  }
  const list = models.data.data;
  const found = wanted === null ? list[0] : list.find((model) => model.id === wanted);
  if (found === undefined) {
    throw new RidgeError(`model '${wanted}' is not served here`, {
      exitCode: EXIT.usage,
      where,
      mend: `Served: ${list.map((model) => model.id).join(', ')}.`,
    });
  }
  return {
    id: found.id,
    root: found.root ?? null,
    max_length_tokens: found.max_model_len ?? null,
    owned_by: found.owned_by ?? null,
  };
}
