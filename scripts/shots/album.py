"""Chromium before one line, and pictures of what it shows, small enough for a repository."""

from __future__ import annotations

import array
import asyncio
import math
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from web.gate import COOKIE

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
)  # fmt: skip
COLOURS = 192
SETTLE_S = 1.5
"""What slides and fades into the page has come to rest, and the board is there."""


class Album:
    """Windows of signed-in people, and where their pictures go."""

    def __init__(self, browser: Browser, address: str, target: Path, *, reduce: bool) -> None:
        self._browser = browser
        self._address = address
        self._target = target
        self._reduce = reduce

    async def window(
        self, path: str, token: str = "", *, language: str = "zh-CN", size: tuple[int, int]
    ) -> Page:
        """A page at `path` with a profile of its own; without a token nobody is signed in."""
        context = await self._browser.new_context(
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": size[0], "height": size[1]},
            permissions=["microphone"],
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        if token:
            await context.add_cookies(
                [{"name": COOKIE, "value": token, "url": f"{self._address}/api"}]
            )
        page = await context.new_page()
        await page.goto(self._address + path)
        await page.wait_for_load_state("load")
        return page

    async def take(self, page: Page, name: str) -> None:
        """What the window shows now, as docs/screens/NAME.png."""
        await page.evaluate("document.fonts.ready.then(() => undefined)")
        # A pointer or a focus ring of the way here is not part of the picture.
        await page.mouse.move(0, 0)
        await asyncio.sleep(SETTLE_S)
        file = self._target / f"{name}.png"
        await page.screenshot(path=file)
        if self._reduce:
            with Image.open(file) as picture:
                reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            reduced.save(file, optimize=True)
        print(f"  {name}  {file.stat().st_size / 1000:.0f} kB", flush=True)


@asynccontextmanager
async def album(address: str, target: Path, folder: Path, *, reduce: bool) -> AsyncIterator[Album]:
    """Chromium with a microphone that hums; its files lie in `folder`."""
    voice = folder / "voice.wav"
    _hum(voice)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*_ARGUMENTS, f"--use-file-for-fake-audio-capture={voice}"],
            handle_sigint=False,
        )
        try:
            yield Album(browser, address, target, reduce=reduce)
        finally:
            await browser.close()


def _hum(path: Path, hz: int = 300, seconds: int = 4) -> None:
    """Pulses of a tone: what is steady is taken for noise and removed."""
    rate = 48000
    loud = (3000 if i % (rate // 2) < rate * 3 // 10 else 0 for i in range(rate * seconds))
    samples = array.array(
        "h", (round(a * math.sin(2 * math.pi * hz * i / rate)) for i, a in enumerate(loud))
    )
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
