#!/usr/bin/env python3
"""Makes event files in the layout of PyTorch's SummaryWriter, of TensorFlow 2 and of TensorFlow 1, byte by byte.

They are made by hand after event.proto, summary.proto and tensor.proto of TensorFlow and after what those writers do
with them; neither program was at hand. README says how recorded ones are added.

Usage: make.py [FOLDER]    (this file's own folder without one; equal bytes each time)
"""
import json
import math
import os
import shutil
import struct
import sys

CRC = []
for i in range(256):
    value = i
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    CRC.append(value)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    """TFRecord: length, its sum, the bytes, their sum."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def fixed64(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def fixed32(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def part(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


FLOAT, DOUBLE, INT32, STRING, INT64, HALF = 1, 2, 3, 7, 9, 19


def event(wall, step, *what):
    """wall_time = 1, step = 2 (absent at 0, as proto3 writes it)."""
    return record(fixed64(1, wall) + (number(2, step) if step else b"") + b"".join(what))


def head(wall, writer=None):
    """file_version = 3, source_metadata = 10 (writer = 1): the first record of every file."""
    return event(wall, 0, part(3, "brain.Event:2"), part(10, part(1, writer)) if writer else b"")


def summary(*values):
    return part(5, b"".join(part(1, value) for value in values))


def metadata(plugin, content=b""):
    """SummaryMetadata = 9: plugin_data = 1 (plugin_name = 1, content = 2)."""
    return part(9, part(1, part(1, plugin) + (part(2, content) if content else b"")))


def simple(tag, value):
    return part(1, tag) + fixed32(2, value)


def tensor(tag, dtype, shape, *content, plugin="scalars"):
    """tensor = 8: dtype = 1, tensor_shape = 2 (dim = 2, size = 1), then the content."""
    dims = b"".join(part(2, number(1, size)) for size in shape)
    return part(1, tag) + metadata(plugin) + part(8, number(1, dtype) + part(2, dims) + b"".join(content))


def content(layout, value):
    return part(4, struct.pack("<" + layout, value))


def as_float(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Curves:
    """What a reader has to find: {run: {tag: [[step, value]]}}; null is no number."""

    def __init__(self, made):
        self.all = {"made": made, "runs": {}}

    def add(self, run, tag, step, value):
        finite = value if math.isfinite(value) else None
        self.all["runs"].setdefault(run, {}).setdefault(tag, []).append([step, finite])


def write(folder, files, curves):
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(curves.all, file, indent=1)
        file.write("\n")


BEGIN = 1700000000.25


def pytorch(folder):
    """SummaryWriter: scalars as simple_value, add_scalars in runs below, new_style=True as tensors, and much else."""
    curves = Curves("by hand, in the layout of torch.utils.tensorboard.SummaryWriter")
    writer = "tensorboard.summary.writer.event_file_writer"
    first = head(BEGIN, writer)
    for step in range(40):
        wall = BEGIN + step
        for tag, value in (("loss/train", 3 / (1 + 0.3 * step)), ("loss/val/512 → 128", 2.5 / (1 + step)),
                           ("lr-AdamW/pg1", 1e-3 * min(1, step / 10)), ("grad norm", math.sin(step) + 1)):
            value = math.nan if (tag, step) == ("loss/train", 17) else value
            value = math.inf if (tag, step) == ("grad norm", 20) else value
            first += event(wall, step, summary(simple(tag, value)))
            curves.add(".", tag, step, as_float(value))
        if step % 10 == 0:
            histogram = fixed64(1, -1.0) + fixed64(2, 1.0) + fixed64(3, 10.0) + part(6, struct.pack("<2d", -1, 1))
            first += event(wall, step, summary(part(1, "weights/layers.0") + part(5, histogram)))
            first += event(wall, step, summary(part(1, "image/slots") + part(4, number(1, 2) + part(4, b"\x89PNG" * 40))))
            first += event(wall, step, summary(tensor("note/text_summary", STRING, [1], part(8, "a *text*"),
                                                      plugin="text")))
    first += event(BEGIN + 41, 0, summary(part(1, "_hparams_/session_start_info") + metadata("hparams", b"\x0a\x02\x12\x00")))
    # new_style=True, float and double_precision=True
    for step in (40, 41):
        first += event(BEGIN + step, step, summary(tensor("new/float", FLOAT, [], part(5, struct.pack("<f", 0.1 * step)))))
        curves.add(".", "new/float", step, as_float(0.1 * step))
        first += event(BEGIN + step, step, summary(tensor("new/double", DOUBLE, [], part(6, struct.pack("<d", 0.1 * step)))))
        curves.add(".", "new/double", step, 0.1 * step)
    # The process was started again, into the same folder; killed within its last record.
    second = head(BEGIN + 100, writer)
    for step in range(40, 60):
        second += event(BEGIN + 100 + step, step, summary(simple("loss/train", 3 / (1 + 0.3 * step))))
        curves.add(".", "loss/train", step, as_float(3 / (1 + 0.3 * step)))
    second += event(BEGIN + 200, 60, summary(simple("loss/train", 0.1)))[:-9]
    files = {"events.out.tfevents.1700000000.box.4242.0": first, "events.out.tfevents.1700000100.box.4711.0": second}
    for name in ("ae", "lm"):
        below = head(BEGIN, writer)
        for step in range(5):
            below += event(BEGIN + step, step, summary(simple("loss", step + len(name) / 8)))
            curves.add("loss_" + name, "loss", step, step + len(name) / 8)
        files[f"loss_{name}/events.out.tfevents.1700000001.box.4242.1"] = below
    write(folder, files, curves)


def tensorflow2(folder):
    """tf.summary and Keras' callback: tensors with tensor_content; a graph first; runs train and validation."""
    curves = Curves("by hand, in the layout of TensorFlow 2 (tf.summary, keras.callbacks.TensorBoard)")
    writer = "tensorflow.core.util.events_writer"
    files = {}
    for run in ("train", "validation"):
        data = head(BEGIN, writer)
        if run == "train":
            data += event(BEGIN, 0, part(4, b"\x0a\x05graph" * 100))  # graph_def
            data += event(BEGIN, 0, summary(tensor("keras", STRING, [], part(8, "{}"), plugin="graph_keras_model")))
        for step in range(30):
            wall = BEGIN + step
            for tag, value in (("epoch_loss", 2 / (1 + step)), ("epoch_accuracy", step / 30)):
                data += event(wall, step, summary(tensor(tag, FLOAT, [], content("f", value))))
                curves.add(run, tag, step, as_float(value))
        for tag, dtype, layout, value in (("types/double", DOUBLE, "d", 0.1), ("types/int32", INT32, "i", -7),
                                          ("types/int64", INT64, "q", 1 << 40), ("types/half", HALF, "e", 0.375)):
            data += event(BEGIN + 31, 31, summary(tensor(tag, dtype, [], content(layout, value))))
            curves.add(run, tag, 31, value)
        # no curves: a vector, a histogram of the histograms plugin, hyperparameters with a tensor of their own
        data += event(BEGIN + 31, 31, summary(tensor("not/a/scalar", FLOAT, [2], part(4, struct.pack("<2f", 1, 2)))))
        data += event(BEGIN + 31, 31, summary(tensor("dense/kernel", DOUBLE, [1, 3], part(4, struct.pack("<3d", 0, 1, 2)),
                                                     plugin="histograms")))
        data += event(BEGIN + 31, 0, summary(tensor("_hparams_/experiment", FLOAT, [1], part(5, struct.pack("<f", 0)),
                                                    plugin="hparams")))
        data += event(BEGIN + 32, 32, summary(tensor("epoch_loss", FLOAT, [], content("f", 0.5))))[:7]  # torn in its head
        files[f"{run}/events.out.tfevents.1700000000.box.99.0.v2"] = data
    write(folder, files, curves)


