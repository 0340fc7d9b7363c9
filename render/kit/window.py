"""Windows. They start pygame's display and fonts, never its audio."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.errors import ConfigError


def open_window(size: tuple[int, int], title: str) -> pygame.Surface:
    """A window, scaled to the screen where the system can.

    Raises:
        ConfigError: there is no screen.
    """
    try:
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption(title)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "no fast renderer available": it is drawn all the same
                return pygame.display.set_mode(size, pygame.SCALED | pygame.RESIZABLE)
        except pygame.error:
            return pygame.display.set_mode(size)
    except pygame.error as error:
        raise ConfigError(f"no window could be opened ({error})") from None


class Window:
    """Shows frames as they come, at most `fps` a second.

    Args:
        title: of the window.
        fps: frames a second at which `show` returns; 0 does not wait.
    """

    def __init__(self, title: str, fps: float = 4.0) -> None:
        self.title = title
        self.fps = fps
        self._surface: pygame.Surface | None = None
        self._clock = pygame.time.Clock()
        self.closed = False

    def show(self, frame: npt.NDArray[np.uint8]) -> None:
        """Show a picture uint8 [H, W, 3]; does nothing once the person has closed the window."""
        if self.closed:
            return
        size = (frame.shape[1], frame.shape[0])
        if self._surface is None or self._surface.get_size() != size:
            self._surface = open_window(size, self.title)
        image = pygame.image.frombuffer(np.ascontiguousarray(frame).tobytes(), size, "RGB")
        self._surface.blit(image, (0, 0))
        pygame.display.flip()
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self.close()
        if self.fps > 0:
            self._clock.tick(self.fps)

    def close(self) -> None:
        """Close the window; calling it twice is allowed."""
        self.closed = True
        if self._surface is not None:
            self._surface = None
            pygame.display.quit()

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
