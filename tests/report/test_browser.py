"""`report.html` in a real browser, without network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select, WebDriverWait

from conformance.report import write_reports
from tests.report import sample

RETAINED = "backward/retain_graph::accumulates-when-retained"
DIFFERS = "grad_mode/no_grad::exotic-level"


class Report:
    """The page, and what a reader does with it. Fails at the end if the browser's console has an error."""

    def __init__(self, browser: WebDriver, folder: Path) -> None:
        self.browser = browser
        self.url = (folder / "report.html").as_uri()

    def open(self, fragment: str = "", scheme: str = "light", width: int = 1280) -> Report:
        self.prefer(scheme)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.browser.get("about:blank")
        self.browser.get(self.url + fragment)
        return self

    def prefer(self, scheme: str = "light", motion: str = "reduce") -> None:
        """What the reader's system prefers."""
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": motion}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})

    def all(self, selector: str) -> list:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def script(self, text: str, *arguments: object):
        return self.browser.execute_script(text, *arguments)

    def shown(self) -> list[str]:
        """The ids of the rows that are to be seen."""
        rows = "return [...document.querySelectorAll('tr.case')].filter((row) => row.checkVisibility())"
        return [row.removeprefix("case/") for row in self.script(f"{rows}.map((row) => row.id)")]

    def press(self, *keys: str) -> None:
        self.browser.switch_to.active_element.send_keys(*keys)

    def choose(self, name: str, value: str) -> None:
        Select(self.one(f"#by-{name}")).select_by_value(value)

    def focused(self) -> str:
        """The id of the row that has the focus."""
        return self.script("return document.activeElement.closest('tr.case')?.id ?? ''").removeprefix("case/")

    def errors(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] != "INFO"]


@pytest.fixture
def report(browser: WebDriver, folder: Path) -> Iterator[Report]:
    report = Report(browser, folder).open()
    yield report
    assert report.errors() == []


def test_opens_without_errors_and_loads_nothing(report: Report) -> None:
    assert "unexpected" in report.browser.title
    assert len(report.shown()) == 7
    assert report.script("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("outcome", "unexpected", 5),
        ("outcome", "waived", 1),
        ("outcome", "crash", 1),
        ("outcome", "pass", 5),
        ("target", "torch:xpu", 7),
        ("level", "observed", 1),
        ("verdict", "outdated", 1),
        ("verdict", "refuted", 1),
        ("verdict", "confirmed", 3),
    ],
)
def test_filters_narrow_the_matrix(report: Report, name: str, value: str, count: int) -> None:
    report.choose(name, value)
    assert len(report.shown()) == count
    assert report.one("#shown").text == f"{count} of 7 cases"
    report.one("#clear").click()
    WebDriverWait(report.browser, 5).until(lambda _: len(report.shown()) == 7)


def test_outcome_and_target_filter_together(report: Report) -> None:
    report.choose("outcome", "fail")
    report.choose("target", "reference:cpu")
    assert report.shown() == [RETAINED]
    report.choose("target", "torch:cpu")
    assert report.shown() == []
    assert report.one("#nothing").is_displayed()
    assert [section for section in report.all(".file") if section.is_displayed()] == []


def test_counts_in_the_summary_filter_the_matrix(report: Report) -> None:
    report.one("[data-filter-outcome='fail'][data-filter-target='reference:cuda']").click()
    assert report.shown() == [RETAINED, "backward/retain_graph::raises-when-freed"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("accumulates", [RETAINED]),
        ("TWO backward", [RETAINED]),
        ("001-12", ["backward/retain_graph::raises-when-freed"]),
        ("existing tensors keep", ["grad_mode/no_grad::result-requires-no-grad"]),
        ("register_hook", ["grad_mode/no_grad::crashes-in-a-hook"]),
        ("x.exp", [DIFFERS]),
        ("nowhere to be found", []),
    ],
)
def test_search_finds_titles_ids_claims_and_code(report: Report, text: str, found: list[str]) -> None:
    report.one("#search").send_keys(text)
    assert report.shown() == found


