"""The case store for a command that runs beside the hotline: opened, brought up to date, closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cases.store import Store, StoreUnready, migrate, store_url
from config.model import Settings
from config.words import words
from hotline.cli import Refused


@asynccontextmanager
async def opened(settings: Settings, tag: str) -> AsyncIterator[Store]:
    """The store of these settings, made when there is none. Raises Refused, in words of `tag`."""
    data = Path(settings.paths.data)
    data.mkdir(parents=True, exist_ok=True)
    url = store_url(settings.store.url, data)
    try:
        await migrate(url)
        store = await Store.open(url)
    except StoreUnready as unready:
        raise Refused(words(tag).text(f"cli.store.{unready.code}")) from unready
    except (OSError, SQLAlchemyError) as error:
        raise Refused(words(tag).text("cli.store.unreachable", error=error)) from error
    try:
        yield store
    finally:
        await store.close()
