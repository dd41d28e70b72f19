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

def padded(sizes, n):
    """The smallest size that holds n; between those of its whole neighbours where n is a mean."""
    def whole(m):
        return m if sizes is None or m == 0 else next((size for size in sizes if size >= m), m)
    below = math.floor(n)
    return whole(below) if below == n else (below + 1 - n) * whole(below) + (n - below) * whole(below + 1)

def mean_padded(sizes, low, high):
    """Mean over a range of the smallest size that holds an amount."""
    if high - low < 1e-9:
        return next((size for size in sizes if size >= high), high)
    total, at = 0, low
    for size in [size for size in sizes if size > low]:
        end = min(size, high)
        total, at = total + (end - at) * size, end
        if at >= high:
            break
    return (total + (high - at) * (high + at) / 2) / (high - low)

class Attention:
    """Attention of a model, over all devices."""
    def __init__(self, card, tp):
        a, self.layers = card["attention"], card["layers"]
        if a["kind"] == "mla":
            elements, self.shards, capped = a["kv_rank"] + a["rope_head_size"], 1, 0
            wide = a["nope_head_size"] + a["rope_head_size"] + a["value_head_size"]
            self.prefill_flop = 2 * a["query_heads"] * wide
            self.decode_flop = 2 * a["query_heads"] * (2 * a["kv_rank"] + a["rope_head_size"])
        else:
            elements, self.shards = 2 * a["kv_heads"] * a["head_size"], min(tp, a["kv_heads"])
            self.prefill_flop = self.decode_flop = 4 * a["query_heads"] * a["head_size"]
            capped = 0 if a["window_tokens"] is None else a["windowed_layers"]
        self.kv = elements * card["kv_bytes_per_element"]
        self.windows = [(self.layers - capped, math.inf)] + ([(capped, a["window_tokens"])] if capped else [])

    def work(self, chunks, decodes, each, context):
        """FLOP and bytes of chunks, and of decodes that have `each` tokens computed."""
        flop, moved = 0, (each * decodes + sum(chunk[0] * chunk[3] for chunk in chunks)) * self.layers
        for layers, window in self.windows:
            flop += layers * self.decode_flop * each * decodes * min(context, window)
            moved += layers * decodes * min(context, window)
            for length, start, _, count in chunks:
                end, knee = start + length, min(start + length, window)
                pairs = max(0, knee - start) * (knee + start) / 2 + max(0, end - max(start, window)) * min(window, end)
                flop += count * layers * self.prefill_flop * pairs
                moved += count * layers * min(start, window)
        return flop, moved * self.kv

