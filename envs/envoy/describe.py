from typing import Any
def describe(self: Any, codes: Any, seat: int) -> str:
    return "x"
def reason(self: Any, codes: Any, seat: int, action: int) -> str:
    return ""
def written(self: Any, codes: Any, seat: int, action: int) -> str:
    return ""
