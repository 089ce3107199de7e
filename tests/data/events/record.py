#!/usr/bin/env python3
"""Records event files with the programs themselves: PyTorch's SummaryWriter and TensorBoard's own writer.

expected.json of each case is what TensorBoard's EventAccumulator reads from the files. A host's name is part of a
file's name, so it is "box" here.

Usage: record.py FOLDER    (needs torch and tensorboard)
"""
import json
import math
import os
import shutil
import socket
import sys

socket.gethostname = lambda: "box"

import numpy
import tensorboard
import torch
from tensorboard.backend.event_processing import event_accumulator, event_multiplexer
from tensorboard.util import tensor_util
from torch.utils.tensorboard import SummaryWriter

CUT = 9  # bytes that a torn last record lacks


def number(value):
    value = float(value)
    return value if math.isfinite(value) else None


def curves_of(accumulator):
    tags = accumulator.Tags()
    curves = {tag: [[e.step, number(e.value)] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]}
    for tag in tags["tensors"]:
        plugin = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
        if plugin == "scalars":
            curves[tag] = [[e.step, number(tensor_util.make_ndarray(e.tensor_proto).item())]
                           for e in accumulator.Tensors(tag)]
    return curves


def expect(folder, made):
    """Reads what was recorded, each run by itself and all of them by the multiplexer, and writes it down."""
    everything = {event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0}
    many = event_multiplexer.EventMultiplexer(size_guidance=everything).AddRunsFromDirectory(folder)
    many.Reload()
    runs = {run: curves_of(many.GetAccumulator(run)) for run in many.Runs()}
    for run, curves in runs.items():
        one = event_accumulator.EventAccumulator(os.path.join(folder, run), size_guidance=everything)
        one.Reload()
        assert curves_of(one) == curves, run
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump({"made": made, "runs": runs}, file, indent=1, sort_keys=True)
        file.write("\n")


def files_of(folder):
    return sorted(name for name in os.listdir(folder) if ".tfevents." in name)


def tear(folder):
    path = os.path.join(folder, files_of(folder)[-1])
    os.truncate(path, os.path.getsize(path) - CUT)


def training(writer, first, last, **how):
    for step in range(first, last):
        writer.add_scalar("loss/ae 512/128", 3 * math.exp(-step / 7) + 0.1 * math.sin(step), step, **how)
        writer.add_scalar("learning_rate", 1e-3 * min(1, step / 5), step, **how)
        if step % 4 == 0:
            writer.add_scalar("validation/bleu 512/128", step / 40, step, **how)
    writer.flush()


def pytorch(folder):
    """Two files of one run, of which the later one takes back steps; a text, a histogram and layouts beside."""
    writer = SummaryWriter(folder)
    training(writer, 0, 12)
    writer.add_scalar("odd/nan", float("nan"), 1)
    writer.add_scalar("odd/infinity", float("inf"), 2)
    writer.add_scalar("ümlaut/☃", 7.25, 3)
    writer.add_scalar("large step", 1.5, 1 << 40)
    writer.add_text("note", "a text is no curve", 0)
    writer.add_histogram("weights", torch.linspace(-1, 1, 16), 0, bins=8)
    writer.add_scalars("both", {"train": 0.5, "test": 0.25}, 1)
    writer.close()


def pytorch_resumed(folder):
    """A run of three files: the second begins anew at step 8, and the third's last record is torn."""
    for first, last, suffix, purge in ((0, 12, ".a", None), (8, 16, ".b", 8), (16, 20, ".c", None)):
        writer = SummaryWriter(folder, filename_suffix=suffix, purge_step=purge)
        training(writer, first, last)
        writer.close()
    tear(folder)


def pytorch_tensors(folder):
    """Scalars as tensors, as TensorFlow 2 has them, of float and double."""
    writer = SummaryWriter(folder)
    training(writer, 0, 10, new_style=True)
    writer.add_scalar("double", 1 / 3, 1, new_style=True, double_precision=True)
    writer.add_scalar("nan", float("nan"), 2, new_style=True)
    writer.close()


def pytorch_runs(folder):
    """Several runs below each other, and hyperparameters, which are a run of their own."""
    for name in ("first", "second/deeper"):
        writer = SummaryWriter(os.path.join(folder, name))
        training(writer, 0, 6)
        writer.close()
    writer = SummaryWriter(os.path.join(folder, "search"))
    writer.add_hparams({"rate": 1e-3, "rank": 64}, {"metric/loss": 0.75}, run_name="trial")
    writer.close()


def tensorboards_own(folder):
    """TensorBoard's writer, which TensorFlow 2's summaries are like."""
    from tensorboard.summary import Writer
    from tensorboard.summary._output import DirectoryOutput
    writer = Writer(DirectoryOutput(folder))
    for step in range(8):
        writer.add_scalar("loss/ae 512/128", numpy.float32(2 / (1 + step)), step)
        writer.add_scalar("accuracy", step / 8, step, description="of all tokens")
    writer.close()
    tear(folder)


def main():
    root = sys.argv[1]
    torched = f"PyTorch {torch.__version__} SummaryWriter, read by TensorBoard {tensorboard.__version__}"
    cases = [("recorded_pytorch", pytorch, torched), ("recorded_pytorch_resumed", pytorch_resumed, torched),
             ("recorded_pytorch_tensors", pytorch_tensors, torched + "; new_style=True"),
             ("recorded_pytorch_runs", pytorch_runs, torched),
             ("recorded_tensorboard", tensorboards_own, f"tensorboard.summary.Writer {tensorboard.__version__}")]
    for name, record, made in cases:
        folder = os.path.join(root, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        try:
            record(folder)
            expect(folder, made)
            print(name, files_of(folder))
        except Exception as error:  # a writer that this version lacks
            print(name, "failed:", repr(error))
            shutil.rmtree(folder)


main()