def tensorflow1(folder):
    """tf.summary.FileWriter: several values an event, a session that restarts from its last checkpoint."""
    curves = Curves("by hand, in the layout of TensorFlow 1 (tf.summary.FileWriter, MonitoredSession)")
    start = part(7, number(1, 1))  # session_log: status = 1, START
    first = head(BEGIN) + event(BEGIN, 0, part(4, b"graph" * 50)) + event(BEGIN, 0, start)
    for step in range(0, 100, 10):
        values = {"model/loss_1": 1 / (1 + step), "global_step/sec": 9.5}
        first += event(BEGIN + step, step, summary(*[simple(tag, value) for tag, value in values.items()]))
        for tag, value in values.items():
            if step < 60:  # what came later is forgotten
                curves.add(".", tag, step, as_float(value))
    second = head(BEGIN + 500) + event(BEGIN + 500, 60, start)
    for step in range(60, 100, 10):
        second += event(BEGIN + 500 + step, step, summary(simple("model/loss_1", 2 / (1 + step))))
        curves.add(".", "model/loss_1", step, as_float(2 / (1 + step)))
    write(folder, {"events.out.tfevents.1700000000.box": first, "events.out.tfevents.1700000500.box": second}, curves)


if __name__ == "__main__":
    to = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    pytorch(os.path.join(to, "made_pytorch"))
    tensorflow2(os.path.join(to, "made_tensorflow2"))
    tensorflow1(os.path.join(to, "made_tensorflow1"))
