"""A real Chromium before the real server, and what a person does in it.

Each `Window` is a browser profile of its own: another cookie jar, another person. Whatever a page
complains of (console errors, broken scripts, the content security policy) and whatever it asks of
another host is kept in `complaints`; the fixture fails a test that ends with any.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from tests.web.house import House

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
WATCH_POLICY = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))
"""
DEADLINE_MS = 10_000

Language = Literal["zh-CN", "en"]


class Window:
    """One person's browser window."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.expected: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, message: ConsoleMessage) -> None:
        # Chromium reports every refused request too; which those are is for the test to say.
        if message.type in ("error", "warning") and not any(
            word in message.text for word in self.expected
        ):
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss"):
            if parts.netloc != urlsplit(self.address).netloc:
                self.complaints.append(f"another host: {url}")
        elif parts.scheme not in ("blob", "data", "about"):
            self.complaints.append(f"another scheme: {url}")

    def expect_refusals(self, *statuses: int) -> None:
        """Answers with these statuses are what the test is about."""
        self.expected += [f"status of {status}" for status in statuses]

    async def open(self, path: str = "/") -> Page:
        await self.page.goto(self.address + path)
        return self.page

    async def fill_sign_in(self, username: str, password: str) -> None:
        await self.page.locator("#username").fill(username)
        await self.page.locator("#current-password").fill(password)
        await self.page.locator("button[type=submit]").click()

    async def sign_in(self, username: str, password: str, path: str = "/") -> Page:
        """From the first visit to the page of one's role."""
        # Before a sign-in the page asks who this is and is told: nobody.
        self.expect_refusals(401)
        await self.open(path)
        await self.fill_sign_in(username, password)
        await expect(self.page).not_to_have_url(re.compile("/sign-in"))
        return self.page

    async def settle(self) -> None:
        """Until everything that the page asked for has come."""
        await self.page.wait_for_load_state("load")
        await self.page.evaluate("document.fonts.ready.then(() => undefined)")


class Browsers:
    """Windows onto one house."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self.address = address
        self.windows: list[Window] = []

    async def window(
        self, *, language: Language = "zh-CN", width: int = 1366, height: int = 768
    ) -> Window:
        context: BrowserContext = await self._browser.new_context(
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            permissions=["microphone"],
            reduced_motion="reduce",
        )
        context.set_default_timeout(DEADLINE_MS)
        await context.add_init_script(WATCH_POLICY)
        window = Window(await context.new_page(), self.address)
        self.windows.append(window)
        return window

    @property
    def complaints(self) -> Sequence[str]:
        return [complaint for window in self.windows for complaint in window.complaints]


@asynccontextmanager
async def browsers(address: str, *arguments: str) -> AsyncIterator[Browsers]:
    """Chromium before the server at `address`, started with further `arguments`.

    Fails, never skips, where there is none.
    """
    assert Path(CHROMIUM).exists(), "scripts/setup --tests installs chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments], handle_sigint=False
        )
        try:
            yield Browsers(browser, address)
        finally:
            await browser.close()


async def hired(house: House, username: str, role: str = "seat", **more: object) -> str:
    """Somebody who works here and has a password of their own; returns the password."""
    new = await house.person(username, role, **more)  # type: ignore[arg-type]
    password = f"password of {username}"
    now = house.clock.now()
    await house.people.change_password(new.person.id, new.password, password, now)
    return password
