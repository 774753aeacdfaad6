"""The example in Python: the bytes of a NumPy reference, written where the caller says, and errors."""
import pickle
import sys
import unittest

try:
    import numpy as np
except ImportError as missing:
    print(f"{missing}: skipped (Debian: python3-numpy)")
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None
    print("no torch (Debian: python3-torch): what needs it is skipped")

import cutmix_python as cutmix

needs_torch = unittest.skipIf(torch is None, "no torch")
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def patch(plan, sample):
    return plan.patches[sample if len(plan.patches) > 1 else 0]


def reference_images(plan, images):
    """(B, C, H, W), by slices."""
    mixed = images.copy()
    for b, partner in enumerate(plan.indices):
        x1, y1, x2, y2, blend = patch(plan, b)
        if blend == 1:
            mixed[b, :, y1:y2, x1:x2] = images[partner, :, y1:y2, x1:x2]
    return mixed


def reference_targets(plan, ids, n_classes, height, width):
    """A label's weight is its share of the pixels, counted."""
    targets = np.zeros((len(ids), n_classes), np.float32)
    for b, partner in enumerate(plan.indices):
        inside = np.zeros((height, width), bool)
        x1, y1, x2, y2, blend = patch(plan, b)
        inside[y1:y2, x1:x2] = blend == 1
        share = np.float32(inside.mean())
        if ids[b] == ids[partner]:
            targets[b, ids[b]] = 1
        else:
            targets[b, ids[b]] = np.float32(1 - inside.mean())
            targets[b, ids[partner]] = share
    return targets


def converted(images):
    """(B, H, W, C) bytes to normalised (B, C, H, W) floats, rounded once from double."""
    numbers = (images / 255.0 - np.array(MEANS)) / np.array(DEVIATIONS)
    return numbers.transpose(0, 3, 1, 2).astype(np.float32)


def mixer(seed=42, n_classes=7, per_sample=True):
    return cutmix.CutMix(1.0, n_classes, seed, per_sample=per_sample)


