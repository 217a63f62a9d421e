"""Print what the metrics of frames cost, and how they compare: ``python tests/measurements/frame_metrics.py DATA``.

DATA is the folder of the real videos. Times are of one thread's CPU: the milliseconds of each metric on frames of
1280 x 720 that were just decoded, the share of decoding in both together, and the seconds of 100,000 hashes. With the
package cleanvision installed, its numbers for the same pictures stand beside ours.
"""

import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import av
import cv2
import imagehash
import numpy as np
from PIL import Image
from scipy.stats import spearmanr

from neuropose_ray.curation import FrameContext, FrameObserver, MetricRegistry, find_duplicates
from neuropose_ray.curation.leaders import leaders_of
from neuropose_ray.curation.metrics.hashing import perceptual_hash
from neuropose_ray.video import decode_image
from neuropose_ray.video.luma import UprightLuma

FRAMES = 150
REGISTRY = MetricRegistry.default()


def main(data: Path) -> None:
    cv2.setNumThreads(1)
    costs(data / "opencap" / "squat.mp4")
    hashes()
    compare(data)


def costs(video: Path) -> None:
    """The time of each metric, and of all of them beside decoding."""
    container = av.open(str(video))
    container.streams.video[0].codec_context.thread_count = 1
    luma_of, frames = UprightLuma(720, 1280), []
    start = time.process_time()
    for frame in container.decode(video=0):
        frames.append(luma_of(frame))
        if len(frames) == FRAMES:
            break
    decoding = 1000 * (time.process_time() - start) / len(frames)
    print(f"{video.name}, {frames[0].shape[1]} x {frames[0].shape[0]}: decoding to luma {decoding:.2f} ms a frame")
    shared = {"reduced": lambda c: c.reduced, "sampled": lambda c: c.sampled, "thumbnail": lambda c: c.thumbnail}
    for name, compute in shared.items():
        print(f"  {name:16} {per_frame(frames, lambda context, compute=compute: compute(context)):.3f} ms")
    for metric in REGISTRY.frame_metrics:
        print(f"  {metric.name:16} {per_frame(frames, metric.observe):.3f} ms, with what it shares")
    thumbnails = [FrameContext(luma, 0, 0.0).thumbnail for luma in frames]
    start = time.process_time()
    for previous, current in pairwise(thumbnails):
        REGISTRY.pair_metrics[0].compare(previous, current)
    print(f"  {'motion':16} {1000 * (time.process_time() - start) / len(frames):.3f} ms")
    observer = FrameObserver(REGISTRY)
    start = time.process_time()
    for index, luma in enumerate(frames):
        observer.observe(luma, index, index / 30)
    together = 1000 * (time.process_time() - start) / len(frames)
    share = decoding / (decoding + together)
    print(f"  {'together':16} {together:.3f} ms: {share:.2f} of the rate of decoding alone")


def per_frame(frames: list[np.ndarray], work) -> float:
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        for luma in frames:
            work(FrameContext(luma, 0, 0.0))
        best = min(best, time.process_time() - start)
    return 1000 * best / len(frames)


def hashes() -> None:
    """The time of 100,000 hashes of three kinds, and whether 2,000 of them are grouped as by brute force."""
    rng = np.random.default_rng(0)
    count = 100_000
    flips = np.where(rng.random(count) < 0.3, np.uint64(1) << rng.integers(0, 64, count).astype(np.uint64), 0)
    kinds = {
        "random": rng.integers(0, 2**64, count, np.uint64),
        "drifting": np.bitwise_xor.accumulate(flips.astype(np.uint64)),
        "alike": flips.astype(np.uint64),
    }
    thumbnails = rng.integers(0, 256, (count, 1024), np.uint8)
    for name, values in kinds.items():
        start = time.process_time()
        result = find_duplicates(values, rng.random(count), np.ones(count, bool), thumbnails)
        seconds = time.process_time() - start
        grouped = int((result.representative >= 0).sum())
        equal = leaders_of(values[:2000], 6).tolist() == brute_force(values[:2000].tolist())
        print(f"{count} {name} hashes: {seconds:.2f} s, {grouped} in groups; brute force equal: {equal}")


