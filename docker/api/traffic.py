"""Simulated use of the application: step(seconds) does the work of that much time and counts it.

How many requests fail or miss a cache is not left to chance: a share of 1% is every hundredth request, so a healthy
demo never raises an alert by bad luck. Durations, sizes and scores are drawn at random.
"""
import math
import random

API = (  # method, endpoint, share of the requests, median duration in seconds
    ("GET", "/api/v1/conversations", 0.35, 0.020),
    ("GET", "/api/v1/workspaces", 0.25, 0.030),
    ("POST", "/api/v1/chat", 0.20, 0.250),
    ("PUT", "/api/v1/workspaces/{id}/files", 0.15, 0.060),
    ("POST", "/api/v1/rag/search", 0.05, 0.120),
)
WS_EVENTS = (("chat_message", "received"), ("chat_chunk", "sent"), ("workspace_update", "sent"), ("ping", "received"))
WS_ERRORS = (("chat_message", "invalid_payload"), ("workspace_update", "timeout"))
MODELS = (  # model, share, EUR per token sent, EUR per token received
    ("claude-sonnet-4", 0.3, 3e-6, 15e-6),
    ("claude-haiku-3-5", 0.7, 0.8e-6, 4e-6),
)
LLM_ERRORS = ("rate_limit", "timeout", "api_error")
STRATEGIES = (("similarity", 0.5), ("mmr", 0.3), ("hybrid", 0.2))
TEMPLATES = ("simple", "detailed")
COMPONENTS = ("embeddings", "vector_store", "retriever", "context_builder")
DIMENSION = "384"
MEGABYTES_PER_EXAMPLE = 0.006


