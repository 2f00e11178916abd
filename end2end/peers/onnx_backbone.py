"""ONNX Runtime's forward pass of the same backbone with the same weights: the speed to reach.

    python onnx_backbone.py efficientnet_lite0.f16.bin

Builds the graph from the file that the trainer embeds (its layout stands in crates/trainer/assets/make_backbone.py), checks it
against golden values of that program, and prints the median time of one thread.
"""

import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
# Mean of the absolute values after stages 2, 4 and 6 for the picture below, as make_backbone.py prints them.
GOLDEN = [8.422473, 5.633551, 2.149289]


def graph(data):
    numbers = np.frombuffer(data[8:], "<f2").astype(np.float32)
    at = 0
    nodes, weights, outputs = [], [], []

    def take(*shape):
        nonlocal at
        n = int(np.prod(shape))
        at += n
        return numbers[at - n : at].reshape(shape)

    def convolution(name, source, w, b, stride=1, group=1, clip=True):
        k = w.shape[2]
        weights.append(numpy_helper.from_array(np.ascontiguousarray(w), name + ".w"))
        weights.append(numpy_helper.from_array(np.ascontiguousarray(b), name + ".b"))
        nodes.append(
            helper.make_node(
                "Conv", [source, name + ".w", name + ".b"], [name], kernel_shape=[k, k], strides=[stride, stride],
                group=group, auto_pad="SAME_UPPER",
            )
        )
        if clip:
            nodes.append(helper.make_node("Clip", [name, "low", "high"], [name + ".clip"]))
            return name + ".clip"
        return name

    weights.append(numpy_helper.from_array(np.float32(0), "low"))
    weights.append(numpy_helper.from_array(np.float32(6), "high"))
    w = take(3, 3, 3, 32).transpose(3, 2, 0, 1)
    x = convolution("stem", "picture", w, take(32), 2)
    channels, block = 32, 0
    for stage, (repeats, kernel, stride, expand, out) in enumerate(STAGES):
        for j in range(repeats):
            entry, mid = x, channels * expand
            if expand != 1:
                w = take(channels, mid).T[:, :, None, None]
                x = convolution(f"expand{block}", x, w, take(mid))
            w = take(kernel, kernel, mid).transpose(2, 0, 1)[:, None]
            x = convolution(f"depthwise{block}", x, w, take(mid), stride if j == 0 else 1, mid)
            w = take(mid, out).T[:, :, None, None]
            x = convolution(f"project{block}", x, w, take(out), clip=False)
            if j > 0:
                nodes.append(helper.make_node("Add", [x, entry], [f"sum{block}"]))
                x = f"sum{block}"
            channels, block = out, block + 1
        if stage in (2, 4, 6):
            outputs.append(x)
    shape = lambda c: [1, c, None, None]
    made = helper.make_graph(
        nodes, "backbone", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape(3))],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, shape(c)) for o, c in zip(outputs, (40, 112, 320))], weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def picture(height, width):
    """The same whole-number formula as in make_backbone.py."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    pixels = ((x * 7 + y * 13 + c * 50 + (x * y) // 16) % 256).astype(np.float32)
    return ((pixels - 127) / 128).transpose(2, 0, 1)[None]


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph(open(sys.argv[1], "rb").read()), options, providers=["CPUExecutionProvider"])
    for got, want in zip(session.run(None, {"picture": picture(97, 131)}), GOLDEN):
        mean = float(np.abs(got).mean())
        assert abs(mean - want) < 1e-3 * want, f"the graph is not the backbone: {mean} instead of {want}"
    for side in (320, 480):
        x, times = {"picture": picture(side, side)}, []
        for _ in range(30):
            start = time.perf_counter()
            session.run(None, x)
            times.append((time.perf_counter() - start) * 1e3)
        print(f"ONNX Runtime {onnxruntime.__version__}, one thread, {side} x {side}: median {np.median(times):.1f} ms, best {min(times):.1f} ms")


if __name__ == "__main__":
    main()
