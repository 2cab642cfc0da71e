"""Remote write 1.0, as little of it as loading test data needs: protobuf by hand, snappy without compression."""
import http.client
import struct


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def tag(field, wire_type):
    return varint(field << 3 | wire_type)


def block(field, payload):
    return tag(field, 2) + varint(len(payload)) + payload


def number(field, n):
    return tag(field, 0) + varint(n)


def double(field, v):
    return tag(field, 1) + struct.pack("<d", v)


def doubles(field, values):
    return block(field, b"".join(struct.pack("<d", v) for v in values)) if values else b""


def label(name, value):
    return block(1, block(1, name.encode()) + block(2, value.encode()))


def sample(t_ms, value):
    return block(2, double(1, value) + number(2, t_ms))


def spans(field, runs):
    return b"".join(block(field, tag(1, 0) + zigzag(offset) + number(2, length)) for offset, length in runs)


def histogram(t_ms, h):
    """A float histogram; see data.Histogram."""
    return block(4, double(2, h.count) + double(3, h.sum) + tag(4, 0) + zigzag(h.schema) + double(5, h.zero_threshold)
                 + double(7, h.zero_count) + spans(8, h.negative_spans) + doubles(10, h.negative)
                 + spans(11, h.positive_spans) + doubles(13, h.positive) + number(14, 3 if h.gauge else 0)
                 + number(15, t_ms) + doubles(16, h.custom_values))


def snappy_literals(data):
    """The block format with literals only."""
    out = bytearray(varint(len(data)))
    for start in range(0, len(data), 65536):
        piece = data[start:start + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def request(series):
    """`series`: (labels, samples) with samples (t_ms, float or histogram)."""
    body = bytearray()
    for labels, samples in series:
        one = b"".join(label(name, labels[name]) for name in sorted(labels))
        for t_ms, value in samples:
            one += sample(t_ms, value) if isinstance(value, float) else histogram(t_ms, value)
        body += block(1, one)
    return snappy_literals(bytes(body))


def write(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/api/v1/write", body, {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    if answer.status not in (200, 204):
        raise RuntimeError(f"remote write: {answer.status} {text}")
