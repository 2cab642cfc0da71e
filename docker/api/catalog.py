"""Every metric of the monitoring guide: names, labels and types as its lists give them."""
from metrics import Registry

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LLM_SECONDS = (0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60)
COST_EUR = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
SCORES = tuple(tenth / 10 for tenth in range(1, 11))


class Catalog:
    def __init__(self):
        self.registry = Registry()
        self._http(self.registry)
        self._websocket(self.registry)
        self._llm(self.registry)
        self._rag_retrieval(self.registry)
        self._rag_rest(self.registry)

    def _http(self, r):
        self.requests = r.counter("http_requests_total", "HTTP requests answered.", "method", "endpoint", "status")
        self.request_seconds = r.histogram("http_request_duration_seconds", "Time to answer an HTTP request.", "method",
                                           "endpoint", bounds=REQUEST_SECONDS)
        self.request_errors = r.counter("http_errors_total", "HTTP requests answered with a 4xx or 5xx status.", "method",
                                        "endpoint", "status", "error_type")
        self.in_progress = r.gauge("http_requests_in_progress", "HTTP requests being worked on.")

    def _websocket(self, r):
        self.ws_connections = r.counter("websocket_connections_total", "WebSocket connections opened and closed.", "type")
        self.ws_active = r.gauge("websocket_connections_active", "WebSocket connections that are open.")
        self.ws_messages = r.counter("websocket_messages_total", "WebSocket messages.", "event", "direction")
        self.ws_message_seconds = r.histogram("websocket_message_duration_seconds", "Time to process a WebSocket message.",
                                              "event", bounds=REQUEST_SECONDS)
        self.ws_errors = r.counter("websocket_errors_total", "WebSocket errors.", "event", "error_type")
        self.ws_operations = r.counter("websocket_workspace_operations_total", "File operations in workspaces.", "operation",
                                       "result")

    def _llm(self, r):
        self.llm_requests = r.counter("llm_requests_total", "Requests to the language model.", "model", "status")
        self.llm_seconds = r.histogram("llm_request_duration_seconds", "Time to answer a language model request.", "model",
                                       "cached", bounds=LLM_SECONDS)
        self.llm_tokens = r.counter("llm_tokens_total", "Tokens sent and received.", "model", "type")
        self.llm_hits = r.counter("llm_cache_hits_total", "Language model requests answered from the cache.", "model")
        self.llm_misses = r.counter("llm_cache_misses_total", "Language model requests not found in the cache.", "model")
        self.llm_cost = r.histogram("llm_cost_eur", "Cost of a language model request in EUR.", "model", bounds=COST_EUR)
        self.llm_errors = r.counter("llm_errors_total", "Failed language model requests.", "model", "error_type")

    def _rag_retrieval(self, r):
        self.embedding_seconds = r.histogram("rag_embedding_duration_seconds", "Time to compute embeddings.", "dimension",
                                             bounds=REQUEST_SECONDS)
        self.embeddings = r.counter("rag_embeddings_generated_total", "Embeddings computed.", "dimension")
        self.embedding_rate = r.gauge("rag_embedding_generation_rate", "Embeddings computed per second.", "dimension")
        self.retrieval_seconds = r.histogram("rag_retrieval_duration_seconds", "Time of a retrieval.", "strategy",
                                             bounds=REQUEST_SECONDS)
        self.retrievals = r.counter("rag_retrievals_total", "Retrievals.", "strategy")
        self.retrieval_results = r.histogram("rag_retrieval_results_count", "Results of a retrieval.", "strategy",
                                             bounds=(0, 1, 2, 3, 5, 10, 20))
        self.retrieval_hits = r.counter("rag_retrieval_cache_hits_total", "Retrievals answered from the cache.", "strategy")
        self.retrieval_misses = r.counter("rag_retrieval_cache_misses_total", "Retrievals not found in the cache.", "strategy")
        self.retrieval_errors = r.counter("rag_retrieval_errors_total", "Failed retrievals.", "strategy", "error_type")

    def _rag_rest(self, r):
        self.context_seconds = r.histogram("rag_context_build_duration_seconds", "Time to build a context.", "template",
                                           bounds=REQUEST_SECONDS)
        self.contexts = r.counter("rag_context_builds_total", "Contexts built.", "template")
        self.context_chars = r.histogram("rag_context_length_chars", "Length of a context in characters.", "template",
                                         bounds=(500, 1000, 2000, 4000, 8000, 16000, 32000))
        self.truncations = r.counter("rag_context_truncations_total", "Contexts that had to be cut.", "template")
        self.indexing_seconds = r.histogram("rag_indexing_duration_seconds", "Time to index examples.", "batch",
                                            bounds=REQUEST_SECONDS)
        self.indexed = r.counter("rag_examples_indexed_total", "Examples indexed.", "batch")
        self.indexing_rate = r.gauge("rag_indexing_rate", "Examples indexed per second.", "batch")
        self.store_examples = r.gauge("rag_vector_store_examples_total", "Examples in the vector store.")
        self.store_megabytes = r.gauge("rag_vector_store_size_mb", "Size of the vector store in megabytes.")
        self.similarity = r.histogram("rag_similarity_scores", "Similarity of the results to the query.", "strategy",
                                      bounds=SCORES)
        self.mmr = r.histogram("rag_mmr_scores", "Scores of maximal marginal relevance.", bounds=SCORES)
        self.health = r.gauge("rag_component_health", "1 if the component works, 0 if not.", "component")