class Traffic:
    """Not thread-safe: one thread calls step()."""

    def __init__(self, catalog, faults, seed=0, scale=1.0):
        self._c = catalog
        self._faults = faults
        self._random = random.Random(seed)
        self._scale = scale
        self._shares = {}
        self._seconds = 0.0
        self._in_progress = 0
        self._touch()

    def step(self, seconds):
        self._seconds += seconds
        amount = seconds * self._scale * (1 + 0.3 * math.sin(self._seconds * 2 * math.pi / 600))
        for _ in range(self._due("http", 20 * amount)):
            self._request()
        self._show_in_progress()
        self._websocket(amount)
        costly = self._faults.active("HighLLMCost")
        for _ in range(self._due("llm", 0.4 * amount * (5 if costly else 1))):
            self._llm_request(costly)
        for _ in range(self._due("retrieval", 3 * amount)):
            self._retrieval()
        self._indexing(amount, seconds)

    def _touch(self):
        c = self._c
        for method, endpoint, _, _ in API:
            c.requests.touch(method, endpoint, 200)
            c.requests.touch(method, endpoint, 500)
            c.request_errors.touch(method, endpoint, 500, "server_error")
        for kind in ("connect", "disconnect"):
            c.ws_connections.touch(kind)
        for event, error_type in WS_ERRORS:
            c.ws_errors.touch(event, error_type)
        for operation in ("write_file", "read_file"):
            for result in ("success", "failure"):
                c.ws_operations.touch(operation, result)
        for model, *_ in MODELS:
            for status in ("success", "error"):
                c.llm_requests.touch(model, status)
            for error_type in LLM_ERRORS:
                c.llm_errors.touch(model, error_type)
            for cached in ("true", "false"):
                c.llm_seconds.touch(model, cached)
            for family in (c.llm_hits, c.llm_misses, c.llm_cost):
                family.touch(model)
            for kind in ("input", "output"):
                c.llm_tokens.touch(model, kind)
        for strategy, _ in STRATEGIES:
            for family in (c.retrievals, c.retrieval_hits, c.retrieval_misses, c.retrieval_seconds):
                family.touch(strategy)
            c.retrieval_errors.touch(strategy, "timeout")
        for template in TEMPLATES:
            c.truncations.touch(template)
        for batch in ("true", "false"):
            c.indexed.touch(batch)
            c.indexing_seconds.touch(batch)
            c.indexing_rate.set(0, batch)
        for component in COMPONENTS:
            c.health.set(1, component)
        c.mmr.touch()
        c.embedding_rate.set(0, DIMENSION)
        c.store_examples.set(1200)
        c.store_megabytes.set(1200 * MEGABYTES_PER_EXAMPLE)
        for _ in range(12):
            self._connect()

    def _due(self, what, amount):
        """How many whole events have come due, carrying the fraction over to the next call."""
        total = self._shares.get(what, 0.0) + amount
        whole = int(total)
        self._shares[what] = total - whole
        return whole

    def _pick(self, what, share):
        """True for exactly this share of the calls, evenly spread."""
        return self._due(what, share) == 1

    def _choose(self, what, weighted):
        """One of the first elements, each as often as its weight says (the weights sum to 1)."""
        for choice in weighted:
            key = (what, choice[0])
            self._shares[key] = self._shares.get(key, 0.0) + choice[1]
        best = max(weighted, key=lambda choice: self._shares[(what, choice[0])])
        self._shares[(what, best[0])] -= 1
        return best

    def _around(self, median, spread=0.5):
        return median * math.exp(self._random.gauss(0, spread))

    def _request(self):
        c = self._c
        _, _, method, endpoint, median = self._choose("http", [(f"{m} {e}", share, m, e, d) for m, e, share, d in API])
        duration = self._around(median)
        if self._faults.active("HighAPILatency") and self._pick("slow", 0.2):
            duration = self._random.uniform(3, 6)
        status, error_type = 200, None
        if self._pick("http_500", 0.10 if self._faults.active("HighAPIErrorRate") else 0.002):
            status, error_type = 500, "server_error"
        elif self._pick("http_404", 0.01):
            status, error_type = 404, "client_error"
        c.requests.add(1, method, endpoint, status)
        c.request_seconds.observe(duration, method, endpoint)
        if error_type:
            c.request_errors.add(1, method, endpoint, status, error_type)

    def _show_in_progress(self):
        """Adds to what real requests count in the same gauge."""
        now = self._random.choice((0, 1, 1, 2, 2, 3, 4))
        if self._faults.active("HighAPILatency"):
            now += 16
        self._c.in_progress.add(now - self._in_progress)
        self._in_progress = now

    def _connect(self):
        self._c.ws_connections.add(1, "connect")
        self._c.ws_active.add(1)

    def _disconnect(self):
        self._c.ws_connections.add(1, "disconnect")
        self._c.ws_active.add(-1)

    def _websocket(self, amount):
        c = self._c
        if self._faults.active("NoActiveWebSocketConnections"):
            while c.ws_active.value() > 0:
                self._disconnect()
        else:
            for _ in range(self._due("ws_change", 0.2 * amount)):
                active = c.ws_active.value()
                if active < 5 or (active < 40 and self._random.random() < 0.5):
                    self._connect()
                else:
                    self._disconnect()
            for _ in range(self._due("ws_message", 8 * amount)):
                event, direction = self._random.choice(WS_EVENTS)
                c.ws_messages.add(1, event, direction)
                c.ws_message_seconds.observe(self._around(0.012), event)
            for _ in range(self._due("workspace", 1.5 * amount)):
                operation = self._random.choice(("write_file", "read_file"))
                c.ws_operations.add(1, operation, "failure" if self._pick("workspace_failure", 0.02) else "success")
        errors = 12 * amount / self._scale if self._faults.active("HighWebSocketErrors") else 0.05 * amount
        for _ in range(self._due("ws_error", errors)):
            c.ws_errors.add(1, *self._random.choice(WS_ERRORS))

    def _llm_request(self, costly):
        c = self._c
        model, _, sent_price, received_price = self._choose("model", MODELS)
        if self._pick("llm_error", 0.30 if self._faults.active("HighLLMErrorRate") else 0.01):
            c.llm_requests.add(1, model, "error")
            c.llm_errors.add(1, model, self._random.choice(LLM_ERRORS))
            c.llm_misses.add(1, model)
            return
        c.llm_requests.add(1, model, "success")
        if self._pick(f"llm_hit {model}", 0.05 if self._faults.active("LowLLMCacheHitRate") else 0.60):
            c.llm_hits.add(1, model)
            c.llm_seconds.observe(self._around(0.02), model, "true")
            return
        c.llm_misses.add(1, model)
        c.llm_seconds.observe(self._around(2.0), model, "false")
        sent = int(self._around(150_000 if costly else 1500, 0.2))
        received = int(self._around(400, 0.4))
        c.llm_tokens.add(sent, model, "input")
        c.llm_tokens.add(received, model, "output")
        c.llm_cost.observe(sent * sent_price + received * received_price, model)

    def _embed(self, times=1):
        for _ in range(times):
            self._c.embeddings.add(1, DIMENSION)
            self._c.embedding_seconds.observe(self._around(0.015), DIMENSION)

    def _retrieval(self):
        c = self._c
        strategy = self._choose("strategy", STRATEGIES)[0]
        c.retrievals.add(1, strategy)
        if self._pick("retrieval_error", 0.002):
            c.retrieval_errors.add(1, strategy, "timeout")
            return
        if self._pick(f"retrieval_hit {strategy}", 0.15 if self._faults.active("LowRAGCacheHitRate") else 0.75):
            c.retrieval_hits.add(1, strategy)
            duration = self._around(0.004)
        else:
            c.retrieval_misses.add(1, strategy)
            self._embed()
            slow = self._faults.active("HighRAGRetrievalLatency")
            duration = self._random.uniform(1.5, 4) if slow else self._around(0.12)
        c.retrieval_seconds.observe(duration, strategy)
        results = self._random.randint(1, 8)
        c.retrieval_results.observe(results, strategy)
        for _ in range(results):
            c.similarity.observe(self._random.betavariate(8, 3), strategy)
            if strategy == "mmr":
                c.mmr.observe(self._random.betavariate(5, 4))
        self._build_context(results)

    def _build_context(self, results):
        c = self._c
        template = self._random.choice(TEMPLATES)
        c.contexts.add(1, template)
        c.context_seconds.observe(self._around(0.008), template)
        c.context_chars.observe(results * self._around(600, 0.3), template)
        if self._pick("truncation", 0.05):
            c.truncations.add(1, template)

    def _indexing(self, amount, seconds):
        c = self._c
        for _ in range(self._due("index_single", 0.2 * amount)):
            self._index("false", 1)
        for _ in range(self._due("index_batch", 0.05 * amount)):
            self._index("true", 50)
        rate = (c.embeddings.value(DIMENSION) - self._shares.get("embeddings", 0.0)) / seconds if seconds > 0 else 0.0
        self._shares["embeddings"] = c.embeddings.value(DIMENSION)
        # A smoothed rate, as an application would report: a tenth of what is new.
        c.embedding_rate.set(0.9 * c.embedding_rate.value(DIMENSION) + 0.1 * rate, DIMENSION)

    def _index(self, batch, examples):
        c = self._c
        self._embed(examples)
        duration = sum(self._around(0.004) for _ in range(examples)) + self._around(0.02)
        c.indexed.add(examples, batch)
        c.indexing_seconds.observe(duration, batch)
        c.indexing_rate.set(examples / duration, batch)
        c.store_examples.add(examples)
        c.store_megabytes.set(c.store_examples.value() * MEGABYTES_PER_EXAMPLE)
