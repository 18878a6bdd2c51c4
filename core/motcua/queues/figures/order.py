"""Order statistics over many runs that are in order already, and the classes in which people stand."""

from bisect import bisect_right
from collections.abc import Sequence

#: The moments of the first call, in the order in which people of one class stand: class is the line,
#: priority or not, appointment or not. Who did not answer and went back is not overtaken by those he let pass.
BY_CLASS = """
select t.site_id, t.day, array_agg(c.called order by t.sort_key, t.id) as called,
  array_agg(c.called - extract(epoch from greatest(t.arrived_at, t.issued_at))::float8) as waits
from ticket t join (
  select s.ticket_id, extract(epoch from min(s.from_at))::float8 as called from segment s
  where s.site_id = any($1) and s.day between $2 and $3 and s.kind = 'called' and s.from_at <= $4
  group by s.ticket_id) c on c.ticket_id = t.id
where t.site_id = any($1) and t.day between $2 and $3 and t.recycled = 0 and t.arrived_at is not null
  and ($5::uuid is null or t.line_id = $5)
group by t.site_id, t.day, t.line_id, t.priority > 0, t.appointment_id is not null
"""
_FEW = 2048


def neighbours(runs: Sequence[Sequence[float]], place: int) -> tuple[float, float]:
    """Return the values at a place, counted from nought, and behind it of all runs together.

    The last value has itself behind it. Each run is in order and has a value; nothing is merged: the span
    of values in which both lie is halved until few are left.
    """
    low, high = min(run[0] for run in runs), max(run[-1] for run in runs)
    begins, ends = [0] * len(runs), [len(run) for run in runs]
    while sum(ends) - sum(begins) > _FEW:
        middle = (low + high) / 2
        if not low < middle < high:
            break  # all that is left is one value, or two neighbours
        cuts = [bisect_right(r, middle, a, b) for r, a, b in zip(runs, begins, ends, strict=True)]
        count = sum(cuts)
        if count > place + 1:
            high, ends = middle, cuts
        elif count <= place:
            low, begins = middle, cuts
        else:
            break  # one lies on each side
    left = sorted(value for run, a, b in zip(runs, begins, ends, strict=True) for value in run[a:b])
    at = place - sum(begins)
    return left[at], left[min(at + 1, len(left) - 1)]
