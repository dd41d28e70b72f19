"""Computes the closed-form examples of fit files from the files alone, after fits/README.md; standard library only.
Prints one line of JSON a file; exit 1 when a digest is wrong or an example is off by more than 1e-6."""
import hashlib, json, math, sys

class Number(float):  # remembers how the file writes it
    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number

def canonical(value):
    """RFC 8785, given that the file's own numbers are written so."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list):
        return "[%s]" % ",".join(map(canonical, value))
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    return json.dumps(value, ensure_ascii=False)

def digest(fit):
    content = {key: fit[key] for key in fit if key not in ("digest", "signature")}
    return "sha256:" + hashlib.sha256(canonical(content).encode()).hexdigest()

def pnorm(a, b):
    return (a**4 + b**4) ** 0.25

class Server:
    """The model of a fit on `tp` devices."""
    def __init__(self, fit, tp):
        self.card, self.tp = fit["model_card"], tp
        self.p = {name: one["value"] for name, one in fit["parameters"].items()}
        self.edges = {name: one["value"] for name, one in fit["serving_edges"].items()}
        a, self.layers = self.card["attention"], self.card["layers"]
        if a["kind"] == "mla":
            elements, self.shards, capped = a["kv_rank"] + a["rope_head_size"], 1, 0
            wide = a["nope_head_size"] + a["rope_head_size"] + a["value_head_size"]
            self.prefill_flop = 2 * a["query_heads"] * wide
            self.decode_flop = 2 * a["query_heads"] * (2 * a["kv_rank"] + a["rope_head_size"])
        else:
            elements, self.shards = 2 * a["kv_heads"] * a["head_size"], min(tp, a["kv_heads"])
            self.prefill_flop = self.decode_flop = 4 * a["query_heads"] * a["head_size"]
            capped = 0 if a["window_tokens"] is None else a["windowed_layers"]
        self.kv = elements * self.card["kv_bytes_per_element"]
        self.windows = [(self.layers - capped, math.inf)] + ([(capped, a["window_tokens"])] if capped else [])
        own = [one for one in fit["targets"] if one["tensor_parallel"] == tp]
        target, memory = (own or fit["targets"])[0], fit["accelerator"]["memory_bytes"]
        self.budget, self.seats = target["max_num_batched_tokens"], target["max_num_seqs"] or 256
        if own or memory is None:
            self.capacity = target["kv_capacity_tokens"] / target["tensor_parallel"] * tp
        else:
            weights = sum(g["parameters"] * g["bytes_per_parameter"] for g in self.card["weight_groups"])
            free = tp * (0.9 * memory - 3e9) - weights
            self.capacity = max(0, math.floor(self.shards / tp * free / (self.layers * self.kv)))

    def step(self, chunks, decodes, context):
        """Seconds of a step; chunks are (tokens, context, completes)."""
        p, tp = self.p, self.tp
        tokens = decodes + sum(chunk[0] for chunk in chunks)
        sampled = decodes + sum(chunk[2] for chunk in chunks)
        linear, flop, moved = 0, 0, tokens * self.layers
        for g in self.card["weight_groups"]:
            units = {"embedding": 0, "head": sampled}.get(g["name"], tokens)
            used, share, rate = 1, 1, p["gemm_flop_per_s"] * g["compute_ratio"]
            if g["name"] == "experts":
                used = g["experts_active"] / g["experts_count"]
                share, rate = 1 - (1 - used) ** units, p["expert_flop_per_s"]
            read = g["parameters"] * g["bytes_per_parameter"] * share / (tp * p["memory_bytes_per_s"])
            if units > 0:
                linear += pnorm(2 * g["parameters"] * used * units / (tp * rate), read)
        for layers, window in self.windows:
            flop += layers * self.decode_flop * decodes * min(context, window)
            moved += layers * decodes * min(context, window)
            for length, start, _ in chunks:
                end, knee = start + length, min(start + length, window)
                pairs = max(0, knee - start) * (knee + start) / 2 + max(0, end - max(start, window)) * min(window, end)
                flop += layers * self.prefill_flop * pairs
                moved += layers * min(start, window)
        moved *= self.kv / (self.shards * p["memory_bytes_per_s"])
        attention = pnorm(flop / (tp * p["attention_flop_per_s"]), moved)
        message = tokens * self.card["hidden_size"] * self.card["activation_bytes_per_element"]
        exchange = p["all_reduce_latency_s"] + 2 * (tp - 1) / tp * message / p["link_bytes_per_s"]
        network = 2 * self.layers * exchange if tp > 1 else 0
        return linear + attention + network + p["step_overhead_s"] + p["sequence_overhead_s"] * (decodes + len(chunks))

    def loop(self, i, o, c, turn_around):
        """Means of a steady closed loop."""
        running = min(c, max(1, min(self.seats, self.capacity / (i + o / 2))))
        means = self.beside(i, o, c, turn_around, running, running - 1)
        if running > 1 and turn_around is not None:
            for _ in range(3):
                away = (turn_around + self.p["request_overhead_s"]) * means["output_tokens_per_s"] / (running * o)
                means = self.beside(i, o, c, turn_around, running, (running - 1) * max(0, 1 - away))
        return means

    def beside(self, i, o, c, turn_around, running, others):
        context, d, budget = i + o / 2, o - 1, max(1, math.floor(self.budget - others))
        chunks = [(min(budget, i - at), at, at + budget >= i) for at in range(0, int(i), budget)]
        k, b, shared = len(chunks), budget // i, others > 0
        m, decoding = others / (d + k), others * d / (d + k)
        decoding = decoding if b >= 2 else min(decoding, d / k)
        prefill = sum(self.step([chunk], decoding, context) for chunk in chunks)
        marginal = prefill - (k * self.step([], decoding, context) if decoding > 0 else 0)
        pure = self.step([], decoding + 1, context)
        if b >= 2:
            second = self.step([chunks[0], chunks[0]], decoding, context) - prefill
            mixed, queue, rough = 1 - math.exp(-m), m * second, False
            stretch = m * second + (marginal - second) * mixed
        else:
            mixed, load, stretch, rough = min(1, m * k), min(m * k, 0.95), min(m, 1 / k) * marginal, 0.7 <= m * k < 1
            queue = max(0, others * prefill - d * prefill / k) if m * k >= 1 else load / (1 - load) * marginal / 2
        step = pure + stretch
        tpot = step * (1 + (self.edges["decode_wait_steps"] / d if shared else 0)) if d > 0 else None
        wait = self.edges["ttft_wait_steps"] * step if shared else 0
        if turn_around is not None and shared:
            away, long = turn_around + self.p["request_overhead_s"], prefill / k
            residual = ((1 - mixed) * pure**2 + mixed * long**2) / (2 * ((1 - mixed) * pure + mixed * long))
            n = math.ceil(away / pure)
            wait += (1 - mixed) ** n * (n * pure - away) + (1 - (1 - mixed) ** n) * residual
        ttft = self.p["request_overhead_s"] + prefill + queue + wait
        residence = ttft + d * (tpot or 0)
        rate = running / (residence + (turn_around or 0))
        seat_wait = (c - running) / rate
        return {"ttft_ms": (ttft + seat_wait) * 1e3, "tpot_ms": None if tpot is None else tpot * 1e3,
                "e2e_ms": (residence + seat_wait) * 1e3, "output_tokens_per_s": rate * o,
                "queue_share": queue / ttft, "rough": rough or c > running}

def largest_difference(fit):
    worst = 0
    for one in [one for one in fit["examples"] if one["predictor"] == "closed_form"]:
        shape = [one[key] for key in ("input_tokens", "output_tokens", "concurrency", "turn_around_s")]
        means = Server(fit, one["tensor_parallel"]).loop(*shape)
        for metric, expected in one["expected"].items():
            if None not in (means[metric], expected):
                worst = max(worst, abs(means[metric] / expected - 1))
            elif means[metric] is not expected:
                worst = math.inf
    return worst

if __name__ == "__main__":
    good = True
    for file in sys.argv[1:]:
        with open(file, encoding="utf-8") as lines:
            fit = json.load(lines, parse_float=Number, parse_int=Number)
        whole, largest = digest(fit) == fit["digest"], largest_difference(fit)
        good = good and whole and largest <= 1e-6
        print(json.dumps({"digest": whole, "examples": len(fit["examples"]), "largest": largest}))
    sys.exit(0 if good else 1)
