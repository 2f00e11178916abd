"""YOLOv8n from nothing, for as many CPU seconds as the local trainer took.

    python yolo.py <folder with train/ and test/ in Pascal VOC> <CPU seconds> [training pictures]

The folder may have train/ and test/ below images/. Trains at 320 pixels and not at the usual 640, since more steps fit in;
prints mAP50 and mAP75 on the test pictures.
"""

import os
import shutil
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

SCRATCH = Path(tempfile.mkdtemp(prefix="kenchi-yolo-"))
os.environ.update(YOLO_CONFIG_DIR=str(SCRATCH), YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_VERBOSE="false")
SIDE, BATCH = 320, 8


def pairs(folder):
    for annotation in sorted(folder.glob("*.xml")):
        pictures = [p for e in ("jpg", "JPG", "jpeg", "png") if (p := annotation.with_suffix("." + e)).exists()]
        if pictures:
            yield annotation, pictures[0]


def boxes(annotation):
    for thing in ET.parse(annotation).getroot().iter("object"):
        box = thing.find("bndbox")
        yield thing.findtext("name"), [float(box.findtext(n)) for n in ("xmin", "ymin", "xmax", "ymax")]


def convert(folder, most):
    """The dataset as YOLO has it, and its description."""
    import cv2

    folder = folder / "images" if (folder / "images").is_dir() else folder
    parts = {part: list(pairs(folder / part)) for part in ("train", "test")}
    names = sorted({name for part in parts.values() for annotation, _ in part for name, _ in boxes(annotation)})
    if len(parts["train"]) > most:
        parts["train"] = [parts["train"][i * len(parts["train"]) // most] for i in range(most)]
    for part, found in parts.items():
        for kind in ("images", "labels"):
            (SCRATCH / kind / part).mkdir(parents=True)
        for annotation, picture in found:
            # Pixels and boxes both as they are stored, as the annotations mean them.
            image = cv2.imread(str(picture), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
            height, width = image.shape[:2]
            cv2.imwrite(str(SCRATCH / "images" / part / f"{picture.stem}.png"), image)
            lines = [
                f"{names.index(name)} {(l + r) / 2 / width} {(t + b) / 2 / height} {(r - l) / width} {(b - t) / height}"
                for name, (l, t, r, b) in boxes(annotation)
            ]
            (SCRATCH / "labels" / part / f"{picture.stem}.txt").write_text("\n".join(lines))
    data = SCRATCH / "data.yaml"
    listed = "\n".join(f"  {i}: {name}" for i, name in enumerate(names))
    data.write_text(f"path: {SCRATCH}\ntrain: images/train\nval: images/test\nnames:\n{listed}\n")
    return data, len(parts["train"])


def main():
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
    data, pictures = convert(Path(sys.argv[1]), most)
    budget = float(sys.argv[2])
    import torch
    from ultralytics import YOLO

    torch.set_num_threads(int(os.environ.get("PEER_THREADS", "2")))

    class Enough(Exception):
        pass

    options = dict(
        data=str(data), imgsz=SIDE, batch=BATCH, device="cpu", workers=0, amp=False, plots=False, val=False, verbose=False,
        project=str(SCRATCH), exist_ok=True, patience=0, seed=1, pretrained=False,
    )

    def train(name, epochs, after_step):
        model = YOLO("yolov8n.yaml")
        model.add_callback("on_train_batch_end", after_step)
        try:
            model.train(epochs=epochs, name=name, **options)
        except Enough:
            pass

    # How long a step takes, so that the learning rate's course fits the budget.
    times = []

    def probe(_):
        times.append(time.process_time())
        if len(times) == 4:
            raise Enough

    train("probe", 1, probe)
    step = (times[-1] - times[0]) / max(len(times) - 1, 1)
    epochs = max(round(budget / (step * -(-pictures // BATCH))), 1)
    start, steps, spent = time.process_time(), 0, 0.0

    def run(trainer):
        nonlocal steps, spent
        steps, spent = steps + 1, time.process_time() - start
        if spent > budget:
            trainer.save_model()
            raise Enough

    train("run", epochs, run)
    best = YOLO(str(SCRATCH / "run" / "weights" / "last.pt"))
    found = best.val(data=str(data), imgsz=SIDE, device="cpu", workers=0, plots=False, verbose=False, project=str(SCRATCH), name="val")
    print(
        f"YOLOv8n from nothing: {pictures} training pictures, {spent:.0f} CPU s ({steps} steps, {epochs} epochs planned): "
        f"mAP50 {found.box.map50:.3f}, mAP75 {found.box.map75:.3f}"
    )
    shutil.rmtree(SCRATCH, ignore_errors=True)


if __name__ == "__main__":
    main()
