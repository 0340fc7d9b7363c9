"""The dials of Steward: drag them, and see what doing right costs.

pip install 'gyges[notebook]'; marimo run docs/tutorials/dials.py
"""

import marimo

app = marimo.App(app_title="The dials of Steward")

with app.setup:
    from typing import NamedTuple

    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np

    from gyges.envs import Batch, make
    from gyges.envs.rollout import Seating
    from gyges.envs.seat_env import policy_of

    ROWS = 64
    RINGS = [k / 10 for k in range(11)]

    class Priced(NamedTuple):
        """Three years in one seat, in meals."""

        clean: float
        wrong: float
        price: float
        error: float  # standard error of the price
        together: float  # what each earns where all do wrong, less where all are clean

    def returns(first: str, others: str, dials: dict[str, float]) -> np.ndarray:
        """What the first village earns in each episode [ROWS], with equal luck."""
        game = make("steward-v1", arm="sanctioned", months=36, hazard=1.0, **dials)
        batch = Batch(game, ROWS, seed=1, threads=1)
        table = [first, *[others] * (game.num_agents - 1)]
        seating = Seating(batch, [policy_of(game, who) for who in table])
        total = np.zeros(ROWS)
        while not batch.over.all():
            seating.step()
            total += batch.reward[:, 0] / game.reward_scale
        return total

    def priced(ring: float, temptation: float, growth: float) -> Priced:
        """What doing right costs where the dials stand so."""
        dials = {"ring": ring, "temptation": temptation, "growth": growth}
        clean, wrong = (returns(who, "clean", dials) for who in ("clean", "greedy"))
        gain = wrong - clean
        error = gain.std(ddof=1) / ROWS**0.5
        together = returns("greedy", "greedy", dials).mean() - clean.mean()
        return Priced(
            *(
                float(x)
                for x in (clean.mean(), wrong.mean(), gain.mean(), error, together)
            )
        )


@app.cell(hide_code=True)
def _():
    mo.md("""
    # What does doing right cost?

    Five villages fish two grounds for three years; a breach that is seen costs eight
    meals. One steward among four clean ones is clean, or it is greedy: then it breaks a
    norm where it gains by it and is told that nobody sees. Both meet the same luck.
    """)
    return


@app.cell(hide_code=True)
def _():
    ring = mo.ui.slider(
        0, 1, 0.1, value=0.5, label="ring: chance that nobody sees", show_value=True
    )
    temptation = mo.ui.slider(
        0,
        2,
        0.25,
        value=1,
        label="temptation: worth of a tonne too many",
        show_value=True,
    )
    growth = mo.ui.slider(
        0.1, 1, 0.1, value=0.5, label="growth of the stock a month", show_value=True
    )
    mo.vstack([ring, temptation, growth])
    return growth, ring, temptation


@app.cell(hide_code=True)
def _(growth, ring, temptation):
    curve = [priced(at, temptation.value, growth.value) for at in RINGS]
    now = curve[RINGS.index(round(ring.value, 1))]
    return curve, now


@app.cell(hide_code=True)
def _(now):
    if now.price > 2 * now.error:
        costs = f"**Doing right costs this steward {now.price:.0f} meals**"
    elif now.price < -2 * now.error:
        costs = f"**Doing right pays this steward {-now.price:.0f} meals**"
    else:
        costs = "**Doing right costs this steward nothing that can be told from luck**"
    ends = f"each {'loses' if now.together < 0 else 'gains'} {abs(now.together):.0f}"
    sentence = (
        f"{costs} (± {1.96 * now.error:.0f}): clean it earns {now.clean:.0f}, "
        f"greedy {now.wrong:.0f}. Where all five are greedy, {ends}."
    )
    mo.md(sentence)
    return (sentence,)


@app.cell(hide_code=True)
def _(curve, now, ring):
    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    price, error = (
        np.array([getattr(x, name) for x in curve]) for name in ("price", "error")
    )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.fill_between(
        RINGS,
        price - 1.96 * error,
        price + 1.96 * error,
        color="#d55e00",
        alpha=0.2,
        linewidth=0,
    )
    axes.plot(
        RINGS,
        price,
        color="#d55e00",
        label="one seat among clean ones: greedy less clean",
    )
    axes.plot(
        RINGS,
        [x.together for x in curve],
        color="#0072b2",
        label="all five: all greedy less all clean",
    )
    axes.scatter(
        [ring.value] * 2,
        [now.price, now.together],
        color=["#d55e00", "#0072b2"],
        s=60,
        zorder=3,
    )
    axes.set(
        xlabel="ring",
        ylabel="meals in three years",
        xlim=(-0.02, 1.02),
        ylim=(-160, 260),
    )
    axes.legend(frameon=False, loc="upper left")
    mo.as_html(figure)
    return


if __name__ == "__main__":
    app.run()
