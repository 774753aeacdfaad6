"""A Python DataLoader whose batches are mixed while they are put together, by any number of workers.

PYTHONPATH=build/examples/python python3 examples/python/loader.py
"""
import hashlib
import sys

try:
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, Dataset
except ImportError as missing:
    print(f"{missing}: this example needs NumPy and torch (Debian: python3-numpy python3-torch)")
    sys.exit(77)

import cutmix_python as cutmix


class NumberedBatches:
    """A batch sampler: the samples of each batch, and with each of them which batch of which epoch
    it is for. It stays in the main process, where epochs are counted, and its requests are what
    workers are told: that is how the epoch reaches them, persistent ones too."""

    def __init__(self, n_samples, batch_size, seed, first_epoch=0):
        self.n_samples, self.batch_size, self.seed = n_samples, batch_size, seed
        self.epoch = first_epoch

    def __len__(self):
        return -(-self.n_samples // self.batch_size)

    def __iter__(self):
        epoch = self.epoch
        self.epoch += 1
        order = np.random.default_rng((self.seed, epoch)).permutation(self.n_samples).tolist()
        for step in range(len(self)):
            first = step * self.batch_size
            yield [(epoch, step, index) for index in order[first:first + self.batch_size]]


class Photos(Dataset):
    """Decoded images, (H, W, C) of bytes, and class ids."""

    def __init__(self, n_samples=100, height=24, width=32):
        count = n_samples * height * width * 3
        self.images = (np.arange(count) % 251).astype(np.uint8).reshape(n_samples, height, width, 3)

    def __getitem__(self, request):
        epoch, step, index = request
        return epoch, step, self.images[index], index % 10


class MixingCollate:
    """The collate_fn: mixes, normalises and puts a batch together in one pass.

    Each worker has its own copy of the mixer. Where it drew on from one batch to the next, all
    copies would draw the same; so it is told for each batch where to draw from."""

    def __init__(self, mixer, means, deviations, rank=0):
        self.mixer, self.rank = mixer, rank
        self.means, self.deviations = means, deviations

    def __call__(self, samples):
        epochs, steps, images, ids = zip(*samples)
        (height, width, channels), batch = images[0].shape, len(images)
        plan = self.mixer.at(epochs[0], steps[0], self.rank).draw(batch, height, width)
        mixed = torch.empty(batch, channels, height, width)
        targets = torch.empty(batch, self.mixer.n_classes)
        conversion = cutmix.ByteConversion.normalized(self.means, self.deviations)
        cutmix.collate(plan, images, mixed, axes="HWC", conversion=conversion)
        cutmix.mix_labels(plan, np.array(ids), self.mixer.n_classes, targets)
        return mixed, targets


def make_loader(workers, first_epoch=0, **options):
    photos = Photos()
    mixer = cutmix.CutMix(alpha=1.0, n_classes=10, seed=42)
    return DataLoader(
        photos,
        batch_sampler=NumberedBatches(len(photos.images), 16, seed=42, first_epoch=first_epoch),
        collate_fn=MixingCollate(mixer, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        num_workers=workers, **options)


def digest_of_epoch(loader):
    digest = hashlib.sha256()
    for mixed, targets in loader:
        digest.update(mixed.numpy().tobytes() + targets.numpy().tobytes())
    return digest.hexdigest()


def main():
    alone, together = make_loader(workers=0), make_loader(workers=2)
    epochs = []
    for epoch in range(2):
        epochs.append(digest_of_epoch(alone))
        same = digest_of_epoch(together) == epochs[epoch]
        print(f"epoch {epoch}: {epochs[epoch][:16]}", "with 0 and 2 workers" if same else "WRONG")
        if not same:
            return 1
    return 0 if epochs[0] != epochs[1] else 1


if __name__ == "__main__":
    sys.exit(main())