def test_permalink_opens_its_case(report: Report) -> None:
    report.open(f"#case/{RETAINED}")
    article = report.one("tr.detail article")
    assert article.find_element(By.CSS_SELECTOR, ".id").text == RETAINED
    WebDriverWait(report.browser, 5).until(lambda _: report.focused() == RETAINED)
    top = report.script("return arguments[0].getBoundingClientRect().top", article)
    assert 0 < top < 500


@pytest.mark.parametrize("section", ["matrix", "claims", "source-001"])
def test_links_to_sections_arrive_there(browser: WebDriver, large_folder: Path, section: str) -> None:
    """Also past hundreds of cases, whose heights are only estimated until they are drawn."""
    report = Report(browser, large_folder).open()
    report.script("location.hash = arguments[0]", section)

    def in_sight(_: WebDriver) -> bool:
        place = report.script("return document.getElementById(arguments[0]).getBoundingClientRect().top", section)
        return -50 < place < report.script("return innerHeight")

    WebDriverWait(report.browser, 5).until(in_sight)


def test_permalink_opens_a_case_that_is_filtered_away(report: Report) -> None:
    report.one("#search").send_keys("nowhere to be found")
    report.script("location.hash = arguments[0]", f"case/{DIFFERS}")
    WebDriverWait(report.browser, 5).until(lambda _: report.all("tr.detail"))
    assert len(report.shown()) == 7
    assert report.focused() == DIFFERS


def test_links_from_the_other_sections_open_cases(report: Report) -> None:
    link = report.one(f".claims a[href='#case/{RETAINED}']")
    report.script("arguments[0].click()", link)
    WebDriverWait(report.browser, 5).until(lambda _: report.all("tr.detail"))
    assert report.one("tr.detail .id").text == RETAINED


def test_case_shows_program_expectations_observations_and_commands(report: Report) -> None:
    report.open(f"#case/{RETAINED}")
    lines = [row.text.split("\n") for row in report.all(".listing > div")]
    assert ["20", "✗", "w.grad: [10.]"] in [[part.strip() for part in line] for line in lines]
    assert ["16", "✓", "w.grad: [5.]"] in [[part.strip() for part in line] for line in lines]
    text = report.one("tr.detail").text
    for part in (
        "Documents torch.Tensor.backward",
        "A second backward call works if the first one retained the graph.",
        "reference stands alone",
        "y.backward(retain_graph=True)",
        "State: 3 tensors, the same on all 4 targets",
        "State: 3 tensors; w differs between targets",
        f"torch-conformance run {RETAINED} --target reference:cpu --target reference:cuda",
        f"torch-conformance repro {RETAINED} --target reference:cpu",
    ):
        assert part in text, part


def test_state_is_folded_where_equal_and_open_where_not(report: Report) -> None:
    report.open(f"#case/{RETAINED}")
    assert [d.get_attribute("open") is not None for d in report.all("tr.detail details")] == [False, True]
    rows = [row.text.split()[:5] for row in report.all("tr.detail details[open] tbody tr")]
    assert rows[0] == ["w", "torch:cpu,", "torch:cuda", "[1.]", "[10.]"]
    assert rows[1] == ["reference:cpu,", "reference:cuda", "[1.]", "[5.]", "float32"]


@pytest.mark.parametrize(("case", "text"), [(RETAINED, "5"), (DIFFERS, "False")])
def test_first_difference_is_highlighted(report: Report, case: str, text: str) -> None:
    report.open(f"#case/{case}")
    (spot,) = report.all(".first-difference")
    assert spot.find_element(By.CSS_SELECTOR, "mark").text in text
    assert report.script("return getComputedStyle(arguments[0]).outlineStyle", spot) == "solid"
    report.one(".jump").click()
    assert report.script("return document.activeElement.classList.contains('first-difference')")