class Server:
    """The model of a fit on `tp` devices, which may propose tokens."""
    def __init__(self, fit, tp, speculation=None):
        self.card, self.tp = fit["model_card"], tp
        self.proposed = speculation["draft_tokens"] if speculation else 0
        self.accepted = speculation["acceptance"] if speculation else 0
        drafts = (fit.get("draft") or {}).get("parameters", {})
        self.p = {name: one["value"] for name, one in {**fit["parameters"], **drafts}.items()}
        self.edges = {name: one["value"] for name, one in fit["serving_edges"].items()}
        self.attention, self.layers = Attention(self.card, tp), self.card["layers"]
        self.shards = self.attention.shards
        self.groups, draft = [(g, 1, None) for g in self.card["weight_groups"]], self.card.get("draft")
        self.draft = Attention(draft, tp) if draft and speculation else None
        if self.draft:
            read = [g for g in draft["weight_groups"] if g["name"] != "embedding"]
            active = [g["parameters"] * g.get("experts_active", 1) / g.get("experts_count", 1) for g in read]
            size = sum(count * g["bytes_per_parameter"] for count, g in zip(active, read))
            whole = {**read[0], "name": "dense", "parameters": sum(active), "bytes_per_parameter": size / sum(active)}
            self.groups += [(whole, 1, None), (whole, self.proposed - 1, "sequences")]
        own = [one for one in fit["targets"] if one["tensor_parallel"] == tp]
        target, memory = (own or fit["targets"])[0], fit["accelerator"]["memory_bytes"]
        padding = fit.get("padding") or {"used": False}
        entries = padding["targets"] if padding["used"] else []
        entry = ([one for one in entries if one["target"] == target["name"]] + [None])[0]
        self.graphs = entry["batch"] if entry and entry["query"] is None else None
        self.shapes = entry if entry and entry["query"] is not None else None
        self.reserved = target.get("admission") == "reserved"
        self.margin = target.get("budget_margin_tokens")
        self.whole, self.ahead = target.get("whole_prompts", False), target.get("plans_ahead", False)
        self.budget, self.seats = target["max_num_batched_tokens"], target["max_num_seqs"] or 256
        if own or memory is None:
            self.capacity = target["kv_capacity_tokens"] / target["tensor_parallel"] * tp
        else:
            cards = [self.card] + ([draft] if draft else [])
            weights = sum(g["parameters"] * g["bytes_per_parameter"] for one in cards for g in one["weight_groups"])
            kv = sum(one.layers * one.kv for one in [Attention(each, tp) for each in cards])
            known = [one["value"] for one in fit["inferred"] if one["name"] == "memory_utilisation"]
            free = tp * ((known + [0.9])[0] * memory - 3e9) - weights
            self.capacity = max(0, math.floor(self.shards / tp * free / kv))

    def step(self, chunks, decodes, context, beside):
        """Seconds of a step; chunks are (tokens, context, completes, how many of them)."""
        return self.priced(chunks, decodes, context, beside)[0]

    def watts(self, power, chunks, decodes, context):
        """Milliseconds of a step, and the power of one device over it."""
        seconds, work = self.priced(chunks, decodes, context)
        names = ("energy_per_flop_j", "energy_per_byte_j", "energy_per_link_byte_j")
        spent = sum(power["parameters"][name]["value"] * amount for name, amount in zip(names, work))
        limit = math.inf if power["limit_w"] is None else power["limit_w"]
        return {"step_ms": 1e3 * seconds,
                "power_w": min(limit, power["parameters"]["idle_power_w"]["value"] + spent / seconds)}

    def rows(self, chunks, decodes):
        """Rows of GEMMs; chunks after the first add what they are computed in alone."""
        own = [chunk[0] for chunk in chunks] or [0]
        more = sum(chunk[3] * padded(self.graphs, chunk[0]) for chunk in chunks[1:])
        return padded(self.graphs, decodes + own[0]) + more

    def priced(self, chunks, decodes, context, beside=0):
        """Seconds of a step, and what one device computes and moves in it: FLOP, bytes, bytes over its link."""
        p, tp = self.p, self.tp
        computed = fetched = 0
        decoding, each, k = decodes, 1 + self.proposed, self.proposed
        if self.shapes:
            found = self.shapes.get("context_blocks")
            size = 1 if found is None else self.shapes["block_size"]
            length = lambda start: start if found is None else size * padded(found, math.ceil(start / size))
            chunks = [(padded(self.shapes["query"], chunk[0]), length(chunk[1])) + chunk[2:] for chunk in chunks]
            decoding = padded(self.shapes["batch"], decodes)
            if self.shapes["kv_blocks"] is not None and decodes > 0:
                held, block = decodes * context, self.shapes["block_size"]
                width = min(beside, held)
                blocks = mean_padded(self.shapes["kv_blocks"], (held - width) / block, (held + width) / block)
                context = blocks * block / decodes
        tokens = self.rows(chunks, each * decoding)
        sampled = each * decoding + sum(chunk[2] * chunk[3] for chunk in chunks)
        sequences, linear = decodes + sum(chunk[3] for chunk in chunks), 0
        for g, passes, over in self.groups:
            units = sequences if over else {"embedding": 0, "head": sampled}.get(g["name"], tokens)
            used, share, rate = 1, 1, p["gemm_flop_per_s"] * g["compute_ratio"]
            if g["name"] == "experts":
                used = g["experts_active"] / g["experts_count"]
                share, rate = 1 - (1 - used) ** units, p["expert_flop_per_s"]
            read = g["parameters"] * g["bytes_per_parameter"] * share / (tp * p["memory_bytes_per_s"])
            if units > 0:
                linear += passes * pnorm(2 * g["parameters"] * used * units / (tp * rate), read)
                computed += passes * 2 * g["parameters"] * used * units / (tp * g["compute_ratio"])
                fetched += passes * read * p["memory_bytes_per_s"]
        flop, moved = self.attention.work(chunks, decodes, each, context)
        if self.draft:
            one, all_chunks = self.draft.work([], decodes, 1, context), self.draft.work(chunks, 0, 0, 0)
            flop += 2 * k * one[0] + all_chunks[0]
            moved += k * one[1] + all_chunks[1]
        computed += flop / tp
        fetched += moved / self.shards
        moved /= self.shards * p["memory_bytes_per_s"]
        attention = pnorm(flop / (tp * p["attention_flop_per_s"]), moved)
        message = tokens * self.card["hidden_size"] * self.card["activation_bytes_per_element"]
        exchange = p["all_reduce_latency_s"] + 2 * (tp - 1) / tp * message / p["link_bytes_per_s"]
        network = 2 * self.layers * exchange if tp > 1 else 0
        seconds = linear + attention + network + p["step_overhead_s"] + p["sequence_overhead_s"] * sequences
        seconds += k * (p.get("draft_pass_s", 0) + p.get("draft_sequence_s", 0) * sequences)
        linked = 2 * self.layers * 2 * (tp - 1) / tp * message
        return seconds, (computed, fetched, linked)

    def decode_steps(self, o):
        """Steps in which a sequence gets its tokens after the first."""
        k, places, lacks, low, high = self.proposed, range(1, int(self.proposed) + 1), o - 1, 0, 1
        if k == 0 or lacks <= 1:
            return lacks
        for _ in range(60):
            p = (low + high) / 2
            low, high = (p, high) if sum(p**n for n in places) < k * self.accepted else (low, p)
        mean, p = 1 + k * self.accepted, (low + high) / 2
        return max(1, (lacks + sum(n * p**n for n in places) / mean) / mean)

    def loop(self, i, o, c, turn_around):
        """Means of a steady closed loop."""
        if self.margin is not None:
            self.budget = i + c + self.margin
        own = i + self.proposed
        held = self.capacity / (own + o) - 0.5 if self.reserved else self.capacity / (own + o / 2)
        running, d = min(c, max(1, min(self.seats, held))), self.decode_steps(o)
        if self.whole:
            decodes = (1 + self.proposed) * (running - 1)
            self.budget = decodes + i * max(1, math.floor((self.budget - decodes) / i))
        at_once = {"z": 0, "beta": 1, "wait": 0, "rough": False}
        met = self.meet(i, o, running, at_once)
        if running > 1 and c <= running and (self.ahead or turn_around is not None):
            for _ in range(1 if turn_around is None else 2):
                away = None if turn_around is None else turn_around + self.p["request_overhead_s"]
                back = at_once if away is None else way_back(met, away)
                if self.ahead:
                    back = {**back, "z": back["z"] + 1, "wait": back["wait"] + met["mean"]}
                met = self.meet(i, o, running, back)
        shared, g, t = running > 1, turn_around or 0, met["t"]
        slot = t * (1 + (self.edges["decode_wait_steps"] / d if shared else 0)) if d > 0 else None
        tpot = None if slot is None else slot * d / (o - 1)
        inside = met["prefill"] + met["wait"] + (self.edges["ttft_wait_steps"] * t if shared else 0)
        decode = d * (slot or 0)
        rate = min(c / (self.p["request_overhead_s"] + inside + decode + g), running / (inside + decode))
        e2e = c / rate - g
        return {"ttft_ms": (e2e - decode) * 1e3, "tpot_ms": None if tpot is None else tpot * 1e3,
                "e2e_ms": e2e * 1e3, "output_tokens_per_s": rate * o,
                "queue_share": met["queue"] / (e2e - decode), "rough": met["rough"] or c > held}

    def meet(self, i, o, running, back):
        """What a request meets, coming back in `back`."""
        d, context, beta, z = self.decode_steps(o), i + o / 2, back["beta"], back["z"]
        each = 1 + self.proposed
        q_tokens = max(1, math.floor(self.budget - each * min(running - 1, d * self.budget / (i + each * d))))
        chunks = [(min(q_tokens, i - at), at, at + q_tokens >= i, 1) for at in range(0, int(i), q_tokens)]
        s, k, other = i / q_tokens, len(chunks), d + z
        # prompts that come together
        mu = beta * min((running - 1) / (other + k), 1 / s)
        ahead = rounding = left = delayed = 0
        chance, more = math.exp(-mu), -math.expm1(-mu)
        for n in range(1000):
            if n > 0 and more <= 1e-12:
                break
            place, before, end = more / mu if mu > 0 else 1, n * s, n * s + s
            whole = math.floor(before)
            cut = math.ceil(end) - 1 - whole
            ahead += place * before
            rounding += place * (math.ceil(end) - end)
            left += place * (whole * s + cut * (end - whole) - cut * (cut + 1) / 2)
            delayed += place if end > 1 else 0
            chance *= mu / (n + 1)
            more -= chance
        # work left of earlier ones
        walked = min(12, math.floor(running) - 1)
        others, stay = running - 1 - walked, s + ahead + rounding
        slack = other + stay - others * s * delayed
        work = (math.sqrt(slack**2 + 4 * others * left) - slack) / 2
        for _ in range(walked):
            others += 1
            least = others * s - other - ahead - rounding
            work = max(others / (other + stay + work) * (left + s * delayed * work), least)
        steps, ahead = stay + work, ahead + work
        m = (running - 1) / (other + steps)
        mean = m * (steps - 1 + beta / 2)
        chance, behind = math.exp(-mean), rounding
        for n in range(1000):
            if n * s >= rounding or (chance <= 1e-12 and n >= mean):
                break
            behind -= (rounding - n * s) * chance
            chance *= mean / (n + 1)
        joined = behind / rounding if rounding > 0 else 0
        decodes = m * d
        met = max(0, running - 1 - (ahead + behind) / s - m * z) / d if d > 0 else 0
        mixed = min(1, met * (k - behind) if k > 1 else max(met * s, (1 - math.exp(-met * beta)) / beta))
        # seconds
        step = lambda chunks, decodes: self.step(chunks, decodes, context, o * math.sqrt(decodes) / 2)
        first, last = chunks[0], chunks[-1]
        pure = step([], decodes) if decodes > 0 else 0
        alone, full = sum(step([chunk], decodes) for chunk in chunks), step([first], decodes)
        nu = max(1, (ahead + behind) / (s * steps))
        fixed = full - (step([first, first[:3] + (nu,)], decodes) - full) / nu
        lone = 0 if k == 1 else step([last], decodes) - fixed - (step([first, last], decodes) - full)
        prompt = alone - k * fixed - lone
        queue = (steps - k) * fixed + prompt * (ahead + behind) / s - joined * lone
        stretch = mixed * (fixed - pure) + met * (prompt + (1 - joined) * lone)
        load = (running - 1) * s / (d + k)
        free = 0.1 * d * (1 - min(1, load))
        rough = (s > 0.5 and 0.7 <= load < 1.3) or (running > 1 and s > free and load < 1.3) or back["rough"]
        rough = rough or (self.shapes is not None and s > 0.5 and running > 1)
        return {"t": step([], decodes + 1) + stretch, "mean": pure + stretch, "pure": pure, "long": alone / k,
                "mixed": mixed, "prefill": alone + queue, "queue": queue, "wait": back["wait"], "rough": rough}

