"""An article's page in a real browser, without network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from tests.report.test_browser import CONTRAST, Report

SHOWN = "return [...document.querySelectorAll('.entry')].filter((e) => e.checkVisibility()).map((e) => e.id)"
ALL = ["004-01", "004-02", "004-03", "004-09", "004-N01"]


@pytest.fixture
def page(browser: WebDriver, folder: Path) -> Iterator[Report]:
    page = Report(browser, folder)
    page.url = (folder / "articles" / "004.html").as_uri()
    yield page.open()
    assert page.errors() == []


def test_opens_and_loads_nothing(page: Report) -> None:
    assert page.script(SHOWN) == ALL
    assert page.script("return performance.getEntriesByType('resource').length") == 0


def test_permalink_lands(page: Report) -> None:
    page.open("#004-02")
    place = page.script("return document.getElementById('004-02').getBoundingClientRect().top")
    assert 0 < place < 200


def test_filter_works_from_the_keyboard(page: Report) -> None:
    page.script("document.querySelector('[data-wanted=refuted]').focus()")
    page.press(Keys.ENTER)
    assert page.script(SHOWN) == ["004-03"]
    assert page.one("#shown").text == "1 of 5 claims"
    assert page.one("[data-wanted='refuted']").get_attribute("aria-pressed") == "true"
    assert len([li for li in page.all(".contents li") if li.is_displayed()]) == 1
    for _ in range(3):  # qualified, confirmed, all
        page.press(Keys.SHIFT, Keys.TAB)
        page.press(Keys.SHIFT)
    assert page.script("return document.activeElement.dataset.wanted") == ""
    page.press(Keys.SPACE)
    assert page.script(SHOWN) == ALL


def test_permalink_wins_over_a_filter(page: Report) -> None:
    page.one("[data-wanted='refuted']").click()
    page.script("location.hash = '#004-01'")
    page.browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert page.script(SHOWN) == ALL


@pytest.mark.parametrize("source", ["001", "004"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(page: Report, folder: Path, scheme: str, source: str) -> None:
    page.url = (folder / "articles" / f"{source}.html").as_uri()
    page.open(scheme=scheme)
    page.script("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    seen, low = page.script(CONTRAST)
    assert seen > 50
    assert low == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_sideways_scrolling_at_any_width(page: Report, width: int) -> None:
    page.open(width=width)
    page.script("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.script("return document.documentElement.scrollWidth - innerWidth") <= 0


def test_leads_to_the_case_and_back(page: Report) -> None:
    page.script("document.querySelector('.reproduce a').click()")
    page.browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert "/report.html#case/" in page.browser.current_url
    assert page.all("tr.detail")
    page.script("document.querySelector('#source-004 a').click()")
    page.browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert page.browser.current_url.endswith("/articles/004.html")


def test_without_scripts_everything_can_be_read(page: Report) -> None:
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open()
        assert len([entry for entry in page.all(".entry") if entry.is_displayed()]) == len(ALL)
        assert not page.one(".by-verdict").is_displayed()
    finally:
        page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_prints_without_controls(page: Report) -> None:
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not page.one(".by-verdict").is_displayed()
    assert not page.one("#theme").is_displayed()
    assert page.one(".entry pre").is_displayed()
    page.prefer()
