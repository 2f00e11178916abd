"""Pictures for the lifecycle test, drawn with the standard library alone."""

import random
import struct
import zlib

WIDTH, HEIGHT = 320, 240


def png(pixels: list[bytearray]) -> bytes:
    """A grey 8-bit PNG of rows of pixels."""
    height, width = len(pixels), len(pixels[0])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = b"".join(b"\0" + bytes(row) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b"")


def fill(pixels, left, top, width, height, value):
    for row in pixels[top : top + height]:
        row[left : left + width] = bytes([value]) * width


def draw(seed: int, with_target: bool):
    """A picture on an uneven ground with plain rectangles on it, and when asked for a target: a dark ring round a
    dark square. Gives the PNG and the target's box (left, top, width, height) or None."""
    chance = random.Random(seed)
    base, slope = chance.randint(110, 190), chance.uniform(-0.15, 0.15)
    pixels = [
        bytearray(max(0, min(255, int(base + slope * (x - y) + chance.gauss(0, 6)))) for x in range(WIDTH)) for y in range(HEIGHT)
    ]
    for _ in range(chance.randint(2, 4)):
        width, height = chance.randint(15, 70), chance.randint(10, 50)
        left, top = chance.randrange(WIDTH - width), chance.randrange(HEIGHT - height)
        fill(pixels, left, top, width, height, chance.randint(60, 230))
    if not with_target:
        return png(pixels), None
    unit = chance.randint(7, 13)
    side = 7 * unit
    left, top = chance.randrange(4, WIDTH - side - 4), chance.randrange(4, HEIGHT - side - 4)
    dark, light = chance.randint(5, 40), chance.randint(225, 255)
    for inset, value in ((0, dark), (1, light), (2, dark)):
        fill(pixels, left + inset * unit, top + inset * unit, side - 2 * inset * unit, side - 2 * inset * unit, value)
    return png(pixels), (left, top, side, side)
