"""Frames into files: PNG and GIF by pillow, MP4 by imageio-ffmpeg (the extra ``video``)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs import atomic
from gyges.envs.errors import ConfigError

Frame = npt.NDArray[np.uint8]


def png(path: Any, frame: Frame) -> Path:
    """Write one frame [H, W, 3] as a PNG."""
    from PIL import Image

    return atomic.write(path, lambda p: Image.fromarray(frame).save(p, "PNG", optimize=True))


def gif(
    path: Any,
    frames: Iterable[Frame],
    *,
    fps: float = 3.0,
    width: int = 960,
    samples: Iterable[Frame] = (),
    colours: Iterable[tuple[int, int, int]] = (),
) -> Path:
    """Write frames as an endless GIF.

    All frames share one palette, so that what does not change is not stored again.

    Args:
        path: where to.
        frames: uint8 [H, W, 3] each, all of one size.
        fps: frames a second, at most 50 (many viewers slow down what is faster).
        width: frames are scaled down to this width.
        samples: frames that between them show most colours; the first frame by default.
        colours: rare colours that must stay true, at most 100.
    """
    from PIL import Image

    if not 0 < fps <= 50:
        raise ConfigError(f"a GIF shows 0 to 50 frames a second, not {fps}")

    kept = list(dict.fromkeys(colours))[:100]

    def scaled(frame: Frame) -> Any:
        image = Image.fromarray(frame)
        if image.width <= width:
            return image
        size = (width, round(image.height * width / image.width))
        return image.resize(size, Image.Resampling.HAMMING)

    def write(target: Path) -> None:
        rest = iter(frames)
        first = next(rest, None)
        if first is None:
            raise ConfigError("there is no frame to write")
        shown = np.concatenate([np.asarray(scaled(f)) for f in (*samples, first)])
        common = Image.fromarray(shown).quantize(248 - len(kept), dither=Image.Dither.NONE)
        palette = Image.new("P", (1, 1))
        table = common.getpalette() or []
        palette.putpalette([*(v for colour in kept for v in colour), *table[: 3 * (248 - len(kept))]])

        def mapped(frame: Frame) -> Any:
            return scaled(frame).quantize(palette=palette, dither=Image.Dither.NONE)

        later = (mapped(frame) for frame in rest)
        mapped(first).save(
            target,
            "GIF",
            save_all=True,
            append_images=later,
            duration=round(1000 / fps),
            loop=0,
            optimize=True,
        )

    return atomic.write(path, write)


def mp4(path: Any, frames: Iterable[Frame], *, fps: float = 3.0) -> Path:
    """Write frames as H.264 video.

    Raises:
        ConfigError: imageio-ffmpeg is not installed, or the frames cannot be encoded.
    """
    try:
        import imageio_ffmpeg
    except ModuleNotFoundError:
        raise ConfigError("mp4 needs imageio-ffmpeg; install it with: pip install 'gyges[video]'") from None
    if not 0 < fps <= 240:
        raise ConfigError(f"a video shows 0 to 240 frames a second, not {fps}")

    def write(target: Path) -> None:
        writer = None
        try:
            for frame in frames:
                even = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
                if writer is None:
                    size = (even.shape[1], even.shape[0])
                    writer = imageio_ffmpeg.write_frames(
                        str(target), size, fps=fps, codec="libx264", quality=8, macro_block_size=2,
                        ffmpeg_log_level="error", output_params=["-movflags", "+faststart"],
                    )  # fmt: skip
                    writer.send(None)
                writer.send(even.tobytes())
        except OSError as error:
            raise ConfigError(f"ffmpeg could not write {target.name}: {error}") from None
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise ConfigError("there is no frame to write")

    return atomic.write(path, write)
