#!/usr/bin/env python3
"""Kenchi's metrics beside scikit-learn's, over the same files.

    python test_metrics.py JUDGE

JUDGE is the program of `cargo build --release -p domain --example judge`. The files are drawn here in the layout of
the developer guide's evaluation manifest: image labels, several of them on an image, and boxes, whose places are
chosen so that it is known without any overlap which prediction meets which object.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    precision_recall_fscore_support,
)

LABELS = ["猫", "dog", "queen of hearts", "空"]
THRESHOLDS = [0.0, 0.1, 0.25, 0.5, 0.5001, 0.8, 1.0]
SAID = "rekognition-custom-labels-evaluation"
TRUTH = "rekognition-custom-labels-training-"
CLOSE = 1e-9


def details(truth, said):
    return {
        "version": 1,
        "is-true-positive": truth and said,
        "is-false-positive": said and not truth,
        "is-false-negative": truth and not said,
        "is-true-negative": not truth and not said,
        "is-present-in-ground-truth": truth,
    }


def image_label(name, confidence, told=None):
    metadata = {"confidence": confidence, "class-name": name, "type": "groundtruth/image-classification"}
    if told:
        metadata[SAID + "-details"] = told
    return metadata


def labelled_images(rng, count):
    """Lines, and for each label its truths and confidences."""
    lines, truths, scores = [], [[] for _ in LABELS], [[] for _ in LABELS]
    for number in range(count):
        line = {"source-ref": f"s3://bucket/{number}.png"}
        for index, name in enumerate(LABELS):
            truth = rng.random() < 0.3
            # Rounded, so that many are equal.
            confidence = round(min(1, max(0.01, rng.gauss(0.65 if truth else 0.35, 0.25))), 2)
            truths[index].append(truth)
            scores[index].append(confidence)
            if truth:
                line[f"{TRUTH}{index}"] = 1
                line[f"{TRUTH}{index}-metadata"] = image_label(name, 1)
            line[f"{SAID}-{index}"] = 1
            line[f"{SAID}-{index}-metadata"] = image_label(name, confidence, details(truth, confidence >= 0.5))
        lines.append(line)
    return lines, truths, scores


def one_of_each(rng, count):
    """Lines where each image has one label and one prediction: what a confusion matrix is about."""
    lines, truths, said = [], [], []
    for number in range(count):
        truth = rng.randrange(len(LABELS))
        guess = truth if rng.random() < 0.6 else rng.randrange(len(LABELS))
        line = {"source-ref": f"s3://bucket/{number}.png", f"{TRUTH}0": 1}
        line[f"{TRUTH}0-metadata"] = image_label(LABELS[truth], 1)
        for index, name in enumerate(LABELS):
            told = details(index == truth, index == guess)
            line[f"{SAID}-{index}"] = 1
            line[f"{SAID}-{index}-metadata"] = image_label(name, 0.9 if index == guess else 0.1, told)
        lines.append(line)
        truths.append(truth)
        said.append(guess)
    return lines, truths, said


def box(index, place, shift=0):
    return {"class_id": index, "left": place * 100 + shift, "top": 10, "width": 50, "height": 50}


def boxed_images(rng, count):
    """Lines, and for each label its truths and confidences; an object that nobody saw has confidence 0."""
    lines, truths, scores = [], [[] for _ in LABELS], [[] for _ in LABELS]
    class_map = {str(index): name for index, name in enumerate(LABELS)}
    for number in range(count):
        true_boxes, said, objects = [], [], []
        for place in range(6):
            index = rng.randrange(len(LABELS))
            truth = rng.random() < 0.5
            seen = rng.random() < (0.8 if truth else 0.4)
            confidence = round(min(1, max(0.01, rng.gauss(0.65 if truth else 0.35, 0.25))), 2) if seen else 0.0
            if truth:
                true_boxes.append(box(index, place))
            if truth or seen:
                truths[index].append(truth)
                scores[index].append(confidence)
                said.append(box(index, place, shift=3 if seen else 0))
                objects.append({"confidence": confidence, SAID + "-details": details(truth, confidence >= 0.5)})
        size = [{"width": 600, "height": 100, "depth": 3}]
        kind = "groundtruth/object-detection"
        lines.append({
            "source-ref": f"s3://bucket/{number}.png",
            f"{TRUTH}0": {"annotations": true_boxes, "image_size": size},
            f"{TRUTH}0-metadata": {"class-map": class_map, "objects": [{"confidence": 1}] * len(true_boxes), "type": kind},
            SAID: {"annotations": said, "image_size": size},
            SAID + "-metadata": {"class-map": class_map, "objects": objects, "type": kind},
        })
    return lines, truths, scores


def judged(program, folder, lines):
    file = pathlib.Path(folder) / "TestingGroundTruth.manifest"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    arguments = [program, str(file), ",".join(LABELS), ",".join(map(str, THRESHOLDS))]
    return json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


def close(mine, other, what):
    if abs(mine - other) > CLOSE:
        raise AssertionError(f"{what}: Kenchi says {mine}, scikit-learn {other}")


def compare(own, truths, scores, what):
    """One label's counts, curve and average precision."""
    for threshold, mine in zip(THRESHOLDS, own["at"], strict=True):
        said = [score > 0 and score >= threshold for score in scores]
        figures = precision_recall_fscore_support(truths, said, average="binary", zero_division=0)
        for name, other in zip(["precision", "recall", "f1"], figures):
            close(mine[name], other, f"{what}, {name} at {threshold}")
    precision, recall, thresholds = precision_recall_curve(truths, scores)
    # scikit-learn's curve rises in threshold and ends in a point of no prediction; objects that nobody saw make a
    # point of confidence 0, which no prediction has.
    points = [point for point in zip(thresholds, precision, recall) if point[0] > 0][::-1]
    if len(points) != len(own["curve"]):
        raise AssertionError(f"{what}: {len(own['curve'])} points, scikit-learn has {len(points)}")
    for mine, other in zip(own["curve"], points):
        for at, name in enumerate(["threshold", "precision", "recall"]):
            close(mine[at], other[at], f"{what}, {name} of the curve")
    unseen = sum(score == 0 for score in scores)
    share = sum(truths) / len(truths)
    # What scikit-learn adds for finding everything at confidence 0.
    at_zero = unseen / sum(truths) * share
    close(own["average_precision"], average_precision_score(truths, scores) - at_zero, f"{what}, average precision")
    print(f"  ok: {what}: {len(THRESHOLDS)} thresholds, {len(points)} points, average precision {own['average_precision']:.4f}")


def main(program):
    rng = random.Random(20240601)
    with tempfile.TemporaryDirectory() as folder:
        for kind, draw in [("image labels", labelled_images), ("boxes", boxed_images)]:
            lines, truths, scores = draw(rng, 400)
            mine = judged(program, folder, lines)
            for index, name in enumerate(LABELS):
                compare(mine["labels"][index], truths[index], scores[index], f"{kind}, {name}")
            compare(mine["all"], sum(truths, []), sum(scores, []), f"{kind}, all labels")
        lines, truths, said = one_of_each(rng, 500)
        mine = judged(program, folder, lines)["matrices"][THRESHOLDS.index(0.5)]
        other = confusion_matrix(truths, said, labels=range(len(LABELS))).tolist()
        if mine != other:
            raise AssertionError(f"confusion matrix: Kenchi says {mine}, scikit-learn {other}")
        print(f"  ok: confusion matrix of {len(truths)} images")
    print("Kenchi's metrics are scikit-learn's.")


if __name__ == "__main__":
    main(sys.argv[1])
