"""Label sets: pairs in order of their names."""
import re

NAME = "__name__"


def of(mapping):
    return tuple(sorted((name, value) for name, value in mapping.items() if value != ""))


def get(labels, name):
    return dict(labels).get(name, "")


def without_name(labels):
    return without(labels, ())


def without(labels, names):
    """And without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME and pair[0] not in names)


def only(labels, names):
    return tuple(pair for pair in labels if pair[0] in names)


def changed(labels, name, value):
    return of({**dict(labels), name: value})


def matches(labels, matchers):
    for name, op, wanted in matchers:
        value = get(labels, name)
        same = re.fullmatch(wanted, value, re.DOTALL) is not None if "~" in op else value == wanted
        if same != (op in ("=", "=~")):
            return False
    return True


def encoded(labels):
    """As the reference hashes them: names and values, each after its length."""
    out = bytearray()
    for part in (part for pair in labels for part in pair):
        data = part.encode()
        out += bytes([len(data)]) if len(data) < 255 else b"\xff" + len(data).to_bytes(3, "little")
        out += data
    return bytes(out)


PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MASK = (1 << 64) - 1


def turned(x, count):
    x &= MASK
    return (x << count | x >> (64 - count)) & MASK


def xxh64(data):
    """With seed 0."""
    p1, p2, p3, p4, p5 = PRIMES

    def mixed(lane, word):
        return turned(lane + word * p2, 31) * p1 & MASK

    at, size = 0, len(data)
    if size >= 32:
        lanes = [p1 + p2 & MASK, p2, 0, -p1 & MASK]
        while at + 32 <= size:
            lanes = [mixed(lane, int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")) for i, lane in enumerate(lanes)]
            at += 32
        h = sum(turned(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            h = ((h ^ mixed(0, lane)) * p1 + p4) & MASK
    else:
        h = p5
    h = h + size & MASK
    while at + 8 <= size:
        h = turned(h ^ mixed(0, int.from_bytes(data[at:at + 8], "little")), 27) * p1 + p4 & MASK
        at += 8
    if at + 4 <= size:
        h = turned(h ^ int.from_bytes(data[at:at + 4], "little") * p1 & MASK, 23) * p2 + p3 & MASK
        at += 4
    for byte in data[at:]:
        h = turned(h ^ byte * p5 & MASK, 11) * p1 & MASK
    h = (h ^ h >> 33) * p2 & MASK
    h = (h ^ h >> 29) * p3 & MASK
    return h ^ h >> 32
