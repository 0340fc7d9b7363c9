"""CPU threads of torch beside Numba's.

Starting Numba's thread pool sets the number of OpenMP threads anew, and with it torch's, behind its
back: small networks then run several times slower, spinning on threads they do not need.
"""

from __future__ import annotations

import torch


def settle(threads: int = 0) -> int:
    """Start Numba's pool now, and give torch this many threads (0: as many as it has); returns them."""
    import numba

    count = threads or torch.get_num_threads()
    numba.get_num_threads()  # starts the pool, once a process
    torch.set_num_threads(count)
    return count