def way_back(met, away):
    """Steps and seconds until a stream's next request joins a step."""
    mean, pure, long, q = met["mean"], met["pure"], met["long"], met["mixed"]
    close = lambda steps: abs(steps - round(steps)) < 0.03 * max(1, steps)
    if mean == 0:
        return {"z": away / long, "beta": 1, "wait": 0, "rough": False}
    if long > away:
        n = max(1, math.ceil(away / pure))
        plain = (1 - q) ** n
        z = (1 - plain) / q if q > 0 else n
        return {"z": z, "beta": plain + (1 - plain) * z, "wait": max(0, z * mean - away),
                "rough": plain > 0.3 and close(away / pure)}
    n, variance = math.ceil(away / mean), q * (1 - q) * (long - pure) ** 2 / mean**2
    sharp = math.exp(-2 * math.pi**2 * n * variance)
    wait = (1 + variance) * mean / 2 + sharp * (n * mean - away - mean / 2)
    return {"z": (away + wait) / mean, "beta": 1, "wait": wait, "rough": sharp > 0.3 and close(away / mean)}

def largest_difference(fit):
    worst = 0
    for one in [one for one in fit["examples"] if one["predictor"] == "closed_form"]:
        shape = [one[key] for key in ("input_tokens", "output_tokens", "concurrency", "turn_around_s")]
        means = Server(fit, one["tensor_parallel"], one.get("speculation")).loop(*shape)
        for metric, expected in one["expected"].items():
            if None not in (means[metric], expected):
                worst = max(worst, abs(means[metric] / expected - 1))
            elif means[metric] is not expected:
                worst = math.inf
    power = fit.get("power") or {}
    for one in power.get("examples", []):
        chunks = [(chunk["tokens"], chunk["context_tokens"], chunk["completes"], 1) for chunk in one["chunks"]]
        step = (chunks, one["decodes"], one["context_tokens"])
        found = Server(fit, one["tensor_parallel"]).watts(power, *step)
        worst = max([worst] + [abs(found[key] / expected - 1) for key, expected in one["expected"].items()])
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
