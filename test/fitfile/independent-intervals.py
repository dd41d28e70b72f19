"""The 90 % intervals of fits/README.md, for the shapes of a fit's examples; standard library only, beside independent-reader.py.
Prints one line of JSON an example: by metric, the value and the ends of its interval."""
import importlib.util, json, math, pathlib, sys

spec = importlib.util.spec_from_file_location("reader", pathlib.Path(__file__).with_name("independent-reader.py"))
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
DELTA = 1e-4

def student_t_95(n):
    """The 95th percentile of Student's t: bisection on Simpson's integral of its density."""
    scale = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(n * math.pi)
    density = lambda x: scale * (1 + x * x / n) ** (-(n + 1) / 2)
    def below(t, slices=2000):
        h = t / slices
        inner = sum((4 if j % 2 else 2) * density(j * h) for j in range(1, slices))
        return 0.5 + h / 3 * (density(0) + inner + density(t))
    low, high = 0, 100
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.95 else (low, middle)
    return low

def means(fit, shape, name=None, by=0):
    server = reader.Server(fit, shape["tensor_parallel"])
    if name in server.edges:
        server.edges[name] += by
    elif name:
        server.p[name] *= math.exp(by)
    return server.loop(*(shape[key] for key in ("input_tokens", "output_tokens", "concurrency", "turn_around_s")))

def intervals(fit, shape):
    names, matrix, noise = fit["covariance"]["names"], fit["covariance"]["matrix"], fit["noise"]
    value, t = means(fit, shape), student_t_95(fit["degrees_of_freedom"])
    pairs = [(means(fit, shape, name, DELTA), means(fit, shape, name, -DELTA)) for name in names]
    alone, rough = shape["concurrency"] == 1, value["rough"]
    tpot = 0.001 if alone else 0.03 if rough else 0.002
    ttft = 0.001 if alone else 0.2 if rough else math.hypot(0.005, 0.7 * value["queue_share"])
    scale = noise["exact_scale"][metric] if alone else 1
    missed = {"ttft_ms": math.hypot(scale * ttft, noise["misfit"]["ttft"]), "tpot_ms": math.hypot(scale * tpot, noise["misfit"]["tpot"])}
    share = value["ttft_ms"] / value["e2e_ms"]
    mixed = math.hypot(share * missed["ttft_ms"], (1 - share) * missed["tpot_ms"])
    result = {}
    for metric in ("ttft_ms", "tpot_ms", "e2e_ms", "output_tokens_per_s"):
        if value[metric] is None:
            result[metric] = [None, None, None]
            continue
        v = [math.log(up[metric] / down[metric]) / (2 * DELTA) for up, down in pairs]
        variance = sum(a * matrix[i][j] * b for i, a in enumerate(v) for j, b in enumerate(v))
        spread = math.exp(t * math.sqrt(max(0, variance) + missed.get(metric, mixed) ** 2))
        result[metric] = [value[metric], value[metric] / spread, value[metric] * spread]
    return result

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:
        fit = json.load(lines)
    for shape in fit["examples"]:
        print(json.dumps(intervals(fit, shape)))
