"""What games declare: the order of a row, places of features, readers, and the tables of the pages."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from well.game import Well

from gyges.envs import Batch, Field, make, state
from gyges.envs.actions import Act, Actions
from gyges.envs.document import core_table, observation_table, state_table
from gyges.envs.errors import ConfigError
from gyges.envs.game import personas_in
from gyges.envs.observation import Feature, Features
from gyges.envs.state import CORE
from gyges.envs.words import said

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "custodian-v0": "custodian.md", "envoy-v0": "envoy.md", "founder-v0": "founder.md",
    "tabular_steward-v1": "tabular-steward.md",
    "tabular_custodian-v0": "tabular-custodian.md",
    "steward-v1": "steward.md",
}  # fmt: skip

ROWS = {
    "well": "water drawn",
    "tabular_custodian": "phase order rung doubt copy button work flaw claim found late lot",
    "tabular_steward": "phase stock share catch said accused",
    "steward": (
        "phase month petition dawn estimate lasting boats share weather broken status declared_ground "
        "shown pledge report fined stock store ground mode quota limit rescue rested catch order seal laid "
        "hungry duty guilt seen proof0 proof1 proof2 charge0 charge1 charge2 merit gone"
    ),
    "founder": (
        "phase month clauses trade quiet demand orphans owner status price trust shown scandals news "
        "joint cast events letter excuse style cash "
        "loan owed late heads skill fresh0 fresh1 fresh2 morale quality backlog "
        "tested debt users mark stream esteem patience attention kept sold raising rested boost power "
        "pact broken assent bought profit gained hidden born earned spent joined left own lost"
    ),
    "custodian": (
        "phase task desk place attention estimate credit button skill hours lease opens trace buried "
        "dodge marks faith colleague saw record pending weight late heavy charge stop coming size due "
        "unfit leave sealed difficulty subject planted blind way quality felt claimed hidden flaws known "
        "told named spotted inspected judged strong weak lines wrong held got spent done ended"
    ),
    "envoy": (
        "phase year compact left ballot chair ruler turn share pot purse met needs votes deals raids "
        "convicted war wars first living mean armed record value cost status lower regard base need "
        "stated token order asked confided partner docket store arms short drawn broke spied raiding "
        "raider hit hid shun shunned struck marks fade suspect proof proved vote eaten total died done "
        "came went made lost"
    ),
    "fairychess": "info board pocket count more last seen kept end why many moves past pending",
    "fairychess_stakes": (
        "info board pocket count more last seen kept end why many moves past pending token treaty pact "
        "order seal target until barred extra odd caught back weigh merit held minors died stolen undo before"
    ),
}


def games():
    return [Well(), *(make(name) for name in ROWS if name != "well")]


@pytest.mark.parametrize("game", games(), ids=lambda game: game.name)
def test_the_order_of_a_rows_fields_is_fixed(game):
    core = ("origin", "episode", "key", "tick", "over", "to_move", "watched", "cue_shown", "placebo")
    assert tuple(CORE) == core
    assert game.State._fields == (*core, *ROWS[game.name].split())
    n = game.num_agents
    assert game.widths()[: len(core)] == (3, 1, 2, 1, 1, n, n, n, n)
    spans = list(game.fields.values())
    assert spans[0].start == 0
    assert all(a.stop == b.start for a, b in itertools.pairwise(spans))
    assert [s.stop - s.start for s in spans] == list(game.widths())


def test_a_row_is_laid_out_by_the_sizes_of_the_game():
    kind = state(one=Field(), some=Field("K"), more=Field(4))

    class Sized(Well):
        State = kind

        def sizes(self):
            return {"N": 2, "K": 3}

    assert Sized().widths()[9:] == (1, 3, 4)
    assert Sized().fields["more"] == slice(20, 24)


FEATURES = Features(
    phase=Feature(size=("a", "b"), name="phase: {}"),
    month=Feature(0, lambda game: 10 * game.num_agents, 1 / 4),
    boats=Feature(size="K", name="ground {} boats"),
    status=Feature(-1, 2, size="N"),
    last=Feature(),
)


class Observed(Well):
    observation = FEATURES

    def sizes(self):
        return {"N": self.num_agents, "K": 2}


def test_features_give_elements_places_and_readers():
    game = Observed(num_agents=3)
    names = ["phase: a", "phase: b", "month", "ground 0 boats", "ground 1 boats"]
    assert [one.name for one in game.features] == [*names, "status 0", "status 1", "status 2", "last"]
    assert game.features[2] == ("month", 0, 30, 0.25)
    assert FEATURES.index._fields == ("phase", "month", "boats")
    assert (FEATURES.index.phase, FEATURES.index.month, FEATURES.index.boats) == (0, 2, 3)
    assert FEATURES.place("last")._asdict() == {"at": 3, "K": 1, "N": 1}
    codes = np.arange(18).reshape(2, 9)
    see = game.view(codes)
    assert see.month.tolist() == [2, 11]
    assert see.boats.tolist() == [[3, 4], [12, 13]]
    assert see.last.tolist() == [8, 17]
    assert game.view(codes[0]).last == 8
    assert observation_table(game).splitlines()[-1].startswith("| 3 + K + N | `last` | last | 0 to 1 |")
    with pytest.raises(AttributeError, match="no feature is named 'weather'; there are phase, month"):
        see.weather  # noqa: B018


def test_only_features_with_stakes_may_change_in_the_twin():
    assert Well().stakes_features == {"others drink"}
    assert make("steward-v1").stakes_features == {"villages have people"}


def test_a_view_reads_what_the_rules_wrote():
    game = make("steward-v1", num_agents=4, num_grounds=3)
    batch = Batch(game, 8, seed=2)
    generator = np.random.default_rng(1)
    for _ in range(40):
        noise = generator.random(batch.mask.shape) * batch.mask
        batch.step(noise.argmax(2).astype(np.int32))
    see, s = game.view(batch.codes), batch.state
    assert (see.seat == np.arange(4)).all()
    assert (see.cue == s.cue_shown).all()
    assert (see.own_catch == s.catch).all()
    for name in ("estimate", "boats", "share", "weather", "broken", "status", "pledge", "report", "fined"):
        assert (getattr(see, name) == getattr(s, name)[:, None]).all(), name
    saw = (s.seen[:, :, None] >> np.arange(4)) & 1
    assert (see.seen == np.where(saw == 1, s.catch[:, None], -1)).all()
    assert see.evidence.shape == (8, 4, 4)


@pytest.mark.parametrize("id", PAGES)
def test_pages_hold_the_tables_of_their_games(id):
    page = (DOCS / PAGES[id]).read_text(encoding="utf-8")
    assert observation_table(make(id)) in page
    assert state_table(make(id)) in page


def test_the_guide_holds_the_fields_of_every_game():
    guide = (DOCS / "writing-a-game.md").read_text(encoding="utf-8")
    assert core_table() in guide


ACTIONS = Actions(
    rest=Act("rest"),
    draw=Act("draw {}", (3, ("none", "one", "two", "more"))),
    greet=Act("greet {}", ("N", ("Ann", "Ben", "Cy"))),
    send=Act("send {1} to {0}", ("N", ("Ann", "Ben", "Cy")), (2, ("salt", "fish"))),
    leave=Act("leave"),
)


def test_actions_give_names_and_offsets():
    sizes = {"N": 2}
    assert ACTIONS.names(sizes) == (
        "wait", "rest", "draw none", "draw one", "draw two", "greet Ann", "greet Ben",
        "send salt to Ann", "send fish to Ann", "send salt to Ben", "send fish to Ben", "leave",
    )  # fmt: skip
    assert ACTIONS.layout(sizes)._asdict() == {
        "wait": 0,
        "rest": 1,
        "draw": 2,
        "greet": 5,
        "send": 7,
        "leave": 11,
    }
    assert ACTIONS.index._asdict() == {"wait": 0, "rest": 1, "draw": 2, "greet": 5}
    assert Actions(rest=Act("rest"), leave=Act("leave")).index._asdict() == {"wait": 0, "rest": 1, "leave": 2}
    game = make("steward-v1", num_agents=3, num_grounds=4)
    begins = {name: game.action_names[begin] for name, begin in game.layout._asdict().items()}
    assert begins["fish"] == "stay in harbour"
    assert begins["pledge"] == "pledge 0 tonnes on the North Bank"
    assert game.action_names[game.layout.pledge + 13 + 1] == "pledge 1 tonne on the South Bank"


@pytest.mark.parametrize(
    ("game", "bad", "said"),
    [
        ("steward-v1", {"num_agents": 17}, r"StewardConfig\.num_agents: Expected `int` <= 16, not '17'"),
        ("steward-v1", {"ring": float("nan")}, r"StewardConfig\.ring: Expected `float` >= 0"),
        (
            "steward-v1",
            {"arm": "none"},
            "arm is one of observed, sanctioned, not 'none'",
        ),
        ("steward-v1", {"survey": True}, "survey: Expected `int`, got `bool`"),
        ("tabular_steward-v1", {"horizon": 361}, "horizon"),
        ("tabular_steward-v1", {"rota": 1}, "rota"),
        ("tabular_steward-v1", {"stakes": 1}, "stakes"),
        ("fairychess-v1", {"num_agents": 3}, "num_agents"),
        ("fairychess-v1", {"planes": 1}, "planes"),
        ("fairychess-v1", {"variant": 3}, "variant"),
        ("fairychess_stakes-v1", {"treaties": 1}, "treaties"),
        ("fairychess_stakes-v1", {"orders": 1.5}, "orders"),
        ("fairychess_stakes-v1", {"forged": True}, "forged"),
    ],
    ids=str,
)
def test_a_setting_outside_of_its_declared_bounds_is_refused_by_name(game, bad, said):
    with pytest.raises(ConfigError, match=said):
        make(game, **bad)


def test_numpy_numbers_and_whole_chances_are_settings():
    game = make("steward-v1", num_agents=np.int64(4), ring=np.float64(0.25), hazard=1)
    params: Any = game.params()
    assert (params.num_agents, params.ring, params.hazard) == (4, 16384, 65536)


def test_personas_lie_under_their_names():
    assert personas_in("m", "tit_for_tat") == {
        "clean": "m:Clean", "greedy": "m:Greedy", "gyges": "m:Gyges",
        "random": "gyges.envs.policy:RandomPolicy", "tit_for_tat": "m:TitForTat",
    }  # fmt: skip


def test_clauses_are_said_where_they_hold():
    assert said((True, "a"), (0, "b"), ([1], "c"), ("", "d")) == ["a", "c"]


def test_a_field_may_not_take_the_name_of_one_that_every_game_has():
    with pytest.raises(ConfigError, match="fields key already"):
        state(month=Field(), key=Field())
