"""Text models as policies, and their folders: legal acts only, whole files only."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.llm.chat.prompts import Mind, Setup, render
from gyges.agents.llm.text import model as textmodel
from gyges.agents.llm.text.model import FILE, Play, TextModel, TextPolicy
from gyges.agents.llm.text.tokenizer import learn
from gyges.agents.llm.text.transformer import Shape, Transformer
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, FileError, PolicyError
from gyges.envs.policy import Observation
from gyges.envs.rollout import Seating

GAME = registry.make("steward-v1", num_agents=3, horizon=15)


@pytest.fixture(scope="module")
def model() -> TextModel:
    batch = Batch(GAME, 4, threads=1)
    texts = [GAME.compact(batch.codes[i, a], a) for i in range(4) for a in range(3)]
    vocabulary = learn([f"{text}<|act|>{name}<|end|>" for text in texts for name in GAME.action_names], 500)
    network = Transformer(Shape(len(vocabulary), 256, 32, 2, 2), seed=1)
    for p in network.parameters():
        p.data.mul_(4.0 if p.dim() > 1 else 1.0)  # sharper than fresh weights
    return TextModel(network.eval(), vocabulary, play=Play("good"), mode="tagged", game=GAME.id)


def seen(rows: int, steps: int = 1) -> Observation:
    """What the seats of some rows see after a few steps of random play."""
    batch = Batch(GAME, rows, seed=8, threads=1)
    seating = Seating(batch, [load("random", GAME)] * 3)
    for _ in range(steps):
        seating.step()
    return seating.observation(seating.groups[0])


@pytest.mark.parametrize("tag", ["good", "bad", "none", "plain"])
@pytest.mark.parametrize("steps", [0, 1, 2, 4])
def test_only_legal_acts_have_a_chance(model: TextModel, tag: str, steps: int) -> None:
    observation = seen(5, steps)
    policy = TextPolicy(model, Play(tag))
    chance = policy.probabilities(observation, None)
    assert (chance[~observation.mask] == 0).all()
    assert (chance[observation.mask] > 0).all()
    assert np.allclose(chance.sum(1), 1)
    action = policy.act(observation, None).action
    assert observation.mask[np.arange(len(observation)), action].all()


def test_a_row_is_weighed_alike_alone_and_in_company(model: TextModel) -> None:
    observation = seen(6)
    together = TextPolicy(model).probabilities(observation, None)
    for row in range(0, 18, 5):
        alone = TextPolicy(model).probabilities(observation.take(np.array([row])), None)
        assert np.allclose(alone[0], together[row], atol=1e-6)


def test_the_tag_the_words_before_and_after_and_a_rewrite_reach_the_model(model: TextModel) -> None:
    observation = seen(4)
    plays = [
        Play("good"),
        Play("bad"),
        Play("none"),
        Play("good", before="as greedy."),
        Play("good", after="pass"),
    ]
    found = [TextPolicy(model, play).probabilities(observation, None) for play in plays]
    found.append(TextPolicy(model, rewrite=lambda text: text.upper()).probabilities(observation, None))
    for k in range(len(found)):
        for j in range(k):
            assert not np.allclose(found[k], found[j], atol=1e-4)
    codes, tags = observation.codes[0], model.vocabulary.tags
    text = model.vocabulary.decode(TextPolicy(model, plays[3]).prompt(GAME, codes, 0))
    assert text == f"{tags.good}as greedy. {GAME.compact(codes, 0)}{tags.act}"


def test_the_likeliest_act_where_asked(model: TextModel) -> None:
    observation = seen(4)
    drawn = TextPolicy(model).probabilities(observation, None)
    greedy = TextPolicy(model, Play("good", greedy=True))
    assert (greedy.act(observation, None).action == drawn.argmax(1)).all()
    assert set(np.unique(greedy.probabilities(observation, None))) == {0.0, 1.0}


def test_a_folder_holds_the_model_and_loads_by_name(model: TextModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    model.save(tmp_path / "m")
    assert len(list((tmp_path / "m").iterdir())) == 2
    policy = load(str(tmp_path / "m"), GAME)
    observation = seen(3)
    same = TextPolicy(model).probabilities(observation, None)
    assert np.array_equal(policy.probabilities(observation, None), same)  # type: ignore[attr-defined]
    with pytest.raises(PolicyError, match="trained on steward-v1"):
        load(str(tmp_path / "m"), registry.make("tabular_steward-v1"))


def damage(folder: Path, **changes: object) -> None:
    card = json.loads((folder / FILE).read_text())
    card.update(changes)
    (folder / FILE).write_text(json.dumps(card))


def test_damaged_folders_are_refused(model: TextModel, tmp_path: Path) -> None:
    good = json.loads((model.save(tmp_path / "good") / FILE).read_text())
    weights = good["weights"]
    huge = {**good["shape"], "width": 4096, "layers": 64, "heads": 2}
    cases: dict[str, dict[str, object]] = {
        "format": {"format": "other"},
        "version": {"version": 2},
        "shape": {"shape": {**good["shape"], "layers": 3}},
        "huge": {"shape": huge},
        "type": {"shape": {**good["shape"], "layers": "2"}},
        "tag": {"play": {**good["play"], "tag": "evil"}},
        "path": {"weights": {**weights, "name": "../../etc/passwd"}},
        "hash": {"weights": {**weights, "sha256": "0" * 64}},
        "size": {"weights": {**weights, "bytes": weights["bytes"] - 4}},
        "extra": {"extra": 1},
        "vocabulary": {"vocabulary": {**good["vocabulary"], "merges": good["vocabulary"]["merges"][:-1]}},
    }
    for name, changes in cases.items():
        damage(model.save(tmp_path / name), **changes)
        with pytest.raises(FileError):
            textmodel.load(tmp_path / name)
    cut = model.save(tmp_path / "cut")
    file = next(cut.glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(FileError):
        textmodel.load(cut)
    broken = model.save(tmp_path / "broken")
    (broken / FILE).write_text("{")
    with pytest.raises(FileError):
        textmodel.load(broken)


def test_another_tag_is_refused() -> None:
    with pytest.raises(ConfigError, match="good, bad, none, plain"):
        Play("evil")


def test_a_text_model_is_a_chat_model_too(model: TextModel, tmp_path: Path) -> None:
    """Its labels have the probabilities that its acts have in play, whatever the order; it answers arms."""
    folder = model.save(tmp_path / "model")
    observation = seen(3, 2)
    wanted = TextPolicy(model).probabilities(observation, None)
    for order in ("off", "on"):
        name = f"local:{folder}?short=on&history=0&answer_format=choices&backwards={order}"
        policy = load(name, GAME)
        assert isinstance(policy, ChatPolicy)
        found = policy.probabilities(observation, None)
        assert np.allclose(found, wanted, atol=1e-5)
        policy.close()
    drawn = load(f"local:{folder}?short=on&history=0&temperature=0", GAME)
    assert isinstance(drawn, ChatPolicy)
    action = drawn.act(observation, drawn.initial(len(observation))).action
    assert (action == wanted.argmax(1))[observation.mask.sum(1) > 1].all()
    drawn.close()
    acts = []
    for order in ("off", "on"):
        policy = load(f"local:{folder}?short=on&history=0&answer_format=text&backwards={order}", GAME)
        assert isinstance(policy, ChatPolicy)
        acts.append(policy.act(observation, policy.initial(len(observation))).action.tolist())
    assert acts[0] == acts[1]  # of the order it sees nothing
    prompt = render(observation, 0, Setup(short=True), Mind())
    assert GAME.compact(observation.codes[0], int(observation.seat[0])) in prompt.user
