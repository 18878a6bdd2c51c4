"""The process engine beside SpiffWorkflow on one file, and its store beside bare SQL: ``python -m benchmarks.process``."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import click
import msgspec
from lxml import etree  # type: ignore[import-untyped]
from SpiffWorkflow import TaskState  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn import BpmnWorkflow  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.parser import BpmnParser  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer  # type: ignore[import-untyped]

from benchmarks.common import House, Say, aim, house, machine, provinces, table
from motcua.app import open_platform
from motcua.events.log import SYSTEM
from motcua.events.work import WRITE
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.process import Complete, Definition, Outcome, State, load, start, step, store
from motcua.tenancy.tenant import Tenant

FILE = Path(__file__).with_name("dossier.bpmn")
ROUNDS = 3
"""How often papers are missing: so often the supplement loop is walked."""
_NIL = UUID(int=0)


def answers(node: str, asked: int) -> dict[str, object]:
    """Return what a step enters: papers are missing the first times."""
    return {"missing": int(asked < ROUNDS)} if node == "check" else {}


@dataclass(frozen=True)
class Speed:
    """Microseconds for each load, step and save of a case; its largest size while it waited, in bytes."""

    each: float
    bytes: int
    steps: int


def ours(definition: Definition, cases: int) -> Speed:
    """Run cases to their end; between two steps a case is JSON text, as in a database."""
    total, largest, steps = 0.0, 0, 0
    for _ in range(cases):
        text, asked = msgspec.json.encode(start(definition).state.to_json()), 0
        while True:
            began = time.perf_counter()
            state = State.from_json(msgspec.json.decode(text))
            token, node = min(state.tokens.items(), key=lambda t: int(t[0][1:]))
            outcome = step(definition, state, Complete(token, answers(node, asked)))
            text = msgspec.json.encode(outcome.state.to_json())
            total += time.perf_counter() - began
            steps, asked = steps + 1, asked + (node == "check")
            largest = max(largest, len(text))
            if outcome.ended:
                break
    return Speed(total / steps * 1e6, largest, steps // cases)


def theirs(cases: int) -> Speed:
    """Run the same in SpiffWorkflow, with its own serialiser, the specification kept out of the case."""
    spec = _spec()
    serializer = BpmnWorkflowSerializer()
    total, largest, steps = 0.0, 0, 0
    for _ in range(cases):
        workflow, asked = BpmnWorkflow(spec), 0
        workflow.do_engine_steps()
        text = serializer.serialize_json(workflow)
        while True:
            began = time.perf_counter()
            workflow = serializer.deserialize_json(text)
            task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
            node = task.task_spec.bpmn_id
            task.data.update(answers(node, asked))
            task.run()
            workflow.do_engine_steps()
            text = serializer.serialize_json(workflow)
            total += time.perf_counter() - began
            steps, asked = steps + 1, asked + (node == "check")
            alone = {k: v for k, v in json.loads(text).items() if k not in _SPECIFICATION}
            largest = max(largest, len(json.dumps(alone)))
            if workflow.completed:
                break
    return Speed(total / steps * 1e6, largest, steps // cases)


_SPECIFICATION = frozenset({"spec", "subprocess_specs", "serializer_version"})


def _spec() -> Any:
    """Parse our file; Python is what SpiffWorkflow reads conditions in, and its sign of equality is another."""
    parser = BpmnParser()
    text = FILE.read_bytes().replace(b"missing = 1", b"missing == 1")
    parser.add_bpmn_xml(etree.parse(BytesIO(text)))
    return parser.get_spec("dossier")


def parsing(read: Callable[[], object]) -> float:
    """Return the milliseconds of reading the file, the median of several times."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        read()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


