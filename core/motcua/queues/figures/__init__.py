"""The figures of the halls, live and in reports alike: all of them are sums over tickets and segments.

``live`` tells how halls stand, ``of`` sums any places and days, ``officers`` who leads a hall may see,
``rows`` what a figure counts; ``book`` keeps what settled days came to. ``motcua.queues.kpis`` says in words what each figure is.
"""

from motcua.queues.figures import book
from motcua.queues.figures.book import Book
from motcua.queues.figures.live import SiteNow, Standing, live
from motcua.queues.figures.officers import Officer, officers, officers_of
from motcua.queues.figures.quality import Fairness, Little, fairness, little
from motcua.queues.figures.ratings import Ratings, ratings
from motcua.queues.figures.rows import Rows, rows, standing_rows
from motcua.queues.figures.shape import Dimension, Figures, Scope, Spread, Whose
from motcua.queues.figures.summing import of, total
from motcua.queues.figures.visits import Visits, visits

__all__ = [
    "Book",
    "Dimension",
    "Fairness",
    "Figures",
    "Little",
    "Officer",
    "Ratings",
    "Rows",
    "Scope",
    "SiteNow",
    "Spread",
    "Standing",
    "Visits",
    "Whose",
    "book",
    "fairness",
    "little",
    "live",
    "of",
    "officers",
    "officers_of",
    "ratings",
    "rows",
    "standing_rows",
    "total",
    "visits",
]
