"""Files that want to do harm are refused or bounded: entities, depth, size, endless ways, code."""

import time
from pathlib import Path

import pytest

from motcua.errors import Problem, TooLarge
from motcua.process import Complete, ProcessError, lint, load, start, step
from tests.core.process.blocks import document
from tests.core.process.drawn import END, START, boundary, flows, sub, token, users

SECONDS = 5
"""Far above what each of these takes, so that a slow machine does not fail."""


@pytest.mark.parametrize(
    "doctype",
    ['<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
     '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
     "<!DOCTYPE d [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]>"],
)  # fmt: skip
def test_entities_from_outside_are_never_read(doctype: str) -> None:
    body = (START + END + users("a") + flows("s a e")).replace('mc:role="r"', 'mc:role="&x;"')
    with pytest.raises(ProcessError):
        load(doctype.encode() + document(body))


def test_a_billion_laughs_are_refused_quickly() -> None:
    entities = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)
    )
    began = time.perf_counter()
    with pytest.raises(ProcessError):
        load(f"<!DOCTYPE d [{entities}]><d>&l11;</d>".encode())
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("deep", [17, 60, 300])
def test_sub_processes_inside_each_other_are_bounded(deep: int) -> None:
    body = users("a") + flows(f"p{deep}.s a p{deep}.e")
    for number in range(deep, 0, -1):
        body = sub(f"p{number}", body)
        before = f"p{number - 1}." if number > 1 else ""
        body += flows(f"{before}s p{number} {before}e")
    with pytest.raises(ProcessError):
        load(document(START + END + body))


def test_sixteen_levels_of_sub_processes_run() -> None:
    body = users("a") + flows("p16.s a p16.e")
    for number in range(16, 0, -1):
        body = sub(f"p{number}", body)
        before = f"p{number - 1}." if number > 1 else ""
        body += flows(f"{before}s p{number} {before}e")
    assert [w.node for w in start(load(document(START + END + body))).waits] == ["a"]


def test_more_than_a_thousand_nodes_are_refused_and_a_thousand_are_read() -> None:
    names = [f"t{n}" for n in range(998)]
    good = document(START + END + users(" ".join(names)) + flows(" ".join(["s", *names, "e"])))
    began = time.perf_counter()
    assert len(load(good).nodes) == 1_000
    names += ["u"]
    with pytest.raises(ProcessError, match="1000 nodes"):
        load(document(START + END + users(" ".join(names)) + flows(" ".join(["s", *names, "e"]))))
    assert time.perf_counter() - began < SECONDS
    with pytest.raises(TooLarge):
        load(b"<" + b" " * 1_000_000)


def test_a_wide_process_is_judged_in_bounded_time() -> None:
    names = [f"t{n}" for n in range(200)]
    body = users(" ".join(names)) + '<inclusiveGateway id="f" default="f-t0"/>'
    body += '<inclusiveGateway id="j"/>' + flows("s f t0 j e", *(f"f ?x? {n} j" for n in names[1:]))
    began = time.perf_counter()
    definition = load(document(START + END + body))
    assert len(start(definition, {"x": True}).waits) == 199
    assert time.perf_counter() - began < SECONDS


def test_a_case_that_would_go_on_forever_is_stopped() -> None:
    """Two loops that wait for a signal wake each other: the linter cannot see it."""
    event = '<signalEventDefinition signalRef="sig"/>'
    catch = '<intermediateCatchEvent id="{}">' + event + "</intermediateCatchEvent>"
    throw = '<intermediateThrowEvent id="{}">' + event + "</intermediateThrowEvent>"
    body = '<parallelGateway id="f"/>' + throw.format("first")
    # One loop is longer, so that each calls when the other listens.
    body += users("kick") + '<exclusiveGateway id="l1"/><exclusiveGateway id="l2"/>'
    chains = ["s f", "f kick first e"]
    for way in "ab":
        body += catch.format(f"hear-{way}") + throw.format(f"call-{way}")
        body += f'<exclusiveGateway id="m-{way}"/><exclusiveGateway id="x-{way}" default="x-{way}-call-{way}"/>'
        detour = "l1 l2 " if way == "b" else ""
        chains += [f"f m-{way} hear-{way} {detour}x-{way} call-{way} m-{way}", f"x-{way} ?stop? e"]
    definition = load(
        document(START + END + body + flows(*chains), before='<signal id="sig" name="again"/>')
    )
    began = time.perf_counter()
    now = start(definition)
    with pytest.raises(ProcessError, match="without ever waiting"):
        step(definition, now.state, Complete(token(now, "kick")))
    assert time.perf_counter() - began < SECONDS


def test_an_empty_list_does_not_make_a_loop_endless() -> None:
    mark = '<multiInstanceLoopCharacteristics mc:collection="[]"/>'
    body = users("a", mark) + '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="x-m"/>'
    definition = load(document(START + END + body + flows("s m a x m", "x ?stop? e")))
    with pytest.raises(ProcessError, match="without ever waiting"):
        start(definition)


def test_cases_that_multiply_are_stopped() -> None:
    """Each round doubles the tokens, and no join brings them together."""
    mark = '<multiInstanceLoopCharacteristics mc:collection="[]"/>'
    body = '<exclusiveGateway id="m"/><parallelGateway id="f"/>' + users("a", mark) + users("z")
    body += '<exclusiveGateway id="x" default="x-m"/>'
    definition = load(document(START + END + body + flows("s m a f x m", "f z e", "x ?stop? e")))
    began = time.perf_counter()
    with pytest.raises(ProcessError, match=r"2000 places|without ever"):
        start(definition)
    assert time.perf_counter() - began < SECONDS


MARK = "multiInstanceLoopCharacteristics"
PLACES = {
    "condition": users("a")
    + '<exclusiveGateway id="x" default="x-e"/>'
    + flows("s a x e", "x ?CODE? a"),
    "collection": users("a", f'<{MARK} mc:collection="CODE"/>') + flows("s a e"),
    "until": users(
        "a",
        f'<{MARK} mc:collection="[1]"><completionCondition>CODE</completionCondition></{MARK}>',
    )
    + flows("s a e"),
    "cardinality": users("a", f"<{MARK}><loopCardinality>CODE</loopCardinality></{MARK}>")
    + flows("s a e"),
    "timer": users("a")
    + boundary(
        "b",
        "a",
        "<timerEventDefinition><timeDuration>= CODE</timeDuration></timerEventDefinition>",
    )
    + flows("s a e", "b e"),
}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_code_in_an_expression_is_never_run(place: str, tmp_path: Path) -> None:
    assert not lint(document(START + END + PLACES[place].replace("CODE", "[1]")))
    target = tmp_path / "written"
    code = f"__import__(&quot;pathlib&quot;).Path(&quot;{target}&quot;).write_text(&quot;x&quot;)"
    with pytest.raises(Problem):
        definition = load(document(START + END + PLACES[place].replace("CODE", code)))
        now = start(definition)
        step(definition, now.state, Complete(now.waits[0].token))
    assert not target.exists()


def test_broken_files_never_raise_anything_but_findings() -> None:
    xml = document(START + END + users("a") + boundary("b", "a", "<timerEventDefinition/>")
                   + sub("p", flows("p.s p.e")) + flows("s a p e", "b e"))  # fmt: skip
    for cut in range(0, len(xml), 7):
        assert lint(xml[:cut] + xml[cut + 11 :]) is not None