class Binding(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(5)
        self.images = self.rng.integers(0, 256, (6, 20, 28, 3), np.uint8)
        self.ids = np.array([0, 3, 6, 3, 1, 2])

    def same(self, actual, expected):
        np.testing.assert_array_equal(np.asarray(actual), expected)

    def mix_by_collate(self, samples, out, step, **arguments):
        plan = mixer().at(3, step).draw(6, 20, 28)
        cutmix.collate(plan, samples, out, **arguments)
        return plan

    def test_collate_converts_and_mixes(self):
        conversion = cutmix.ByteConversion.normalized(MEANS, DEVIATIONS)
        for step in range(20):
            out = np.full((6, 3, 20, 28), np.nan, np.float32)
            address = out.ctypes.data
            plan = self.mix_by_collate(list(self.images), out, step, axes="HWC", conversion=conversion)
            self.same(out, reference_images(plan, converted(self.images)))
            self.assertEqual(out.ctypes.data, address)  # the caller's array, nobody else's

    def test_collate_of_slices_and_read_only_memory(self):
        large = self.rng.integers(0, 256, (6, 45, 64, 3), np.uint8)
        slices = large[:, 3:43:2, 60:4:-2, ::-1]  # every second row, mirrored, BGR
        slices.flags.writeable = False
        for step in range(20):
            whole = np.zeros((6, 2, 3, 20, 30), np.uint8)
            out = whole[:, 1, :, :, 1:29]
            plan = self.mix_by_collate(tuple(slices), out, step, axes="HWC")
            self.same(out, reference_images(plan, slices.transpose(0, 3, 1, 2)))
            whole[:, 1, :, :, 1:29] = 0
            self.assertFalse(whole.any())  # nothing beside it was written

    def test_batches_of_every_dtype(self):
        for code in "?bBhHiIlLqQefd":
            images = self.rng.integers(0, 2, (6, 2, 9, 11)).astype(code)
            out, targets = np.zeros_like(images), np.zeros((6, 7), np.float32)
            plan = mixer()(images, self.ids, out, targets)
            self.same(out, reference_images(plan, images))
            self.same(targets, reference_targets(plan, self.ids, 7, 9, 11))

    def test_targets(self):
        for seed in range(50):
            plan = mixer(seed, per_sample=seed % 2 == 0).draw(6, 20, 28)
            targets = np.empty((6, 7), np.float32)
            cutmix.mix_labels(plan, self.ids, 7, targets)
            self.same(targets, reference_targets(plan, self.ids, 7, 20, 28))

    @needs_torch
    def test_torch_tensors(self):
        for step in range(20):
            images = torch.from_numpy(self.images).permute(0, 3, 1, 2)  # strided as they are
            out = torch.zeros(6, 3, 20, 28, dtype=torch.uint8)
            targets = torch.zeros(6, 7)
            address = out.data_ptr(), targets.data_ptr()
            plan = mixer().at(0, step)(images, torch.from_numpy(self.ids), out, targets)
            self.same(out, reference_images(plan, self.images.transpose(0, 3, 1, 2)))
            self.same(targets, reference_targets(plan, self.ids, 7, 20, 28))
            self.assertEqual((out.data_ptr(), targets.data_ptr()), address)
            # Samples of torch's into memory of NumPy's, and the other way round.
            floats = np.zeros((6, 3, 20, 28), np.float32)
            conversion = cutmix.ByteConversion.normalized(MEANS, DEVIATIONS)
            cutmix.collate(plan, list(torch.from_numpy(self.images)), floats, "HWC", conversion)
            self.same(floats, reference_images(plan, converted(self.images)))
            half = torch.zeros(6, 3, 20, 28, dtype=torch.float16)
            cutmix.collate(plan, list(self.images), half, "HWC", conversion)
            numbers = (self.images / 255.0 - np.array(MEANS)) / np.array(DEVIATIONS)
            self.same(half, reference_images(
                plan, numbers.astype(np.float16).transpose(0, 3, 1, 2)))

    @needs_torch
    def test_memory_is_given_back(self):
        tensor = torch.zeros(4, 3, 5, 6)
        array = np.zeros((4, 3, 5, 6), np.float32)
        targets = np.zeros((4, 7), np.float32)
        before = sys.getrefcount(tensor), sys.getrefcount(array), tensor.storage().data_ptr()
        for _ in range(100):
            mixer()(tensor, self.ids[:4], array, targets)
            self.assertRaises(ValueError, mixer(), tensor, self.ids[:3], array, targets)
        after = sys.getrefcount(tensor), sys.getrefcount(array), tensor.storage().data_ptr()
        self.assertEqual(before, after)
        array.resize((1, 1), refcheck=False)  # refused while somebody has its memory

    def error(self, images, ids, out, targets, kind=ValueError):
        with self.assertRaises(kind) as caught:
            mixer()(images, ids, out, targets)
        return str(caught.exception)

    def test_errors_are_those_of_the_library(self):
        images = np.zeros((4, 3, 8, 9), np.float32)
        out, targets, ids = images.copy(), np.zeros((4, 7), np.float32), self.ids[:4]
        self.assertEqual(self.error(images, ids, out.astype(np.float64), targets),
                         "cutmix: scalar of x_out = float64, must be float32, as of x")
        self.assertEqual(self.error(images, ids, out[:, :, :7], targets),
                         "cutmix: x_out.size(2) = 7, must be 8, as of x")
        constant = images.copy()
        constant.flags.writeable = False
        self.assertEqual(self.error(images, ids, constant, targets),
                         "the array to be written is read-only")
        self.assertEqual(self.error(images, ids, images, targets),
                         "cutmix: distance in bytes from x to x_out = 0, must leave no overlap; use "
                         "mix_images_in_place to write over images")
        folded = np.lib.stride_tricks.as_strided(out, out.shape, (864, 0, 36, 4))
        self.assertEqual(self.error(images, ids, folded, targets),
                         "cutmix: strides of x_out = 216, 0, 9, 1, must not fold memory onto itself: "
                         "each position is written")
        self.assertEqual(self.error(images, ids + 7, out, targets),
                         "cutmix: y[0] = 7, must be in [0, 7)")
        self.assertEqual(self.error(images.astype(np.complex64), ids, out, targets),
                         "format of the array = Zf, must be one of ?bBhHiIlLqQefd")
        self.assertEqual(self.error(images.astype(">f4"), ids, out, targets),
                         "format of the array = >f, must be one of ?bBhHiIlLqQefd")
        fields = np.zeros((4, 3, 8, 9), [("a", np.uint8), ("b", np.float32)])
        self.assertEqual(self.error(fields["b"], ids, out, targets),
                         "format of the array = =f, must be one of ?bBhHiIlLqQefd")  # not aligned
        self.error("images", ids, out, targets, TypeError)
        self.error(images, [1, 2, 3, 4], out, targets, TypeError)
        self.assertRaises(ValueError, cutmix.CutMix, -1.0, 7, 0)
        self.assertRaises(ValueError, mixer().at, -1, 0)
        self.assertRaises(ValueError, cutmix.ByteConversion.normalized, [0.5], [0.0])
        self.assertFalse(out.any() or targets.any())  # nothing was written

    @needs_torch
    def test_a_tensor_on_another_device(self):
        class Elsewhere:
            """What torch hands over, but on a GPU."""
            def __dlpack__(self, stream=None):
                import ctypes
                capsule = torch.zeros(4, 3, 8, 9).__dlpack__()
                get = ctypes.pythonapi.PyCapsule_GetPointer
                get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
                ctypes.c_int32.from_address(get(capsule, b"dltensor") + 8).value = 2  # CUDA
                return capsule
        out, targets = np.zeros((4, 3, 8, 9), np.float32), np.zeros((4, 7), np.float32)
        self.assertEqual(self.error(Elsewhere(), self.ids[:4], out, targets),
                         "cutmix: device_type of the DLPack tensor (4, 3, 8, 9) = 2, must be 1, the "
                         "CPU, or memory that is pinned to it, 3 or 11")

    def test_streams_and_pickles(self):
        plans = {str(mixer().at(epoch, step, rank).draw(6, 20, 28))
                 for epoch in range(4) for step in range(4) for rank in range(4)}
        self.assertEqual(len(plans), 64)
        seeds = [1, 1 + 2**32, 2**64 - 1]
        self.assertEqual(len({str(mixer(seed).draw(6, 20, 28)) for seed in seeds}), 3)
        for seed in seeds:
            original = cutmix.CutMix(0.5, 9, seed, prob=0.7, per_sample=True)
            copy = pickle.loads(pickle.dumps(original))
            self.assertEqual(str(copy.at(2, 1).draw(9, 9, 9)), str(original.at(2, 1).draw(9, 9, 9)))
        # at() returns the mixer itself: what comes after goes on from there.
        one, other = mixer(), mixer()
        one.at(5, 5).draw(6, 20, 28)
        other.at(5, 5)
        other.draw(6, 20, 28)
        self.assertEqual(str(one.draw(6, 20, 28)), str(other.draw(6, 20, 28)))

    @needs_torch
    def test_loader(self):
        import loader
        photos = loader.Photos()
        images = converted(photos.images)
        for workers in (0, 2):
            of_workers = loader.make_loader(workers, persistent_workers=workers > 0)
            seen = []
            for epoch in range(2):
                requests = loader.NumberedBatches(100, 16, seed=42, first_epoch=epoch)
                for request, (mixed, targets) in zip(requests, of_workers):
                    step, chosen = request[0][1], [index for _, _, index in request]
                    plan = mixer(42, 10, False).at(epoch, step).draw(len(chosen), 24, 32)
                    ids = np.array(chosen) % 10
                    self.same(mixed, reference_images(plan, images[chosen]))
                    self.same(targets, reference_targets(plan, ids, 10, 24, 32))
                    seen.append(str(plan))
            self.assertEqual(len(seen), 14)
            self.assertEqual(len(set(seen)), 14)
        # A run that goes on with the second epoch.
        later, whole = loader.make_loader(2, first_epoch=1), loader.make_loader(0)
        first, second = loader.digest_of_epoch(whole), loader.digest_of_epoch(whole)
        self.assertEqual(loader.digest_of_epoch(later), second)
        self.assertNotEqual(first, second)


if __name__ == "__main__":
    unittest.main()
