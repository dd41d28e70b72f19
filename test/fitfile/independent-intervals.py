"""The 90 % intervals of fits/README.md, for the shapes of a fit's examples; standard library only, beside independent-reader.py.
Prints one line of JSON an example: by metric, the value and the ends of its interval."""
import importlib.util, json, math, pathlib, sys

spec = importlib.util.spec_from_file_location("reader", pathlib.Path(__file__).with_name("independent-reader.py"))
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
DELTA = 1e-4

def means(fit, shape, name=None, by=0):
    server = reader.Server(fit, shape["tensor_parallel"], shape.get("speculation"))
    if name in server.edges:
        server.edges[name] += by
    elif name:
        server.p[name] *= math.exp(by)
    return server.loop(*(shape[key] for key in ("input_tokens", "output_tokens", "concurrency", "turn_around_s")))

def corrected(fit, shape, value):
    """With TPOT as kernels of this batch size have it."""
    streams, tp, away = shape["concurrency"], shape["tensor_parallel"], 1e3 * (shape["turn_around_s"] or 0)
    for bucket in (fit["residual_table"] or {"buckets": []})["buckets"]:
        if bucket["tensor_parallel"] == tp and bucket["least"] <= streams <= bucket["most"] and value["tpot_ms"]:
            longer = (bucket["ratio"] - 1) * value["tpot_ms"]
            e2e = value["e2e_ms"] + (shape["output_tokens"] - 1) * longer
            rate = value["output_tokens_per_s"] * (value["e2e_ms"] + away) / (e2e + away)
            return {**value, "tpot_ms": value["tpot_ms"] + longer, "e2e_ms": e2e, "output_tokens_per_s": rate}
    return value

def log_slopes(fit, shape, metric):
    """Derivatives of ln(metric) by the names of the covariance."""
    pairs = [[means(fit, shape, name, by)[metric] for by in (DELTA, -DELTA)] for name in fit["covariance"]["names"]]
    return [0 if above is None else math.log(above / below) / (2 * DELTA) for above, below in pairs]

def missed(fit, shape, value):
    """Standard deviations of what the closed form and the model miss, for TTFT and TPOT."""
    noise = fit["predictors"]["closed_form"]["noise"]
    alone, rough = shape["concurrency"] == 1, value["rough"]
    tpot = 0.001 if alone else 0.03 if rough else 0.002
    ttft = 0.001 if alone else 0.2 if rough else math.hypot(0.005, 0.7 * value["queue_share"])
    scale = noise["exact_scale"] if alone else {"ttft": 1, "tpot": 1}
    return [math.hypot(scale[key] * own, noise["misfit"][key]) for key, own in (("ttft", ttft), ("tpot", tpot))]

def shares(metric, value, turn_around):
    """Derivatives of ln(metric) by ln(TTFT) and ln(TPOT)."""
    first = min(1, value["ttft_ms"] / value["e2e_ms"])
    cycle = -value["e2e_ms"] / (value["e2e_ms"] + 1e3 * (turn_around or 0))
    return {"ttft_ms": (1, 0), "tpot_ms": (0, 1), "e2e_ms": (first, 1 - first),
            "output_tokens_per_s": (cycle * first, cycle * (1 - first))}[metric]

def intervals(fit, shape):
    value, matrix = corrected(fit, shape, means(fit, shape)), fit["covariance"]["matrix"]
    factors = fit["predictors"]["closed_form"]["interval_factors"]
    slopes = [log_slopes(fit, shape, metric) for metric in ("ttft_ms", "tpot_ms")]
    sd_ttft, sd_tpot = missed(fit, shape, value)
    result = {}
    for metric in ("ttft_ms", "tpot_ms", "e2e_ms", "output_tokens_per_s"):
        if value[metric] is None:
            result[metric] = [None, None, None]
            continue
        a, b = shares(metric, value, shape["turn_around_s"])
        v = [a * one + b * other for one, other in zip(*slopes)]
        variance = sum(x * matrix[i][j] * y for i, x in enumerate(v) for j, y in enumerate(v))
        sd = math.sqrt(max(0, variance) + (a * sd_ttft) ** 2 + (b * sd_tpot) ** 2)
        weight = abs(a) / (abs(a) + abs(b))
        spread = math.exp((weight * factors["ttft"] + (1 - weight) * factors["tpot"]) * sd)
        result[metric] = [value[metric], value[metric] / spread, value[metric] * spread]
    return result

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:
        fit = json.load(lines)
    for shape in fit["examples"]:
        print(json.dumps(intervals(fit, shape)))
