"""How long other libraries' CutMix takes on a GPU, beside a copy on that GPU of the same bytes.

The sequences of operations that Composer, torchvision, timm and kornia do to a batch, written down
here as PyTorch's, so that PyTorch alone is needed. The table is that of bench_gpu: one line of JSON
a row. All of them give the same batch, which is looked at before anything is timed.
"""

import argparse
import json
import statistics
import sys
import time

try:
    import torch
except ImportError:
    print("skipped: there is no PyTorch (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

ROUNDS, CALLS = 15, 20


def box_of(side):
    """Half of the area, the left edge at an odd column, as in bench_gpu: left, top, right, bottom."""
    wide = high = side * 7 // 10
    left, top = side // 8 | 1, side // 9
    return left, top, left + wide, top + high


def composer(x, partners, boxes):
    """Composer: clone, then an indexed copy of the patch; one box for the batch."""
    left, top, right, bottom = boxes[0]
    out = x.clone()
    out[:, :, top:bottom, left:right] = x[partners, :, top:bottom, left:right]
    return out


def torchvision(x, partners, boxes):
    """torchvision's v2.CutMix: partners are the batch rolled by one."""
    left, top, right, bottom = boxes[0]
    rolled = x.roll(1, 0)
    out = x.clone()
    out[..., top:bottom, left:right] = rolled[..., top:bottom, left:right]
    return out


def timm(x, partners, boxes):
    """timm's Mixup, mode batch: partners are the batch reversed, the patch is copied in place."""
    left, top, right, bottom = boxes[0]
    x[:, :, top:bottom, left:right] = x.flip(0)[:, :, top:bottom, left:right]
    return x


def timm_elements(x, partners, boxes):
    """timm's Mixup, mode elem: a box for each sample, from a clone, in a loop."""
    source = x.clone()
    for i, (left, top, right, bottom) in enumerate(boxes):
        x[i, :, top:bottom, left:right] = source[len(x) - i - 1, :, top:bottom, left:right]
    return x


def kornia(x, partners, boxes):
    """kornia's RandomCutMixV2: gathered partners, and a mask of the boxes for each sample."""
    height, width = x.shape[-2:]
    corners = torch.tensor(boxes, device=x.device)
    if len(boxes) == 1:
        corners = corners.expand(len(x), 4)
    rows = torch.arange(height, device=x.device).view(1, height, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, width)
    left, top, right, bottom = (corners[:, i].view(-1, 1, 1) for i in range(4))
    inside = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    mask = inside.unsqueeze(1).expand_as(x)
    out = x.clone()
    out[mask] = x.index_select(0, partners)[mask]
    return out


def where(x, partners, boxes):
    """Nobody's, but short: the mask, and one torch.where."""
    height, width = x.shape[-2:]
    corners = torch.tensor(boxes, device=x.device)
    rows = torch.arange(height, device=x.device).view(1, height, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, width)
    left, top, right, bottom = (corners[:, i].view(-1, 1, 1) for i in range(4))
    inside = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    return torch.where(inside.unsqueeze(1), x.index_select(0, partners), x)


# Name, sequence, how partners are found, whether it writes over x.
BATCH = [("Composer", composer, "random", False), ("torchvision", torchvision, "rolled", False),
         ("timm, in place", timm, "reversed", True), ("kornia", kornia, "random", False),
         ("one torch.where", where, "random", False)]
SAMPLE = [("timm, in place", timm_elements, "reversed", True), ("kornia", kornia, "random", False),
          ("one torch.where", where, "random", False)]


def partners_of(kind, batch, device):
    if kind == "rolled":
        return torch.arange(batch, device=device).roll(1)
    if kind == "reversed":
        return torch.arange(batch, device=device).flip(0)
    return torch.randperm(batch).to(device)


def naive(x, partners, boxes):
    out = x.clone()
    for b in range(len(x)):
        left, top, right, bottom = boxes[0 if len(boxes) == 1 else b]
        for row in range(top, bottom):
            for column in range(left, right):
                out[b, :, row, column] = x[partners[b], :, row, column]
    return out


def check(device):
    """Every sequence against a naive loop, on a small batch."""
    for dtype in (torch.float32, torch.bfloat16, torch.uint8):
        x = torch.randint(0, 256, (5, 3, 11, 13)).to(dtype)
        for boxes, sequences in (([(1, 2, 9, 7)], BATCH),
                                 ([(b, 2, b + 6, 4 + b) for b in range(5)], SAMPLE)):
            for name, sequence, kind, _ in sequences:
                partners = partners_of(kind, len(x), "cpu")
                got = sequence(x.clone().to(device), partners.to(device), boxes).cpu()
                if not torch.equal(got, naive(x, partners, boxes)):
                    sys.exit(f"{name}, {dtype}: not what CutMix is")


def microseconds(device, call):
    """Of one call: the median over rounds, each of some calls."""
    times = []
    call()
    for _ in range(ROUNDS):
        if device.type == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            for _ in range(CALLS):
                call()
            end.record()
            end.synchronize()
            times.append(begin.elapsed_time(end) * 1000 / CALLS)
        else:
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            times.append((time.perf_counter() - start) * 1e6 / CALLS)
    return statistics.median(times)


def run(device, batch, side, name, dtype, scope):
    x = torch.randint(0, 200, (batch, 3, side, side), device=device).to(dtype)
    out = torch.empty_like(x)
    whole = microseconds(device, lambda: out.copy_(x))

    def row(what, us):
        print(json.dumps({"batch": batch, "side": side, "scalar": name, "scope": scope,
                          "what": what, "us": round(us, 2), "ratio": round(us / whole, 3)}),
              flush=True)

    row("copy of the batch", whole)
    boxes = [box_of(side)] * (1 if scope == "batch" else batch)
    for what, sequence, kind, writes in BATCH if scope == "batch" else SAMPLE:
        partners = partners_of(kind, batch, device)
        pixels = x.clone() if writes else x
        row(what, microseconds(device, lambda: sequence(pixels, partners, boxes)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try the script")
    parser.add_argument("--batch", type=int, help="with --side: this shape alone")
    parser.add_argument("--side", type=int)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("skipped: there is no GPU", file=sys.stderr)
        sys.exit(77)
    check(device)
    shapes = [(256, 224), (1024, 32)]
    if arguments.batch and arguments.side:
        shapes = [(arguments.batch, arguments.side)]
    for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16), ("u8", torch.uint8)):
        for scope in ("batch", "sample"):
            for batch, side in shapes:
                run(device, batch, side, name, dtype, scope)


if __name__ == "__main__":
    main()
