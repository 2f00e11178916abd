"""Pictures and bodies that nobody sends in good faith, and what the service says to each."""

import base64
import json
import struct
import threading
import zlib

import pictures

# Codes that an image may be refused with; `None` stands for an answer.
IMAGE = {"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, raw, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", raw) + chunk(b"IEND", b"")


def zeros(size):
    """So many zero bytes, deflated."""
    packer, pieces = zlib.compressobj(9), []
    while size > 0:
        pieces.append(packer.compress(b"\0" * min(size, 1 << 20)))
        size -= 1 << 20
    return b"".join(pieces) + packer.flush()


def images():
    """Name, bytes, and the codes that are right (`None`: taken)."""
    grey = pictures.png([bytearray([120]) * 64] * 64)
    whole = zeros((1 + 4096 * 8) * 4096)
    jpeg_head = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes.fromhex("ffc0000b08") + struct.pack(">HH", 300, 300) + bytes.fromhex("01011100")
    yield "nothing", b"", {"ValidationException"}
    yield "a bomb of 60000 x 60000 pixels", png(60000, 60000, 8, 6, zeros(1 << 20)), IMAGE
    yield "the largest picture there is, 16 bits deep", png(4096, 4096, 16, 6, whole), {None}
    yield "a size that overflows", png(2**31 - 1, 2**31 - 1, 16, 6, zeros(1 << 16)), IMAGE
    yield "no width", png(0, 64, 8, 0, zeros(64)), IMAGE
    yield "more pixels than the header says", png(64, 64, 8, 0, zeros(200 << 20)), {None, *IMAGE}
    yield "fewer pixels than the header says", png(400, 400, 8, 0, zeros(500)), {None, *IMAGE}
    yield "a profile that unpacks to 300 MB", png(64, 64, 8, 0, zlib.compress(b"\0" * 65 * 64), chunk(b"iCCP", b"x\0\0" + zeros(300 << 20))), {None, *IMAGE}
    yield "a text that unpacks to 300 MB", png(64, 64, 8, 0, zlib.compress(b"\0" * 65 * 64), chunk(b"zTXt", b"x\0\0" + zeros(300 << 20))), {None, *IMAGE}
    for cut in (8, 20, 33, 50, len(grey) - 30, len(grey) - 5):
        yield f"a picture cut after {cut} bytes", grey[:cut], {None, *IMAGE}
    yield "a chunk longer than the file", grey[:33] + struct.pack(">I", 2**31 - 1) + b"IDAT" + b"x" * 50, {None, *IMAGE}
    yield "a head without a body, JPEG", jpeg_head, {None, *IMAGE}
    yield "markers for ever, JPEG", b"\xff\xd8" + b"\xff" * 100_000, IMAGE
    yield "a picture with a page behind it", grey + b"<html><script>alert(1)</script></html>", {None}
    yield "a page that begins as a picture", b"\x89PNG\r\n\x1a\n<html></html>", IMAGE
    yield "a page", b"<!doctype html><html></html>", IMAGE
    yield "a drawing", b"<svg xmlns='http://www.w3.org/2000/svg'/>", IMAGE
    yield "GIF", b"GIF89a" + b"\0" * 100, IMAGE
    yield "WebP", b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40, IMAGE
    yield "a program", b"\x7fELF" + b"\0" * 1000, IMAGE
    yield "over 4 MB", grey + b"\0" * (4 << 20), {"ImageTooLargeException"}
    yield "over 5 MB", grey + b"\0" * (5 << 20), {"ValidationException", "ImageTooLargeException"}
    yield "a strip of 4000 x 64 pixels", png(4000, 64, 8, 0, zeros(4001 * 64)), {"InvalidParameterException"}
    yield "63 pixels", pictures.png([bytearray([120]) * 63] * 63), {"InvalidParameterException"}


def check(model, make_wire, version, say):
    """Sends each image, alone and then several of the largest at once. Answers with how many were sent, and how many wrong."""
    sent, wrong, wire = 0, 0, make_wire()
    large = None
    for name, data, codes in images():
        if "largest" in name:
            large = data
        body = {"ProjectVersionArn": version, "Image": {"Bytes": base64.b64encode(data).decode()}}
        status, headers, answer = wire.call("DetectCustomLabels", body)
        found = model.check_answer("DetectCustomLabels", status, headers, answer)
        code = None if status == 200 else json.loads(answer).get("Code")
        if not found and code not in codes:
            found = [f"{sorted(map(str, codes))} is wanted, this is {code}: {answer[:200]!r}"]
        sent += 1
        wrong += bool(found)
        for sentence in found:
            say(f"INVALID image, {name}: {sentence}")
    body = {"ProjectVersionArn": version, "Image": {"Bytes": base64.b64encode(large).decode()}}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(make_wire().call("DetectCustomLabels", body)[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if answers != [200] * 6:
        say(f"INVALID images, six of the largest at once: {answers}")
        wrong += 1
    return sent + 6, wrong


def most_memory(pid):
    """The most memory that a process has had, in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
