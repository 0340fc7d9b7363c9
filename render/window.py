"""A plain window for ``render_mode="human"``: shows the latest frame, at a readable pace."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pygame


class Window:
    """Opened at the first frame.

    Args:
        title: of the window.
        fps: frames a second at most; 0 shows them as they come.
    """

    def __init__(self, title: str, fps: float = 4) -> None:
        self.title = title
        self.fps = fps
        self._screen: Any = None
        self._clock: Any = None

    def show(self, frame: npt.NDArray[np.uint8]) -> None:
        """Show a frame uint8 [H, W, 3]."""
        height, width = frame.shape[:2]
        if self._screen is None or self._screen.get_size() != (width, height):
            pygame.display.init()
            self._screen = pygame.display.set_mode((width, height))
            pygame.display.set_caption(self.title)
            self._clock = pygame.time.Clock()
        picture = pygame.image.frombuffer(np.ascontiguousarray(frame).tobytes(), (width, height), "RGB")
        self._screen.blit(picture, (0, 0))
        pygame.display.flip()
        pygame.event.pump()
        if self.fps:
            self._clock.tick(self.fps)

    def close(self) -> None:
        """Close the window; calling it twice is allowed."""
        if self._screen is not None:
            self._screen = None
            pygame.display.quit()
