"""The twin in the place of a server: loaded with a world, asked as the API is."""
from . import labels, parser
from .evaluator import Evaluator, Steps
from .syntax import QueryError, is_scalar


def milliseconds(seconds):
    return round(float(seconds) * 1000)


def lookback_ms(parameters):
    return parser.duration_ms(parameters.get("lookback_delta", "5m"))


class Twin:
    def __init__(self):
        self.series = []

    def load(self, world):
        """Of a world without native histograms."""
        for metric, samples in world.series:
            assert all(isinstance(value, float) for _, value in samples), "the twin knows floats only"
            self.series.append((labels.of(metric), [t for t, _ in samples], [value for _, value in samples]))

    def stop(self):
        self.series = []

    def ask(self, path, parameters):
        """(HTTP status, what would be JSON)."""
        try:
            data = self.instant(parameters) if path == "query" else self.ranged(parameters)
        except QueryError as error:
            return {"bad_data": 400, "execution": 422}[error.kind], {"status": "error", "errorType": error.kind, "error": str(error)}
        return 200, {"status": "success", "data": data}

    def instant(self, parameters):
        t = milliseconds(parameters["time"])
        steps = Steps(t, t, 1, is_ranged=False)
        tree = parser.parse(parameters["query"], steps)
        value = Evaluator(self.series, steps, lookback_ms(parameters)).value(tree, t, steps)
        if is_scalar(tree):
            return {"resultType": "scalar", "result": [t / 1000, repr(value)]}
        return {"resultType": "vector", "result": [{"metric": dict(series), "value": [t / 1000, repr(v)]} for series, v in value]}

    def ranged(self, parameters):
        steps = Steps(*(milliseconds(parameters[key]) for key in ("start", "end", "step")))
        tree = parser.parse(parameters["query"], steps)
        evaluator = Evaluator(self.series, steps, lookback_ms(parameters))
        points = {}
        for t in steps.times:
            value = evaluator.value(tree, t, steps)
            for series, v in [((), value)] if is_scalar(tree) else value:
                points.setdefault(series, []).append([t / 1000, repr(v)])
        return {"resultType": "matrix", "result": [{"metric": dict(series), "values": points[series]} for series in sorted(points)]}
