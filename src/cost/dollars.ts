/** Cost of one request and of its tokens, US dollars. */
export interface RequestCost {
  readonly usd_per_request: number;
  /** The whole request charged to its output tokens. */
  readonly output_usd_per_mtok: number;
  /** The whole request over input and output tokens. */
  readonly total_usd_per_mtok: number;
  /**
   * Each phase charged to its own tokens: of a pair its prefill pool to input, its decode pool to output; of aggregated
   * serving the shares of its steps' time that prompts and answers take.
   */
  readonly split: { readonly input_usd_per_mtok: number; readonly output_usd_per_mtok: number };
}

/**
 * Cost of a request that takes `prefill` and `decode` device-seconds on devices of these hourly costs:
 * (g_P·c_P + g_D·c_D)/3600.
 */
export function requestCost(
  deviceSeconds: { readonly prefill: number; readonly decode: number },
  usdPerHour: { readonly prefill: number; readonly decode: number },
  tokens: { readonly input: number; readonly output: number },
): RequestCost {
  const prefill = (deviceSeconds.prefill * usdPerHour.prefill) / 3600;
  const decode = (deviceSeconds.decode * usdPerHour.decode) / 3600;
  const usd = prefill + decode;
  return {
    usd_per_request: usd,
    output_usd_per_mtok: (1e6 * usd) / tokens.output,
    total_usd_per_mtok: (1e6 * usd) / (tokens.input + tokens.output),
    split: {
      input_usd_per_mtok: (1e6 * prefill) / tokens.input,
      output_usd_per_mtok: (1e6 * decode) / tokens.output,
    },
  };
}

/**
 * US dollars per million tokens of a device that makes so many a second. The whole cost is charged to the tokens that are
 * counted: figures of input, output and total tokens do not add up.
 */
export const usdPerMtok = (usdPerHour: number, tokensPerSecondPerDevice: number): number =>
  usdPerHour / ((tokensPerSecondPerDevice * 3600) / 1e6);

export const joulesPerToken = (kw: number, tokensPerSecondPerDevice: number): number =>
  (kw * 1000) / tokensPerSecondPerDevice;
export const tokensPerSecondPerMegawatt = (kw: number, tokensPerSecondPerDevice: number): number =>
  (tokensPerSecondPerDevice * 1000) / kw;
