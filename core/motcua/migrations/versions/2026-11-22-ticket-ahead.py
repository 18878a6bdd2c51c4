"""Who stands before others in a line: found by a call without weighing everybody who waits."""

import sqlalchemy as sa
from alembic import op

revision = "202611220016"
down_revision = "202611220015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ticket_ahead",
        "ticket",
        ["tenant_id", "site_id", "line_id"],
        unique=False,
        postgresql_where=sa.text(
            "state = 'waiting'"
            " and (priority > 0 or for_counter_id is not null or for_staff_id is not null)"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_ahead", table_name="ticket")
