import { wrapItem } from '../report/wrap.ts';
import { GRADIENT_NAMES, PARAMETER_UNITS } from '../roofline/parameters.ts';
import { EFFECTS } from '../simulate/effects.ts';
import { FAULTS } from '../simulate/faults.ts';
import { KV_FAULTS } from '../simulate/kv/options.ts';
import { QUIRKS } from '../simulate/power/tools/fake-tool.ts';

const table = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, text]) => wrapItem(`  ${name.padEnd(22)} `, text)).join('\n');

/** Text of `ridge simulate --help`. */
export const help = `usage: ridge simulate [options]

Serves a simulated vLLM endpoint on a simulated accelerator. It prints one JSON
line when it is ready, {"state":"ready","url":...}, and runs until it is
interrupted. GET /ridge/simulator states the hidden truth that a fit should
find.

  --accelerator ID       accelerator of the catalogue (default h100-sxm)
  --model ID             built-in model (default meta-llama/Llama-3.1-8B)
  --tp N                 tensor parallel size (default 1)
  --host ADDRESS         address to listen on (default 127.0.0.1)
  --port N               port, 0 for any free one (default 0)
  --seed N               draws the hidden truth and everything random (default
                         1)
  --parameter NAME=VALUE gives a parameter instead of drawing it; repeatable
  --effects LIST         on, off, or names separated by commas (default on)
  --time-scale X         multiplies every duration: 0.1 is a device ten times as
                         fast (default 1)
  --max-num-batched-tokens N, --max-num-seqs N, --kv-capacity-tokens N
                         engine settings (default 8192, 256, what fits the
                         memory)
  --api-key-env NAME     environment variable with the API key that clients must
                         send
  --power-tools FOLDER   writes nvidia-smi, amd-smi and hl-smi into FOLDER; they
                         read the simulated devices' sensors
  --power-quirks LIST    how these tools misbehave, see below
  --fault KIND[:N]       makes something go wrong; may be repeated
  --role ROLE            prefill, decode or both: one half of a pair, with
                         kv_transfer_params as NIXL's; a decode server also
                         takes the header x-prefiller-host-port, as a routing
                         sidecar does
  --kv-gb-per-s X, --kv-handshake-s X, --kv-lease-s X
                         its link (default 50), its first transfer (3.6), how
                         long blocks wait to be fetched (30)
  --kv-load-failure-policy fail|recompute
                         what a decode server does when KV does not arrive
                         (default fail)
  --kv-fault KIND        makes every transfer go wrong
  --engine NAME          shows another engine's interface, with what it lacks:
                         vllm, sglang, trtllm or llama-server (default vllm)
  --dev-mode             offers what vLLM offers developers: /server_info and
                         /reset_prefix_cache
  --tokens-per-chunk N   tokens that leave together, as with speculative
                         decoding (default 1)
  --spec K,ACCEPTANCE    speculative decoding: K tokens proposed for a sequence
                         in a step, of which that share is accepted (4,0.7)
  --draft MODEL          the model that proposes them, whose weights and KV are
                         read: its config.json or a built-in name; a proposal
                         costs draft_pass_s and draft_sequence_s beside it
  --buckets MODE         pads every step to static shapes, as Gaudi does: off,
                         warm (compiled before it listens) or cold (each stalls
                         when it is first seen); says them on stderr (default
                         off)
  --until-stdin-ends     also end when stdin does, so that it cannot outlive its
                         parent
  --log-sends FILE       writes the time of every chunk's write to FILE, one
                         JSON line each

parameters, per device, before the time scale
${table(GRADIENT_NAMES.map((name) => [name, PARAMETER_UNITS[name]]))}

effects that the fitted model does not contain
${table(Object.entries(EFFECTS))}

quirks of the power tools
${table(Object.entries(QUIRKS))}

faults; KIND strikes every request, KIND:0.1 a tenth of them, KIND:3 the first
three (or "after three"), KIND:3+ from the third on
${table(Object.entries(FAULTS))}

faults of transfers
${table(Object.entries(KV_FAULTS))}

A request asks for a fault itself with the header x-ridge-fault: KIND; POST
/ridge/faults with ["KIND:N"] replaces them.

example
  ridge simulate --accelerator h100-sxm --model meta-llama/Llama-3.1-8B \\
      --tp 2 --port 8000`;