def test_crash_says_its_signal(report: Report) -> None:
    report.open("#case/grad_mode/no_grad::crashes-in-a-hook")
    assert "torch:cpu crash, unexpected killed by signal 11 (SIGSEGV)" in report.one("tr.detail").text


def test_raised_texts_stand_side_by_side(report: Report) -> None:
    report.open("#case/backward/retain_graph::raises-when-freed")
    rows = [row.text for row in report.all("tr.detail .checks tbody tr")]
    assert any("RuntimeError: Graph is gone." in row and "reference:cuda" in row for row in rows)
    assert any("directly access saved tensors" in row and "torch:cpu, torch:cuda" in row for row in rows)


def test_keyboard_walk(report: Report) -> None:
    order = report.shown()
    report.press("/")
    assert report.script("return document.activeElement.id") == "search"
    report.press(Keys.ESCAPE)
    report.press("j")
    assert report.focused() == order[0]
    report.press("j")
    report.press("j")
    assert report.focused() == order[2]
    report.press("k")
    assert report.focused() == order[1]
    report.press(Keys.ENTER)
    assert report.one("tr.detail .id").text == order[1]
    report.press(Keys.TAB)
    assert report.script("return document.activeElement.className") == "permalink"
    report.press(Keys.ESCAPE)
    assert report.all("tr.detail") == []
    assert report.focused() == order[1]
    report.press("u")
    assert len(report.shown()) == 5
    report.press("u")
    assert len(report.shown()) == 7


def test_letters_typed_into_the_search_are_text(report: Report) -> None:
    report.one("#search").send_keys("jku/?")
    assert report.one("#search").get_attribute("value") == "jku/?"
    assert not report.script("return document.getElementById('keys').open")
    report.press(Keys.ESCAPE)
    WebDriverWait(report.browser, 5).until(lambda _: len(report.shown()) == 7)


def test_help_opens_and_closes(report: Report) -> None:
    report.press("?")
    assert report.one("#keys").is_displayed()
    report.press(Keys.ESCAPE)
    assert not report.one("#keys").is_displayed()


def test_skip_link_is_the_first_stop_and_visible_on_focus(report: Report) -> None:
    report.press(Keys.TAB)
    link = report.browser.switch_to.active_element
    assert link.text == "Skip to the matrix"
    assert report.script("return arguments[0].getBoundingClientRect().top", link) >= 0
    assert report.script("return getComputedStyle(arguments[0]).outlineStyle", link) == "solid"


def test_spec_files_fold(report: Report) -> None:
    report.one(".fold").click()
    assert len(report.shown()) == 5
    assert report.one(".fold").get_attribute("aria-expanded") == "false"
    report.one(".fold").click()
    assert len(report.shown()) == 7


BACKGROUND = "return getComputedStyle(document.body).backgroundColor"


def test_theme_follows_the_system_and_a_choice_is_remembered(report: Report) -> None:
    light = report.script(BACKGROUND)
    report.open(scheme="dark")
    dark = report.script(BACKGROUND)
    assert light != dark
    button = report.one("#theme")
    assert button.text == "Theme: system"
    button.click()
    assert (button.text, report.script(BACKGROUND)) == ("Theme: light", light)
    report.open(scheme="dark")
    assert (report.one("#theme").text, report.script(BACKGROUND)) == ("Theme: light", light)
    report.one("#theme").click()
    assert (report.one("#theme").text, report.script(BACKGROUND)) == ("Theme: dark", dark)
    report.one("#theme").click()
    assert report.one("#theme").text == "Theme: system"


CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
const rgba = (text) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const channel = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const weights = [0.2126, 0.7152, 0.0722];
const light = (color) => weights.reduce((sum, weight, i) => sum + weight * channel(color[i] / 255), 0);
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const color = rgba(getComputedStyle(node).backgroundColor);
    if (color[3] === 255) return color;
  }
  return [255, 255, 255, 255];
};
const unseen = ['SCRIPT', 'STYLE', 'OPTION', 'NOSCRIPT'];
const low = [];
let seen = 0;
for (const node of document.querySelectorAll('body *')) {
  if (unseen.includes(node.tagName) || node.closest('.sr, .skip, td.good')) continue;
  if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
  if (!node.checkVisibility()) continue;
  seen++;
  const a = light(rgba(getComputedStyle(node).color)), b = light(ground(node));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const name = `${node.tagName}.${node.className}: ${node.textContent.slice(0, 30)}`;
  if (ratio < 4.5) low.push(`${name}: ${ratio.toFixed(2)}`);
}
return [seen, low];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(report: Report, scheme: str) -> None:
    report.open(scheme=scheme)
    report.script("document.querySelectorAll('tr.case .open').forEach((button) => button.click())")
    report.script("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    seen, low = report.script(CONTRAST)
    assert seen > 300
    assert low == []


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_no_sideways_scrolling_at_any_width(report: Report, width: int) -> None:
    report.open(width=width)
    report.script("document.querySelectorAll('tr.case .open').forEach((button) => button.click())")
    assert report.script("return document.documentElement.scrollWidth - innerWidth") <= 0


def test_nothing_shifts_while_the_page_loads(report: Report) -> None:
    shift = report.browser.execute_async_script("""
        const done = arguments[0];
        let sum = 0;
        const add = (list) => { for (const entry of list.getEntries()) sum += entry.value; };
        new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
        setTimeout(() => done(sum), 300);
    """)
    assert shift == 0


def test_reduced_motion_is_honoured(report: Report) -> None:
    behaviour = "return getComputedStyle(document.documentElement).scrollBehavior"
    assert report.script(behaviour) == "auto"
    report.prefer(motion="no-preference")
    assert report.script(behaviour) == "smooth"


def test_prints_without_controls(report: Report) -> None:
    report.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not report.one(".filters").is_displayed()
    assert not report.one("#theme").is_displayed()
    assert report.one("#matrix table").is_displayed()
    report.prefer()


def test_hostile_text_is_shown_and_does_nothing(browser: WebDriver, hostile_folder: Path) -> None:
    report = Report(browser, hostile_folder).open()
    report.script("document.querySelectorAll('tr.case .open').forEach((button) => button.click())")
    report.script("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    report.one("#search").send_keys("<script>")
    assert report.script("return window.hacked") is None
    assert report.all("img, iframe, i, b, p > script") == []
    assert len(report.all("script")) == 3
    text = report.script("return document.body.innerText")
    assert "<script>window.hacked=1</script>" in text
    assert "\\x1b[31mred" in text
    assert "\\u202egnp.exe" in text
    assert report.errors() == []


def test_long_values_are_folded_and_their_difference_is_still_found(browser: WebDriver, tmp_path: Path) -> None:
    results = sample.write_results(
        tmp_path / "r.jsonl", sample.many(1), (sample.TARGETS[0], sample.TARGETS[2]), sample.act_long
    )
    write_reports(results, tmp_path, ledgers={})
    report = Report(browser, tmp_path).open("#case/area0/rule_0::case-0")
    assert "State: 1 tensor; x differs between targets" in report.one("tr.detail").text
    (spot,) = report.all(".first-difference")
    assert spot.text == "reference:cpu"
    shown = report.one(".long-text summary")
    assert len(shown.text) < 300
    report.script("arguments[0].click()", shown)
    assert "100 items" in report.one(".long-text").text
    assert report.errors() == []


def test_without_scripts_the_matrix_is_complete(browser: WebDriver, folder: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        report = Report(browser, folder).open()
        assert len([row for row in report.all("tr.case") if row.is_displayed()]) == 7
        assert not report.one(".filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
