"""What can be made to go wrong: one switch for each alert that the application itself can cause."""
import threading

FAULTS = {
    "HighAPIErrorRate": "10% of the API's requests answer 500",
    "HighAPILatency": "one in five of the API's requests takes 3 to 6 seconds",
    "HighWebSocketErrors": "12 WebSocket errors per second",
    "NoActiveWebSocketConnections": "everybody disconnects, and nobody connects",
    "HighLLMErrorRate": "30% of the language model requests fail",
    "LowLLMCacheHitRate": "5% of the language model requests are in the cache",
    "HighLLMCost": "five times as many language model requests, each with 150,000 tokens",
    "HighRAGRetrievalLatency": "retrievals that are not in the cache take 1.5 to 4 seconds",
    "LowRAGCacheHitRate": "15% of the retrievals are in the cache",
}


class UnknownFault(KeyError):
    def __str__(self):
        return f"no such fault: {self.args[0]} (there are {', '.join(FAULTS)})"


class Faults:
    """Thread-safe. `clock` gives seconds that never go back."""

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._until = {}  # Name of an active fault -> when it ends, or None for never.

    def start(self, name, seconds=None):
        if name not in FAULTS:
            raise UnknownFault(name)
        if seconds is not None and not 0 < seconds < float("inf"):
            raise ValueError(f"a fault lasts more than 0 seconds, not {seconds}")
        with self._lock:
            self._until[name] = None if seconds is None else self._clock() + seconds

    def stop(self, name):
        if name not in FAULTS:
            raise UnknownFault(name)
        with self._lock:
            self._until.pop(name, None)

    def stop_all(self):
        with self._lock:
            self._until.clear()

    def active(self, name):
        with self._lock:
            if name not in self._until:
                return False
            until = self._until[name]
            if until is not None and self._clock() >= until:
                del self._until[name]
                return False
            return True

    def describe(self):
        return [{"name": name, "active": self.active(name), "effect": effect} for name, effect in FAULTS.items()]