def brute_force(values: list[int]) -> list[int]:
    leaders: list[int] = []
    chosen = []
    for position, bits in enumerate(values):
        near = (leader for leader in leaders if (values[leader] ^ bits).bit_count() <= 6)
        chosen.append(next(near, position))
        if chosen[-1] == position:
            leaders.append(position)
    return chosen


def compare(data: Path) -> None:
    """Our hash beside imagehash's, blur and brightness beside cleanvision's, on real pictures and spoiled ones."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_pictures(data, Path(folder))
        differing, ours = [], {}
        for path in paths:
            rgb = Image.open(path).convert("RGB")
            grey = np.asarray(rgb.convert("L"))
            observed = {}
            for metric in REGISTRY.frame_metrics:
                observed |= metric.observe(FrameContext(grey, 0, 0.0))
            ours[path.name] = observed
            pixels = np.asarray(rgb.convert("L").resize((32, 32), Image.Resampling.LANCZOS))
            theirs = int(str(imagehash.phash(rgb)), 16)
            same_input = perceptual_hash(pixels)
            if same_input is not None:
                differing.append((same_input != theirs, ((observed["phash"] or 0) ^ theirs).bit_count()))
        bits = np.array([count for _, count in differing])
        unequal = sum(wrong for wrong, _ in differing)
        print(f"{len(differing)} pictures with a hash: {unequal} differ from imagehash on its own 32 x 32 pixels;")
        print(f"  on ours, of area means, by {bits.mean():.2f} bits, at most {bits.max()}")
        beside_cleanvision(Path(folder), ours)


def beside_cleanvision(folder: Path, ours: dict[str, dict]) -> None:
    try:
        from cleanvision import Imagelab
    except ImportError:
        print("cleanvision is not installed: no comparison with it")
        return
    lab = Imagelab(data_path=str(folder), verbose=False)
    lab.find_issues({"blurry": {}, "dark": {}}, n_jobs=1, verbose=False)
    table = lab.issues.set_index(lab.issues.index.map(lambda path: Path(path).name)).loc[list(ours)]
    blur = np.array([values["blur"] for values in ours.values()])
    dark = np.array([values["luma_percentiles"][50] < 25 for values in ours.values()])
    correlation = spearmanr(blur, table["blurry_score"])[0]
    print(f"cleanvision on {len(ours)} pictures: rank correlation of blur {correlation:.2f}")
    for name, mine in {"blurry": (blur < 80) & ~dark, "dark": dark}.items():
        theirs = table[f"is_{name}_issue"].to_numpy(bool)
        print(
            f"  {name}: both {(mine & theirs).sum()}, ours alone {(mine & ~theirs).sum()}, theirs alone "
            f"{(~mine & theirs).sum()}"
        )
        for which, mask in {"ours": mine & ~theirs, "theirs": ~mine & theirs}.items():
            print(f"    {which} alone: {', '.join(np.array(list(ours))[mask][:12])}")


def write_pictures(data: Path, folder: Path) -> list[Path]:
    """Photographs and frames of videos, each also blurred and darkened."""
    pictures = {
        p.stem: decode_image(np.fromfile(p, np.uint8), p.name) for p in sorted((data / "images").glob("*.jpg"))
    }
    for video in sorted(data.glob("*/*.mp4")):
        try:
            with av.open(str(video)) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    if number in (5, 45):
                        pictures[f"{video.parent.name}_{video.stem}_{number}"] = frame.to_ndarray(format="rgb24")
                    if number == 45:
                        break
        except (av.FFmpegError, IndexError):
            continue
    paths = []
    for name, rgb in pictures.items():
        spoiled = {"": rgb, "_blurred": cv2.GaussianBlur(rgb, (0, 0), max(rgb.shape) / 160), "_dark": rgb // 8}
        for ending, picture in spoiled.items():
            paths.append(folder / f"{name}{ending}.png")
            Image.fromarray(picture).save(paths[-1], compress_level=1)
    return paths


if __name__ == "__main__":
    main(Path(sys.argv[1]))
