"""`status`: how syncing stands, for every account; from the notice boards, no broker needed."""

from __future__ import annotations

import time
from argparse import Namespace

from tradesync.cli.output import Format, age, print_csv, print_json, print_table
from tradesync.cli.session import Session
from tradesync.sync.roster import AccountStanding
from tradesync.views.export import result_word, state_json

_HEADINGS = ("ACCOUNT", "KIND", "LAST SYNC", "RESULT", "DETAIL")


def status(session: Session, options: Namespace) -> int:
    """Print where every account's syncing stands."""
    service = session.idle_service()
    standings = {one.name: one for one in service.all_accounts()}
    found = [(config, standings[config.name]) for config in session.settings.accounts]
    match options.format:
        case Format.TABLE:
            rows = (
                (config.name, config.environment.value.upper(), *_cells(standing))
                for config, standing in found
            )
            print_table(_HEADINGS, rows, range(0))
        case wanted:
            now = time.time_ns()
            records = [
                {**state_json(config, standing.state, now), "active": standing.active}
                for config, standing in found
            ]
            if wanted is Format.JSON:
                print_json(records)
            else:
                print_csv(records, list(records[0]))
    return 0


def _cells(standing: AccountStanding) -> tuple[str, str, str]:
    state = standing.state
    if not standing.active:
        where = "on the Settings page" if standing.enabled else "in the configuration"
        return age(state.last_success_at), "off", f"switched off {where}"
    detail = state.question or state.activity or state.error or ""
    return age(state.last_success_at), result_word(state), detail