async def stored(at: House, definition: Definition, cases: int, say: Say) -> tuple[float, float]:
    """Return steps per second through the store, and of bare SQL that writes the same rows."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        tenant = provinces(platform.directory.all())[0]
        through, written = await _through_store(platform, tenant, definition, cases)
        say(f"{written} steps through the store")
        bare = await _bare(at, tenant, definition, cases)
    return through, bare


async def _through_store(
    platform: Platform, tenant: Tenant, definition: Definition, cases: int
) -> tuple[float, int]:
    steps, spent = 0, 0.0
    for _ in range(cases):
        case = uuid7()
        async with platform.works.begin(tenant, SYSTEM) as work:
            done = await store.begin(
                work,
                case,
                definition,
                "x",
                files=store.Files(FILE.read_bytes()),
                unit=_NIL,
                variables={},
                moments=_never,
            )
        asked = 0
        while not done.ended:
            wait = done.waits[0]
            began = time.perf_counter()
            async with platform.works.begin(tenant, SYSTEM) as work:
                done = await store.advance(
                    work,
                    case,
                    definition,
                    Complete(wait.token, answers(wait.node, asked)),
                    unit=_NIL,
                    moments=_never,
                )
            spent += time.perf_counter() - began
            steps, asked = steps + 1, asked + (wait.node == "check")
    return steps / spent, steps


def _never(_: object) -> None:
    return None


async def _bare(at: House, tenant: Tenant, definition: Definition, cases: int) -> float:
    """Write the rows of the same steps with one connection: prepared, as the owner of the tables."""
    vars_of = vars(store)
    connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    for kind in ("jsonb", "json"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=lambda v: v, decoder=lambda v: v
        )
    await connection.execute(f"set app.tenant_id = '{tenant.id}'")
    steps, spent = 0, 0.0
    for _ in range(cases):
        case = uuid7()
        outcome = start(definition)
        name = (case, "x", definition.digest, _json(outcome.state.to_json()), None)
        await connection.execute(vars_of["_NEW"], *name)
        await connection.executemany(vars_of["_WAIT"], _rows(case, outcome, set()))
        asked = 0
        while not outcome.ended:
            wait, before = outcome.waits[0], {w.token for w in outcome.waits}
            outcome = step(
                definition, outcome.state, Complete(wait.token, answers(wait.node, asked))
            )
            gone = sorted(before - {w.token for w in outcome.waits})
            state = _json(outcome.state.to_json())
            rows, events = _rows(case, outcome, before), _events(case, outcome)
            ended = None
            began = time.perf_counter()
            async with connection.transaction():
                await connection.fetchrow(vars_of["_LOCK"], case)
                await connection.execute(vars_of["_DROP"], case, gone)
                await connection.execute(vars_of["_SAVE"], case, state, ended, definition.digest)
                if rows:
                    await connection.executemany(vars_of["_WAIT"], rows)
                await connection.execute(WRITE, *events)
            spent += time.perf_counter() - began
            steps, asked = steps + 1, asked + (wait.node == "check")
    await connection.close()
    return steps / spent


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _rows(case: UUID, outcome: Outcome, known: set[str]) -> list[tuple[object, ...]]:
    made = _Moment()
    rows = [
        vars(store)["_row"](made, case, w, _NIL, None, None)
        for w in outcome.waits
        if w.token not in known
    ]
    return [tuple(_json(v) if isinstance(v, list | dict) else v for v in row) for row in rows]


class _Moment:
    """As much of a unit of work as a row needs."""

    def __init__(self) -> None:
        from datetime import UTC, datetime

        self.now = datetime.now(UTC)


def _events(case: UUID, outcome: Outcome) -> tuple[list[Any], ...]:
    told = [r for r in outcome.records if r.kind in vars(store)["_TOLD"]]
    now = _Moment().now
    return (
        [uuid7() for _ in told],
        [case for _ in told],
        [now for _ in told],
        [f"step.{r.kind}" for r in told],
        [case for _ in told],
        [_NIL for _ in told],
        ["system" for _ in told],
        [_json({"node": r.node, "token": r.token}) for r in told],
        [],
        [],
        [],
        [],
    )


def report(mine: Speed, spiff: Speed, parse: tuple[float, float], sql: tuple[float, float]) -> str:
    """Return the tables and the aims."""
    return "\n".join(
        [
            table(
                ["same file", "read ms", "load+step+save us", "steps/s", "bytes waiting"],
                [
                    ("motcua.process", f"{parse[0]:.2f}", mine.each, 1e6 / mine.each, mine.bytes),
                    ("SpiffWorkflow", f"{parse[1]:.2f}", spiff.each, 1e6 / spiff.each, spiff.bytes),
                ],
            ),
            f"  ({mine.steps} steps a case, {ROUNDS} rounds of supplements; SpiffWorkflow's size without its specification)",
            "",
            table(
                ["one connection", "steps/s"],
                [("through the store", sql[0]), ("the same rows by bare SQL", sql[1])],
            ),
            f"  ratio {sql[0] / sql[1]:.2f}",
            "",
            aim("times faster per load, step, save", spiff.each / mine.each, 50, least=True),
            aim("times smaller while waiting", spiff.bytes / mine.bytes, 10, least=True),
            aim("bytes of a waiting case", mine.bytes, 1024),
        ]
    )


@click.command()
@click.option(
    "--cases", default=200, show_default=True, help="Of ours; SpiffWorkflow runs a tenth."
)
def main(cases: int) -> None:
    """Measure the process engine beside SpiffWorkflow, and its store beside bare SQL."""
    about, say = machine(), Say()
    definition = load(FILE.read_bytes())
    parse = parsing(lambda: load(FILE.read_bytes())), parsing(_spec)
    say("the file is read")
    mine, spiff = ours(definition, cases), theirs(max(1, cases // 10))
    say(f"{cases} cases here, {max(1, cases // 10)} in SpiffWorkflow")
    with (
        tempfile.TemporaryDirectory(prefix="motcua-benchmark-") as folder,
        house(Path(folder), say) as at,
    ):
        sql = asyncio.run(stored(at, definition, max(10, cases // 4), say))
    click.echo(f"\n{about}\n\n{report(mine, spiff, parse, sql)}")


if __name__ == "__main__":
    main()
